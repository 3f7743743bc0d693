//! Gradient checks for `retrograd`, comparison of tensors, and random graphs.
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
//! # Check gradients
//! - [`check_gradients`] checks a function at orders 1 and 2, in reverse and forward mode, against finite differences.
//! - [`GradientCheck`] is the same check with settings.
//! - [`Report`] describes a check that passed. [`CheckFailure`] names the input and the likely [`Mistake`].
//!
//! # Compare tensors
//! - [`assert_close`] and [`compare()`] accept differences of some units of roundoff; [`ulps`] measures an error.
//! - [`rounding`] finds how far roundings may move a value.
//!
//! # Test a backend
//! - [`random_graph`] records a random graph with gradients, whose values a backend must reproduce.

#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

#[doc(hidden)]
pub mod cases;
#[doc(hidden)]
pub mod compare;
#[doc(hidden)]
pub mod differences;
mod gradients;
#[doc(hidden)]
pub mod laws;
mod mistake;
mod point;
#[doc(hidden)]
pub mod programs;
#[doc(hidden)]
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
