//! Gradient checks and random graphs for retrograd: for its tests and for users'.

pub mod cases;
pub mod compare;
pub mod differences;
mod gradients;
pub mod laws;
mod mistake;
mod point;
pub mod programs;
pub mod random;
mod report;
pub mod rounding;
mod ulp;

pub use compare::{Difference, assert_close, compare};
pub use gradients::{GradientCheck, check_gradients};
pub use mistake::Mistake;
pub use random::{Options, RandomGraph, random_graph};
pub use report::{CheckFailure, Derivative, Mismatch, Modes, Report, WrongElement};
pub use ulp::ulps;
