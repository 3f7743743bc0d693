//! The CPU backend of `retrograd`: it compiles outputs of a graph to an immutable [`Plan`], which runs in a mutable
//! [`Workspace`].
//!
//! | to | see |
//! |---|---|
//! | compile and run | [`Plan`], [`Workspace`], [`Feed`] |
//! | compile graphs that are recorded anew each time | [`PlanCache`] |
//! | measure the steps of a plan | [`Profile`], [`StepProfile`] |
//! | fix the instruction set | [`InstructionSet`] |
//!
//! Compiling goes through these files: `prepare` (checks that the graph can be compiled), `classify` (the kind of each
//! node, and the memory that views read), `group` (fusion of elementwise nodes), `rematerialize` (values that are computed
//! again instead of stored), `fuse` (code of the fused kernels), `combine` and `registers` (fewer instructions), `step`
//! (all steps), `order`, `place` (the arena), `program`. The only `unsafe` is in `arena` and `kernels`.

mod accumulate;
mod arena;
mod cache;
mod check;
mod classify;
mod combine;
mod fuse;
mod group;
mod kernels;
mod layout;
mod lists;
mod order;
mod place;
mod plan;
mod prepare;
mod profile;
mod program;
mod registers;
mod rematerialize;
mod required;
mod rows;
mod run;
mod scalars;
mod schedule;
mod signature;
mod step;
mod team;
mod update;
mod verify;
mod workspace;

pub use cache::PlanCache;
pub use kernels::InstructionSet;
pub use plan::{Feed, Plan};
pub use profile::{Profile, StepProfile};
pub use workspace::Workspace;
