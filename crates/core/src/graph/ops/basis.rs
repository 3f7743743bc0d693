//! Rows in terms of the basis, where a row of [`Unary`](super::Unary) or [`Binary`](super::Binary) is not short enough to say
//! it itself.
//!
//! A backend writes one arm for each row of `Unary::BASIS` and `Binary::BASIS`, besides comparison and selection;
//! [`Computation::in_basis`](crate::computation::Computation::in_basis) expands all other rows.

use std::f64::consts;

use crate::graph::{ops::Comparison, real::Real};

/// The comparison of `x` with a constant.
#[track_caller]
fn is<R: Real>(x: R, order: Comparison, bound: f64) -> R::Mask {
    x.compare(order, x.lit(bound))
}

#[track_caller]
pub(super) fn sign<R: Real>(x: R) -> R {
    let of_others = R::select(is(x, Comparison::Lt, 0.0), x.lit(-1.0), x);
    R::select(is(x, Comparison::Gt, 0.0), x.lit(1.0), of_others)
}

#[track_caller]
pub(super) fn step<R: Real>(x: R) -> R {
    let of_numbers = R::select(is(x, Comparison::Gt, 0.0), x.lit(1.0), x.lit(0.0));
    R::select(x.eq(x), of_numbers, x)
}

#[track_caller]
pub(super) fn semicircle<R: Real>(x: R) -> R {
    ((x.lit(1.0) - x) * (x.lit(1.0) + x)).sqrt()
}

#[track_caller]
pub(super) fn sigmoid<R: Real>(x: R) -> R {
    let e = (-x.abs()).exp();
    R::select(is(x, Comparison::Lt, 0.0), e, x.lit(1.0)) / (x.lit(1.0) + e)
}

#[track_caller]
pub(super) fn relu<R: Real>(x: R) -> R {
    R::select(is(x, Comparison::Lt, 0.0), x.lit(0.0), x)
}

#[track_caller]
pub(super) fn softsign<R: Real>(x: R) -> R {
    let is_infinite = is(x.abs(), Comparison::Eq, f64::INFINITY);
    R::select(is_infinite, x.sign(), x / (x.lit(1.0) + x.abs()))
}

#[track_caller]
pub(super) fn trunc<R: Real>(x: R) -> R {
    R::select(is(x, Comparison::Lt, 0.0), x.ceil(), x.floor())
}

/// `a` if it compares so with `b`, or is NaN, which differs from itself; else `b`.
#[track_caller]
pub(super) fn first_if<R: Real>(order: Comparison, a: R, b: R) -> R {
    R::select(a.eq(a), R::select(a.compare(order, b), a, b), a)
}

/// `a` if it compares so with `b`, or `b` is NaN; else `b`.
#[track_caller]
pub(super) fn number_if<R: Real>(order: Comparison, a: R, b: R) -> R {
    R::select(b.eq(b), R::select(a.compare(order, b), a, b), a)
}

#[track_caller]
pub(super) fn chain<R: Real>(a: R, b: R) -> R {
    R::select(is(a, Comparison::Eq, 0.0), a, a * b)
}

#[track_caller]
pub(super) fn logaddexp<R: Real>(a: R, b: R) -> R {
    let difference = R::select(a.eq(b), a.lit(0.0), a - b);
    a.maximum(b) + (-difference.abs()).exp().log1p()
}

/// The cube root by a power, made exact to a few units in the last place by one step of Newton's method.
#[track_caller]
pub(super) fn cube_root<R: Real>(x: R) -> R {
    let root = x.sign() * x.abs().pow(x.lit(1.0 / 3.0));
    let corrected = root - (root - x / (root * root)) * x.lit(1.0 / 3.0);
    let is_edge = (root + root).eq(root);
    R::select(is_edge, root, corrected)
}

/// `1/(1 + x²)`; where the square may overflow, it is that of `x·2⁻⁶⁴`, beside which 1 vanishes.
#[track_caller]
pub(super) fn lorentzian<R: Real>(x: R) -> R {
    let small = x.lit((-64f64).exp2());
    let scale = R::select(is(x.abs(), Comparison::Gt, 4e9), small, x.lit(1.0));
    let summand = R::select(is(x.abs(), Comparison::Gt, 4e9), x.lit(0.0), x.lit(1.0));
    let scaled = x * scale;
    x.lit(1.0) / (summand + scaled * scaled) * (scale * scale)
}

