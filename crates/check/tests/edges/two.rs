//! Limits of the rows of the table of binary functions: values and first derivatives at all pairs of edges, second
//! derivatives at those of infinite and ordinary numbers.

use std::{cmp::Ordering, f64::consts::PI};

use crate::{
    one::{self, FREE, INF, NAN, Three},
    one_composed,
};

/// A function of two numbers at the edges.
pub struct Pairs {
    /// The name.
    pub name: &'static str,
    /// The value and the derivatives by both.
    pub first: fn(f64, f64) -> Three,
    /// The second derivatives: by the first twice, by both, by the second twice.
    pub second: fn(f64, f64) -> Three,
}

pub const fn pairs(
    name: &'static str,
    first: fn(f64, f64) -> Three,
    second: fn(f64, f64) -> Three,
) -> Pairs {
    Pairs { name, first, second }
}

/// The second derivatives are 0 wherever there are some.
pub fn flat(_: f64, _: f64) -> Three {
    [0.0; 3]
}

pub fn product(_: f64, _: f64) -> Three {
    [0.0, 1.0, 0.0]
}

pub fn free(_: f64, _: f64) -> Three {
    [FREE; 3]
}

/// The rows of the table of binary functions.
pub const BINARY: &[Pairs] = &[
    pairs("add", |a, b| [a + b, 1.0, 1.0], flat),
    pairs("sub", |a, b| [a - b, 1.0, -1.0], flat),
    pairs("mul", |a, b| [a * b, b, a], product),
    pairs(
        "div",
        |a, b| [a / b, 1.0 / b, -(a / b / b)],
        |a, b| [0.0, -1.0 / b / b, 2.0 * a / b / b / b],
    ),
    pairs("pow", power, powers),
    pairs("maximum", |a, b| chosen(a, b, a > b, a == b, false), flat),
    pairs("minimum", |a, b| chosen(a, b, a < b, a == b, false), flat),
    pairs("clamp_min", |a, b| chosen(a, b, a >= b, false, false), flat),
    pairs("clamp_max", |a, b| chosen(a, b, a <= b, false, false), flat),
    pairs("chain", |a, b| [if a == 0.0 { 0.0 } else { a * b }, b, a], product),
    pairs("fmax", |a, b| chosen(a, b, a > b, a == b, true), flat),
    pairs("fmin", |a, b| chosen(a, b, a < b, a == b, true), flat),
    pairs("atan2", angle, angles),
    pairs("hypot", norm, norms),
    pairs("logaddexp", log_sum, log_sums),
    pairs("fmod", |a, b| [a % b, 1.0, unless_large(-whole(a, b, f64::trunc))], flat),
    pairs("polygamma", |a, b| of_order(a, b, "digamma()"), free),
    pairs("sinc_derivative", |a, b| of_order(a, b, "sinc()"), free),
    pairs("erfcx_derivative", |a, b| of_order(a, b, "erfcx"), free),
];

/// The comparisons, as 1 where they hold, else 0. NaN is in no order, and so different from all numbers.
pub const COMPARISONS: &[Pairs] = &[
    pairs("gt", |a, b| holds(a.partial_cmp(&b) == Some(Ordering::Greater)), flat),
    pairs("ge", |a, b| holds(a.partial_cmp(&b).is_some_and(Ordering::is_ge)), flat),
    pairs("lt", |a, b| holds(a.partial_cmp(&b) == Some(Ordering::Less)), flat),
    pairs("le", |a, b| holds(a.partial_cmp(&b).is_some_and(Ordering::is_le)), flat),
    pairs("eq", |a, b| holds(a.partial_cmp(&b) == Some(Ordering::Equal)), flat),
    pairs("ne", |a, b| holds(a.partial_cmp(&b) != Some(Ordering::Equal)), flat),
];

/// `a` where `b > 0`, else `2b`: what is not chosen has no share, whatever it is.
pub const SELECT: Pairs =
    pairs("select", |a, b| if b > 0.0 { [a, 1.0, 0.0] } else { [2.0 * b, 0.0, 2.0] }, flat);

