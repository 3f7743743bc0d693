//! The bounds of scalar functions whose control flow may depend on values.

use std::{
    fmt::Debug,
    iter::{Product, Sum},
    ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Sub, SubAssign},
};

use retrograd_core::{Float, Real};

/// A [`Real`] scalar with a value on which programs can branch: a float, or a float with derivatives.
///
/// Comparisons read values only. Programs branch by operators, `if x > y`. The masks of [`Real`]'s comparisons are for
/// [`Real::select`]. A [`Traced`](crate::Traced) scalar records a selection with both alternatives. `into()` turns a
/// mask into a `bool`, and so the selection into a branch.
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
/// `f32` and `f64` implement this trait. So does each scalar type of this crate over another one, such as duals of
/// duals and tapes of duals.
pub trait Number: Real<Mask: Into<bool>> + PartialOrd + Default + Debug {
    /// Whether masks are recorded, so that a replay selects anew for other values. If so, no operation decides by a
    /// value without recording the decision as a branch.
    const IS_RECORDED: bool = false;

    /// The order of derivatives: 0 for a float, 1 for a [`Dual`](crate::Dual) of floats, 2 for a dual of duals. From
    /// order 2 on, an operation at a kink takes the piece of the function into which its operand moves.
    const DEPTH: usize = 0;

    /// A constant: a scalar without derivatives.
    fn constant(value: f64) -> Self;

    /// The value, without any derivatives.
    fn primal(self) -> f64;

    /// The value; `None` if derivatives would be lost.
    fn as_constant(self) -> Option<f64>;

    /// Whether the value and all derivatives are exactly 0.
    fn is_zero(self) -> bool;

    /// The first nonzero derivative, from the innermost level on. The sign is the side to which the scalar moves. The
    /// result is 0 for a scalar that does not move, and NaN if only a later sweep knows the direction.
    fn motion(self) -> f64 {
        0.0
    }

    /// The same value with unknown derivatives: NaN in place of derivatives that are 0.
    fn lost(self) -> Self {
        self
    }

    /// The derivatives of two scalars along their only direction, as a vector of length 1. `None` if there are several
    /// directions, or if the direction is unknown.
    fn direction(a: Self, b: Self) -> Option<[f64; 2]> {
        let _ = (a, b);
        None
    }
}

/// The product of a cotangent with the tangent of a local derivative. A factor of 0 gives 0, even beside an infinite
/// one: a derivative that does not move contributes nothing.
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

/// A trait alias: a trait that all types with the given bounds implement.
macro_rules! alias {
    ($(#[$doc:meta])* pub trait $Alias:ident: $($bounds:tt)+) => {
        $(#[$doc])*
        pub trait $Alias: $($bounds)+ {}

        impl<R> $Alias for R where R: $($bounds)+ {}
    };
}

alias! {
    /// A [`Number`] with the arithmetic of formulas: constants on the right of operators, assigning operators, sums and
    /// products of iterators.
    ///
    /// All types with [`Number`] have this trait except `f32`, for which products with `f64` do not exist. Write
    /// functions for `f32` over [`Number`], with [`Number::constant`].
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
