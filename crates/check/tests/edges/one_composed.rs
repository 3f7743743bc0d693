//! Limits of composed functions of one number, as those of the rows.

use std::f64::consts::{LN_2, PI};

use crate::one::*;

/// The composed functions, with the arguments that they are checked with, unless these depend on the number.
pub const COMPOSED: &[Edges] = &[
    edges("powi(0)", |_| [1.0, 0.0, 0.0], |_| [1.0, 0.0, 0.0], [1.0, 0.0, 0.0]),
    edges("powi(1)", |x| [x, 1.0, 0.0], |x| [x, 1.0, 0.0], line(1.0)),
    edges("powi(2)", |x| [x * x, 2.0 * x, 2.0], |x| [x * x, 2.0 * x, 2.0], [NAN, NAN, 2.0]),
    edges("powi(3)", |x| [0.0, 0.0, 6.0 * x], |x| [x * x * x, 3.0 * x * x, 6.0 * x], UNKNOWN),
    edges("powi(-2)", inverse_square, inverse_square, UNKNOWN),
    edges("powf(2.5)", |x| power(x, 1.0, 2.5), |x| power_of_any(x, 2.5), UNKNOWN),
    edges("powf(-0.5)", |x| power(x, 1.0, -0.5), |x| power_of_any(x, -0.5), UNKNOWN),
    edges("leaky_relu(0.01)", |x| leaky(x, 0.01), |x| leaky(x, 0.01), PIECES),
    edges("prelu(x.lit(0.2))", |x| leaky(x, 0.2), |x| leaky(x, 0.2), PIECES),
    edges(
        "elu(1.0)",
        |x| exponential_unit(x, 1.0, 1.0, 1.0),
        |x| exponential_unit(x, 1.0, 1.0, 1.0),
        UNKNOWN,
    ),
    edges(
        "elu(0.5)",
        |x| exponential_unit(x, 1.0, 0.5, 1.0),
        |x| exponential_unit(x, 1.0, 0.5, 1.0),
        UNKNOWN,
    ),
    edges("selu()", selu, selu, UNKNOWN),
    edges(
        "celu(1.0)",
        |x| exponential_unit(x, 1.0, 1.0, 1.0),
        |x| exponential_unit(x, 1.0, 1.0, 1.0),
        UNKNOWN,
    ),
    edges(
        "celu(0.8)",
        |x| exponential_unit(x, 1.0, 0.8, 0.8),
        |x| exponential_unit(x, 1.0, 0.8, 0.8),
        UNKNOWN,
    ),
    edges("silu()", |x| [0.5 * x, 0.5 + 0.5 * x, 0.5], ramp, UNKNOWN),
    edges("gelu()", |x| [0.5 * x, 0.5 + bell() * x, bell()], ramp, UNKNOWN),
    edges("gelu_tanh()", |x| [0.5 * x, 0.5 + bell() * x, bell()], ramp, UNKNOWN),
    // tanh ln 2 = 3/5, of slope 16/25, half of which is the slope of the gate.
    edges("mish()", |x| [0.6 * x, 0.6 + 0.64 * x, 0.64], ramp, UNKNOWN),
    edges("softplus_above(3.0, 0.2)", |x| [LN_2 / 3.0 + 0.5 * x, 0.5, 0.75], ramp, UNKNOWN),
    edges("softplus_above(1.0, 20.0)", |x| [LN_2 + 0.5 * x, 0.5, 0.25], ramp, UNKNOWN),
    edges("tanhshrink()", |x| [0.0, 0.0, 2.0 * x], |x| [x - sign(x), 1.0, 0.0], UNKNOWN),
    edges("hardshrink(0.5)", |_| [0.0; 3], |x| [x, 1.0, 0.0], PIECES),
    edges("softshrink(0.5)", |_| [0.0; 3], |x| [x - 0.5 * sign(x), 1.0, 0.0], PIECES),
    edges("hardtanh(-1.0, 1.0)", |x| [x, 1.0, 0.0], |x| [sign(x), 0.0, 0.0], PIECES),
    edges("relu6()", ramp, |x| by_side(x, [6.0, 0.0, 0.0], [0.0; 3]), PIECES),
    edges(
        "hardsigmoid()",
        |x| [0.5 + x / 6.0, 1.0 / 6.0, 0.0],
        |x| by_side(x, [1.0, 0.0, 0.0], [0.0; 3]),
        PIECES,
    ),
    edges("hardswish()", |x| [0.5 * x, 0.5 + x / 3.0, 1.0 / 3.0], ramp, UNKNOWN),
    edges(
        "threshold(0.1, -9.0)",
        |_| [-9.0, 0.0, 0.0],
        |x| by_side(x, [x, 1.0, 0.0], [-9.0, 0.0, 0.0]),
        PIECES,
    ),
    edges(
        "clamp(x.lit(-0.5), x.lit(1.5))",
        |x| [x, 1.0, 0.0],
        |x| by_side(x, [1.5, 0.0, 0.0], [-0.5, 0.0, 0.0]),
        PIECES,
    ),
    edges("rsqrt()", |x| root(x, -0.5), |x| root(x, -0.5), UNKNOWN),
    edges("sinc()", |x| [1.0, -PI * PI / 3.0 * x, -PI * PI / 3.0], sinc, UNKNOWN),
    edges("logit()", |x| [x.ln(), 1.0 / x + 1.0, -1.0 / x / x], |_| [NAN, 0.0, 0.0], UNKNOWN),
    edges("digamma()", |x| [-1.0 / x, 1.0 / x / x, -2.0 / x / x / x], digamma, UNKNOWN),
    edges(
        "xlogy(x.lit(0.7))",
        |x| [x * 0.7f64.ln(), 0.7f64.ln(), 0.0],
        |x| [x * 0.7f64.ln(), 0.7f64.ln(), 0.0],
        line(-0.35667494393873245),
    ),
    edges(
        "lerp(x.lit(5.0), x.lit(0.4))",
        |x| [2.0 + 0.6 * x, 0.6, 0.0],
        |x| [if x.is_finite() { 2.0 + 0.6 * x } else { NAN }, 0.6, 0.0],
        line(0.6),
    ),
    edges(
        "remainder(x.lit(2.0))",
        |x| [if x < 0.0 { 2.0 } else { 0.0 }, 1.0, 0.0],
        |x| [if x.is_finite() { x.rem_euclid(2.0) } else { NAN }, 1.0, 0.0],
        line(1.0),
    ),
    edges(
        "remainder(x.lit(-1.7))",
        |x| [if x > 0.0 { -1.7 } else { 0.0 }, 1.0, 0.0],
        |x| [if x.is_finite() { FREE } else { NAN }, 1.0, 0.0],
        line(1.0),
    ),
    edges(
        "floor_divide(x.lit(2.0))",
        |x| [if x < 0.0 { -1.0 } else { 0.0 }, 0.0, 0.0],
        |x| [(x / 2.0).floor(), 0.0, 0.0],
        FLAT,
    ),
    edges(
        "floor_divide(x.lit(-1.7))",
        |x| [if x > 0.0 { -1.0 } else { 0.0 }, 0.0, 0.0],
        |x| [(x / -1.7).floor(), 0.0, 0.0],
        FLAT,
    ),
    edges("trunc_divide(x.lit(2.0))", |_| [0.0; 3], |x| [(x / 2.0).trunc(), 0.0, 0.0], FLAT),
    edges("trunc_divide(x.lit(-1.7))", |_| [0.0; 3], |x| [(x / -1.7).trunc(), 0.0, 0.0], FLAT),
    edges("round_to(0)", |_| [0.0; 3], |x| [x, 0.0, 0.0], FLAT),
    edges("round_to(-1)", |_| [0.0; 3], |x| [(x / 10.0).round_ties_even() * 10.0, 0.0, 0.0], FLAT),
];

