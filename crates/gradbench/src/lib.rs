//! A *tool* of the public benchmark suite [GradBench](https://github.com/gradbench/gradbench): it receives a message on a
//! line, evaluates a function of one of the suite's modules or its derivative, and answers on a line.
//!
//! Each module of the suite is a file in `evals`, with the function as its formula reads: over
//! [`Real`](retrograd_core::Real) or as expressions of a graph. No derivative is written there.

mod error;
mod evals;
mod evaluation;
mod json;
mod protocol;

pub use error::Error;
pub use protocol::answer;
