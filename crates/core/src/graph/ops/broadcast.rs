//! Broadcasting: an operation of its own, so that elementwise rules never mention shapes.

use crate::{
    data::{
        error::{Error, located},
        shape::{AxisSet, Layout, Shape},
        tensor::{View, ViewMut},
    },
    graph::{
        expr::Expr,
        methods::functions,
        ops::{Batch, Op, Operation, OperationKind, Rule, operation::eval_view},
    },
};

/// The input stretched to the node's shape; its adjoint is a sum.
pub(super) struct Broadcast;

functions! { "Shapes":
    /// This value stretched to `shape` under NumPy's rule: axes are aligned at the last one, and sizes of 1 and missing
    /// axes stretch. Shapes `[…] → shape`. Source: `torch.broadcast_to`.
    broadcast_to / try_broadcast_to(x, shape => Shape) -> Self,
    "If a size differs and is not 1, or no tensor can have the shape.",
    {
        match x.shape().broadcast(&shape) {
            Some(common) if common == shape => x.try_stretch(&shape),
            _ => Err(Self::misfit(&[x], format!("it does not stretch to {shape}"))),
        }
    }
}

impl<'g> Expr<'g> {
    /// This value `n` times, along a new axis in front; the batching sweep has found that there can be such a tensor.
    #[track_caller]
    pub(crate) fn repeated(self, n: usize) -> Self {
        self.broadcast_to_known(&self.shape().with_axis(0, n))
    }

    /// This value stretched to a shape that it is known to fit.
    ///
    /// # Errors
    /// If no tensor can have the shape.
    #[track_caller]
    pub(crate) fn try_stretch(self, shape: &Shape) -> Result<Self, Error> {
        if self.shape() == *shape {
            return Ok(self);
        }
        match self.as_literal() {
            Some(value) => self.graph().try_literal(value, shape.clone(), self.dtype()),
            None => self.try_record1(Op::Broadcast, shape.clone(), self.dtype()),
        }
    }

    /// [`try_stretch`](Self::try_stretch) to the shape of a node that there is.
    #[track_caller]
    pub(crate) fn broadcast_to_known(self, shape: &Shape) -> Self {
        located(self.try_stretch(shape))
    }
}

/// The axes of `y` along which `x`, aligned at the last axis, is stretched.
fn stretched(x: &Shape, y: &Shape) -> AxisSet {
    let n_new = y.rank() - x.rank();
    (0..y.rank())
        .filter(|&axis| axis < n_new || x[axis - n_new] != y[axis])
        .fold(AxisSet::default(), AxisSet::with)
}

impl Operation for Broadcast {
    fn kind(&self) -> OperationKind {
        OperationKind::View
    }

    fn label(&self) -> String {
        "broadcast".to_owned()
    }

    fn vjp<'g>(&self, rule: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>> {
        let (x, y) = (rule.x(0).shape(), rule.y.shape());
        Some(g.sum_over(stretched(&x, &y)).reshape(x))
    }

    fn vmap<'g>(&self, batch: Batch<'_, 'g>) -> Expr<'g> {
        // Axes are aligned at the last one, so those that are missing come after the new one.
        let (single, y) = (batch.single(0).shape(), batch.y.shape());
        let missing = vec![1; y.rank() - single.rank()];
        let aligned = [batch.n].into_iter().chain(missing).chain(single.iter().copied());
        let x = batch.x(0).reshape(aligned.collect::<Shape>());
        batch.record_of(Op::Broadcast, &[x])
    }

    /// A stride of 0 along stretched axes.
    fn view(&self, input: &Layout, x: &Shape, y: &Shape) -> Option<Layout> {
        let (n_new, stretched) = (y.rank() - x.rank(), stretched(x, y));
        let stride =
            |axis: usize| if stretched.contains(axis) { 0 } else { input.strides[axis - n_new] };
        Some(Layout { offset: input.offset, strides: (0..y.rank()).map(stride).collect() })
    }

    fn has_shape(&self, x: &[&Shape], y: &Shape) -> bool {
        x[0].broadcast(y).is_some_and(|common| common == *y)
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        eval_view(self, x[0], y);
    }
}
