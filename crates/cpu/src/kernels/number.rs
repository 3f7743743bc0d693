//! Numbers as kernels compute with them: bits, fused arithmetic, and polynomials.

use retrograd_core::Float;

/// How `a·b + c` is computed: a type, so that every loop is compiled for one way.
pub(super) trait Arithmetic {
    /// `a·b + c`, with one rounding or two.
    fn mul_add<F: FloatBits>(a: F, b: F, c: F) -> F;

    /// The rest of `a·b` that rounding to `product` has lost.
    fn product_rest<F: FloatBits>(a: F, b: F, product: F) -> F;
}

/// Processors with a fused instruction.
pub(super) struct Fused;

/// All others: the fused operation would be a slow call there.
pub(super) struct Separate;

impl Arithmetic for Fused {
    #[inline(always)]
    fn mul_add<F: FloatBits>(a: F, b: F, c: F) -> F {
        a.fused(b, c)
    }

    #[inline(always)]
    fn product_rest<F: FloatBits>(a: F, b: F, product: F) -> F {
        a.fused(b, -product)
    }
}

impl Arithmetic for Separate {
    #[inline(always)]
    fn mul_add<F: FloatBits>(a: F, b: F, c: F) -> F {
        a * b + c
    }

    /// Dekker's product: halves have exact products.
    #[inline(always)]
    fn product_rest<F: FloatBits>(a: F, b: F, product: F) -> F {
        let (a_high, b_high) = (a.upper_half(), b.upper_half());
        let (a_low, b_low) = (a - a_high, b - b_high);
        (((a_high * b_high - product) + a_high * b_low) + a_low * b_high) + a_low * b_low
    }
}

/// A floating-point number with access to its bits.
///
/// Where a method speaks of a shifted whole number `n`, it is the number `SHIFT + n`, whose last bits are those of `n`:
/// adding [`SHIFT`](FloatBits::SHIFT) rounds to whole numbers without the instruction that not every processor has. Exponents
/// are shifted by [`BIAS`](FloatBits::BIAS) as well, so that the last bits are ready to be those of a power of two.
pub(super) trait FloatBits: Float {
    /// `1.5·2ᵐ` with the `m` bits of the mantissa.
    const SHIFT: Self;
    /// The bias of exponents: their bits less their value.
    const BIAS: Self;
    const ZERO: Self;
    const ONE: Self;
    const INFINITY: Self;
    const NAN: Self;
    /// From 1 to the next number: twice the largest relative error of rounding.
    const EPSILON: Self;
    /// Where `eˣ` is neither 0 nor infinite, and a little more.
    const EXP_RANGE: [Self; 2];
    /// The same for `2ˣ`.
    const EXP2_RANGE: [Self; 2];
    /// A bound of the magnitudes of `x` for which `eˣ` is a normal number.
    const MODERATE: Self;
    /// `ln 2` in two parts; products of the first with the exponents of all numbers are exact.
    const LN_2: [Self; 2];
    /// `log₁₀ 2` likewise.
    const LOG10_2: [Self; 2];

    fn widen(self) -> f64;
    fn narrow(wide: f64) -> Self;
    fn fused(self, b: Self, c: Self) -> Self;
    /// The magnitude of `self` with the sign of `sign`.
    fn with_sign_of(self, sign: Self) -> Self;
    /// The number with the lower half of its mantissa cut off.
    fn upper_half(self) -> Self;
    /// `self·2ⁿ` of `SHIFT + 2·BIAS + n`, where `2ⁿ⁄²` is a normal number, rounded once.
    fn scale(self, shifted: Self) -> Self;
    /// `2ⁿ` of `SHIFT + BIAS + n`, where it is a normal number.
    fn power_of_two(shifted: Self) -> Self;
    /// `(k, m)` with `self = m·2ᵏ` and `√½ ≤ m < √2`, of a positive number.
    fn split(self) -> (Self, Self);
    /// Whether a shifted whole number is odd.
    fn is_odd(shifted: Self) -> bool;
    /// The negative of `self` if the second to last bit of a shifted whole number is set.
    fn negated_by_half_turn(self, shifted: Self) -> Self;
}

