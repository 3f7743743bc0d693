//! The same elements in another shape.

use crate::{
    data::{
        shape::{Axes, Layout, Shape, resolve_axis},
        tensor::{View, ViewMut},
    },
    graph::{
        expr::Expr,
        methods::functions,
        ops::{Op, Operation, OperationKind, Rule, operation::eval_view},
    },
};

/// The input's elements, in row-major order, in the node's shape.
pub(super) struct Reshape;

functions! { "Shapes":
    /// The same elements, in row-major order, in another shape. Shapes `[…] → shape`. Source: `torch.reshape`.
    reshape / try_reshape(x, shape => Shape) -> Self,
    "If the numbers of elements differ, or no tensor can have the shape.",
    {
        let (own, wanted) = (x.shape().n_elements(), shape.n_elements());
        if own != wanted {
            let reason = format!("it has {own} elements, and the shape {shape} has {wanted}");
            return Err(Self::misfit(&[x], reason));
        }
        match x.as_literal() {
            _ if x.shape() == shape => Ok(x),
            Some(value) => x.graph().try_literal(value, shape, x.dtype()),
            None => x.try_record1(Op::Reshape, shape, x.dtype()),
        }
    }

    /// A new axis of size 1, so that it is axis `axis` of the result (negative counts from the result's end). Shapes
    /// `[…, …] → […, 1, …]`. Source: `torch.unsqueeze`.
    unsqueeze / try_unsqueeze(x, axis: isize) -> Self,
    "If the result has no such axis, or more axes than a tensor can have.",
    {
        let axis = resolve_axis(axis, x.rank() + 1).map_err(|reason| {
            Self::misfit(&[x], format!("in the result, {reason}"))
        })?;
        x.try_reshape(x.shape().with_axis(axis, 1))
    }

    /// Without the given axes, all of size 1. Shapes `[…, 1, …] → […, …]`. Source: `torch.squeeze`.
    squeeze / try_squeeze(x, axes => Axes) -> Self,
    "If an axis does not exist or has another size than 1.",
    {
        let misfit = |reason| Self::misfit(&[x], reason);
        let (shape, axes) = (x.shape(), axes.resolve(x.rank()).map_err(misfit)?);
        match axes.iter().find(|&axis| shape[axis] != 1) {
            Some(axis) => Err(misfit(format!("axis {axis} has size {}, not 1", shape[axis]))),
            None => x.try_reshape(axes.removed(&shape)),
        }
    }

    /// All elements in one axis, in row-major order. Shapes `[…] → [n]`. Source: `torch.flatten`.
    flatten / try_flatten(x) -> Self,
    "Never: every shape has a number of elements.",
    { x.try_reshape([x.shape().n_elements()]) }
}

impl Operation for Reshape {
    fn kind(&self) -> OperationKind {
        OperationKind::View
    }

    fn label(&self) -> String {
        "reshape".to_owned()
    }

    fn vjp<'g>(&self, rule: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>> {
        Some(g.reshape(rule.x(0).shape()))
    }

    fn view(&self, input: &Layout, x: &Shape, y: &Shape) -> Option<Layout> {
        input.is_dense(x).then(|| Layout { offset: input.offset, ..Layout::contiguous(y) })
    }

    fn has_shape(&self, x: &[&Shape], y: &Shape) -> bool {
        x[0].n_elements() == y.n_elements()
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        eval_view(self, x[0], y);
    }
}
