//! The CPU backend of `retrograd`: fused kernels in one arena, on one or more threads.
//!
//! Plans use this backend by default. Options name it in order to change its settings:
//!
//! ```
//! use retrograd_core::Graph;
//! use retrograd_cpu::{Cpu, InstructionSet};
//! use retrograd_plan::{CompileOptions, Plan};
//!
//! let g = Graph::new();
//! let x = g.param("x", [1.0, 2.0]);
//! let options = CompileOptions::new().backend(Cpu::new().instructions(InstructionSet::best()));
//! let plan = Plan::compile_with(&[x.exp().sin() + 1.0], &[], &options)?;
//! assert_eq!(plan.n_steps(), 1, "one fused kernel");
//! # Ok::<(), retrograd_core::Error>(())
//! ```
//!
//! # Settings
//! - [`Cpu`] is the backend.
//! - [`InstructionSet`] fixes the vector instructions of its kernels.
//! - [`Tuning`] holds the limits by which the compiler suits a machine.
//!
//! # Source
//! `compile/mod.rs` names the stages of compiling in order; `program` is their result. The only `unsafe` is in `arena` and
//! `kernels`.

#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

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
