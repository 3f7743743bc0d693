//! The fast road: outputs of a graph compiled into an immutable [`Plan`], which runs in a mutable [`Workspace`].
//!
//! Compiling goes through these files: `prepare` (what can be compiled), `classify` (what each node is to a plan, and
//! what views read), `group` (which elementwise nodes are fused), `rematerialize` (what is not stored but
//! computed again), `fuse` (their code), `combine` and `registers` (less of it), `step` (all steps), `order`, `place` (the arena), `program`.
//! The only `unsafe` is in `arena` and `kernels`.

mod arena;
mod cache;
mod compile;
mod kernels;
mod layout;
mod plan;
mod prepare;
mod profile;
mod program;
mod required;
mod run;
mod signature;
mod step;
mod workspace;

pub use cache::PlanCache;
pub use kernels::InstructionSet;
pub use plan::{Feed, Plan};
pub use profile::{Profile, StepProfile};
pub use workspace::Workspace;
