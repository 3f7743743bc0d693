//! Models, losses, initializers, optimizers and training for `retrograd`, without a derivative formula.
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
pub use train::TrainStep;
