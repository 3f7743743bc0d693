//! The CPU as a [backend](Cpu): a task compiled to an immutable program, which runs in memory of its own.
//!
//! `compile/mod.rs` names the stages of compiling in order; `program` is their result.
//! The only `unsafe` is in `arena` and `kernels`.

mod arena;
mod backend;
mod compile;
mod kernels;
mod layout;
mod program;
mod run;
mod step;
mod tuning;

pub use backend::Cpu;
pub use kernels::InstructionSet;
pub use tuning::Tuning;
