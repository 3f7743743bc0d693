//! Limits of the rows of the table of unary functions: near 0 and far out by other formulas than their own, and at NaN.

use std::f64::consts::{FRAC_2_SQRT_PI, LN_2, LN_10, PI};

/// The value, the first and the second derivative.
pub type Three = [f64; 3];

/// Functions whose domain ends at ±1, there.
pub const AT_ONE: &[(&str, f64, Three)] = &[
    ("log1p", -1.0, [-INF, INF, -INF]),
    ("asin", 1.0, [PI / 2.0, INF, INF]),
    ("asin", -1.0, [-PI / 2.0, INF, -INF]),
    ("acos", 1.0, [0.0, -INF, -INF]),
    ("acos", -1.0, [PI, -INF, INF]),
    ("semicircle", 1.0, [0.0, -INF, -INF]),
    ("semicircle", -1.0, [0.0, INF, -INF]),
    ("acosh", 1.0, [0.0, INF, -INF]),
    ("atanh", 1.0, [INF, INF, INF]),
    ("atanh", -1.0, [-INF, INF, -INF]),
    ("logit()", 1.0, [INF, INF, INF]),
];

/// A function of one number at the edges.
pub struct Edges {
    /// The function, with its arguments after the number in parentheses.
    pub name: &'static str,
    /// For numbers whose square is 0 beside 1: what is true of both signs of 0, of subnormal and of the smallest normal
    /// numbers.
    pub near_zero: fn(f64) -> Three,
    /// For numbers whose magnitude is 10⁹ or more, infinite ones among them: there, limits.
    pub far: fn(f64) -> Three,
    /// At NaN.
    pub at_nan: Three,
}

/// Stands for what is not compared: where there is no limit and no rule.
pub const FREE: f64 = -7.125e77;

pub const NAN: f64 = f64::NAN;
pub const INF: f64 = f64::INFINITY;

/// Nothing is known of the function at NaN.
pub const UNKNOWN: Three = [NAN; 3];
/// The slope depends on the number, the curvature is 0 wherever there is one.
pub const PIECES: Three = [NAN, NAN, 0.0];
/// The slope is 0 wherever there is one.
pub const FLAT: Three = [NAN, 0.0, 0.0];

/// The slope is the same everywhere.
pub const fn line(slope: f64) -> Three {
    [NAN, slope, 0.0]
}

/// A row of the table.
pub const fn edges(
    name: &'static str,
    near_zero: fn(f64) -> Three,
    far: fn(f64) -> Three,
    at_nan: Three,
) -> Edges {
    Edges { name, near_zero, far, at_nan }
}

/// 1 or −1 by the sign.
pub fn sign(x: f64) -> f64 {
    1f64.copysign(x)
}

/// The first on the right of 0, the second on the left.
pub fn by_side(x: f64, right: Three, left: Three) -> Three {
    if x > 0.0 { right } else { left }
}

/// A function that has no limits at infinite numbers.
pub fn unless_infinite(x: f64, three: Three) -> Three {
    if x.is_infinite() { [NAN; 3] } else { three }
}

/// Of `ln x·scale`; left of 0, the value is NaN, and the derivatives are those of the formula.
fn logarithm(x: f64, scale: f64) -> Three {
    [x.ln() * scale, scale / x, -scale / x / x]
}

/// Of `xᵖ`, NaN left of 0 and at −∞.
pub fn root(x: f64, p: f64) -> Three {
    if x < 0.0 { [NAN; 3] } else { power(x, 1.0, p) }
}

/// Of `c·|x|ᵖ` for positive `x`, NaN left of 0.
pub fn power(x: f64, c: f64, p: f64) -> Three {
    let of = |c: f64, p: f64| if c == 0.0 { 0.0 } else { c * x.powf(p) };
    [of(c, p), of(c * p, p - 1.0), of(c * p * (p - 1.0), p - 2.0)]
}

