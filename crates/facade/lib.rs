//! Reverse-mode automatic differentiation on a computation graph: expressions, gradients, compiled plans.
//!
//! Expressions record nodes of a [`Graph`]. A gradient consists of more nodes of the same graph, which can be evaluated,
//! drawn, compiled and differentiated like any others.
//!
//! ```
//! use retrograd::prelude::*;
//!
//! let g = Graph::new();
//! let (x, t) = (g.input_with("x", [1.0, 2.0, 3.0]), g.input_with("t", [3.0, 5.0, 7.0]));
//! let (w, b) = (g.param("w", 0.0), g.param("b", 0.0));
//! let loss = (w * x + b - t).square().mean();
//! println!("{:?}", loss.grad(&[w])[0].value()); // ∂loss/∂w
//!
//! let mut step = Sgd::new(0.1).compile(loss)?; // loss, gradients and updates in one plan
//! let (mut params, mut state) = (g.recorded_params(), step.initial_state());
//! for _ in 0..500 {
//!     step.run(&mut params, &mut state, &[])?;
//! }
//! assert!((params.get("w").map_or(0.0, Tensor::item) - 2.0).abs() < 1e-3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Start
//! - [`prelude`] holds the names that most programs need.
//!
//! # Graphs and derivatives
//! Every function and every mode of differentiation is a method of [`Expr`].
//! - [`Graph`] makes inputs, parameters and constants; [`functions`] and [`ops`] list the functions by theme.
//! - [`Tensor`], [`Shape`] and [`DType`] describe data; [`Params`] keeps parameters; [`Bindings`] hands other data to the
//!   oracle.
//! - [`nonfinite`] finds the node that made a NaN or an infinity.
//!
//! # Models
//! - [`layers`] has models, losses, initializers, optimizers, the training loop, data sets, and weights in files.
//!
//! # Plans
//! A plan runs outputs, gradients and updates together, with fused kernels and without allocations.
//! - [`Plan`] is compiled once from expressions; [`Workspace`] is its memory; [`PlanCache`] keeps plans by structure.
//! - [`CompileOptions`] chooses the backend, checks and threads. [`Cpu`] is the default backend.
//!
//! # Scalar functions
//! - [`scalar`] differentiates ordinary functions with loops and branches.
//!
//! # Pictures and checks
//! - [`viz`] draws graphs and plots training curves.
//! - [`check`] tests the derivatives of a function against finite differences.
//!
//! # Extensions
//! - [`ops::Custom`] adds an operation; [`Real`] is the bound of functions over any kind of number.
//! - [`task`] is the contract of backends, and [`ir`] the graph as they read it.

#[doc(inline)]
pub use retrograd_check as check;
#[doc(hidden)]
pub use retrograd_core::*;
pub use retrograd_core::{
    Axes, Bindings, Bound, DType, Element, Error, Expr, Graph, MatrixNorm, NonFinite, PadMode,
    Params, Real, Shape, Sparse, Tensor, View, ViewMut, functions, ir, keep, nonfinite, ops,
};
pub use retrograd_cpu::{Cpu, InstructionSet};
#[doc(inline)]
pub use retrograd_layers as layers;
pub use retrograd_plan::{CompileOptions, Feed, Plan, PlanCache, Workspace};
#[doc(inline)]
pub use retrograd_scalar as scalar;
#[doc(inline)]
pub use retrograd_task as task;
#[doc(inline)]
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
#[doc = include_str!("../../README.md")]
struct Readme;

#[cfg(doctest)]
#[doc = include_str!("../../docs/derivatives.md")]
struct Derivatives;

#[cfg(doctest)]
#[doc = include_str!("../../docs/scalars.md")]
struct Scalars;
