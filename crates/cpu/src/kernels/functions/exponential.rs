//! Exponential functions: `x = n·ln 2 + r`, a polynomial in `r`, and `2ⁿ`.

use crate::kernels::number::{Arithmetic, Number, lit, polynomial, select};

/// Coefficients for each type.
pub(super) trait Exponential: Number {
    /// Of `(eʳ − 1 − r)/r²` for `|r| ≤ ln 2/2`.
    const EXP: &'static [Self];
    /// Of `(sinh x/x − 1)/x²` in powers of `x²`, for `|x| ≤ 1`.
    const SINH: &'static [Self];
    /// Of `(tanh x/x − 1)/x²` in powers of `x²`, for `|x| ≤ 0.6`.
    const TANH: &'static [Self];
}

impl Exponential for f32 {
    const EXP: &'static [f32] =
        &[0.5, 0.16666666, 0.041666478, 0.008333565, 0.0013933742, 0.00019745417];
    const SINH: &'static [f32] = &[0.16666667, 0.008333315, 0.00019841647, 2.7901913e-06];
    const TANH: &'static [f32] =
        &[-0.3333333, 0.13333233, -0.0539507, 0.021725105, -0.008244465, 0.0022104597];
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
    const TANH: &'static [f64] = &[
        -0.33333333333333326,
        0.13333333333331868,
        -0.05396825396726042,
        0.02186948850260036,
        -0.008863234867168777,
        0.003592119698756342,
        -0.0014557642504514428,
        0.0005896227314073524,
        -0.00023751378332980406,
        9.249090454724438e-05,
        -3.117987666263116e-05,
        6.503891626257143e-06,
    ];
}

/// `n + shift` and `r` with `x = n·ln 2 + r`.
#[inline(always)]
fn reduce<F: Number, A: Arithmetic>(x: F, shift: F) -> (F, F) {
    let shifted = A::mul_add(x, lit(std::f64::consts::LOG2_E), shift);
    let n = shifted - shift;
    // The first product is exact with or without fused instructions, and so is the difference.
    (shifted, A::mul_add(n, -F::LN_2[1], A::mul_add(n, -F::LN_2[0], x)))
}

/// The same with `r = high + low`, where `x` is a sum too.
#[inline(always)]
fn reduce_sum<F: Number, A: Arithmetic>(x: F, rest: F, shift: F) -> (F, F, F) {
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
fn within<F: Number>(x: F, [low, high]: [F; 2]) -> F {
    let x = select(x > high, high, x);
    select(x < low, low, x)
}

/// What [`Number::scale`] wants exponents to be shifted by.
#[inline(always)]
fn shift_of_scale<F: Number>() -> F {
    F::SHIFT + F::BIAS + F::BIAS
}

/// `factor·e^(x + rest)` for `x` in the range of `exp`.
#[inline(always)]
pub(super) fn exp_of_sum<F: Exponential, A: Arithmetic>(x: F, rest: F, factor: F) -> F {
    let (shifted, high, low) = reduce_sum::<F, A>(x, rest, shift_of_scale());
    A::mul_add(factor, high + tail::<F, A>(high, low), factor).scale(shifted)
}

/// `eˣ`.
#[inline(always)]
pub(super) fn exp<F: Exponential, A: Arithmetic>(x: F) -> F {
    let (shifted, r) = reduce::<F, A>(within(x, F::EXP_RANGE), shift_of_scale());
    exp_near_zero::<F, A>(r).scale(shifted)
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

/// `e^−m/TINY` for `m ≥ 0`, a normal number even where four times `e^−m` is 0.
#[inline(always)]
fn lifted_exp<F: Exponential, A: Arithmetic>(m: F) -> F {
    let lowest = F::EXP_RANGE[0] - lit(4.0);
    let shift = F::SHIFT + (F::BIAS + F::LIFT);
    let (shifted, r) = reduce::<F, A>(select(-m < lowest, lowest, -m), shift);
    F::power_of_two(shifted) * exp_near_zero::<F, A>(r)
}

/// `tanh x` and its derivative `1/cosh² x`, from `e = e^−2|x|`: `1 − 2e/(1 + e)`, with a polynomial for small `x`, and
/// `4e/(1 + e)²`.
#[inline(always)]
pub(super) fn tanh_with_slope<F: Exponential, A: Arithmetic>(x: F) -> (F, F) {
    let magnitude = x.abs();
    let lifted = lifted_exp::<F, A>(magnitude + magnitude);
    let inverse = lit::<F>(1.0) / A::mul_add(lifted, F::TINY, lit(1.0));
    let quotient = lifted * inverse;
    let large = A::mul_add(quotient, lit::<F>(-2.0) * F::TINY, lit(1.0));
    let square = magnitude * magnitude;
    let small = A::mul_add(magnitude * square, polynomial::<F, A>(square, F::TANH), magnitude);
    let value = select(magnitude < lit(0.55), small, large).with_sign_of(x);
    (value, quotient * inverse * (lit::<F>(4.0) * F::TINY))
}

/// `tanh x`.
#[inline(always)]
pub(super) fn tanh<F: Exponential, A: Arithmetic>(x: F) -> F {
    tanh_with_slope::<F, A>(x).0
}

/// `1/cosh² x`.
#[inline(always)]
pub(super) fn slope_of_tanh<F: Exponential, A: Arithmetic>(x: F) -> F {
    tanh_with_slope::<F, A>(x).1
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

/// `1/(1 + e⁻ˣ)`, written with `e^−|x|` so that nothing overflows.
#[inline(always)]
pub(super) fn sigmoid<F: Exponential, A: Arithmetic>(x: F) -> F {
    let e = lifted_exp::<F, A>(x.abs()) * F::TINY;
    select(x < lit(0.0), e, lit(1.0)) / (e + lit(1.0))
}