macro_rules! number {
    ($F:ident, $bits:ident, $n_mantissa:literal, $bias:literal, $n_half:literal, $shift:literal,
        exp: $exp:expr, moderate: $moderate:expr, exp2: $exp2:expr, ln_2: $ln_2:expr, log10_2: $log10_2:expr) => {
        impl FloatBits for $F {
            const SHIFT: Self = $shift;
            const BIAS: Self = $bias as $F;
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const INFINITY: Self = $F::INFINITY;
            const NAN: Self = $F::NAN;
            const EPSILON: Self = $F::EPSILON;
            const EXP_RANGE: [Self; 2] = $exp;
            const MODERATE: Self = $moderate;
            const EXP2_RANGE: [Self; 2] = $exp2;
            const LN_2: [Self; 2] = $ln_2;
            const LOG10_2: [Self; 2] = $log10_2;

            #[inline(always)]
            fn widen(self) -> f64 {
                self as f64
            }

            #[inline(always)]
            fn narrow(wide: f64) -> Self {
                wide as $F
            }

            #[inline(always)]
            fn fused(self, b: Self, c: Self) -> Self {
                self.mul_add(b, c)
            }

            #[inline(always)]
            fn with_sign_of(self, sign: Self) -> Self {
                self.copysign(sign)
            }

            #[inline(always)]
            fn upper_half(self) -> Self {
                $F::from_bits(self.to_bits() & ($bits::MAX << $n_half))
            }

            #[inline(always)]
            fn scale(self, shifted: Self) -> Self {
                // Two factors, since 2ⁿ may be too large or too small for one; the first product is exact.
                let bits = shifted.to_bits();
                let half = bits >> 1;
                let rest = bits - half;
                self * $F::from_bits(half << $n_mantissa) * $F::from_bits(rest << $n_mantissa)
            }

            #[inline(always)]
            fn power_of_two(shifted: Self) -> Self {
                $F::from_bits(shifted.to_bits() << $n_mantissa)
            }

            #[inline(always)]
            fn split(self) -> (Self, Self) {
                const ONE: $bits = $bias << $n_mantissa;
                const TO_NORMAL: $F = (1u64 << ($n_mantissa + 1)) as $F;
                let is_small = self < $F::MIN_POSITIVE;
                let normal = if is_small { self * TO_NORMAL } else { self };
                let bits = normal.to_bits();
                let offset = ONE - $F::to_bits(std::f64::consts::FRAC_1_SQRT_2 as $F);
                let exponent = bits.wrapping_add(offset) >> $n_mantissa;
                let m = $F::from_bits(bits.wrapping_add(ONE).wrapping_sub(exponent << $n_mantissa));
                // The exponent as the last bits of a number, from which the rest of the number is taken away.
                const WHOLE: $F = (1u64 << $n_mantissa) as $F;
                let k = $F::from_bits(exponent | WHOLE.to_bits())
                    - if is_small {
                        WHOLE + ($bias + $n_mantissa + 1) as $F
                    } else {
                        WHOLE + $bias as $F
                    };
                (k, m)
            }

            #[inline(always)]
            fn is_odd(shifted: Self) -> bool {
                shifted.to_bits() & 1 != 0
            }

            #[inline(always)]
            fn negated_by_half_turn(self, shifted: Self) -> Self {
                let sign = (shifted.to_bits() >> 1) << ($bits::BITS - 1);
                $F::from_bits(self.to_bits() ^ sign)
            }
        }
    };
}

number!(f32, u32, 23, 127, 12, 12_582_912.0,
    exp: [-104.0, 89.0], moderate: 87.0, exp2: [-151.0, 129.0],
    ln_2: [0.693_145_75, 1.428_606_8e-6], log10_2: [0.301_025_4, 4.605_039e-6]);
number!(f64, u64, 52, 1023, 27, 6_755_399_441_055_744.0,
    exp: [-746.0, 710.0], moderate: 708.0, exp2: [-1076.0, 1025.0],
    ln_2: [0.693_147_180_369_123_8, 1.908_214_929_270_587_7e-10],
    log10_2: [0.301_029_995_663_611_77, 3.694_239_077_158_931e-13]);

#[inline(always)]
pub(super) fn lit<F: Float>(value: f64) -> F {
    <F as Float>::lit(value)
}

#[inline(always)]
pub(super) fn select<T>(condition: bool, a: T, b: T) -> T {
    if condition { a } else { b }
}

/// `c₀ + c₁x + c₂x² + …`, in parts that do not wait for each other: a number alone takes as long as what waits for what.
/// Loops rather than iterators that take closures, which are not sure to be inlined, and so compiled for the instruction set.
#[inline(always)]
pub(super) fn polynomial<F: FloatBits, A: Arithmetic>(x: F, coefficients: &[F]) -> F {
    let square = x * x;
    if coefficients.len() <= 6 {
        return polynomial_of_linear::<F, A>(x, square, coefficients);
    }
    let (lower, highest) = coefficients.split_at((coefficients.len() - 1) / 4 * 4);
    let mut sum = polynomial_of_linear::<F, A>(x, square, highest);
    for cubic in lower.as_chunks::<4>().0.iter().rev() {
        sum = A::mul_add(sum, square * square, polynomial_of_linear::<F, A>(x, square, cubic));
    }
    sum
}

/// The same as `(c₀ + c₁x) + (c₂ + c₃x)·x² + …`, by Horner's rule.
#[inline(always)]
fn polynomial_of_linear<F: FloatBits, A: Arithmetic>(x: F, square: F, coefficients: &[F]) -> F {
    let (lower, highest) = coefficients.split_at((coefficients.len() - 1) / 2 * 2);
    let mut sum = match *highest {
        [a, b] => A::mul_add(b, x, a),
        [a, ..] => a,
        [] => lit(0.0),
    };
    for &[a, b] in lower.as_chunks::<2>().0.iter().rev() {
        sum = A::mul_add(sum, square, A::mul_add(b, x, a));
    }
    sum
}
