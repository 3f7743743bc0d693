//! Special functions that neither `std` nor `libm` has, in double precision.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI, PI};

/// Bernoulli numbers `B₂, B₄, …, B₂₀` (Abramowitz & Stegun 1964, table 23.2).
const BERNOULLI: [f64; 10] = [
    1.0 / 6.0,
    -1.0 / 30.0,
    1.0 / 42.0,
    -1.0 / 30.0,
    5.0 / 66.0,
    -691.0 / 2730.0,
    7.0 / 6.0,
    -3617.0 / 510.0,
    43867.0 / 798.0,
    -174_611.0 / 330.0,
];

/// The largest order of [`polygamma`] left of 0, and of [`sinc_derivative`].
const MAX_ORDER: usize = 60;

/// `ψ⁽ⁿ⁾(x)`, derivative of order `n + 1` of `ln Γ(x)`: infinite or NaN at 0, −1, −2, …, as its sign is known or not.
/// Left of 0, and for orders that are no natural numbers or above 60, by reflection or not at all (NaN).
///
/// Recurrence, then the asymptotic series (Abramowitz & Stegun 1964, 6.3.18 and 6.4.11); left of 0, reflection (6.4.7).
pub(crate) fn polygamma(x: f64, order: f64) -> f64 {
    let order = order.round_ties_even();
    if x.is_nan() || order.is_nan() || !(0.0..=MAX_ORDER as f64).contains(&order) {
        return f64::NAN;
    }
    let n = order as usize;
    let is_pole = x <= 0.0 && x == x.floor();
    if is_pole {
        return at_pole(x, n);
    }
    if x > 0.0 {
        return if n == 0 { digamma_of_positive(x) } else { polygamma_of_positive(x, n) };
    }
    let reflected = polygamma(1.0 - x, order);
    let sign = if n.is_multiple_of(2) { 1.0 } else { -1.0 };
    sign * reflected - PI.powi(n as i32 + 1) * cotangent_derivative(x - x.round(), n)
}

/// Both sides of a pole agree in odd orders; those of 0 are told by its sign.
fn at_pole(x: f64, n: usize) -> f64 {
    if x == f64::NEG_INFINITY {
        f64::NAN
    } else if n % 2 == 1 {
        f64::INFINITY
    } else if x == 0.0 {
        -f64::INFINITY.copysign(x)
    } else {
        f64::NAN
    }
}

fn digamma_of_positive(mut x: f64) -> f64 {
    let mut shift = 0.0;
    while x < 10.0 {
        shift += x.recip();
        x += 1.0;
    }
    let inverse_square = (x * x).recip();
    let series = BERNOULLI
        .iter()
        .enumerate()
        .rev()
        .fold(0.0, |sum, (k, b)| (sum + b / (2 * k + 2) as f64) * inverse_square);
    if x.is_infinite() { x } else { x.ln() - (0.5 / x + series) - shift }
}

/// `(−1)ⁿ⁺¹ n! ζ(n + 1, x)`, the Hurwitz zeta function by Euler–Maclaurin summation.
fn polygamma_of_positive(mut x: f64, n: usize) -> f64 {
    let (s, exponent) = ((n + 1) as f64, -(n as i32) - 1);
    let mut sum = 0.0;
    while x < 10.0 + s {
        sum += x.powi(exponent);
        x += 1.0;
    }
    // The term of B₂ₖ is B₂ₖ/(2k)! · s(s+1)…(s+2k−2) · x^(−s−2k+1).
    let (inverse_square, power) = ((x * x).recip(), x.powi(exponent));
    let mut factor = s / (2.0 * x);
    let mut tail = x / (s - 1.0) + 0.5;
    for (k, b) in BERNOULLI.iter().enumerate() {
        tail += b * factor;
        let i = (2 * k) as f64;
        factor *= (s + i + 1.0) * (s + i + 2.0) / ((i + 3.0) * (i + 4.0)) * inverse_square;
    }
    let factorial: f64 = (1..=n).map(|k| k as f64).product();
    let sign = if n % 2 == 1 { 1.0 } else { -1.0 };
    // Far out the power underflows before its product with x.
    let zeta = if x > 1e15 { x.powi(exponent + 1) / (s - 1.0) } else { sum + power * tail };
    sign * factorial * zeta
}

/// The derivative of order `n` of the cotangent at `πt`: a polynomial in the cotangent, since `cot' = −(1 + cot²)`.
fn cotangent_derivative(t: f64, n: usize) -> f64 {
    let cotangent = (PI * t).tan().recip();
    let mut polynomial = [0.0; MAX_ORDER + 2];
    polynomial[1] = 1.0;
    for order in 0..n {
        let mut next = [0.0; MAX_ORDER + 2];
        for k in 1..=order + 1 {
            let slope = k as f64 * polynomial[k];
            next[k - 1] -= slope;
            next[k + 1] -= slope;
        }
        polynomial = next;
    }
    // Horner's rule starts at the leading coefficient, not at 0, which an infinite cotangent would turn into NaN.
    let lower = polynomial[..=n].iter().rev();
    lower.fold(polynomial[n + 1], |sum, coefficient| sum * cotangent + coefficient)
}

