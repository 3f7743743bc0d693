//! Gradient checks and random graphs for retrograd: for its tests and for users'.

pub mod cases;
pub mod compare;
pub mod differences;
mod gradients;
mod point;
pub mod random;
mod report;
mod ulp;

pub use compare::{Difference, assert_close, compare};
pub use gradients::{GradientCheck, check_gradients};
pub use random::{Options, RandomGraph, random_graph};
pub use report::{Derivative, Element, Failure, Mismatch, Report};
pub use ulp::ulps;
