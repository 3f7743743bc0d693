//! Checks of slice lengths, with messages that name both slices.

/// The name of a slice, as the caller knows it, and its length.
pub(crate) type Counted<'a> = (&'a str, usize);

/// Requires `what` to be as long as `other` in a call of `function`.
///
/// # Panics
/// If the lengths differ; the message has both.
#[inline]
#[track_caller]
pub(crate) fn require_as_many(function: &str, what: Counted<'_>, other: Counted<'_>) {
    if what.1 != other.1 {
        differ(function, what, other);
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn differ(function: &str, (what, n): Counted<'_>, (other, n_others): Counted<'_>) -> ! {
    let number = |n: usize| if n == 1 { "1 number".to_owned() } else { format!("{n} numbers") };
    panic!(
        "{function}: `{what}` has {}, but `{other}` has {}; give one for each of `{other}`",
        number(n),
        number(n_others)
    )
}
