//! Numbers that loops written by hand compute with: `f32` and `f64`, with functions that the compiler vectorizes.

use std::ops::AddAssign;

use retrograd::{Element, Float};

use crate::by_hand::LibraryProduct;

/// `f32` or `f64`.
pub trait Number: Float + Element + AddAssign + Default + Send + Sync {
    /// The library's matrix product for the instructions of this machine.
    fn library_product() -> LibraryProduct<Self>;

    /// `self·factor + term`, rounded once.
    fn fused(self, factor: Self, term: Self) -> Self;

    /// The larger of two numbers that are not NaN.
    fn larger(self, other: Self) -> Self;

    /// `eˣ` to about one unit in the last place, where it is a normal number; at its bounds beyond.
    ///
    /// `eˣ = 2ⁿ·eʳ` with `n` the integer next to `x/ln 2`, and Taylor's polynomial of `eʳ` for `|r| ≤ ln 2 / 2`.
    fn fast_exp(self) -> Self;

    /// `1/(1 + e⁻ˣ)`.
    #[inline(always)]
    fn fast_sigmoid(self) -> Self {
        let one = number::<Self>(1.0);
        one / (one + (-self).fast_exp())
    }

    /// `tanh x`, to a few units in the last place of 1.
    #[inline(always)]
    fn fast_tanh(self) -> Self {
        let (one, two) = (number::<Self>(1.0), number::<Self>(2.0));
        one - two / (one + (self + self).fast_exp())
    }
}

/// A constant as a number.
#[inline(always)]
pub fn number<F: Number>(value: f64) -> F {
    <F as Float>::lit(value)
}

macro_rules! number {
    ($type:ident, $library:ident, range: $low:literal..$high:literal, rest_of_ln_2: $rest:expr, degree: $degree:literal) => {
        impl Number for $type {
            fn library_product() -> LibraryProduct<Self> {
                $library::gemm::$type::get_gemm_fn()
            }

            #[inline(always)]
            fn fused(self, factor: Self, term: Self) -> Self {
                self.mul_add(factor, term)
            }

            #[inline(always)]
            fn larger(self, other: Self) -> Self {
                if self > other { self } else { other }
            }

            #[inline(always)]
            fn fast_exp(self) -> Self {
                use std::$type::consts::{LN_2, LOG2_E};
                /// Taylor's coefficients `1/k!`.
                const COEFFICIENTS: [$type; $degree + 1] = {
                    let mut coefficients = [1.0; $degree + 1];
                    let mut k = 1;
                    while k <= $degree {
                        coefficients[k] = coefficients[k - 1] / k as $type;
                        k += 1;
                    }
                    coefficients
                };
                /// Numbers of this size have no fraction: added and subtracted again, it rounds to integers.
                const ROUNDING: $type = 1.5 / $type::EPSILON;
                const EXPONENT_AT: u32 = $type::MANTISSA_DIGITS - 1;
                const BIAS: i32 = $type::MAX_EXP - 1;

                let x = if self > $low { self } else { $low };
                let x = if x < $high { x } else { $high };
                let rounded = x.mul_add(LOG2_E, ROUNDING);
                let n = rounded - ROUNDING;
                let r = n.mul_add(-$rest, n.mul_add(-LN_2, x));
                let mut y = COEFFICIENTS[$degree];
                let mut k = $degree;
                while k > 0 {
                    k -= 1;
                    y = y.mul_add(r, COEFFICIENTS[k]);
                }
                // The low bits of the sum above are `n`.
                y * $type::from_bits(rounded.to_bits().wrapping_add(BIAS as _) << EXPONENT_AT)
            }
        }
    };
}

number!(f32, gemm_f32, range: -87.0..88.0, rest_of_ln_2: (std::f64::consts::LN_2 - LN_2 as f64) as f32, degree: 6);
number!(f64, gemm_f64, range: -708.0..709.0, rest_of_ln_2: 2.319_046_813_846_299_6e-17, degree: 12);

#[cfg(test)]
mod tests {
    use super::Number;

    #[test]
    fn functions_agree_with_the_standard_library() {
        for k in -8000..=8000 {
            let x = f64::from(k) / 100.0;
            let single = x as f32;
            let error = (single.fast_exp() / single.exp() - 1.0).abs();
            assert!(error < 4e-7, "exp {x}: {error}");
            assert!((x.fast_exp() / x.exp() - 1.0).abs() < 1e-15, "exp {x}");
            assert!((single.fast_tanh() - single.tanh()).abs() < 4e-7, "tanh {x}");
            assert!((x.fast_tanh() - x.tanh()).abs() < 1e-15, "tanh {x}");
            assert!((x.fast_sigmoid() - 1.0 / (1.0 + (-x).exp())).abs() < 1e-15, "sigmoid {x}");
        }
    }
}
