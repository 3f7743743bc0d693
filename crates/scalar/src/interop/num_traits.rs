//! The traits of `num-traits`: functions over its `Float` run with every scalar type.
//!
//! Comparisons read values only, as everywhere. A scalar converts to a float only if no derivatives would be lost, and
//! always to an integer, which has none.
//!
//! ```
//! use num_traits::Float;
//! use retrograd_scalar::gradient;
//!
//! fn distance<T: Float>(x: T, y: T) -> T {
//!     x.hypot(y).max(T::epsilon())
//! }
//!
//! assert_eq!(gradient(|x| distance(x[0], x[1]), &[3.0, 4.0]), [0.6, 0.8]);
//! ```
//!
//! Scalars of two tapes have different types here, too:
//!
//! ```compile_fail
//! # use num_traits::Float;
//! # use retrograd_scalar::Tape;
//! let (mut tape, mut other) = (Tape::<f64>::new(), Tape::<f64>::new());
//! tape.record(|t| other.record(|u| t.variable(1.0).max(u.variable(2.0)).value())); // escapes the closure
//! ```

use std::{f64::consts, num::FpCategory};

use num_traits::{FloatConst, FromPrimitive, Num, NumCast, One, Signed, ToPrimitive, Zero};
use retrograd_core::{Real, ops::Comparison};

use crate::{Dual, Number, Scalar, Series, Traced, Var};

/// The integer part of a scalar, which loses no derivative. A recorded program requires later runs to find the same
/// integer.
#[track_caller]
fn whole_part<R: Scalar>(x: R) -> Option<f64> {
    let whole = x.trunc();
    let value = whole.primal();
    (whole == value).then_some(value)
}

/// Whether the sign is negative; 0 has a sign, and NaN has none.
#[track_caller]
fn is_negative<R: Scalar>(x: R) -> bool {
    x < 0.0 || x == 0.0 && x.reciprocal() < 0.0
}

/// The sign, −1 or 1, also of 0; NaN for NaN.
#[track_caller]
fn signum<R: Scalar>(x: R) -> R {
    let zero = R::constant(0.0);
    // The reciprocal of 0 has the sign of 0.
    let telling = R::select(x.eq(zero), x.reciprocal(), x);
    let unless_positive = R::select(zero.gt(telling), R::constant(-1.0), R::constant(f64::NAN));
    R::select(telling.gt(zero), R::constant(1.0), unless_positive)
}

/// `x − y`, or 0 if that is negative.
#[track_caller]
fn excess<R: Scalar>(x: R, y: R) -> R {
    R::select(x.compare(Comparison::Le, y), R::constant(0.0), x - y)
}

macro_rules! whole_numbers {
    ($($name:ident: $type:ty),*) => {
        $(#[track_caller]
        fn $name(&self) -> Option<$type> {
            whole_part(*self)?.$name()
        })*
    };
}

macro_rules! constants {
    ($($name:ident)*) => {
        $(fn $name() -> Self {
            Self::constant(consts::$name)
        })*
    };
}

/// Implements the traits that need only a [`Number`].
macro_rules! number {
    ([$($generics:tt)*] $Type:ty) => {
        impl<$($generics)*> Zero for $Type {
            fn zero() -> Self {
                Self::constant(0.0)
            }

            /// Whether the value is 0, whatever the derivatives are.
            #[track_caller]
            fn is_zero(&self) -> bool {
                *self == 0.0
            }
        }

        impl<$($generics)*> One for $Type {
            fn one() -> Self {
                Self::constant(1.0)
            }
        }

        impl<$($generics)*> Num for $Type {
            type FromStrRadixErr = <f64 as Num>::FromStrRadixErr;

            fn from_str_radix(text: &str, radix: u32) -> Result<Self, Self::FromStrRadixErr> {
                f64::from_str_radix(text, radix).map(Self::constant)
            }
        }

        impl<$($generics)*> ToPrimitive for $Type {
            whole_numbers! {
                to_i8: i8, to_i16: i16, to_i32: i32, to_i64: i64, to_i128: i128, to_isize: isize,
                to_u8: u8, to_u16: u16, to_u32: u32, to_u64: u64, to_u128: u128, to_usize: usize
            }

            /// The value; `None` if derivatives would be lost.
            fn to_f64(&self) -> Option<f64> {
                self.as_constant()
            }
        }

        impl<$($generics)*> NumCast for $Type {
            fn from<Other: ToPrimitive>(n: Other) -> Option<Self> {
                n.to_f64().map(Self::constant)
            }
        }

        impl<$($generics)*> FromPrimitive for $Type {
            fn from_i64(n: i64) -> Option<Self> {
                Some(Self::constant(n as f64))
            }

            fn from_u64(n: u64) -> Option<Self> {
                Some(Self::constant(n as f64))
            }

            fn from_f64(n: f64) -> Option<Self> {
                Some(Self::constant(n))
            }
        }

        impl<$($generics)*> Signed for $Type {
            fn abs(&self) -> Self {
                Real::abs(*self)
            }

            #[track_caller]
            fn abs_sub(&self, other: &Self) -> Self {
                excess(*self, *other)
            }

            #[track_caller]
            fn signum(&self) -> Self {
                signum(*self)
            }

            #[track_caller]
            fn is_positive(&self) -> bool {
                !is_negative(*self)
            }

            #[track_caller]
            fn is_negative(&self) -> bool {
                is_negative(*self)
            }
        }

        impl<$($generics)*> FloatConst for $Type {
            constants! {
                E FRAC_1_PI FRAC_1_SQRT_2 FRAC_2_PI FRAC_2_SQRT_PI FRAC_PI_2 FRAC_PI_3 FRAC_PI_4 FRAC_PI_6 FRAC_PI_8
                LN_10 LN_2 LOG10_E LOG2_E PI SQRT_2
            }
        }
    };
}

