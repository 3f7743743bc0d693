//! Logarithms: `x = m·2ᵏ` with `m` near 1, and a polynomial in `s = (m − 1)/(m + 1)`, after `e_log.c` and `s_log1p.c` of
//! fdlibm.

use super::exponential::{Exponential, exp};
use crate::kernels::number::{Arithmetic, FloatBits, lit, polynomial, select};

/// Coefficients for each type.
pub(super) trait Logarithm: FloatBits {
    /// Of `(2·artanh(s)/s − 2)/s²` in powers of `s²`, for `|s| ≤ (√2 − 1)/(√2 + 1)`.
    const LOG: &'static [Self];
}

impl Logarithm for f32 {
    const LOG: &'static [f32] = &[0.6666666, 0.40001017, 0.2849477, 0.24364305];
}

impl Logarithm for f64 {
    const LOG: &'static [f64] = &[
        0.6666666666666735,
        0.39999999999409935,
        0.2857142874347503,
        0.22222198456843936,
        0.18183570641513516,
        0.15313881948541722,
        0.14797706871398575,
    ];
}

/// `ln(1 + f) + k·ln 2 + rest` for `√½ ≤ 1 + f < √2`.
#[inline(always)]
fn log_of_parts<F: Logarithm, A: Arithmetic>(k: F, f: F, rest: F) -> F {
    let low = A::mul_add(k, F::LN_2[1], rest);
    A::mul_add(k, F::LN_2[0], f - log_tail::<F, A>(f, low))
}

/// `f − ln(1 + f) − low`.
#[inline(always)]
fn log_tail<F: Logarithm, A: Arithmetic>(f: F, low: F) -> F {
    let s = f / (f + lit(2.0));
    let z = s * s;
    let half_square = lit::<F>(0.5) * f * f;
    let series = A::mul_add(z, polynomial::<F, A>(z, F::LOG), half_square);
    half_square - A::mul_add(s, series, low)
}

/// `y` for positive finite `x`; the limits of a logarithm at 0 and infinity, and NaN where there is none.
#[inline(always)]
fn at_all<F: FloatBits>(x: F, y: F) -> F {
    let y = select(x < F::INFINITY, y, x);
    let beyond = select(x < lit(0.0), F::NAN, y);
    select(x == lit(0.0), -F::INFINITY, beyond)
}

/// `ln x`.
#[inline(always)]
pub(super) fn log<F: Logarithm, A: Arithmetic>(x: F) -> F {
    let (k, m) = x.split();
    at_all(x, log_of_parts::<F, A>(k, m - lit(1.0), lit(0.0)))
}

/// `log₂ x`.
#[inline(always)]
pub(super) fn log2<F: Logarithm, A: Arithmetic>(x: F) -> F {
    let (k, m) = x.split();
    let f = m - lit(1.0);
    let log = f - log_tail::<F, A>(f, lit(0.0));
    at_all(x, A::mul_add(log, lit(std::f64::consts::LOG2_E), k))
}

/// `log₁₀ x`.
#[inline(always)]
pub(super) fn log10<F: Logarithm, A: Arithmetic>(x: F) -> F {
    let (k, m) = x.split();
    let f = m - lit(1.0);
    let log = f - log_tail::<F, A>(f, lit(0.0));
    let low = A::mul_add(log, lit(std::f64::consts::LOG10_E), k * F::LOG10_2[1]);
    at_all(x, A::mul_add(k, F::LOG10_2[0], low))
}

/// `ln(1 + x)` for finite `x > −1`.
#[inline(always)]
fn log1p_of_finite<F: Logarithm, A: Arithmetic>(x: F) -> F {
    let one: F = lit(1.0);
    let sum = one + x;
    // The rest that the sum has lost, exactly.
    let added = sum - one;
    let lost = (one - (sum - added)) + (x - added);
    let (k, m) = sum.split();
    let is_near_one = k == lit(0.0);
    let f = select(is_near_one, x, m - one);
    let rest = select(is_near_one, lit(0.0), lost / sum);
    log_of_parts::<F, A>(k, f, rest)
}

/// `ln(1 + x)`.
#[inline(always)]
pub(super) fn log1p<F: Logarithm, A: Arithmetic>(x: F) -> F {
    let y = log1p_of_finite::<F, A>(x);
    let y = select(x < F::INFINITY, y, x);
    let beyond = select(x < lit(-1.0), F::NAN, y);
    let y = select(x == lit(-1.0), -F::INFINITY, beyond);
    select(x == lit(0.0), x, y)
}

/// `ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|)`.
#[inline(always)]
pub(super) fn softplus<F: Logarithm + Exponential, A: Arithmetic>(x: F) -> F {
    let log = log1p_of_finite::<F, A>(exp::<F, A>(-x.abs()));
    select(x < lit(0.0), lit(0.0), x) + log
}

/// `ln σ(x) = −ln(1 + e⁻ˣ)`.
#[inline(always)]
pub(super) fn log_sigmoid<F: Logarithm + Exponential, A: Arithmetic>(x: F) -> F {
    -softplus::<F, A>(-x)
}
