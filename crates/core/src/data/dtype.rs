//! Element types: the dtypes, and the traits by which plain loops use them.

use std::{
    fmt,
    ops::{Add, Div, Mul, Neg, Sub},
};

use crate::data::{
    elements::Elements,
    special,
    tensor::{Buffer, Slice, SliceMut},
};

/// Type of a tensor's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DType {
    /// 32-bit floating point: the default of a graph.
    F32,
    /// 64-bit floating point.
    F64,
    /// 64-bit integers: indices and labels.
    I64,
    /// Truth values: masks.
    Bool,
}

impl DType {
    /// Whether gradients flow through tensors of this type.
    pub fn is_float(self) -> bool {
        match self {
            DType::F32 | DType::F64 => true,
            DType::I64 | DType::Bool => false,
        }
    }

    /// Whether a number is a value of this type, but for rounding.
    pub(crate) fn holds(self, value: f64) -> bool {
        match self {
            DType::F32 | DType::F64 => true,
            DType::I64 => value.fract() == 0.0,
            DType::Bool => value == 0.0 || value == 1.0,
        }
    }

    /// Whether a number of double precision is a value of this type, to the last bit.
    pub fn is_exact(self, value: f64) -> bool {
        match self {
            DType::F32 => f64::from(value as f32) == value,
            DType::F64 | DType::I64 | DType::Bool => self.holds(value),
        }
    }

    /// Bytes of one element.
    pub fn n_bytes(self) -> usize {
        match self {
            DType::F32 => 4,
            DType::F64 | DType::I64 => 8,
            DType::Bool => 1,
        }
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DType::F32 => "f32",
            DType::F64 => "f64",
            DType::I64 => "i64",
            DType::Bool => "bool",
        })
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
    impl Sealed for i64 {}
    impl Sealed for bool {}
}

