//! Scalar functions whose gradients are measured: one definition over any number, one as an expression of arrays, and the
//! gradient by hand.

mod counted;
mod log_sum_exp;
mod mixture;
mod network;
mod product;
mod recurrence;
mod rosenbrock;

use retrograd::{Expr, Real};

pub use counted::n_operations;
pub use log_sum_exp::LogSumExp;
pub use mixture::Mixture;
pub use network::Network;
pub use product::Product;
pub use recurrence::{Affine, Recurrence};
pub use rosenbrock::Rosenbrock;

/// A function of many numbers.
pub trait Function {
    /// The point at which it is measured.
    fn point(&self) -> Vec<f64>;

    /// The points at which it is measured in turns, [`point`](Self::point) first.
    fn points(&self) -> Vec<Vec<f64>> {
        vec![self.point()]
    }

    /// The value at `x`, as a user writes it.
    fn value<R: Real>(&self, x: &[R]) -> R;

    /// The same as an expression of `x`, of shape `[n]`, if it is one of arrays.
    fn expression<'g>(&self, x: Expr<'g>) -> Option<Expr<'g>>;

    /// The value at `x`, and its gradient, by hand. It may keep what is in `memory` from call to call.
    fn gradient(&self, x: &[f64], gradient: &mut [f64], memory: &mut Vec<f64>) -> f64;
}

/// Takes all functions, whatever their types.
pub trait Visitor {
    /// Takes one.
    fn visit<F: Function>(&mut self, name: &'static str, function: &F);
}

/// The names of the functions, in order.
pub const FUNCTIONS: [&str; 8] = ["S1", "S1m", "S2", "S3", "S4", "S4v", "S5", "S6"];

/// Shows the function of a name, one of [`FUNCTIONS`], to a visitor.
pub fn visit(name: &'static str, visitor: &mut impl Visitor) {
    match name {
        "S1" => visitor.visit(name, &Recurrence { n_steps: 200_000 }),
        "S1m" => visitor.visit(name, &Affine { n_steps: 500_000 }),
        "S2" => visitor.visit(name, &Rosenbrock { n: 1000 }),
        "S3" => visitor.visit(name, &Product { n: 1000 }),
        "S4" => visitor.visit(name, &Network::new()),
        "S4v" => visitor.visit(name, &Network::varied(256)),
        "S5" => visitor.visit(name, &LogSumExp { n: 1000 }),
        "S6" => visitor.visit(name, &Mixture::from_benchmark()),
        _ => unreachable!("{name} is none of the functions' names"),
    }
}
