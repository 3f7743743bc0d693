//! Training: one compiled step, and the loop around it.

mod fit;
mod history;
mod objective;
mod predict;
mod progress;
mod run;
mod schedule;
mod step;

pub use fit::Fit;
pub use history::{Epoch, History, Score};
pub use objective::Objective;
pub use predict::Predictor;
pub use progress::Progress;
pub use schedule::Schedule;
pub use step::TrainStep;

#[cfg(test)]
mod tests;
