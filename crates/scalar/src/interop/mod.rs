//! Traits and conversions for other crates, each behind a feature of the crate's name.
//!
//! - `num-traits`: all number types have its traits, so that functions over `num_traits::Float` can be differentiated.
//! - `nalgebra`: matrices of [`Dual`](crate::Dual)s are those of any numbers there.
//! - `ndarray`: functions of views, and arrays of derivatives.
//! - `argmin`: functions as problems of its solvers.

#[cfg(feature = "argmin")]
pub mod argmin;
#[cfg(feature = "nalgebra")]
mod nalgebra;
#[cfg(feature = "ndarray")]
pub mod ndarray;
#[cfg(feature = "num-traits")]
mod num_traits;