/// Hyperbolic functions by `e^{|x|}`, or by its root where it may overflow: half of the product of two roots.
#[track_caller]
fn half_exp<R: Real>(size: R, near: R) -> R {
    let half = size.lit(0.5);
    let root = (size * half).exp();
    R::select(is(size, Comparison::Gt, 30.0), half * root * root, near)
}

#[track_caller]
pub(super) fn sinh<R: Real>(x: R) -> R {
    let (size, one) = (x.abs(), x.lit(1.0));
    let e = size.expm1();
    x.sign() * half_exp(size, x.lit(0.5) * (e + e / (e + one)))
}

#[track_caller]
pub(super) fn cosh<R: Real>(x: R) -> R {
    let (size, one) = (x.abs(), x.lit(1.0));
    let e = size.exp();
    half_exp(size, x.lit(0.5) * (e + one / e))
}

#[track_caller]
pub(super) fn tanh<R: Real>(x: R) -> R {
    let (size, one) = (x.abs(), x.lit(1.0));
    let e = (size + size).expm1();
    x.sign() * R::select(is(size, Comparison::Gt, 30.0), one, e / (e + x.lit(2.0)))
}

#[track_caller]
pub(super) fn sech_squared<R: Real>(x: R) -> R {
    let (size, one) = (x.abs(), x.lit(1.0));
    let e = (-(size + size)).exp();
    x.lit(4.0) * e / ((one + e) * (one + e))
}

/// Inverse hyperbolic functions by logarithms of 1 and more, which do not cancel near 0; `log 2x` for large `x`.
#[track_caller]
fn log_of_double<R: Real>(size: R, near: R) -> R {
    let large = size.log() + size.lit(consts::LN_2);
    R::select(is(size, Comparison::Gt, 1e9), large, near)
}

#[track_caller]
pub(super) fn asinh<R: Real>(x: R) -> R {
    let (size, one) = (x.abs(), x.lit(1.0));
    let square = size * size;
    let near = (size + square / (one + (square + one).sqrt())).log1p();
    x.sign() * log_of_double(size, near)
}

#[track_caller]
pub(super) fn acosh<R: Real>(x: R) -> R {
    let excess = x - x.lit(1.0);
    let near = (excess + (excess + excess + excess * excess).sqrt()).log1p();
    let value = log_of_double(x.abs(), near);
    R::select(is(x, Comparison::Lt, 1.0), x.lit(f64::NAN), value)
}

#[track_caller]
pub(super) fn atanh<R: Real>(x: R) -> R {
    let (size, one) = (x.abs(), x.lit(1.0));
    x.sign() * (x.lit(0.5) * ((size + size) / (one - size)).log1p())
}

/// `e^{−x²}` as the product of that of a number of few digits, whose square is exact, and of the rest.
#[track_caller]
pub(super) fn gaussian<R: Real>(x: R) -> R {
    let x = R::select(is(x.abs(), Comparison::Gt, 40.0), x.lit(40.0), x);
    let coarse = (x * x.lit(16.0)).floor() * x.lit(1.0 / 16.0);
    (-(coarse * coarse)).exp() * (-((x - coarse) * (x + coarse))).exp()
}

/// The nearest whole number, the even one of two, with the sign of `x` where it is 0.
#[track_caller]
pub(super) fn round<R: Real>(x: R) -> R {
    let (size, half) = (x.abs(), x.lit(0.5));
    let below = size.floor();
    let rest = size - below;
    let is_even = (below * half).floor().eq(below * half);
    let at_tie = R::select(is_even, below, below + x.lit(1.0));
    let not_above = R::select(rest.compare(Comparison::Lt, half), below, at_tie);
    let rounded = R::select(rest.gt(half), below + x.lit(1.0), not_above);
    let negative = x.compare(Comparison::Lt, x.lit(0.0));
    let zero = x.eq(x.lit(0.0));
    R::select(zero, x, R::select(negative, -rounded, rounded))
}

/// `√(a² + b²)` by the quotient of the smaller number and the larger, so that nothing overflows.
#[track_caller]
pub(super) fn hypot<R: Real>(a: R, b: R) -> R {
    let (a, b) = (a.abs(), b.abs());
    let (large, small) = (a.fmax(b), a.fmin(b));
    let ratio = small / large;
    let value = large * (large.lit(1.0) + ratio * ratio).sqrt();
    // An infinite operand wins over NaN, and two zeros have no quotient.
    let of_numbers = R::select(is(large, Comparison::Eq, 0.0), large, value);
    let of_finite = R::select((a + b).eq(a + b), of_numbers, a + b);
    R::select(is(large, Comparison::Eq, f64::INFINITY), large, of_finite)
}
