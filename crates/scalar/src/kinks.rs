//! Second derivatives at kinks: a nested scalar takes the piece of a function into which it moves.
//!
//! At its kink, a row such as `|x|` states one slope. A second derivative made of that slope would be silently wrong:
//! `|x|²` would have 0 at 0. A nested scalar, such as a dual of duals, knows the direction of its movement, and so the
//! piece, `x` or `−x`. All derivatives are taken from this piece.

use retrograd_core::ops::{Binary, Unary};

use crate::Number;

/// Whether scalars of this type choose a piece at a kink: only nested ones do.
const fn has_pieces<R: Number>() -> bool {
    R::DEPTH > 1 && !R::IS_RECORDED
}

/// A unary row at a kink, as the piece into which the operand moves; `None` elsewhere, and for an operand that does not
/// move.
#[inline(always)]
pub(crate) fn unary_at_kink<R: Number>(op: Unary, x: R) -> Option<R> {
    let has_kink = has_pieces::<R>() && matches!(op, Unary::Abs | Unary::Relu);
    if has_kink && x.primal() == 0.0 { unary_piece(op, x) } else { None }
}

/// A binary row at a kink, as the piece into which the operands move; `None` elsewhere, and for operands that do not
/// move.
#[expect(clippy::wildcard_enum_match_arm, reason = "a few of many rows are told apart")]
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

/// Whether two values tie. Infinite values do not, since their difference is unknown.
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

/// `a` if the `difference`, which is 0 here, grows, and `b` if it falls.
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

/// The norm of two scalars at 0. Along one direction the norm is linear in both; in several directions it is a cone,
/// which has no pieces.
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

/// The contribution of a tangent to the tangent of a function. A moving tangent with the value 0, beside an infinite
/// slope such as that of `√u` at 0, contributes an unknown amount: NaN, and not 0.
#[inline(always)]
pub(crate) fn tangent<T: Number>(tangent: T, slope: T) -> T {
    let is_unknown = T::DEPTH > 0 && slope.primal().is_infinite() && tangent.primal() == 0.0;
    if is_unknown && !tangent.is_zero() {
        T::constant(f64::NAN).lost()
    } else {
        tangent.chain(slope)
    }
}

/// The value of a recorded function. At an infinite slope, derivatives of the value that are 0 become unknown.
#[inline(always)]
pub(crate) fn value_at_slopes<T: Number>(value: T, slopes: &[T]) -> T {
    let is_steep = |slope: &T| slope.primal().is_infinite();
    let is_lost = T::DEPTH > 0 && value.primal().is_finite() && slopes.iter().any(is_steep);
    if is_lost { value.lost() } else { value }
}

/// A scalar of value 0 with NaN in place of each nonzero derivative of `x`; `x` is 0.
fn unknown<R: Number>(x: R) -> R {
    // An infinite derivative minus itself is NaN.
    let root = x.unary(Unary::Cbrt);
    root + -root
}
