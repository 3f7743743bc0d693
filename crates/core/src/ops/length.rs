//! Euclidean lengths: values that are computed in any way, with the derivative of a length.

use smallvec::smallvec;

use super::kinked::Kink;
use crate::{
    expr::Expr,
    ops::{Batch, Dependence, Linearity, Link, Op, Operation, Rule, Tangents, same_dtype},
    shape::{AxisSet, keep},
    tensor::{View, ViewMut},
};

/// The operation that makes its first input, the length of the second along axes, which it keeps, differentiable as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Length {
    /// The axes.
    pub axes: AxisSet,
}

impl<'g> Expr<'g> {
    /// The root of the sum of squares along axes, which are kept. Its derivative at 0 is 0.
    #[track_caller]
    pub(crate) fn length_along(self, axes: AxisSet) -> Self {
        let value = self.square().sum_over(keep(axes)).sqrt();
        let inputs = smallvec![value.id(), self.id()];
        self.graph().record(Op::Length(Length { axes }), inputs, value.shape(), value.dtype())
    }
}

/// The derivative of the length `y` by `x`: its direction.
#[track_caller]
fn kink<'g>(x: Expr<'g>, y: Expr<'g>) -> Kink<'g> {
    let is_met = y.eq(0.0);
    let everywhere = is_met.broadcast_to_known(&x.shape());
    let slope = everywhere.select(x.like(0.0), x / y);
    Kink { slope, distance: x, is_met, value: y }
}

impl Operation for Length {
    fn label(&self) -> String {
        format!("length {:?}", self.axes)
    }

    fn vjp<'g>(&self, rule: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>> {
        let x = rule.x(1);
        match rule.k {
            0 => None,
            _ => kink(x, rule.y).pull_back(g.broadcast_to_known(&x.shape())),
        }
    }

    fn linearity(&self) -> Linearity {
        Linearity::Nonlinear
    }

    fn dependence(&self, link: Link<'_, '_>) -> Option<Dependence> {
        let (x, y) = (link.x(1).shape(), link.y.shape());
        let others: Vec<_> = (0..x.rank()).filter(|&axis| !self.axes.contains(axis)).collect();
        (link.k == 1).then(|| Dependence::equal_along(&x, &others, &y, &others))
    }

    fn jvp<'g>(&self, tangents: Tangents<'_, 'g>) -> Option<Expr<'g>> {
        let v = tangents.of(1)?;
        Some(kink(tangents.x(1), tangents.y).push_forward(v).sum_over(keep(self.axes)))
    }

    fn vmap<'g>(&self, batch: Batch<'_, 'g>) -> Expr<'g> {
        batch.record(Op::Length(Length { axes: self.axes.after_one_more() }))
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        same_dtype!(x[0], y => |x, y| y.copy_from_slice(x));
    }
}
