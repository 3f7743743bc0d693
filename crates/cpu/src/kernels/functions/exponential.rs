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

/// `n` (shifted) and `r = high + low` with `x = n·ln 2 + r`, where `x` is a sum too.
#[inline(always)]
fn reduce<F: Number, A: Arithmetic>(x: F, rest: F) -> (F, F, F) {
    let shifted = A::mul_add(x, lit(std::f64::consts::LOG2_E), F::SHIFT);
    let n = shifted - F::SHIFT;
    // The first product is exact with or without fused instructions, and so is the difference.
    let high = A::mul_add(n, -F::LN_2[0], x);
    (shifted, high, A::mul_add(n, -F::LN_2[1], rest))
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

/// `factor·e^(x + rest)` for `x` in the range of `exp`.
#[inline(always)]
pub(super) fn exp_of_sum<F: Exponential, A: Arithmetic>(x: F, rest: F, factor: F) -> F {
    let (shifted, high, low) = reduce::<F, A>(x, rest);
    A::mul_add(factor, high + tail::<F, A>(high, low), factor).scale(shifted)
}

/// `eˣ`.
#[inline(always)]
pub(super) fn exp<F: Exponential, A: Arithmetic>(x: F) -> F {
    exp_of_sum::<F, A>(within(x, F::EXP_RANGE), lit(0.0), lit(1.0))
}

/// `2ˣ`.
#[inline(always)]
pub(super) fn exp2<F: Exponential, A: Arithmetic>(x: F) -> F {
    let x = within(x, F::EXP2_RANGE);
    let shifted = x + F::SHIFT;
    let fraction = x - (shifted - F::SHIFT);
    let high = fraction * lit(std::f64::consts::LN_2);
    (lit::<F>(1.0) + (high + tail::<F, A>(high, lit(0.0)))).scale(shifted)
}

/// `eˣ − 1`.
#[inline(always)]
pub(super) fn expm1<F: Exponential, A: Arithmetic>(x: F) -> F {
    // Below, the difference from −1 is less than half a unit of the last place.
    let (shifted, high, low) = reduce::<F, A>(within(x, [lit(-40.0), F::EXP_RANGE[1]]), lit(0.0));
    // Half of 2ⁿ is finite wherever the result is.
    let half = F::power_of_two(shifted - lit(1.0));
    let sum = A::mul_add(half, high, half - lit(0.5));
    let y = A::mul_add(half, tail::<F, A>(high, low), sum);
    (y + y).with_sign_of(x)
}

/// `tanh x = 1 − 2e/(1 + e)` with `e = e^−2|x|`, and a polynomial for small `x`.
#[inline(always)]
pub(super) fn tanh<F: Exponential, A: Arithmetic>(x: F) -> F {
    let magnitude = x.abs();
    let e = exp::<F, A>(lit::<F>(-2.0) * magnitude);
    let large = lit::<F>(1.0) - (e + e) / (e + lit(1.0));
    let square = magnitude * magnitude;
    let small = A::mul_add(magnitude * square, polynomial::<F, A>(square, F::TANH), magnitude);
    select(magnitude < lit(0.55), small, large).with_sign_of(x)
}

/// `e^|x|/2`, which overflows where `cosh` does.
#[inline(always)]
fn half_exp<F: Exponential, A: Arithmetic>(magnitude: F) -> F {
    let largest = F::EXP_RANGE[1] + lit(1.0);
    let (shifted, high, low) =
        reduce::<F, A>(select(magnitude > largest, largest, magnitude), lit(0.0));
    (lit::<F>(1.0) + (high + tail::<F, A>(high, low))).scale(shifted - lit(1.0))
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
    let e = exp::<F, A>(-x.abs());
    select(x < lit(0.0), e, lit(1.0)) / (e + lit(1.0))
}
