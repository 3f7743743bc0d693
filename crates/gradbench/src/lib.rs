//! A *tool* of the public benchmark suite [GradBench](https://github.com/gradbench/gradbench). The program reads one
//! message a line, evaluates a function of one of the suite's modules or its derivative, and answers on one line.
//!
//! Each module of the suite is a file in `evals`. It states the function as its formula reads, over
//! [`Real`](retrograd_core::Real) or as expressions of a graph, and states no derivative. [`answer`] answers one message.

mod error;
mod evals;
mod evaluation;
mod json;
mod protocol;

pub use error::Error;
pub use protocol::answer;
