//! Closed forms of what is true where PyTorch's number is not, in double precision and by other formulas than the
//! operations'. A test holds them against values from 360-digit arithmetic, where there are some.

use std::f64::consts::PI;

use super::verdicts::Point;

/// NaN where an input is NaN.
pub fn nan_at_nan(p: &Point<'_>) -> Option<f64> {
    p.x.iter().any(|x| x.is_nan()).then_some(f64::NAN)
}

/// NaN outside of the domain of `acosh`, from 1 on.
pub fn nan_below_one(p: &Point<'_>) -> Option<f64> {
    (p.x[0] < 1.0).then_some(f64::NAN)
}

/// NaN outside of the domain of `atanh`, from −1 to 1.
pub fn nan_beyond_one(p: &Point<'_>) -> Option<f64> {
    (p.x[0].abs() > 1.0).then_some(f64::NAN)
}

/// NaN where both inputs are.
pub fn nan_at_two_nans(p: &Point<'_>) -> Option<f64> {
    p.x.iter().all(|x| x.is_nan()).then_some(f64::NAN)
}

/// ½ for equal infinite inputs.
pub fn half_of_infinite(p: &Point<'_>) -> Option<f64> {
    (p.x[0].is_infinite() && p.x[0] == p.x[1]).then_some(0.5)
}

/// `∂(aᵇ)/∂b` for `a → ∞` and `b < 0`.
pub fn limit_of_log_power(p: &Point<'_>) -> Option<f64> {
    (p.x[0] == f64::INFINITY && p.x[1] < 0.0).then_some(0.0)
}

/// `∂√(a² + b²)/∂a`, ±1 for an infinite `a` beside a finite `b`.
pub fn sign_of_infinite(p: &Point<'_>) -> Option<f64> {
    (p.x[0].is_infinite() && p.x[1].is_finite()).then(|| p.x[0].signum())
}

/// The same by `b`.
pub fn sign_of_second_infinite(p: &Point<'_>) -> Option<f64> {
    sign_of_infinite(&Point { x: &[p.x[1], p.x[0]], ..*p })
}

/// The limit 0 at ±∞.
pub fn zero_at_infinity(p: &Point<'_>) -> Option<f64> {
    p.x[0].is_infinite().then_some(0.0)
}

/// The limit 0 at −∞.
pub fn zero_at_minus_infinity(p: &Point<'_>) -> Option<f64> {
    (p.x[0] == f64::NEG_INFINITY).then_some(0.0)
}

/// The limit of the slope of `x·gate(x)`, for gates that are 0 or 1 to all digits of a double beyond ±1000.
pub fn slope_of_gated(p: &Point<'_>) -> Option<f64> {
    (p.x[0].abs() > 1000.0).then_some(if p.x[0] > 0.0 { 1.0 } else { 0.0 })
}

/// The limit of the curvature of `x·gate(x)`, for gates as those of [`slope_of_gated`].
pub fn curvature_of_gated(p: &Point<'_>) -> Option<f64> {
    (p.x[0].abs() > 1000.0).then_some(0.0)
}

/// `ψ'(x)`: `Σ 1/(x + k)²` with the tail by Euler and Maclaurin, and `π²/sin²(πx) − ψ'(1 − x)` left of 0.
pub fn trigamma(p: &Point<'_>) -> Option<f64> {
    let positive = |x: f64| {
        let head: f64 = (0..20).map(|k| (x + f64::from(k)).powi(-2)).sum();
        let z = x + 20.0;
        let odd = [1.0 / 6.0, -1.0 / 30.0, 1.0 / 42.0, -1.0 / 30.0, 5.0 / 66.0];
        let tail: f64 = odd.iter().zip(1..).map(|(b, k)| b * z.powi(-2 * k - 1)).sum();
        head + z.recip() + 0.5 * z.powi(-2) + tail
    };
    let x = p.x[0];
    Some(match x > 0.0 {
        true if x.is_infinite() => 0.0,
        true => positive(x),
        false if x == x.round() && x.is_finite() => f64::INFINITY,
        false => (PI / (PI * (x - x.round())).sin()).powi(2) - positive(1.0 - x),
    })
}

