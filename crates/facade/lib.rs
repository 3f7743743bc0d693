#![doc = include_str!("../../README.md")]

pub use retrograd_check as check;
pub use retrograd_core::*;
pub use retrograd_cpu::{Cpu, InstructionSet};
pub use retrograd_layers as layers;
pub use retrograd_plan::{CompileOptions, Feed, Plan, PlanCache, Workspace};
pub use retrograd_scalar as scalar;
pub use retrograd_task as task;
pub use retrograd_viz as viz;

/// What most programs need: `use retrograd::prelude::*;`.
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
