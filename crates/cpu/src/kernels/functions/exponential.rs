//! Exponential functions: `x = n·ln 2 + r`, a polynomial in `r`, and `2ⁿ`.

use crate::kernels::number::{Arithmetic, FloatBits, lit, polynomial, select};

/// Coefficients for each type.
pub(super) trait Exponential: FloatBits {
    /// Of `(eʳ − 1 − r)/r²` for `|r| ≤ ln 2/2`.
    const EXP: &'static [Self];
    /// Of `(sinh x/x − 1)/x²` in powers of `x²`, for `|x| ≤ 1`.
    const SINH: &'static [Self];
}

impl Exponential for f32 {
    const EXP: &'static [f32] = &[0.49999994, 0.16666521, 0.041668266, 0.008368677, 0.0013820734];
    const SINH: &'static [f32] = &[0.16666667, 0.008333315, 0.00019841647, 2.7901913e-06];
}

impl Exponential for f64 {
    const EXP: &'static [f64] = &[
        0.5,
        0.16666666666666677,
        0.04166666666666661,
        0.008333333333321397,
        0.0013888888888923538,
        0.0001984126988677822,
        2.4801587238350102e-05,
        2.7557243494014537e-06,
        2.755735194909595e-07,
        2.5109305955872943e-08,
        2.088987901729405e-09,
    ];
    const SINH: &'static [f64] = &[
        0.16666666666666669,
        0.008333333333332915,
        0.0001984126984159068,
        2.755731910747679e-06,
        2.5052130921479864e-08,
        1.605666198942266e-10,
        7.776609405406013e-13,
    ];
}

/// `n + shift` and `r` with `x = n·ln 2 + r`.
#[inline(always)]
fn reduce<F: FloatBits, A: Arithmetic>(x: F, shift: F) -> (F, F) {
    let shifted = A::mul_add(x, lit(std::f64::consts::LOG2_E), shift);
    let n = shifted - shift;
    // The first product is exact with or without fused instructions, and so is the difference.
    (shifted, A::mul_add(n, -F::LN_2[1], A::mul_add(n, -F::LN_2[0], x)))
}

/// The same with `r = high + low`, where `x` is a sum too.
#[inline(always)]
fn reduce_sum<F: FloatBits, A: Arithmetic>(x: F, rest: F, shift: F) -> (F, F, F) {
    let shifted = A::mul_add(x, lit(std::f64::consts::LOG2_E), shift);
    let n = shifted - shift;
    let high = A::mul_add(n, -F::LN_2[0], x);
    (shifted, high, A::mul_add(n, -F::LN_2[1], rest))
}

/// `eʳ` for `|r| ≤ ln 2/2`.
#[inline(always)]
fn exp_near_zero<F: Exponential, A: Arithmetic>(r: F) -> F {
    let slope = A::mul_add(polynomial::<F, A>(r, F::EXP), r, lit(1.0));
    A::mul_add(slope, r, lit(1.0))
}

/// `e^(high + low)` less `1 + high`.
#[inline(always)]
fn tail<F: Exponential, A: Arithmetic>(high: F, low: F) -> F {
    let r = high + low;
    A::mul_add(r * r, polynomial::<F, A>(r, F::EXP), low)
}

/// `x` between the bounds, or NaN.
#[inline(always)]
fn within<F: FloatBits>(x: F, [low, high]: [F; 2]) -> F {
    let x = select(x > high, high, x);
    select(x < low, low, x)
}

/// The shift of exponents that [`FloatBits::scale`] takes.
#[inline(always)]
fn shift_of_scale<F: FloatBits>() -> F {
    F::SHIFT + F::BIAS + F::BIAS
}

/// `factor·e^(x + rest)` for `x` in the range of `exp`.
#[inline(always)]
pub(super) fn exp_of_sum<F: Exponential, A: Arithmetic>(x: F, rest: F, factor: F) -> F {
    let (shifted, high, low) = reduce_sum::<F, A>(x, rest, shift_of_scale());
    A::mul_add(factor, high + tail::<F, A>(high, low), factor).scale(shifted)
}

/// `2ᵏ·eˣ` for a small whole number `k`, not negative, which does not overflow where `eˣ` does not.
#[inline(always)]
fn scaled_exp<F: Exponential, A: Arithmetic>(x: F, k: F) -> F {
    // Shifted as below, so that halves are rounded to the same side.
    let [low, high] = F::EXP_RANGE;
    let (shifted, r) = reduce::<F, A>(within(x, [low - k, high]), F::SHIFT + F::BIAS);
    exp_near_zero::<F, A>(r).scale(shifted + (F::BIAS + k))
}

/// `eˣ`.
#[inline(always)]
pub(super) fn exp<F: Exponential, A: Arithmetic>(x: F) -> F {
    scaled_exp::<F, A>(x, lit(0.0))
}

/// `eˣ` for `|x| ≤ MODERATE`.
#[inline(always)]
pub(super) fn moderate_exp<F: Exponential, A: Arithmetic>(x: F) -> F {
    let (shifted, r) = reduce::<F, A>(x, F::SHIFT + F::BIAS);
    exp_near_zero::<F, A>(r) * F::power_of_two(shifted)
}

/// `2ˣ`.
#[inline(always)]
pub(super) fn exp2<F: Exponential, A: Arithmetic>(x: F) -> F {
    let x = within(x, F::EXP2_RANGE);
    let shifted = x + shift_of_scale();
    let fraction = x - (shifted - shift_of_scale());
    exp_near_zero::<F, A>(fraction * lit(std::f64::consts::LN_2)).scale(shifted)
}

