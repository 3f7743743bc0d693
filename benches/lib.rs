//! Shared parts of the benchmarks: training steps on random data, as expressions for the engine and written by hand.

pub mod automatic;
mod by_hand;
pub mod functions;
pub mod memory;
mod models;
mod products;
pub mod program;
pub mod timing;
mod workload;

use retrograd::Tensor;

pub use products::{Product, products};
pub use workload::{Kind, Problem, WORKLOADS, Workload};

/// The task of a side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// The loss.
    Forward,
    /// The loss and its gradient.
    Gradient,
    /// The loss, its gradient, and the update of the parameters, if there are any.
    Step,
}

/// The side that is written by hand.
pub trait Manual {
    /// Does a task; returns the loss before any update.
    fn run(&mut self, task: Task) -> f64;

    /// The gradients left by the last [`Task::Gradient`], in the order of the parameters.
    fn gradients(&self) -> Vec<Tensor>;
}