/// `ψ''`: at a pole it changes sign, so that there is none; at ∞ the limit is 0.
pub fn tetragamma_of_extremes(p: &Point<'_>) -> Option<f64> {
    let x = p.x[0];
    match x == f64::INFINITY {
        true => Some(0.0),
        false => (x <= 0.0 && x == x.round()).then_some(f64::NAN),
    }
}

/// `m = φ(x)/Φ(x)` for `x < −5`: Laplace's continued fraction `t + 1/(t + 2/(t + 3/(t + …)))` with `t = −x`.
pub fn slope_of_log_ndtr(p: &Point<'_>) -> Option<f64> {
    let t = -p.x[0];
    (t > 5.0).then(|| t + 1.0 / fraction(t))
}

/// `−m(m + x)` for `x < −5`, where `m + x` is the fraction without its first term; at −∞ the limit is −1, at ∞ 0.
pub fn curvature_of_log_ndtr(p: &Point<'_>) -> Option<f64> {
    let t = -p.x[0];
    match t.is_infinite() {
        true => Some(if t > 0.0 { -1.0 } else { 0.0 }),
        false => (t > 5.0).then(|| -(t + 1.0 / fraction(t)) / fraction(t)),
    }
}

/// `t + 2/(t + 3/(t + …))`.
fn fraction(t: f64) -> f64 {
    (2..200).rev().fold(t, |rest, k| t + f64::from(k) / rest)
}

/// `1/(x(1 − x))`, outside of `[0, 1]`.
pub fn slope_of_logit(p: &Point<'_>) -> Option<f64> {
    let x = p.x[0];
    (!(0.0..=1.0).contains(&x)).then(|| x.recip() + (1.0 - x).recip())
}

/// `(2x − 1)/(x(1 − x))²`, outside of `[0, 1]`.
pub fn curvature_of_logit(p: &Point<'_>) -> Option<f64> {
    let x = p.x[0];
    (!(0.0..=1.0).contains(&x)).then(|| (1.0 - x).powi(-2) - x.powi(-2))
}

/// `e^{x/α}`, up to 0.
pub fn slope_of_celu(p: &Point<'_>) -> Option<f64> {
    let alpha = p.option("alpha", 1.0);
    (p.x[0] <= 0.0).then(|| (p.x[0] / alpha).exp())
}

/// `e^{x/α}/α`, left of 0.
pub fn curvature_of_celu(p: &Point<'_>) -> Option<f64> {
    let alpha = p.option("alpha", 1.0);
    (p.x[0] < 0.0).then(|| (p.x[0] / alpha).exp() / alpha)
}

/// A sixth, between −3 and 3.
pub fn slope_of_hardsigmoid(p: &Point<'_>) -> Option<f64> {
    (p.x[0].abs() < 3.0).then_some(1.0 / 6.0)
}

/// The slope by `y`, `z` or `t` of `max(0, margin − t·(y − z))`: 0 where it is flat, NaN where it is unknown whether.
pub fn slope_of_ranking(p: &Point<'_>) -> Option<f64> {
    let &[y, z, t] = p.x else { return None };
    let hinge = p.option("margin", 0.0) - t * (y - z);
    match hinge.is_nan() {
        true => Some(f64::NAN),
        false => (hinge < 0.0).then_some(0.0),
    }
}

/// The second derivatives of the same: NaN where the hinge is.
pub fn curvature_of_ranking(p: &Point<'_>) -> Option<f64> {
    slope_of_ranking(p).filter(|slope| slope.is_nan())
}

/// `b/(a² + b²)`, which has no limit at (0, 0), and the limit 0 far out.
pub fn atan2_by_a(p: &Point<'_>) -> Option<f64> {
    let (a, b) = (p.x[0], p.x[1]);
    (!a.is_nan() && !b.is_nan()).then(|| match b.abs() > a.abs() {
        _ if a.is_infinite() || b.is_infinite() => 0.0,
        true => 1.0 / ((a / b).powi(2) * b + b),
        false => b / a / ((b / a * b) + a),
    })
}