fn holds(truth: bool) -> Three {
    [f64::from(truth), 0.0, 0.0]
}

/// A choice between two numbers: of the first, of both alike, or else of the second. NaN wins, or is passed over.
pub fn chosen(a: f64, b: f64, is_first: bool, is_tie: bool, passes_over_nan: bool) -> Three {
    match (a.is_nan(), b.is_nan()) {
        (true, false) if passes_over_nan => [b, 0.0, 1.0],
        (false, true) if passes_over_nan => [a, 1.0, 0.0],
        (false, false) if is_tie => [a, 0.5, 0.5],
        (false, false) if is_first => [a, 1.0, 0.0],
        (false, false) => [b, 0.0, 1.0],
        _ => [NAN; 3],
    }
}

/// Powers of negative numbers have values for whole exponents only; of 0 they have no derivative by an exponent below 0,
/// and those with infinite exponents have no limits.
fn power(a: f64, b: f64) -> Three {
    // In single precision, neighbors of large numbers are all even.
    let is_even_or_odd = a.is_sign_negative() && a != 0.0 && b.abs() > 1e7;
    let by_a = if b == 0.0 { 0.0 } else { b * a.powf(b - 1.0) };
    let by_b = match a.powf(b) {
        y if y.is_nan() => NAN,
        _ if a == 1.0 => 0.0,
        _ if a == 0.0 && b >= 0.0 => 0.0,
        _ if a == 0.0 && a.is_sign_negative() => FREE,
        _ if a < 0.0 => NAN,
        // It vanishes faster than the logarithm grows.
        0.0 => 0.0,
        y => y * a.ln(),
    };
    match () {
        () if is_even_or_odd => [FREE; 3],
        () if b.is_infinite() => [a.powf(b), FREE, FREE],
        // The power overflows beside what it is multiplied by.
        () if a.abs() < 1e-30 && b.abs() < 1e-30 && b != 0.0 => [a.powf(b), FREE, by_b],
        () => [a.powf(b), by_a, by_b],
    }
}

fn powers(a: f64, b: f64) -> Three {
    if !(a > 0.0 && a < INF && b.is_finite()) {
        return [FREE; 3];
    }
    let log = a.ln();
    let y = a.powf(b);
    [b * (b - 1.0) * y / a / a, y / a * (1.0 + b * log), y * log * log]
}

fn angle(a: f64, b: f64) -> Three {
    let derivatives = match (a, b) {
        _ if a.is_nan() || b.is_nan() => [NAN; 2],
        (0.0, 0.0) => [NAN; 2],
        _ if a.is_infinite() || b.is_infinite() => [0.0; 2],
        _ if a.abs() > b.abs() => [b / a / (a + b * (b / a)), -1.0 / (a + b * (b / a))],
        _ => [1.0 / (b + a * (a / b)), -(a / b) / (b + a * (a / b))],
    };
    let value = match (a.is_sign_negative(), b.is_sign_negative()) {
        _ if a.is_nan() || b.is_nan() => NAN,
        (false, false) => quadrant(a, b),
        (false, true) => PI - quadrant(a, -b),
        (true, false) => -quadrant(-a, b),
        (true, true) => quadrant(-a, -b) - PI,
    };
    [value, derivatives[0], derivatives[1]]
}

/// The angle between the axes.
fn quadrant(a: f64, b: f64) -> f64 {
    match () {
        () if a == b && a > 0.0 => PI / 4.0,
        () if a == 0.0 => 0.0,
        () if a > b => PI / 2.0 - (b / a).atan(),
        () => (a / b).atan(),
    }
}

fn angles(a: f64, b: f64) -> Three {
    if a == 0.0 && b == 0.0 {
        return [FREE; 3];
    }
    if a.is_infinite() || b.is_infinite() {
        return if a.is_nan() || b.is_nan() { [FREE; 3] } else { [0.0; 3] };
    }
    let square = a * a + b * b;
    let mixed = -2.0 * a * b / square / square;
    [mixed, (a * a - b * b) / square / square, -mixed]
}

