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
//! # Models
//! A model makes its parameters and records its expressions.
//! - [`Mlp`], [`Linear`], [`LinearRegression`] and [`LogisticRegression`] are models; [`Sequential`] chains layers.
//! - [`Model`] is the trait of models of your own. [`Init`] and [`seeded`] initialize parameters.
//!
//! # Losses
//! - [`Loss`] has the losses as methods of expressions; [`l1`] and [`l2`] penalize parameters.
//!
//! # Training
//! - [`Sgd`] and [`Adam`] are optimizers; [`Optimizer::compile`] makes a [`TrainStep`], which runs one step.
//! - [`Fit`] trains an [`Objective`] over epochs, by a [`Schedule`] of learning rates, and returns a [`History`].
//! - [`Predictor`] runs a trained model.
//!
//! # Data and files
//! - [`Dataset`] holds features and [`Targets`]; [`Standardizer`] scales them; [`data`] reads CSV and IDX files.
//! - [`store`] saves and loads parameters in the safetensors format.
//!
//! Models, losses and optimizers record expressions. Gradients come from the reverse sweep of the graph, and no file of
//! this crate states a derivative.

#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

pub mod data;
mod error;
#[doc(hidden)]
pub mod init;
pub mod loss;
#[doc(hidden)]
pub mod model;
pub mod optim;
pub mod store;
#[doc(hidden)]
pub mod train;

#[doc(inline)]
pub use data::{Dataset, Standardizer, Targets};
pub use error::Error;
pub use init::{Init, seeded};
#[doc(inline)]
pub use loss::{Loss, l1, l2};
pub use model::{Activation, Linear, LinearRegression, LogisticRegression, Mlp, Model, Sequential};
#[doc(inline)]
pub use optim::{Adam, Optimizer, Sgd, TrainStep, Updates};
#[doc(no_inline)]
pub use rand::Rng;
pub use train::{Epoch, Fit, History, Objective, Predictor, Progress, Schedule, Score};
