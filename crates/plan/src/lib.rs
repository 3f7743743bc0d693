//! Plans: outputs and updates of a graph, compiled once by a [`Backend`](retrograd_task::Backend) and run many times.
//!
//! A [`Plan`] finds the data of a run by the names in its task's signature, and a [`Workspace`] holds the memory of runs.
//! This is the one crate that knows which backend is the default: the CPU, in `options`.

mod bind;
mod cache;
mod options;
mod plan;
mod profile;
mod required;
mod text;
mod workspace;

pub use cache::PlanCache;
pub use options::CompileOptions;
pub use plan::{Feed, Plan};
pub use profile::{Profile, StepProfile};
pub use workspace::Workspace;
