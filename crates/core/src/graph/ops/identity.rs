//! The input itself: under a second name, or cut off from the gradient.

use crate::{
    data::tensor::{View, ViewMut},
    graph::{
        expr::Expr,
        ops::{Linearity, Op, Operation, OperationKind, Rule, operation::eval_view},
    },
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
    fn kind(&self) -> OperationKind {
        OperationKind::Identity
    }

    fn label(&self) -> String {
        "identity".to_owned()
    }

    fn vjp<'g>(&self, _: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>> {
        Some(g)
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        eval_view(self, x[0], y);
    }
}

impl Operation for StopGradient {
    fn kind(&self) -> OperationKind {
        OperationKind::Identity
    }

    fn label(&self) -> String {
        "stop gradient".to_owned()
    }

    fn linearity(&self) -> Linearity {
        Linearity::Constant
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        eval_view(self, x[0], y);
    }
}
