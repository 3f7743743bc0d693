//! Arithmetic on sizes: it ends in a size or in an error, and never wraps.

use std::{
    fmt,
    ops::{Add, Div, Mul, Sub},
};

/// A size, an offset or a distance that is being computed. The number is exact, whatever users asked for; only at the
/// end is it found to be a size, or not.
///
/// Arithmetic is in 128 bits and stops at their limits, so a number beyond them is still none that a size can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Size(i128);

impl Size {
    /// The number as a size; else the reason why it is none.
    pub fn get(self) -> Result<usize, String> {
        let size = usize::try_from(self.0).ok().filter(|&size| size <= isize::MAX as usize);
        size.ok_or_else(|| match self.0 {
            i128::MAX | i128::MIN => "a size is beyond 128 bits".to_owned(),
            number if number < 0 => format!("a size is negative: {number}"),
            number => format!("a size of {number} is more than memory has addresses"),
        })
    }

    /// The number as a size that a loop can count up to while it records nodes; else the reason why it is none. `what`
    /// are counted.
    pub fn few(self, what: &str) -> Result<usize, String> {
        self.at_most(MOST_AT_ONCE, what)
    }

    /// The number as a size that is no larger than a limit; else the reason why it is none. `what` are counted.
    pub fn at_most(self, limit: usize, what: &str) -> Result<usize, String> {
        match self.get() {
            Ok(n) if n > limit => Err(format!("{n} {what} are more than one call takes, {limit}")),
            other => other,
        }
    }
}

/// Nodes that one call records at most: an argument that asks for more is a mistake, which would otherwise show as
/// hours of work and all memory gone.
const MOST_AT_ONCE: usize = 1 << 22;

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<usize> for Size {
    fn from(size: usize) -> Self {
        Self(size as i128)
    }
}

impl From<isize> for Size {
    fn from(offset: isize) -> Self {
        Self(offset as i128)
    }
}

/// Operators with a size, or a value that converts to one, on the right.
macro_rules! operators {
    ($($Trait:ident, $method:ident, $exact:ident;)*) => {
        $(
            impl<T: Into<Size>> $Trait<T> for Size {
                type Output = Size;

                fn $method(self, rhs: T) -> Size {
                    Size(self.0.$exact(rhs.into().0))
                }
            }
        )*
    };
}

operators! {
    Add, add, saturating_add;
    Sub, sub, saturating_sub;
    Mul, mul, saturating_mul;
}

/// Rounds down; the divisor is positive.
impl Div<usize> for Size {
    type Output = Size;

    fn div(self, divisor: usize) -> Size {
        Size(self.0.div_euclid(divisor as i128))
    }
}

/// The number of elements of a tensor of these sizes, or the largest number if it is larger still.
pub(crate) fn n_elements(sizes: &[usize]) -> usize {
    sizes.iter().fold(1, |n, &size| n.saturating_mul(size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_exact_beyond_the_sizes_that_there_are() {
        let huge = Size::from(usize::MAX);
        assert_eq!((huge + huge - huge - usize::MAX).get(), Ok(0));
        assert_eq!((huge * 2usize / 2).get(), huge.get());
        assert_eq!((Size::from(3usize) + isize::MIN - isize::MIN).get(), Ok(3));
        assert_eq!((Size::from(isize::MAX)).get(), Ok(isize::MAX as usize));
    }

    #[test]
    fn what_is_no_size_says_why() {
        let reason = |size: Size| size.get().unwrap_err();
        assert_eq!(reason(Size::from(1usize) - 3usize), "a size is negative: -2");
        assert!(
            reason(Size::from(isize::MAX) + 1usize).starts_with("a size of 9223372036854775808")
        );
        let huge = Size::from(usize::MAX);
        assert_eq!(reason(huge * huge * huge), "a size is beyond 128 bits");
        assert_eq!(reason(huge * huge * isize::MIN * huge), "a size is beyond 128 bits");
        let many = Size::from(1usize << 40).few("parts").unwrap_err();
        assert_eq!(many, "1099511627776 parts are more than one call takes, 4194304");
    }
}
