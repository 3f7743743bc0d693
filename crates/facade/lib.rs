#![doc = include_str!("../../README.md")]
//!
//! # Map of this crate
//!
//! | to | see |
//! |---|---|
//! | import the common names | [`prelude`] |
//! | record expressions and differentiate them | [`Graph`], [`Expr`], [`functions`], [`derivatives`] |
//! | hold data and parameters | [`Tensor`], [`Shape`], [`DType`], [`Params`], [`Bindings`] |
//! | build and train models | [`layers`] |
//! | compile and run | [`Plan`], [`Workspace`], [`PlanCache`] |
//! | differentiate scalar functions | [`scalar`] |
//! | draw graphs and plot curves | [`viz`] |
//! | check gradients | [`check`] |
//! | add an operation | [`ops`] |
//! | write a backend or a tool | [`computation`], [`Node`], [`Op`], [`scope`](mod@scope), [`traverse`] |

pub use retrograd_check as check;
pub use retrograd_core::*;
pub use retrograd_cpu::{Cpu, InstructionSet};
pub use retrograd_layers as layers;
pub use retrograd_plan::{CompileOptions, Feed, Plan, PlanCache, Workspace};
pub use retrograd_scalar as scalar;
pub use retrograd_task as task;
pub use retrograd_viz as viz;

/// The names that most programs need: `use retrograd::prelude::*;`.
pub mod prelude {
    pub use retrograd_core::{
        Bindings, Bound, DType, Expr, Graph, Params, Shape, Tensor, View, ViewMut, keep,
        ops::{Batch, Custom, CustomOperation, Rule, Tangents},
    };
    pub use retrograd_layers::{
        Activation, Adam, Dataset, Init, Linear, LinearRegression, LogisticRegression, Loss, Mlp,
        Model, Optimizer, Rng, Sequential, Sgd, Standardizer, Targets, TrainStep, l1, l2, seeded,
        train::{Fit, History, Objective, Predictor, Progress, Schedule},
    };
    pub use retrograd_plan::{CompileOptions, Plan, PlanCache, Workspace};
    pub use retrograd_viz::{Draw, LineChart};
}

// The programs in the pages are run as tests.
#[cfg(doctest)]
#[doc = include_str!("../../docs/derivatives.md")]
struct Derivatives;

#[cfg(doctest)]
#[doc = include_str!("../../docs/scalars.md")]
struct Scalars;
