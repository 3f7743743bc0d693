//! Plans: outputs and updates of a graph, compiled once by a [`Backend`] and run many times.
//!
//! ```
//! use retrograd_core::{Graph, Params, Tensor};
//! use retrograd_plan::Plan;
//!
//! let g = Graph::new();
//! let x = g.input("x", [3]);
//! let plan = Plan::compile(&[(x * x).sum()], &[])?;
//! let mut workspace = plan.workspace();
//! for (data, sum) in [([1.0f32, 2.0, 3.0], 14.0), ([0.0, 0.0, 2.0], 4.0)] {
//!     plan.run(&mut workspace, &Params::new(), &[("x", Tensor::from(data).view())])?;
//!     assert_eq!(workspace.output(0).to_tensor().item(), sum);
//! }
//! # Ok::<(), retrograd_core::Error>(())
//! ```
//!
//! # Compile
//! - [`Plan`] is the immutable result. Its text lists leaves, kernels and places in memory.
//! - [`CompileOptions`] chooses the backend (default: the CPU), checks and threads.
//! - [`PlanCache`] shares compiled programs between plans of equal structure.
//!
//! # Run
//! - [`Workspace`] is the memory of runs, and holds their outputs.
//! - [`Feed`] is the data of an input, found by its name.
//!
//! # Measure
//! - [`Profile`] and [`StepProfile`] hold the time, operations and bytes of each step.

#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

mod bind;
mod cache;
mod options;
mod plan;
mod profile;
mod required;
mod text;
mod workspace;

#[doc(no_inline)]
pub use retrograd_task::Backend;

pub use cache::PlanCache;
pub use options::CompileOptions;
pub use plan::{Feed, Plan};
pub use profile::{Profile, StepProfile};
pub use workspace::Workspace;