/// `eˣ − 1`.
#[inline(always)]
pub(super) fn expm1<F: Exponential, A: Arithmetic>(x: F) -> F {
    // Half of 2ⁿ is finite wherever the result is.
    let shift = F::SHIFT + (F::BIAS - lit(1.0));
    // Below, the difference from −1 is less than half a unit of the last place.
    let x_within = within(x, [lit(-40.0), F::EXP_RANGE[1]]);
    let (shifted, high, low) = reduce_sum::<F, A>(x_within, lit(0.0), shift);
    let half = F::power_of_two(shifted);
    let sum = A::mul_add(half, high, half - lit(0.5));
    let y = A::mul_add(half, tail::<F, A>(high, low), sum);
    (y + y).with_sign_of(x)
}

/// `tanh x` and its derivative `sech² x` for `2|x| ≤ MODERATE`, from `e = e^−2|x|`: `(1 − e)/(1 + e)` and `4e/(1 + e)²`.
#[inline(always)]
pub(super) fn moderate_tanh_with_slope<F: Exponential, A: Arithmetic>(x: F) -> (F, F) {
    let magnitude = x.abs();
    let (shifted, r) = reduce::<F, A>(-(magnitude + magnitude), F::SHIFT + F::BIAS);
    let power = F::power_of_two(shifted);
    let tail = A::mul_add(r * r, polynomial::<F, A>(r, F::EXP), r);
    // `1 − e` without cancellation near 0, where the power is 1.
    let lost = A::mul_add(-power, tail, lit::<F>(1.0) - power);
    let inverse = lit::<F>(1.0) / (lit::<F>(2.0) - lost);
    let quotient = lost * inverse;
    // The rests that quotient and divisor have lost by rounding are put back.
    let rest = A::mul_add(quotient, lost, A::mul_add(quotient, lit(-2.0), lost));
    let value = A::mul_add(rest, inverse, quotient);
    let slope = A::mul_add(power, tail, power) * (inverse * inverse) * lit(4.0);
    (value.with_sign_of(x), slope)
}

/// The largest `x` for [`moderate_tanh_with_slope`].
#[inline(always)]
pub(super) fn limit_of_tanh<F: FloatBits>() -> F {
    F::MODERATE * lit(0.5)
}

/// `tanh x` and its derivative.
#[inline(always)]
pub(super) fn tanh_with_slope<F: Exponential, A: Arithmetic>(x: F) -> (F, F) {
    let limit = limit_of_tanh::<F>();
    let (value, slope) = moderate_tanh_with_slope::<F, A>(within(x, [-limit, limit]));
    let magnitude = x.abs();
    let far = scaled_exp::<F, A>(-(magnitude + magnitude), lit(2.0));
    (value, select(magnitude > limit, far, slope))
}

/// `tanh x`.
#[inline(always)]
pub(super) fn tanh<F: Exponential, A: Arithmetic>(x: F) -> F {
    tanh_with_slope::<F, A>(x).0
}

/// `tanh x` of a moderate number.
#[inline(always)]
pub(super) fn moderate_tanh<F: Exponential, A: Arithmetic>(x: F) -> F {
    moderate_tanh_with_slope::<F, A>(x).0
}

/// `sech² x`.
#[inline(always)]
pub(super) fn sech_squared<F: Exponential, A: Arithmetic>(x: F) -> F {
    tanh_with_slope::<F, A>(x).1
}

/// `sech² x` of a moderate number.
#[inline(always)]
pub(super) fn moderate_sech_squared<F: Exponential, A: Arithmetic>(x: F) -> F {
    moderate_tanh_with_slope::<F, A>(x).1
}

/// `e^|x|/2`, which overflows where `cosh` does.
#[inline(always)]
fn half_exp<F: Exponential, A: Arithmetic>(magnitude: F) -> F {
    let largest = F::EXP_RANGE[1] + lit(1.0);
    let shift = shift_of_scale::<F>() - lit(1.0);
    let (shifted, r) = reduce::<F, A>(select(magnitude > largest, largest, magnitude), shift);
    exp_near_zero::<F, A>(r).scale(shifted)
}

/// `cosh x = e^|x|/2 + e^−|x|/2`.
#[inline(always)]
pub(super) fn cosh<F: Exponential, A: Arithmetic>(x: F) -> F {
    let e = half_exp::<F, A>(x.abs());
    e + lit::<F>(0.25) / e
}

/// `sinh x = e^|x|/2 − e^−|x|/2`, and a polynomial for small `x`.
#[inline(always)]
pub(super) fn sinh<F: Exponential, A: Arithmetic>(x: F) -> F {
    let magnitude = x.abs();
    let e = half_exp::<F, A>(magnitude);
    let large = e - lit::<F>(0.25) / e;
    let square = magnitude * magnitude;
    let small = A::mul_add(magnitude * square, polynomial::<F, A>(square, F::SINH), magnitude);
    select(magnitude < lit(1.0), small, large).with_sign_of(x)
}

/// `1/(1 + e⁻ˣ)` for `|x| ≤ MODERATE`.
#[inline(always)]
pub(super) fn moderate_sigmoid<F: Exponential, A: Arithmetic>(x: F) -> F {
    lit::<F>(1.0) / (moderate_exp::<F, A>(-x) + lit(1.0))
}

/// `1/(1 + e⁻ˣ)`, which is `eˣ` where that is small.
#[inline(always)]
pub(super) fn sigmoid<F: Exponential, A: Arithmetic>(x: F) -> F {
    let moderate = moderate_sigmoid::<F, A>(within(x, [-F::MODERATE, F::MODERATE]));
    select(x < -F::MODERATE, exp::<F, A>(x), moderate)
}
