//! The models: the loss of each as a user writes it, and beside it the same with its gradient written by hand.

mod chain;
mod classifier;
mod regression;
mod rows;
mod tiny;

use retrograd::{Expr, Graph};

use crate::{Kind, Manual, Problem, by_hand::Number};

/// Records the loss of a problem; returns it and what it is differentiated by.
pub fn record<'g>(problem: &Problem, g: &'g Graph) -> (Expr<'g>, Vec<Expr<'g>>) {
    match problem.workload.kind {
        Kind::Linear | Kind::Tiny => (regression::loss(problem, g), g.params()),
        Kind::Classifier => (classifier::loss(problem, g), g.params()),
        Kind::Chain => {
            let (sum, x) = chain::loss(problem, g);
            (sum, vec![x])
        }
    }
}

/// The side of a problem that is written by hand.
pub(crate) fn by_hand<F: Number>(problem: &Problem) -> Box<dyn Manual> {
    match problem.workload.kind {
        Kind::Linear => Box::new(regression::ByHand::<F>::new(problem)),
        Kind::Tiny => Box::new(tiny::ByHand::<F>::new(problem)),
        Kind::Classifier => Box::new(classifier::ByHand::<F>::new(problem)),
        Kind::Chain => Box::new(chain::ByHand::<F>::new(problem)),
    }
}
