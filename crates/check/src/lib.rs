//! Gradient checks and random graphs for retrograd: for its tests and for users'.

pub mod compare;
pub mod random;

pub use compare::{Difference, assert_close, compare};
pub use random::{Options, RandomGraph, random_graph};
