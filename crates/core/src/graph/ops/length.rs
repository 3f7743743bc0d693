//! Lengths: values that are computed in any way, with the derivative of a length.

use smallvec::smallvec;

use super::kinked::{Corner, Kink};
use crate::{
    data::{
        shape::{AxisSet, Shape, keep},
        tensor::{View, ViewMut},
    },
    graph::{
        expr::Expr,
        ops::{
            Batch, Dependence, Linearity, Link, Op, Operation, OperationKind, Rule, Tangents,
            operation::eval_view,
        },
    },
};

/// The operation that makes its first input, the length of the second along axes, which it keeps, differentiable as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Length {
    /// The axes.
    pub axes: AxisSet,
    /// How the length has been found.
    pub measure: Measure,
}

/// Ways to find a length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Measure {
    /// As the Euclidean one.
    Euclidean,
    /// As the Euclidean one, in a scale: the length in the scale and the scale itself are further inputs.
    Scaled,
    /// As a length of another order: it has its first derivative from how it is computed.
    Other,
}

impl<'g> Expr<'g> {
    /// The root of the sum of squares along axes, which are kept. Its derivative at 0 is 0.
    #[track_caller]
    pub(crate) fn length_along(self, axes: AxisSet) -> Self {
        let value = self.square().sum_over(keep(axes)).sqrt();
        let op = Op::Length(Length { axes, measure: Measure::Euclidean });
        self.graph().record(op, smallvec![value.id(), self.id()], value.shape(), value.dtype())
    }

    /// The length along axes, which are kept, from squares of what has been divided by a scale. Cotangents do not meet the
    /// scale: it may be so small that their product with it would vanish.
    #[track_caller]
    pub(crate) fn length_by_scale(self, axes: AxisSet, scale: Expr<'g>) -> Self {
        let length = (self / scale).length_along(axes);
        let value = length * scale;
        let inputs = smallvec![value.id(), self.id(), length.id(), scale.id()];
        let op = Op::Length(Length { axes, measure: Measure::Scaled });
        self.graph().record(op, inputs, value.shape(), value.dtype())
    }

    /// This length of another order, of `x` along axes, which are kept. Where it is 0, second derivatives of what is smooth
    /// and composed of it are NaN.
    #[track_caller]
    pub(crate) fn as_length_of(self, x: Self, axes: AxisSet) -> Self {
        let op = Op::Length(Length { axes, measure: Measure::Other });
        self.graph().record(op, smallvec![self.id(), x.id()], self.shape(), self.dtype())
    }
}

impl Length {
    /// The cotangent or tangent that meets the derivative by the second input. That derivative is 0 beside a length of
    /// another order, and so infinite numbers stay out.
    #[track_caller]
    fn factor<'g>(self, g: Expr<'g>) -> Expr<'g> {
        let is_other = self.measure == Measure::Other && g.as_literal().is_none();
        if is_other { g.nan_to_num() } else { g }
    }

    /// The derivative of the length `y` by its second input: the direction. For a length of another order it is 0, since that
    /// has its derivative by its first input, and is not known where the length is 0.
    #[track_caller]
    fn kink<'g>(self, input: impl Fn(usize) -> Expr<'g>, y: Expr<'g>) -> Kink<'g> {
        let x = input(1);
        let (scaled, length) = match self.measure {
            Measure::Euclidean => (x, y),
            Measure::Scaled => (x / input(3), input(2)),
            Measure::Other => {
                let (slope, is_met) = (x.like(0.0), y.eq(0.0));
                return Kink { corner: Corner::Unknown, slope, distance: x, is_met, value: y };
            }
        };
        let is_met = length.eq(0.0);
        let everywhere = is_met.broadcast_to_known(&x.shape());
        let slope = everywhere.select(x.like(0.0), scaled / length);
        Kink { corner: Corner::Jump, slope, distance: x, is_met, value: y }
    }
}

impl Operation for Length {
    fn kind(&self) -> OperationKind {
        OperationKind::Identity
    }

    fn label(&self) -> String {
        format!("length {:?}", self.axes)
    }

    fn vjp<'g>(&self, rule: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>> {
        if rule.k == 0 {
            return (self.measure == Measure::Other).then_some(g);
        }
        let g = g.broadcast_to_known(&rule.x(1).shape());
        (rule.k == 1).then(|| self.kink(|k| rule.x(k), rule.y).pull_back(self.factor(g)))?
    }

    fn linearity(&self) -> Linearity {
        Linearity::Nonlinear
    }

    fn dependence(&self, link: Link<'_, '_>) -> Option<Dependence> {
        if self.measure == Measure::Other && link.k == 0 {
            return Some(Dependence::elementwise(&link.y.shape()));
        }
        let (x, y) = (link.x(1).shape(), link.y.shape());
        let others: Vec<_> = (0..x.rank()).filter(|&axis| !self.axes.contains(axis)).collect();
        (link.k == 1).then(|| Dependence::equal_along(&x, &others, &y, &others))
    }

    fn jvp<'g>(&self, tangents: Tangents<'_, 'g>) -> Option<Expr<'g>> {
        let by_length = tangents.of(0).filter(|_| self.measure == Measure::Other);
        let by_numbers = tangents.of(1).map(|v| {
            let kink = self.kink(|k| tangents.x(k), tangents.y);
            kink.push_forward(self.factor(v)).sum_over(keep(self.axes))
        });
        [by_length, by_numbers].into_iter().flatten().reduce(|a, b| a + b)
    }

    fn n_operands(&self, _: usize) -> usize {
        1
    }

    fn vmap<'g>(&self, batch: Batch<'_, 'g>) -> Expr<'g> {
        batch.record(Op::Length(Length { axes: self.axes.after_one_more(), ..*self }))
    }

    fn has_shape(&self, x: &[&Shape], y: &Shape) -> bool {
        x[0] == y && x.get(1).is_none_or(|x| self.axes.kept(x) == *y)
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        eval_view(self, x[0], y);
    }
}
