//! The trait that functions of numbers are written over, where control flow may depend on values.

use std::{
    fmt::Debug,
    iter::{Product, Sum},
    ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Sub, SubAssign},
};

use retrograd_core::{Float, Real};

/// A [`Real`] number that has a value, so that programs can branch on it: a float, or a float with derivatives.
///
/// Comparisons look at values only. Programs branch by operators, `if x > y`. The masks of [`Real`]'s comparisons are for
/// [`Real::select`], which a [`Traced`](crate::Traced) number records with both alternatives; `into()` makes a `bool` of
/// a mask, and a branch of the selection.
///
/// ```
/// use retrograd_scalar::{Frozen, Number, Real};
///
/// fn larger<R: Number>(x: R, y: R) -> R {
///     R::select(x.gt(y), x, y)
/// }
///
/// let mut replay = {
///     let frozen = Frozen::record(|x| larger(x[0], x[1]), &[2.0, 1.0]);
///     frozen.compile(&[frozen.y()])?
/// };
/// replay.run(&[2.0, 7.0]).unwrap();
/// assert_eq!(replay.output(0), [7.0]);
/// # Ok::<(), retrograd_core::Error>(())
/// ```
///
/// `f32` and `f64` are numbers, and whatever is made of numbers here is one, so that duals of duals and tapes of duals
/// are numbers, too.
pub trait Number: Real<Mask: Into<bool>> + PartialOrd + Default + Debug {
    /// Whether masks of these numbers are recorded, so that a selection is made anew for other values: then nothing is
    /// decided by a value without recording it as a branch.
    const IS_RECORDED: bool = false;

    /// How often the number can be differentiated: 0 for a float, 1 for a [`Dual`](crate::Dual) of floats, 2 for a dual of duals.
    /// From 2 on a number at a kink takes the piece of the function that it moves into.
    const DEPTH: usize = 0;

    /// A number that depends on nothing.
    fn constant(value: f64) -> Self;

    /// The value, without any derivatives.
    fn primal(self) -> f64;

    /// The value, if there are no derivatives that would be lost with the number.
    fn as_constant(self) -> Option<f64>;

    /// Whether this is exactly 0, derivatives included.
    fn is_zero(self) -> bool;

    /// The first derivative that is not 0, from the innermost on: its sign is the side to which the number moves. It is 0
    /// for a number that does not move, and NaN if only a later sweep knows the direction.
    fn motion(self) -> f64 {
        0.0
    }

    /// The number without derivatives that are known: those that are 0 are NaN.
    fn lost(self) -> Self {
        self
    }

    /// The derivatives of two numbers along the one direction in which both move, as a vector of length 1; `None` if there are
    /// several directions, or none that is known.
    fn direction(a: Self, b: Self) -> Option<[f64; 2]> {
        let _ = (a, b);
        None
    }
}

/// The product of a cotangent with the tangent of a local derivative, in which 0 wins on either side: a derivative that
/// does not move has no share in what moves.
#[inline(always)]
pub(crate) fn chain_of_tangent<T: Number>(cotangent: T, tangent: T) -> T {
    if tangent.is_zero() { tangent } else { cotangent.chain(tangent) }
}

impl<F: Float> Number for F {
    #[inline(always)]
    fn constant(value: f64) -> Self {
        <F as Float>::lit(value)
    }

    #[inline(always)]
    fn primal(self) -> f64 {
        self.to_f64()
    }

    #[inline(always)]
    fn as_constant(self) -> Option<f64> {
        Some(self.primal())
    }

    #[inline(always)]
    fn is_zero(self) -> bool {
        self == <F as Float>::lit(0.0)
    }
}

/// A trait that all types have which have all of some others.
macro_rules! alias {
    ($(#[$doc:meta])* pub trait $Alias:ident: $($bounds:tt)+) => {
        $(#[$doc])*
        pub trait $Alias: $($bounds)+ {}

        impl<R> $Alias for R where R: $($bounds)+ {}
    };
}

alias! {
    /// A [`Number`] with the arithmetic that formulas are written in: constants on the right of operators, assigning
    /// operators, sums and products of iterators.
    ///
    /// Every number is one except `f32` itself, whose products with `f64` do not exist: functions that are to run on it are
    /// written over [`Number`], with [`Number::constant`].
    ///
    /// ```
    /// use retrograd_scalar::{Scalar, gradient};
    ///
    /// fn rosenbrock<R: Scalar>(x: &[R]) -> R {
    ///     x.windows(2).map(|x| (x[1] - x[0].square()).square() * 100.0 + (-x[0] + 1.0).square()).sum()
    /// }
    ///
    /// assert_eq!(rosenbrock(&[1.0, 1.0, 1.0]), 0.0);
    /// assert_eq!(gradient(|x| rosenbrock(x), &[1.0, 2.0]), [-400.0, 200.0]);
    /// ```
    pub trait Scalar:
        Number
        + From<f64>
        + PartialOrd<f64>
        + Add<f64, Output = Self>
        + Sub<f64, Output = Self>
        + Mul<f64, Output = Self>
        + Div<f64, Output = Self>
        + AddAssign
        + SubAssign
        + MulAssign
        + DivAssign
        + AddAssign<f64>
        + SubAssign<f64>
        + MulAssign<f64>
        + DivAssign<f64>
        + Sum
        + Product
        + for<'a> Sum<&'a Self>
        + for<'a> Product<&'a Self>
}