number! { [T: Number, const N: usize] Dual<T, N> }
number! { [T: Number, const N: usize] Series<T, N> }
number! { ['t, T: Number] Var<'t, T> }
number! { ['g] Traced<'g> }

/// Implements functions by their rows.
macro_rules! rows {
    (binary $($name:ident = $row:ident),*) => {
        $(#[inline]
        fn $name(self, other: Self) -> Self {
            Real::$row(self, other)
        })*
    };
    ($($name:ident = $row:ident),*) => {
        $(#[inline]
        fn $name(self) -> Self {
            Real::$row(self)
        })*
    };
}

/// Forwards properties to the float type of the value.
macro_rules! properties {
    ($Value:ty, $($name:ident)*) => {
        $(fn $name() -> Self {
            Self::constant(Number::primal(<$Value as num_traits::Float>::$name()))
        })*
    };
}

/// Implements `Float` for scalars over the float type `$Value`.
macro_rules! float {
    ([$($generics:tt)*] $Type:ty, of $Value:ty) => {
        impl<$($generics)*> num_traits::Float for $Type {
            properties! { $Value, nan infinity neg_infinity neg_zero min_value min_positive_value epsilon max_value }

            rows! {
                floor = floor, ceil = ceil, trunc = trunc, abs = abs, recip = reciprocal, sqrt = sqrt, cbrt = cbrt,
                exp = exp, exp2 = exp2, exp_m1 = expm1, ln = log, log2 = log2, log10 = log10, ln_1p = log1p,
                sin = sin, cos = cos, tan = tan, asin = asin, acos = acos, atan = atan,
                sinh = sinh, cosh = cosh, tanh = tanh, asinh = asinh, acosh = acosh, atanh = atanh
            }

            rows! { binary powf = pow, max = fmax, min = fmin, hypot = hypot, atan2 = atan2 }

            #[track_caller]
            fn is_nan(self) -> bool {
                self.compare(Comparison::Ne, self).into()
            }

            #[track_caller]
            fn is_infinite(self) -> bool {
                Real::abs(self) == f64::INFINITY
            }

            #[track_caller]
            fn is_finite(self) -> bool {
                Real::abs(self) < f64::INFINITY
            }

            #[track_caller]
            fn is_normal(self) -> bool {
                num_traits::Float::classify(self) == FpCategory::Normal
            }

            #[track_caller]
            fn classify(self) -> FpCategory {
                let size = Real::abs(self);
                if size == 0.0 {
                    FpCategory::Zero
                } else if size < <Self as num_traits::Float>::min_positive_value() {
                    FpCategory::Subnormal
                } else if size < f64::INFINITY {
                    FpCategory::Normal
                } else if size == f64::INFINITY {
                    FpCategory::Infinite
                } else {
                    FpCategory::Nan
                }
            }

            /// The nearest integer; halves are rounded away from 0.
            #[track_caller]
            fn round(self) -> Self {
                let whole = Real::trunc(self);
                let is_near = Self::constant(0.5).gt(Real::abs(self - whole));
                Self::select(is_near, whole, whole + self.sign())
            }

            fn fract(self) -> Self {
                self - Real::trunc(self)
            }

            #[track_caller]
            fn signum(self) -> Self {
                signum(self)
            }

            #[track_caller]
            fn is_sign_positive(self) -> bool {
                !is_negative(self)
            }

            #[track_caller]
            fn is_sign_negative(self) -> bool {
                is_negative(self)
            }

            /// A product and a sum, each rounded.
            fn mul_add(self, a: Self, b: Self) -> Self {
                self * a + b
            }

            fn powi(self, n: i32) -> Self {
                Real::powi(self, n)
            }

            fn log(self, base: Self) -> Self {
                Real::log(self) / Real::log(base)
            }

            fn to_degrees(self) -> Self {
                self * (180.0 / consts::PI)
            }

            fn to_radians(self) -> Self {
                self * (consts::PI / 180.0)
            }

            #[track_caller]
            fn abs_sub(self, other: Self) -> Self {
                excess(self, other)
            }

            fn sin_cos(self) -> (Self, Self) {
                (Real::sin(self), Real::cos(self))
            }

            /// # Panics
            /// If there are derivatives, which an integer would lose.
            #[track_caller]
            fn integer_decode(self) -> (u64, i16, i8) {
                match self.as_constant() {
                    Some(value) => num_traits::Float::integer_decode(value),
                    None => panic!("integer_decode: a number would lose its derivatives"),
                }
            }
        }
    };
}

float! { [T: Number + num_traits::Float, const N: usize] Dual<T, N>, of T }
float! { [T: Number + num_traits::Float, const N: usize] Series<T, N>, of T }
float! { ['t, T: Number + num_traits::Float] Var<'t, T>, of T }
float! { ['g] Traced<'g>, of f64 }
