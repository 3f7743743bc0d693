//! Gradient checks for `retrograd`, and the random graphs and programs that its own tests use.
//!
//! ```
//! use retrograd_check::check_gradients;
//! use retrograd_core::Tensor;
//!
//! let report = check_gradients(|_, x| (x[0].exp() + 1.0).log(), &[Tensor::from([0.3, -1.2])])?;
//! println!("{report:?}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | to | see |
//! |---|---|
//! | check the derivatives of a function | [`check_gradients`], [`GradientCheck`], [`Modes`] |
//! | read the result | [`Report`], [`Mistake`], [`Mismatch`], [`Derivative`] |
//! | compare tensors within tolerances | [`assert_close`], [`compare()`], [`Difference`], [`ulps`] |
//! | make random graphs | [`random_graph`], [`RandomGraph`], [`Options`] |
//!
//! The modules [`cases`], [`differences`], [`laws`], [`programs`] and [`rounding`] serve the tests of the workspace.

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
