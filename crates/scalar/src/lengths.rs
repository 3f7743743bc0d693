//! Lengths of what callers give, said by name where they do not fit.

/// Something that is counted: its name, as the caller knows it, and how many there are.
pub(crate) type Counted<'a> = (&'a str, usize);

/// Demands as many of `what` as there are of `other`, in a call of `function`.
///
/// # Panics
/// If there are not: with both numbers.
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
