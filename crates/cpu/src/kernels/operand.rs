//! Loops over operands that are blocks of numbers, or one number for all.

use retrograd_core::{
    Float,
    ops::{Binary, Comparison},
};

/// The numbers of an operand.
#[derive(Clone, Copy)]
pub(super) enum OperandValues<'a, F> {
    Block(&'a [F]),
    One(F),
}

/// A truth value as a number.
#[inline(always)]
pub(super) fn truth<F: Float>(value: bool) -> F {
    <F as Float>::lit(f64::from(u8::from(value)))
}

#[inline(always)]
fn unary<A: Copy, B: Copy>(x: OperandValues<'_, A>, y: &mut [B], f: impl Fn(A) -> B) {
    match x {
        OperandValues::Block(x) => y.iter_mut().zip(x).for_each(|(y, &x)| *y = f(x)),
        OperandValues::One(x) => y.fill(f(x)),
    }
}

/// Applies a row of the table of binary functions.
#[inline(always)]
pub(super) fn of_two<F: Float>(
    op: Binary,
    a: OperandValues<'_, F>,
    b: OperandValues<'_, F>,
    y: &mut [F],
) {
    match (a, b) {
        (OperandValues::Block(a), OperandValues::Block(b)) => op.map(a, b, y),
        (OperandValues::Block(a), OperandValues::One(b)) => op.map_by_scalar(a, b, y),
        (OperandValues::One(a), OperandValues::Block(b)) => op.map_of_scalar(a, b, y),
        (OperandValues::One(a), OperandValues::One(b)) => y.fill(op.value(a, b)),
    }
}

#[inline(always)]
fn binary<F: Copy>(
    a: OperandValues<'_, F>,
    b: OperandValues<'_, F>,
    y: &mut [F],
    f: impl Fn(F, F) -> F,
) {
    match (a, b) {
        (OperandValues::Block(a), OperandValues::Block(b)) => {
            for ((y, &a), &b) in y.iter_mut().zip(a).zip(b) {
                *y = f(a, b);
            }
        }
        (a, OperandValues::One(b)) => unary(a, y, |a| f(a, b)),
        (OperandValues::One(a), b) => unary(b, y, |b| f(a, b)),
    }
}

/// Compares.
#[inline(always)]
pub(super) fn compare<F: Float>(
    op: Comparison,
    a: OperandValues<'_, F>,
    b: OperandValues<'_, F>,
    y: &mut [F],
) {
    match op {
        Comparison::Gt => binary(a, b, y, |a, b| truth(a > b)),
        Comparison::Ge => binary(a, b, y, |a, b| truth(a >= b)),
        Comparison::Lt => binary(a, b, y, |a, b| truth(a < b)),
        Comparison::Le => binary(a, b, y, |a, b| truth(a <= b)),
        Comparison::Eq => binary(a, b, y, |a, b| truth(a == b)),
        Comparison::Ne => binary(a, b, y, |a, b| truth(a != b)),
    }
}

/// Writes `a` where the mask is not 0, then `b` elsewhere.
#[inline(always)]
pub(super) fn select<F: Float>(
    mask: OperandValues<'_, F>,
    a: OperandValues<'_, F>,
    b: OperandValues<'_, F>,
    y: &mut [F],
) {
    let zero = <F as Float>::lit(0.0);
    let mask = match mask {
        OperandValues::One(mask) => return unary(if mask != zero { a } else { b }, y, |x| x),
        OperandValues::Block(mask) => mask,
    };
    match (a, b) {
        (OperandValues::Block(a), OperandValues::Block(b)) => {
            for (((y, &mask), &a), &b) in y.iter_mut().zip(mask).zip(a).zip(b) {
                *y = if mask != zero { a } else { b };
            }
        }
        (a, OperandValues::One(b)) => {
            binary(OperandValues::Block(mask), a, y, |mask, a| if mask != zero { a } else { b })
        }
        (OperandValues::One(a), b) => {
            binary(OperandValues::Block(mask), b, y, |mask, b| if mask != zero { a } else { b })
        }
    }
}
