//! Tasks: what backends compile and exporters write, with nothing of any backend in it.
//!
//! A [`Task`] is a canonical [`Computation`](retrograd_core::computation::Computation) with outputs and updates. A
//! [`Signature`] names its leaves and holds their data. [`RecordedTask`] takes both from the expressions of a graph.
//! A [`Backend`] compiles a task to an [`Executable`], whose [`Instance`]s run it.

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