/// The rows of the table of unary functions.
pub const UNARY: &[Edges] = &[
    edges("neg", |x| [-x, -1.0, 0.0], |x| [-x, -1.0, 0.0], line(-1.0)),
    edges(
        "abs",
        |x| [x.abs(), if x == 0.0 { 0.0 } else { sign(x) }, 0.0],
        |x| [x.abs(), sign(x), 0.0],
        PIECES,
    ),
    edges(
        "sign",
        |x| [if x == 0.0 { 0.0 } else { sign(x) }, 0.0, 0.0],
        |x| [sign(x), 0.0, 0.0],
        FLAT,
    ),
    edges(
        "step",
        |x| by_side(x, [1.0, 0.0, 0.0], [0.0; 3]),
        |x| by_side(x, [1.0, 0.0, 0.0], [0.0; 3]),
        FLAT,
    ),
    edges("exp", |_| [1.0; 3], |x| by_side(x, [INF; 3], [0.0; 3]), UNKNOWN),
    edges("expm1", |x| [x, 1.0, 1.0], |x| by_side(x, [INF; 3], [-1.0, 0.0, 0.0]), UNKNOWN),
    edges("exp2", |_| [1.0, LN_2, LN_2 * LN_2], |x| by_side(x, [INF; 3], [0.0; 3]), UNKNOWN),
    edges("log", |x| logarithm(x, 1.0), |x| logarithm(x, 1.0), UNKNOWN),
    edges("log1p", |x| [x, 1.0, -1.0], |x| logarithm(1.0 + x, 1.0), UNKNOWN),
    edges("log2", |x| logarithm(x, 1.0 / LN_2), |x| logarithm(x, 1.0 / LN_2), UNKNOWN),
    edges("log10", |x| logarithm(x, 1.0 / LN_10), |x| logarithm(x, 1.0 / LN_10), UNKNOWN),
    edges("sqrt", |x| root(x, 0.5), |x| root(x, 0.5), UNKNOWN),
    edges("cbrt", cube_root, cube_root, UNKNOWN),
    edges("reciprocal", reciprocal, reciprocal, UNKNOWN),
    edges("square", |x| [x * x, 2.0 * x, 2.0], |x| [x * x, 2.0 * x, 2.0], [NAN, NAN, 2.0]),
    edges("sin", |x| [x, 1.0, -x], |x| unless_infinite(x, [x.sin(), x.cos(), -x.sin()]), UNKNOWN),
    edges(
        "cos",
        |x| [1.0, -x, -1.0],
        |x| unless_infinite(x, [x.cos(), -x.sin(), -x.cos()]),
        UNKNOWN,
    ),
    edges("tan", |x| [x, 1.0, 2.0 * x], |x| unless_infinite(x, tangent(x)), UNKNOWN),
    edges("asin", |x| [x, 1.0, x], |_| [NAN; 3], UNKNOWN),
    edges("acos", |x| [PI / 2.0, -1.0, -x], |_| [NAN; 3], UNKNOWN),
    edges("semicircle", |x| [1.0, -x, -1.0], |_| [NAN; 3], UNKNOWN),
    edges(
        "atan",
        |x| [x, 1.0, -2.0 * x],
        |x| [(PI / 2.0).copysign(x) - 1.0 / x, 1.0 / x / x, -2.0 / x / x / x],
        UNKNOWN,
    ),
    edges(
        "lorentzian",
        |x| [1.0, -2.0 * x, -2.0],
        |x| [1.0 / x / x, -2.0 / x / x / x, 6.0 / x / x / x / x],
        UNKNOWN,
    ),
    edges("sinh", |x| [x, 1.0, x], |x| [x * INF, INF, x * INF], UNKNOWN),
    edges("cosh", |x| [1.0, x, 1.0], |x| [INF, x * INF, INF], UNKNOWN),
    edges("tanh", |x| [x, 1.0, -2.0 * x], |x| [sign(x), 0.0, 0.0], UNKNOWN),
    edges("sech_squared", |x| [1.0, -2.0 * x, -2.0], |_| [0.0; 3], UNKNOWN),
    edges(
        "asinh",
        |x| [x, 1.0, -x],
        |x| [(x.abs().ln() + LN_2).copysign(x), 1.0 / x.abs(), -1.0 / x / x.abs()],
        UNKNOWN,
    ),
    edges(
        "acosh",
        |_| [NAN; 3],
        |x| by_side(x, [x.ln() + LN_2, 1.0 / x, -1.0 / x / x], [NAN; 3]),
        UNKNOWN,
    ),
    edges("atanh", |x| [x, 1.0, 2.0 * x], |_| [NAN; 3], UNKNOWN),
    edges(
        "sigmoid",
        |x| [0.5 + 0.25 * x, 0.25, -0.125 * x],
        |x| by_side(x, [1.0, 0.0, 0.0], [0.0; 3]),
        UNKNOWN,
    ),
    edges(
        "log_sigmoid",
        |x| [0.5 * x - LN_2, 0.5, -0.25],
        |x| by_side(x, [0.0; 3], [x, 1.0, 0.0]),
        UNKNOWN,
    ),
    edges(
        "softplus",
        |x| [0.5 * x + LN_2, 0.5, 0.25],
        |x| by_side(x, [x, 1.0, 0.0], [0.0; 3]),
        UNKNOWN,
    ),
    edges("relu", ramp, ramp, PIECES),
    edges(
        "erf",
        |x| [FRAC_2_SQRT_PI * x, FRAC_2_SQRT_PI, -2.0 * FRAC_2_SQRT_PI * x],
        |x| [sign(x), 0.0, 0.0],
        UNKNOWN,
    ),
    edges(
        "erfc",
        |x| [1.0, -FRAC_2_SQRT_PI, 2.0 * FRAC_2_SQRT_PI * x],
        |x| [1.0 - sign(x), 0.0, 0.0],
        UNKNOWN,
    ),
    edges("gaussian", |x| [1.0, -2.0 * x, -2.0], |_| [0.0; 3], UNKNOWN),
    edges(
        "erfcx",
        |_| [1.0, -FRAC_2_SQRT_PI, 2.0],
        |x| by_side(x, scaled(reciprocal(x), 0.5 * FRAC_2_SQRT_PI), [INF, -INF, INF]),
        UNKNOWN,
    ),
    edges(
        "log_ndtr",
        |_| [-LN_2, (2.0 / PI).sqrt(), -2.0 / PI],
        |x| by_side(x, [0.0; 3], [-0.5 * x * x, -x, -1.0]),
        UNKNOWN,
    ),
    edges("lgamma", |x| [-x.abs().ln(), -1.0 / x, 1.0 / x / x], log_gamma, UNKNOWN),
    edges(
        "softsign",
        |x| [x, 1.0, -2.0 * sign(x) * f64::from(x != 0.0)],
        |x| {
            let d = 1.0 + x.abs();
            [sign(x) - 1.0 / x, 1.0 / d / d, -2.0 * sign(x) / d / d / d]
        },
        UNKNOWN,
    ),
    edges("floor", |x| [if x < 0.0 { -1.0 } else { 0.0 }, 0.0, 0.0], |x| [x, 0.0, 0.0], FLAT),
    edges("ceil", |x| [if x > 0.0 { 1.0 } else { 0.0 }, 0.0, 0.0], |x| [x, 0.0, 0.0], FLAT),
    edges("trunc", |_| [0.0; 3], |x| [x, 0.0, 0.0], FLAT),
    edges("round", |_| [0.0; 3], |x| [x, 0.0, 0.0], FLAT),
    // Its purpose is to put numbers in place of those that are none: constants, which have no slope.
    edges(
        "nan_to_num",
        |x| [x, 1.0, 0.0],
        |x| if x.is_finite() { [x, 1.0, 0.0] } else { [x, 0.0, 0.0] },
        [0.0; 3],
    ),
];