/// `φ(0)·2 = √(2/π)`, the curvature of `x·Φ(x)` at 0.
fn bell() -> f64 {
    (2.0 / PI).sqrt()
}

fn leaky(x: f64, slope: f64) -> Three {
    by_side(x, [x, 1.0, 0.0], [slope * x, slope, 0.0])
}

/// `scale·x` on the right; on the left `scale·α·(e^{x/width} − 1)`.
fn exponential_unit(x: f64, scale: f64, alpha: f64, width: f64) -> Three {
    let e = (x / width).exp();
    let left = [alpha * (x / width).exp_m1(), alpha / width * e, alpha / width / width * e];
    scaled(by_side(x, [x, 1.0, 0.0], left), scale)
}

fn selu(x: f64) -> Three {
    exponential_unit(x, 1.0507009873554805, 1.6732632423543772, 1.0)
}

fn inverse_square(x: f64) -> Three {
    [1.0 / x / x, -2.0 / x / x / x, 6.0 / x / x / x / x]
}

/// `|x|ᵖ` for positive `x`, and what IEEE 754 has for −∞.
fn power_of_any(x: f64, p: f64) -> Three {
    power(x, 1.0, p)
}

fn digamma(x: f64) -> Three {
    if x == -INF {
        return [NAN; 3];
    }
    by_side(x, [x.ln() - 0.5 / x, 1.0 / (x - 0.5), -1.0 / (x - 0.5) / (x - 0.5)], [NAN, INF, NAN])
}

/// The numbers are whole; at such the sine is 0 and the cosine 1 if they are even.
fn sinc(x: f64) -> Three {
    let cosine = if x % 2.0 == 0.0 { 1.0 } else { -1.0 };
    if x.is_infinite() { [0.0; 3] } else { [0.0, cosine / x, -2.0 * cosine / x / x] }
}
