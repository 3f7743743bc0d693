//! The input itself: under a second name, or cut off from the gradient.

use crate::{
    expr::Expr,
    ops::{
        Batch, Dependence, Linearity, Link, Op, Operation, Rule, same_dtype, without_derivative,
    },
    tensor::{View, ViewMut},
};

/// The input under another name. Plans drop it.
pub(super) struct Identity;

/// The input, through which no gradient flows.
pub(super) struct StopGradient;

impl Expr<'_> {
    /// The same value, as a constant to every derivative.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let x = g.constant([2.0]).named("x");
    /// let y = (x * x.stop_gradient()).sum();
    /// assert_eq!(y.grad(&[x])[0].value().item(), 2.0);
    /// ```
    #[track_caller]
    pub fn stop_gradient(self) -> Self {
        self.record1(Op::StopGradient, self.shape(), self.dtype())
    }
}

impl Operation for Identity {
    fn label(&self) -> String {
        "identity".to_owned()
    }

    fn vjp<'g>(&self, _: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>> {
        Some(g)
    }

    fn linearity(&self) -> Linearity {
        Linearity::Linear
    }

    fn dependence(&self, link: Link<'_, '_>) -> Option<Dependence> {
        Some(Dependence::elementwise(&link.y.shape()))
    }

    fn vmap<'g>(&self, batch: Batch<'_, 'g>) -> Expr<'g> {
        batch.record(Op::Identity)
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        same_dtype!(x[0], y => |x, y| y.copy_from_slice(x));
    }
}

impl Operation for StopGradient {
    fn label(&self) -> String {
        "stop gradient".to_owned()
    }

    without_derivative!();

    fn vmap<'g>(&self, batch: Batch<'_, 'g>) -> Expr<'g> {
        batch.record(Op::StopGradient)
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        same_dtype!(x[0], y => |x, y| y.copy_from_slice(x));
    }
}