pub fn scaled(three: Three, factor: f64) -> Three {
    three.map(|number| number * factor)
}

pub fn ramp(x: f64) -> Three {
    by_side(x, [x, 1.0, 0.0], [0.0; 3])
}

pub fn cube_root(x: f64) -> Three {
    let root = x.abs().powf(1.0 / 3.0).copysign(x);
    [root, 1.0 / 3.0 / root / root, -2.0 / 9.0 / root / root / root.powi(3)]
}

pub fn reciprocal(x: f64) -> Three {
    [1.0 / x, -1.0 / x / x, 2.0 / x / x / x]
}

pub fn tangent(x: f64) -> Three {
    let (sine, cosine) = x.sin_cos();
    [sine / cosine, 1.0 / cosine / cosine, 2.0 * sine / cosine / cosine / cosine]
}

/// Stirling's series; left of 0 there are poles without end.
pub fn log_gamma(x: f64) -> Three {
    if x.is_infinite() {
        return by_side(x, [INF, INF, 0.0], [INF, NAN, NAN]);
    }
    let value = (x - 0.5) * x.ln() - x + 0.5 * (2.0 * PI).ln();
    // A whole number, as all are there, is a pole left of 0.
    by_side(x, [value, x.ln() - 0.5 / x, 1.0 / (x - 0.5)], [INF, NAN, INF])
}