/// Beside an infinite number, whatever else there is, the norm is infinite.
fn norm(a: f64, b: f64) -> Three {
    let larger = a.abs().max(b.abs());
    let part = |x: f64, other: f64| match () {
        () if x.is_nan() || other.is_nan() => NAN,
        () if x.is_infinite() && other.is_finite() => x.signum(),
        () if other.is_infinite() => {
            if x.is_infinite() {
                NAN
            } else {
                0.0
            }
        }
        () if x == 0.0 => 0.0,
        () => x / larger / ((a / larger).powi(2) + (b / larger).powi(2)).sqrt(),
    };
    let value = match () {
        () if larger == INF => INF,
        () if a.is_nan() || b.is_nan() => NAN,
        () if larger == 0.0 => 0.0,
        () => larger * ((a / larger).powi(2) + (b / larger).powi(2)).sqrt(),
    };
    [value, part(a, b), part(b, a)]
}

fn norms(a: f64, b: f64) -> Three {
    match () {
        () if a == 0.0 && b == 0.0 => [FREE; 3],
        () if a.is_infinite() && b.is_infinite() => [FREE; 3],
        () if a.is_infinite() || b.is_infinite() => {
            if a.is_nan() || b.is_nan() {
                [FREE; 3]
            } else {
                [0.0; 3]
            }
        }
        () => {
            let cube = (a * a + b * b).powf(1.5);
            [b * b / cube, -a * b / cube, a * a / cube]
        }
    }
}

/// `1/(1 + e^{b − a})`, and ½ for equal numbers, infinite ones among them.
fn share(a: f64, b: f64) -> f64 {
    if a == b { 0.5 } else { 1.0 / (1.0 + (b - a).exp()) }
}

fn log_sum(a: f64, b: f64) -> Three {
    let (larger, smaller) = if a > b { (a, b) } else { (b, a) };
    let value = match () {
        () if a.is_nan() || b.is_nan() => NAN,
        () if larger.is_infinite() => larger,
        () => larger + (smaller - larger).exp().ln_1p(),
    };
    [value, share(a, b), share(b, a)]
}

fn log_sums(a: f64, b: f64) -> Three {
    let bend = if a.is_infinite() && a == b { 0.0 } else { share(a, b) * share(b, a) };
    [bend, -bend, bend]
}

/// A derivative of order 0 or 1; the order cannot move.
fn of_order(a: f64, order: f64, name: &str) -> Three {
    let rows = one::UNARY.iter().chain(one_composed::COMPOSED);
    let row = rows.clone().find(|row| row.name == name).expect("it is in the table");
    let three = match a.abs() {
        _ if a.is_nan() => [NAN; 3],
        size if size < 1e-30 => (row.near_zero)(a),
        size if size >= 1e9 => (row.far)(a),
        _ => [FREE; 3],
    };
    match order.round_ties_even() {
        0.0 => [three[0], three[1], 0.0],
        1.0 => [three[1], three[2], 0.0],
        // That of order −1 is not defined, but its derivative is the function.
        _ => [NAN, FREE, 0.0],
    }
}

/// The quotient as a whole number; 0 or −1 by the signs where it is too small to be told from 0.
pub fn whole(a: f64, b: f64, round: fn(f64) -> f64) -> f64 {
    let quotient = a / b;
    let is_tiny = a != 0.0 && b != 0.0 && quotient.abs() < 1e-30;
    let is_below_zero = (a < 0.0) != (b < 0.0);
    if is_tiny { round(if is_below_zero { -1e-30 } else { 1e-30 }) } else { round(quotient) }
}

/// A whole number, unless there are too many units in its last place.
pub fn unless_large(whole: f64) -> f64 {
    if whole.is_infinite() { FREE } else { whole }
}