/// Scaled complementary error function `e^(x²)·erfc(x)`: the product where `erfc` is a normal number, else the asymptotic
/// series (Abramowitz & Stegun 1964, 7.1.23).
pub(crate) fn erfcx(x: f64) -> f64 {
    if x < 25.0 {
        let square = x * x;
        let rest = if square.is_finite() { x.mul_add(x, -square) } else { 0.0 };
        return square.exp() * (1.0 + rest) * libm::erfc(x);
    }
    let t = 0.5 / (x * x);
    let series = (1..=8).rev().fold(1.0, |sum, k| 1.0 - (2 * k - 1) as f64 * t * sum);
    0.5 * FRAC_2_SQRT_PI / x * series
}

/// The derivative of order `n` of [`erfcx`]; NaN for orders that are no natural numbers or above 60.
///
/// With `e^{x²}·iⁿerfc x` for the repeated integrals, it is `(−2)ⁿ·n!` times that (Abramowitz & Stegun 1964, 7.2.9). Their
/// recurrence (7.2.5) is stable upwards for `x ≤ 1`; beyond, where `2x·y − 2/√π` cancels, downwards, as a continued
/// fraction for the ratio of neighbors.
pub(crate) fn erfcx_derivative(x: f64, order: f64) -> f64 {
    let order = order.round_ties_even();
    if x.is_nan() || order.is_nan() || !(0.0..=MAX_ORDER as f64).contains(&order) {
        return f64::NAN;
    }
    let n = order as usize;
    if x <= 1.0 {
        let (mut lower, mut derivative) = (-FRAC_2_SQRT_PI, erfcx(x));
        for k in 1..=n {
            let factor = if k == 1 { 1.0 } else { 2.0 * (k - 1) as f64 };
            (lower, derivative) = (derivative, 2.0 * x * derivative + factor * lower);
        }
        return derivative;
    }
    let (mut ratio, mut product) = (0.0, 1.0);
    for k in (1..=n + 150).rev() {
        ratio = (2.0 * x + 2.0 * (k + 1) as f64 * ratio).recip();
        product *= if k <= n { -2.0 * k as f64 * ratio } else { 1.0 };
    }
    product * erfcx(x)
}

/// `ln Φ(x)`, the logarithm of the normal distribution function, without underflow on the left.
pub(crate) fn log_ndtr(x: f64) -> f64 {
    let z = x * FRAC_1_SQRT_2;
    if x < -1.0 {
        return (0.5 * erfcx(-z)).ln() - 0.5 * x * x;
    }
    if x == f64::INFINITY {
        return -0.0;
    }
    // The rounding error of z, which erfc multiplies by 2z² on the right, is put back to first order.
    let lost = x.mul_add(FRAC_1_SQRT_2, -z) + x * REST_OF_FRAC_1_SQRT_2;
    let tail = libm::erfc(z) - FRAC_2_SQRT_PI * (-z * z).exp() * lost;
    (-0.5 * tail).ln_1p()
}

/// `1/√2` less its nearest number of double precision.
const REST_OF_FRAC_1_SQRT_2: f64 = -4.833_646_656_726_457e-17;

/// The derivative of order `n` of `sin(πx)/(πx)`; NaN for orders that are no natural numbers or above 60.
///
/// With `f(z) = sin(z)/z`, `z·f⁽ⁿ⁾ = sin⁽ⁿ⁾(z) − n·f⁽ⁿ⁻¹⁾`, which is stable for `|z| > n`; else the power series.
pub(crate) fn sinc_derivative(x: f64, order: f64) -> f64 {
    let order = order.round_ties_even();
    if x.is_nan() || order.is_nan() || !(0.0..=MAX_ORDER as f64).contains(&order) {
        return f64::NAN;
    }
    if x.is_infinite() {
        return 0.0;
    }
    let (n, z) = (order as usize, PI * x);
    let derivative =
        if z.abs() > order + 1.0 { sinc_by_recurrence(x, n) } else { sinc_by_series(z, n) };
    PI.powi(n as i32) * derivative
}

/// `1, 0, −1, 0, …`: the derivatives of the cosine at 0.
fn cosine_derivative_at_zero(n: usize) -> f64 {
    [1.0, 0.0, -1.0, 0.0][n % 4]
}

fn sinc_by_series(z: f64, n: usize) -> f64 {
    let (mut sum, mut power) = (0.0, 1.0);
    for m in 0..n + 60 {
        sum += power * cosine_derivative_at_zero(m + n) / (m + n + 1) as f64;
        power *= z / (m + 1) as f64;
    }
    sum
}

fn sinc_by_recurrence(x: f64, n: usize) -> f64 {
    let z = PI * x;
    // The angle is reduced before it is rounded by π, so that the zeros at whole numbers are exact.
    let half_turns = x.round_ties_even();
    let sign = if half_turns % 2.0 == 0.0 { 1.0 } else { -1.0 };
    let (sine, cosine) = (PI * (x - half_turns)).sin_cos();
    let derivatives = [sign * sine, sign * cosine, -sign * sine, -sign * cosine];
    (0..=n).fold(0.0, |lower, k| (derivatives[k % 4] - k as f64 * lower) / z)
}

#[cfg(test)]
mod tests;
