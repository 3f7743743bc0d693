//! Training: one compiled step, and the loop around it.

mod step;

pub use step::TrainStep;
