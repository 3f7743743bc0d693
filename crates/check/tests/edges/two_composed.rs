//! Limits of composed functions of several numbers, with all but two of them chosen.

use retrograd_core::{Expr, Real};

use crate::{
    one::{FREE, NAN, Three},
    two::*,
};

/// Records a function of two numbers.
pub type RecordPair = for<'g> fn(Expr<'g>, Expr<'g>) -> Expr<'g>;

/// The table.
pub const COMPOSED: &[(RecordPair, Pairs)] = &[
    (|x, slope| x.prelu(slope), pairs("prelu", prelu, prelus)),
    (
        |x, gate| x.gated(gate),
        pairs("gated", gated, |x, _| [0.0, if x.abs() > 1000.0 { 0.0 } else { 1.0 }, 0.0]),
    ),
    (|x, low| x.clamp(low, 1.5), pairs("clamp", clamped_below, flat)),
    (|x, high| x.clamp(-0.5, high), pairs("clamp", clamped_above, flat)),
    (|x, y| x.xlogy(y), pairs("xlogy", x_log_y, free)),
    (|x, end| x.lerp(end, 0.4), pairs("lerp", between, flat)),
    (|x, weight| x.lerp(5.0, weight), pairs("lerp", towards_five, |_, _| [0.0, -1.0, 0.0])),
    (
        |a, b| a.lit(1.0).addcmul(a, b, 2.5),
        pairs("addcmul", |a, b| [1.0 + 2.5 * (a * b), 2.5 * b, 2.5 * a], |_, _| [0.0, 2.5, 0.0]),
    ),
    (
        |a, b| a.lit(1.0).addcdiv(a, b, 2.5),
        pairs("addcdiv", add_quotient, |a, b| [0.0, -2.5 / b / b, 5.0 * a / b / b / b]),
    ),
    (|x, divisor| x.remainder(divisor), pairs("remainder", remainder, flat)),
    (
        |x, divisor| x.floor_divide(divisor),
        pairs("floor_divide", |x, d| [whole(x, d, f64::floor), 0.0, 0.0], flat),
    ),
    (
        |x, divisor| x.trunc_divide(divisor),
        pairs("trunc_divide", |x, d| [(x / d).trunc(), 0.0, 0.0], flat),
    ),
];

fn prelus(x: f64, _: f64) -> Three {
    [0.0, if x.is_nan() { FREE } else { f64::from(x <= 0.0) }, 0.0]
}

/// With the upper bound 1.5.
fn clamped_below(x: f64, low: f64) -> Three {
    let [value, by_x, by_low] = chosen(x, low, x >= low, false, false);
    if value > 1.5 { [1.5, 0.0, 0.0] } else { [value, by_x, by_low] }
}

/// With the lower bound −0.5. A bound that is NaN hides whether the number has been cut already.
fn clamped_above(x: f64, high: f64) -> Three {
    if x.is_nan() {
        return [NAN; 3];
    }
    let x_within = x.max(-0.5);
    let [value, by_x, by_high] = chosen(x_within, high, x_within <= high, false, false);
    let is_cut = x < -0.5;
    [
        value,
        if is_cut && high.is_nan() {
            FREE
        } else if is_cut {
            0.0
        } else {
            by_x
        },
        by_high,
    ]
}

/// The difference of the largest numbers of both signs overflows.
fn between(x: f64, end: f64) -> Three {
    let overflows = x.is_finite() && end.is_finite() && x.abs() > 1e30 && end == -x;
    [if overflows { FREE } else { x + 0.4 * (end - x) }, 0.6, 0.4]
}

/// Beside a large number, nothing of 5 is left.
fn towards_five(x: f64, weight: f64) -> Three {
    let value = x + weight * (5.0 - x);
    [if x.abs() >= 1e9 && weight == 1.0 { FREE } else { value }, 1.0 - weight, 5.0 - x]
}

/// Quotients of subnormal numbers have few digits.
fn add_quotient(a: f64, b: f64) -> Three {
    let has_digits = a == 0.0 || a.abs() > 1e-30;
    [1.0 + 2.5 * (a / b), 2.5 / b, if has_digits { -2.5 * (a / b / b) } else { FREE }]
}

fn remainder(x: f64, d: f64) -> Three {
    let rest = x % d;
    let value = if rest != 0.0 && (rest < 0.0) != (d < 0.0) { rest + d } else { rest };
    let by_divisor = if value.is_nan() { NAN } else { unless_large(-whole(x, d, f64::floor)) };
    [value, 1.0, by_divisor]
}

fn prelu(x: f64, slope: f64) -> Three {
    match () {
        () if x.is_nan() => [NAN, NAN, FREE],
        () if x > 0.0 => [x, 1.0, 0.0],
        () => [slope * x, slope, x],
    }
}

fn gated(x: f64, gate: f64) -> Three {
    match () {
        () if x > 1000.0 => [x, 1.0, 0.0],
        () if x < -1000.0 => [0.0; 3],
        () => [x * gate, gate, x],
    }
}

fn x_log_y(x: f64, y: f64) -> Three {
    match () {
        () if y.is_nan() => [NAN; 3],
        () if x == 0.0 => [0.0, if y > 0.0 { y.ln() } else { 0.0 }, 0.0],
        // The derivative of the logarithm overflows, or there is no limit.
        () if y != 0.0 && y.abs() < 1e-30 || x.is_nan() || x.is_infinite() && y.is_infinite() => {
            [x * y.ln(), y.ln(), FREE]
        }
        () => [x * y.ln(), y.ln(), x / y],
    }
}