/// A type that tensors can hold: `f32`, `f64`, `i64` or `bool`.
pub trait Element:
    sealed::Sealed + Copy + PartialOrd + Default + fmt::Debug + Send + Sync + 'static
{
    /// The dtype of this type.
    const DTYPE: DType;

    /// Nearest value of this type; truth is "not zero".
    fn from_f64(value: f64) -> Self;

    /// This value as `f64`; truth is 1.
    fn to_f64(self) -> f64;

    /// The elements of `slice` if they are of this type.
    fn of(slice: Slice<'_>) -> Option<&[Self]>;

    /// The elements of `slice` if they are of this type.
    fn of_mut(slice: SliceMut<'_>) -> Option<&mut [Self]>;

    /// A buffer of these elements.
    fn buffer(elements: Elements<Self>) -> Buffer;
}

macro_rules! element {
    ($type:ty, $variant:ident, $from:expr, $to:expr) => {
        impl Element for $type {
            const DTYPE: DType = DType::$variant;

            #[inline(always)]
            fn from_f64(value: f64) -> Self {
                let from: fn(f64) -> Self = $from;
                from(value)
            }

            #[inline(always)]
            fn to_f64(self) -> f64 {
                let to: fn(Self) -> f64 = $to;
                to(self)
            }

            fn of(slice: Slice<'_>) -> Option<&[Self]> {
                if let Slice::$variant(elements) = slice { Some(elements) } else { None }
            }

            fn of_mut(slice: SliceMut<'_>) -> Option<&mut [Self]> {
                if let SliceMut::$variant(elements) = slice { Some(elements) } else { None }
            }

            fn buffer(elements: Elements<Self>) -> Buffer {
                Buffer::$variant(elements)
            }
        }
    };
}

element!(f32, F32, |value| value as f32, f64::from);
element!(f64, F64, |value| value, |value| value);
element!(i64, I64, |value| value as i64, |value| value as f64);
element!(bool, Bool, |value| value != 0.0, |value| f64::from(u8::from(value)));

/// Floating-point elements, with the functions that the value column of the operation tables is written in.
///
/// Names follow `std`, or PyTorch where `std` has none; `lit` makes a constant.
#[expect(missing_docs, reason = "the functions are those of the same name in std")]
pub trait Float:
    Element
    + Neg<Output = Self>
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
{
    /// The largest finite number.
    const MAX: Self;
    fn lit(value: f64) -> Self;
    fn is_nan(self) -> bool;
    fn is_infinite(self) -> bool;
    fn abs(self) -> Self;
    fn floor(self) -> Self;
    fn ceil(self) -> Self;
    fn trunc(self) -> Self;
    fn round_ties_even(self) -> Self;
    fn exp(self) -> Self;
    fn exp2(self) -> Self;
    fn exp_m1(self) -> Self;
    fn ln(self) -> Self;
    fn log2(self) -> Self;
    fn log10(self) -> Self;
    fn ln_1p(self) -> Self;
    fn sqrt(self) -> Self;
    fn cbrt(self) -> Self;
    fn sin(self) -> Self;
    fn cos(self) -> Self;
    fn tan(self) -> Self;
    fn asin(self) -> Self;
    fn acos(self) -> Self;
    fn atan(self) -> Self;
    fn sinh(self) -> Self;
    fn cosh(self) -> Self;
    fn tanh(self) -> Self;
    fn asinh(self) -> Self;
    fn acosh(self) -> Self;
    fn atanh(self) -> Self;
    fn powf(self, exponent: Self) -> Self;
    fn mul_add(self, factor: Self, summand: Self) -> Self;
    fn atan2(self, x: Self) -> Self;
    fn hypot(self, other: Self) -> Self;
    /// Remainder of truncated division, with the sign of `self`.
    fn fmod(self, divisor: Self) -> Self;
    fn erf(self) -> Self;
    fn erfc(self) -> Self;
    /// `e^(x²)·erfc(x)`.
    fn erfcx(self) -> Self;
    /// Derivative of `e^(x²)·erfc(x)` of order `order`.
    fn erfcx_derivative(self, order: Self) -> Self;
    /// Logarithm of the normal distribution function.
    fn log_ndtr(self) -> Self;
    /// `ln |Γ(x)|`.
    fn lgamma(self) -> Self;
    /// Derivative of `ln Γ` of order `order + 1`.
    fn polygamma(self, order: Self) -> Self;
    /// Derivative of `sin(πx)/(πx)` of order `order`.
    fn sinc_derivative(self, order: Self) -> Self;
}

macro_rules! float {
    ($type:ident, libm: $($name:ident = $libm:ident),*) => {
        impl Float for $type {
            const MAX: Self = $type::MAX;

            #[inline(always)]
            fn lit(value: f64) -> Self {
                value as $type
            }

            #[inline(always)]
            fn fmod(self, divisor: Self) -> Self {
                self % divisor
            }

            float!(@std $type: is_nan() -> bool, is_infinite() -> bool, abs(), floor(), ceil(), trunc(),
                round_ties_even(), exp(), exp2(), exp_m1(), ln(), log2(), log10(), ln_1p(), sqrt(), cbrt(), sin(),
                cos(), tan(), asin(), acos(), atan(), sinh(), cosh(), tanh(), powf(exponent),
                mul_add(factor, summand), atan2(x), hypot(other));

            float!(@special $type: erfcx(), erfcx_derivative(order), log_ndtr(), polygamma(order),
                sinc_derivative(order));

            $(
                #[inline(always)]
                fn $name(self) -> Self {
                    libm::$libm(self)
                }
            )*
        }
    };
    (@std $type:ident: $($name:ident($($arg:ident),*) $(-> $output:ty)?),*) => {
        $(
            #[inline(always)]
            fn $name(self $(, $arg: Self)*) -> float!(@output $($output)?) {
                $type::$name(self $(, $arg)*)
            }
        )*
    };
    // In single precision too, computed in double.
    (@special $type:ident: $($name:ident($($arg:ident)?)),*) => {
        $(
            #[inline]
            fn $name(self $(, $arg: Self)?) -> Self {
                special::$name(f64::from(self) $(, f64::from($arg))?) as $type
            }
        )*
    };
    (@output) => { Self };
    (@output $output:ty) => { $output };
}

float!(f32, libm: erf = erff, erfc = erfcf, lgamma = lgammaf, asinh = asinhf, acosh = acoshf, atanh = atanhf);
float!(f64, libm: erf = erf, erfc = erfc, lgamma = lgamma, asinh = asinh, acosh = acosh, atanh = atanh);
