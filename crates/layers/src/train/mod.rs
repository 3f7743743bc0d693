//! Training: the loop around a compiled step.

mod fit;
mod history;
mod objective;
mod predict;
mod progress;
mod run;
mod schedule;

pub use fit::Fit;
pub use history::{Epoch, History, Score};
pub use objective::Objective;
pub use predict::Predictor;
pub use progress::Progress;
pub use schedule::Schedule;

#[cfg(test)]
mod tests;
