//! Models, losses, initializers, optimizers and training for `retrograd`, without a derivative formula.
//!
//! A [`Model`] is a recipe for parameters, and a function that records expressions with them. A [`Loss`] is more
//! expressions. Gradients come from the graph's reverse sweep and from nowhere else; an [`Optimizer`] turns them
//! into new values of the parameters, again as expressions; [`TrainStep`] compiles all of that into one plan; and
//! [`Fit`] runs it over shuffled mini-batches of a [`Dataset`].

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
pub use optim::{Adam, Optimizer, Sgd, Updates};
/// What random numbers are drawn from: the trait of the `rand` crate, so that a model needs no dependency on it.
pub use rand::Rng;
pub use train::{Epoch, Fit, History, Objective, Predictor, Progress, Schedule, Score, TrainStep};
