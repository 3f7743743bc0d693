//! Tasks: the contract between graphs and the backends that compile them or the exporters that write them.
//!
//! A task belongs to no backend. Its text is the canonical form of the recorded expressions:
//!
//! ```
//! use retrograd_core::Graph;
//! use retrograd_task::RecordedTask;
//!
//! let g = Graph::new();
//! let x = g.input("x", [2]);
//! let recorded = RecordedTask::new(&[x.square().sum()], &[], false)?;
//! let text = recorded.to_string();
//! assert_eq!(text.lines().next(), Some("%0 = input 0 : f32[2]  // x"));
//! # Ok::<(), retrograd_core::Error>(())
//! ```
//!
//! # Tasks
//! - [`RecordedTask`] takes a task and its signature from the expressions of a graph.
//! - [`Task`] is a [`Computation`](retrograd_core::ir::Computation) with outputs and an [`Update`] for each changed leaf.
//! - [`Signature`] holds the names and data of its leaves, a [`LeafSpec`] for each slot.
//!
//! # Backends
//! - [`Backend`] compiles a task to an [`Executable`], or returns a [`CompileError`].
//! - [`Instance`] is an executable with the memory of its runs. A run reads [`LeafSlots`], and a failed one returns a
//!   [`Fault`].
//! - [`StepText`] describes a step for profiles and printed plans.

#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

mod backend;
mod record;
mod signature;
mod task;
mod text;

pub use backend::{
    Backend, CompileError, Executable, Fault, Instance, LeafData, LeafSlots, Shortage, StepText,
};
pub use record::RecordedTask;
pub use signature::{LeafSpec, Signature, out_of_memory};
pub use task::{Task, Update};
