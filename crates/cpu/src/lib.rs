//! The CPU backend of `retrograd`: it compiles a task to an immutable program, which runs in memory of its own.
//!
//! | to | see |
//! |---|---|
//! | run plans on the CPU, which is the default | [`Cpu`], in `retrograd_plan::CompileOptions` |
//! | fix the instruction set | [`InstructionSet`] |
//! | suit the compiler to a machine | [`Tuning`] |
//!
//! `compile/mod.rs` names the stages of compiling in order; `program` is their result. The only `unsafe` is in `arena` and
//! `kernels`.

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
