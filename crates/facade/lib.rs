//! Reverse-mode automatic differentiation on a computation graph.

pub use retrograd_check as check;
pub use retrograd_core::*;
pub use retrograd_cpu::{Feed, Plan, PlanCache, Workspace};
pub use retrograd_layers as layers;
pub use retrograd_viz as viz;
