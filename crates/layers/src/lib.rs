//! Models, losses, initializers, optimizers and training for `retrograd`.
//!
//! ```
//! use retrograd_core::Graph;
//! use retrograd_layers::{Activation, Adam, Loss, Mlp, Model, Optimizer, seeded};
//!
//! let g = Graph::new();
//! let x = g.input_with("x", [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]);
//! let t = g.input_with("t", [0.0, 1.0, 1.0, 0.0]);
//!
//! let mlp = Mlp::new([2, 4, 1]).activation(Activation::Tanh);
//! let mut params = mlp.params(&mut seeded(1));
//! let loss = mlp.apply(&g.bind(&params), x).squeeze(1).binary_cross_entropy(t).mean();
//!
//! let mut step = Adam::new(0.1).compile(loss)?; // loss, gradient and update in one plan
//! let mut state = step.initial_state();
//! for _ in 0..200 {
//!     step.run(&mut params, &mut state, &[])?;
//! }
//! assert!(step.run(&mut params, &mut state, &[])? < 0.01);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | to | see |
//! |---|---|
//! | build a model | [`Model`], [`Linear`], [`Mlp`], [`Sequential`], [`LinearRegression`], [`LogisticRegression`] |
//! | initialize parameters | [`Init`], [`seeded`] |
//! | state a loss | [`Loss`], [`l1`], [`l2`] |
//! | choose an optimizer | [`Optimizer`], [`Sgd`], [`Adam`] |
//! | run single training steps | [`TrainStep`] |
//! | train over epochs | [`Fit`], [`Objective`], [`Schedule`], [`Progress`], [`History`] |
//! | read and prepare data | [`Dataset`], [`Standardizer`], [`data`] |
//! | save and load weights | [`store`] |
//!
//! No file of this crate states a derivative. Models, losses and optimizers record expressions; gradients come from
//! the reverse sweep of the graph.

pub mod data;
mod error;
pub mod init;
pub mod loss;
pub mod model;
pub mod optim;
pub mod store;
pub mod train;

pub use data::{Dataset, Standardizer, Targets};
pub use error::Error;
pub use init::{Init, seeded};
pub use loss::{Loss, l1, l2};
pub use model::{
    Activation, Layer, Linear, LinearRegression, LogisticRegression, Mlp, Model, Sequential,
};
pub use optim::{Adam, Optimizer, Sgd, TrainStep, Updates};
/// The trait of random number generators, from the crate `rand`; models need no dependency on that crate.
pub use rand::Rng;
pub use train::{Epoch, Fit, History, Objective, Predictor, Progress, Schedule, Score};
