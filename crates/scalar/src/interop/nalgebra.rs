//! The element traits of `nalgebra`, for duals: matrices of duals can be multiplied, decomposed and solved like
//! matrices of floats.
//!
//! The traits require types without lifetimes that can be sent to other threads. Scalars of a tape have a lifetime and
//! lack these traits.

use std::f64::consts;

use approx::{AbsDiffEq, RelativeEq, UlpsEq};
use num_traits::{Float, One, Zero};
use simba::{
    scalar::{ComplexField, Field, RealField, SubsetOf},
    simd::SimdValue,
};

use crate::{Dual, Number};

impl<T: Number, const N: usize> Dual<T, N> {
    /// The same value without tangents.
    fn lifted(value: T) -> Self {
        Self::new(value, [T::default(); N])
    }
}

impl<T: Number, const N: usize> SimdValue for Dual<T, N> {
    const LANES: usize = 1;
    type Element = Self;
    type SimdBool = bool;

    fn splat(value: Self) -> Self {
        value
    }

    fn extract(&self, _: usize) -> Self {
        *self
    }

    #[expect(unsafe_code, reason = "the trait declares it so; it is safe here")]
    unsafe fn extract_unchecked(&self, _: usize) -> Self {
        *self
    }

    fn replace(&mut self, _: usize, value: Self) {
        *self = value;
    }

    #[expect(unsafe_code, reason = "the trait declares it so; it is safe here")]
    unsafe fn replace_unchecked(&mut self, _: usize, value: Self) {
        *self = value;
    }

    fn select(self, condition: bool, other: Self) -> Self {
        if condition { self } else { other }
    }
}

impl<T: Number, const N: usize> Field for Dual<T, N> {}

impl<T: Number, const N: usize> SubsetOf<Self> for Dual<T, N> {
    fn to_superset(&self) -> Self {
        *self
    }

    fn from_superset_unchecked(element: &Self) -> Self {
        *element
    }

    fn is_in_subset(_: &Self) -> bool {
        true
    }
}

/// Conversions from and to floats. The unchecked conversion to a float loses the tangents.
macro_rules! float {
    ($float:ty) => {
        impl<T: Number, const N: usize> SubsetOf<Dual<T, N>> for $float {
            fn to_superset(&self) -> Dual<T, N> {
                Dual::constant(f64::from(*self))
            }

            fn from_superset_unchecked(element: &Dual<T, N>) -> Self {
                element.primal() as $float
            }

            fn is_in_subset(element: &Dual<T, N>) -> bool {
                element.as_constant().is_some()
            }
        }
    };
}

float! { f32 }
float! { f64 }

impl<T: Number + AbsDiffEq<Epsilon = T>, const N: usize> AbsDiffEq for Dual<T, N> {
    type Epsilon = Self;

    fn default_epsilon() -> Self {
        Self::lifted(T::default_epsilon())
    }

    fn abs_diff_eq(&self, other: &Self, epsilon: Self) -> bool {
        self.value.abs_diff_eq(&other.value, epsilon.value)
    }
}

impl<T: Number + RelativeEq<Epsilon = T>, const N: usize> RelativeEq for Dual<T, N> {
    fn default_max_relative() -> Self {
        Self::lifted(T::default_max_relative())
    }

    fn relative_eq(&self, other: &Self, epsilon: Self, max_relative: Self) -> bool {
        self.value.relative_eq(&other.value, epsilon.value, max_relative.value)
    }
}

impl<T: Number + UlpsEq<Epsilon = T>, const N: usize> UlpsEq for Dual<T, N> {
    fn default_max_ulps() -> u32 {
        T::default_max_ulps()
    }

    fn ulps_eq(&self, other: &Self, epsilon: Self, max_ulps: u32) -> bool {
        self.value.ulps_eq(&other.value, epsilon.value, max_ulps)
    }
}

/// Forwards functions to [`Float`].
macro_rules! floats {
    (binary $($name:ident)*) => {
        $(fn $name(self, other: Self) -> Self {
            Float::$name(self, other)
        })*
    };
    ($($name:ident)*) => {
        $(fn $name(self) -> Self {
            Float::$name(self)
        })*
    };
}

impl<T: Number + Float + RealField, const N: usize> ComplexField for Dual<T, N> {
    type RealField = Self;

    floats! {
        floor ceil round trunc fract abs signum recip sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh
        log2 log10 ln ln_1p sqrt exp exp2 exp_m1 cbrt
    }

    floats! { binary hypot log powf }

    fn from_real(re: Self) -> Self {
        re
    }

    fn real(self) -> Self {
        self
    }

    fn imaginary(self) -> Self {
        Self::zero()
    }

    fn modulus(self) -> Self {
        Float::abs(self)
    }

    fn modulus_squared(self) -> Self {
        self * self
    }

    fn norm1(self) -> Self {
        Float::abs(self)
    }

    fn argument(self) -> Self {
        if self >= 0.0 { Self::zero() } else { Self::pi() }
    }

    fn to_exp(self) -> (Self, Self) {
        if self >= 0.0 { (self, Self::one()) } else { (-self, -Self::one()) }
    }

    fn scale(self, factor: Self) -> Self {
        self * factor
    }

    fn unscale(self, factor: Self) -> Self {
        self / factor
    }

    fn conjugate(self) -> Self {
        self
    }

    fn mul_add(self, a: Self, b: Self) -> Self {
        Float::mul_add(self, a, b)
    }

    fn sin_cos(self) -> (Self, Self) {
        Float::sin_cos(self)
    }

    fn powi(self, n: i32) -> Self {
        Float::powi(self, n)
    }

    fn powc(self, n: Self) -> Self {
        Float::powf(self, n)
    }

    fn is_finite(&self) -> bool {
        Float::is_finite(*self)
    }

    fn try_sqrt(self) -> Option<Self> {
        (self >= 0.0).then(|| Float::sqrt(self))
    }
}

macro_rules! constants {
    ($($name:ident = $value:expr),*) => {
        $(fn $name() -> Self {
            Self::constant($value)
        })*
    };
}

impl<T: Number + Float + RealField, const N: usize> RealField for Dual<T, N> {
    floats! { binary copysign max min atan2 }

    constants! {
        pi = consts::PI, two_pi = consts::TAU, frac_pi_2 = consts::FRAC_PI_2, frac_pi_3 = consts::FRAC_PI_3,
        frac_pi_4 = consts::FRAC_PI_4, frac_pi_6 = consts::FRAC_PI_6, frac_pi_8 = consts::FRAC_PI_8,
        frac_1_pi = consts::FRAC_1_PI, frac_2_pi = consts::FRAC_2_PI, frac_2_sqrt_pi = consts::FRAC_2_SQRT_PI,
        e = consts::E, log2_e = consts::LOG2_E, log10_e = consts::LOG10_E, ln_2 = consts::LN_2, ln_10 = consts::LN_10
    }

    fn is_sign_positive(&self) -> bool {
        Float::is_sign_positive(*self)
    }

    fn is_sign_negative(&self) -> bool {
        Float::is_sign_negative(*self)
    }

    fn clamp(self, min: Self, max: Self) -> Self {
        if self < min {
            min
        } else if self > max {
            max
        } else {
            self
        }
    }

    fn min_value() -> Option<Self> {
        <T as RealField>::min_value().map(Self::lifted)
    }

    fn max_value() -> Option<Self> {
        <T as RealField>::max_value().map(Self::lifted)
    }
}