/// `−a/(a² + b²)`, likewise.
pub fn atan2_by_b(p: &Point<'_>) -> Option<f64> {
    atan2_by_a(&Point { x: &[p.x[1], p.x[0]], ..*p }).map(|slope| -slope)
}

/// 0 at (0, 0).
pub fn flat_at_origin(p: &Point<'_>) -> Option<f64> {
    p.x.iter().all(|x| *x == 0.0).then_some(0.0)
}

/// `∂(x ln y)/∂y` where `x = 0`: the function is 0 for every `y ≥ 0`.
pub fn slope_of_nothing(p: &Point<'_>) -> Option<f64> {
    (p.x[0] == 0.0 && p.x[1] >= 0.0).then_some(0.0)
}

/// `ln(1 + eˣ) − tx`, as `(1 − t)·x` or `−t·x` for infinite `x`, where nothing of an infinite number is 0.
pub fn entropy_on_logits(p: &Point<'_>) -> Option<f64> {
    let (x, t) = (p.x[0], p.x[1]);
    let part = |weight: f64, x: f64| if weight == 0.0 { 0.0 } else { weight * x };
    let linear = if x > 0.0 { part(1.0 - t, x) } else { part(-t, x) };
    Some(linear + (-x.abs()).exp().ln_1p())
}

/// The slope of `−[t·max(ln y, −100) + (1 − t)·max(ln(1 − y), −100)]`.
pub fn slope_of_entropy(p: &Point<'_>) -> Option<f64> {
    let (y, t) = (p.x[0], p.x[1]);
    let is_free = |y: f64| y.ln() >= -100.0;
    let if_one = if is_free(y) { -t / y } else { 0.0 };
    let if_zero = if is_free(1.0 - y) { (1.0 - t) / (1.0 - y) } else { 0.0 };
    Some(if_one + if_zero)
}

/// `‖x‖`, with squares that neither overflow nor vanish.
pub fn length(p: &Point<'_>) -> Option<f64> {
    let largest = p.x.iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));
    let length = p.x.iter().map(|x| (x / largest).powi(2)).sum::<f64>().sqrt() * largest;
    (largest > 0.0 && length.is_finite()).then_some(length)
}

/// `x/‖x‖`; beside one infinite element, its limit.
pub fn direction(p: &Point<'_>) -> Option<f64> {
    match length(p) {
        Some(length) => Some(p.x[p.element] / length),
        None => {
            share_of_infinite(p, |x| x.is_infinite()).map(|share| share.copysign(p.x[p.element]))
        }
    }
}

/// The softmax, the gradient of `ln Σ eˣ`: an equal share of each where the largest are infinite.
pub fn softmax(p: &Point<'_>) -> Option<f64> {
    let largest = p.x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if largest.is_infinite() {
        return share_of_infinite(p, |x| x == largest);
    }
    let total: f64 = p.x.iter().map(|x| (x - largest).exp()).sum();
    (!total.is_nan()).then(|| (p.x[p.element] - largest).exp() / total)
}

fn share_of_infinite(p: &Point<'_>, is_one: impl Fn(f64) -> bool) -> Option<f64> {
    let n = p.x.iter().filter(|x| is_one(**x)).count();
    let is_known = n > 0 && !p.x.iter().any(|x| x.is_nan());
    is_known.then(|| if is_one(p.x[p.element]) { 1.0 / n as f64 } else { 0.0 })
}

/// 1 for the element that is the lower median, the first of equal ones in a stable sort; else 0.
pub fn is_median(p: &Point<'_>) -> Option<f64> {
    let mut order: Vec<usize> = (0..p.x.len()).collect();
    order.sort_by(|a, b| p.x[*a].total_cmp(&p.x[*b]));
    let median = *order.get((p.x.len().max(1) - 1) / 2)?;
    Some(if median == p.element { 1.0 } else { 0.0 })
}
