//! A *tool* of the public benchmark suite [GradBench](https://github.com/gradbench/gradbench). The program reads one
//! message a line, evaluates a function of one of the suite's modules or its derivative, and answers on one line.
//!
//! ```
//! let message = r#"{"id": 7, "kind": "evaluate", "module": "hello", "function": "double", "input": 1.5}"#;
//! let response = retrograd_gradbench::answer(message.as_bytes())?;
//! assert!(response.starts_with(r#"{"id":7,"success":true,"output":3.0,"#));
//! # Ok::<(), retrograd_gradbench::Error>(())
//! ```
//!
//! # Protocol
//! - [`answer`] answers one message; [`Error`] says why a message cannot be answered.
//!
//! # Source
//! Each module of the suite is a file in `evals`. It states the function as its formula reads, over
//! [`Real`](retrograd_core::Real) or as expressions of a graph, and states no derivative.

#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

mod error;
mod evals;
mod evaluation;
mod json;
mod protocol;

pub use error::Error;
pub use protocol::answer;
