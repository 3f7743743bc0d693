//! Derivatives of derivatives at kinks: a number of numbers takes the piece of a function that it moves into.
//!
//! A row such as `|x|` has the slope at its kink that the row states. A second derivative made of that slope would be wrong
//! in silence: that of `|x|²` would be 0 at 0. A number with derivatives of derivatives knows more, the direction in which
//! it moves first, and so the piece, `x` or `−x`, that holds there. All derivatives are those of this piece.

use retrograd_core::ops::{Binary, Unary};

use crate::Number;

/// Whether a kink of a number of this type is looked at: only one with derivatives of derivatives has a piece to choose.
const fn has_pieces<R: Number>() -> bool {
    R::DEPTH > 1 && !R::IS_RECORDED
}

/// A row at a kink, as the piece that the number moves into; `None` elsewhere, and where it does not move.
#[inline(always)]
pub(crate) fn unary_at_kink<R: Number>(op: Unary, x: R) -> Option<R> {
    let has_kink = has_pieces::<R>() && matches!(op, Unary::Abs | Unary::Relu);
    if has_kink && x.primal() == 0.0 { unary_piece(op, x) } else { None }
}

/// A row of two numbers at a kink, as the piece that they move into; `None` elsewhere, and where they do not move.
#[inline(always)]
pub(crate) fn binary_at_kink<R: Number>(op: Binary, a: R, b: R) -> Option<R> {
    if !has_pieces::<R>() {
        return None;
    }
    match op {
        Binary::Hypot if a.primal() == 0.0 && b.primal() == 0.0 => norm(a, b),
        Binary::Maximum | Binary::Fmax | Binary::ClampMin if is_tie(a, b) => larger(a, b, a - b),
        Binary::Minimum | Binary::Fmin | Binary::ClampMax if is_tie(a, b) => larger(a, b, b - a),
        _ => None,
    }
}

/// Whether numbers are equal. Of equal infinite numbers, neither is known to be the larger one.
#[inline(always)]
fn is_tie<R: Number>(a: R, b: R) -> bool {
    a.primal() == b.primal() && a.primal().is_finite()
}

#[cold]
#[inline(never)]
fn unary_piece<R: Number>(op: Unary, x: R) -> Option<R> {
    match x.motion() {
        0.0 => None,
        motion if motion > 0.0 => Some(x),
        motion if motion < 0.0 => Some(if op == Unary::Abs { -x } else { R::constant(0.0) }),
        _ => Some(unknown(x)),
    }
}

/// `a` or `b`, as their `difference`, which is 0, grows or falls.
#[cold]
#[inline(never)]
fn larger<R: Number>(a: R, b: R, difference: R) -> Option<R> {
    match difference.motion() {
        0.0 => None,
        motion if motion > 0.0 => Some(a),
        motion if motion < 0.0 => Some(b),
        _ => Some(a + unknown(difference)),
    }
}

/// The norm of two numbers that are 0: along one direction it is linear in them. In several directions it is a cone, which
/// has no pieces.
#[cold]
#[inline(never)]
fn norm<R: Number>(a: R, b: R) -> Option<R> {
    if a.motion() == 0.0 && b.motion() == 0.0 {
        return None;
    }
    let known = if R::DEPTH == 2 { R::direction(a, b) } else { None };
    Some(match known {
        Some([u, v]) => a * R::constant(u) + b * R::constant(v),
        None => unknown(a) + unknown(b),
    })
}

/// The share of a tangent in that of a function. A tangent that is 0 at the moment, beside a slope that is infinite, as that
/// of `√u` is at 0, has a share that the slope does not tell: NaN, and not 0.
#[inline(always)]
pub(crate) fn tangent<T: Number>(tangent: T, slope: T) -> T {
    let is_unknown = T::DEPTH > 0 && slope.primal().is_infinite() && tangent.primal() == 0.0;
    if is_unknown && !tangent.is_zero() {
        T::constant(f64::NAN).lost()
    } else {
        tangent.chain(slope)
    }
}

/// The value of a function of recorded numbers. Where a slope is infinite, derivatives of the value that are 0 are not known.
#[inline(always)]
pub(crate) fn value_at_slopes<T: Number>(value: T, slopes: &[T]) -> T {
    let is_steep = |slope: &T| slope.primal().is_infinite();
    let is_lost = T::DEPTH > 0 && value.primal().is_finite() && slopes.iter().any(is_steep);
    if is_lost { value.lost() } else { value }
}

/// 0, with derivatives that are NaN wherever those of `x`, which is 0, are not 0.
fn unknown<R: Number>(x: R) -> R {
    // An infinite derivative less itself.
    let root = x.unary(Unary::Cbrt);
    root + -root
}
