//! Traits and conversions for other crates, each behind a feature of the crate's name.
//!
//! - `num-traits`: all scalar types implement its traits, so that functions over `num_traits::Float` can be
//!   differentiated.
//! - `nalgebra`: matrices of [`Dual`](crate::Dual)s have the products and decompositions of float matrices.
//! - `ndarray`: functions of array views have derivatives as arrays.
//! - `argmin`: functions become problems for its solvers.

#[cfg(feature = "argmin")]
pub mod argmin;
#[cfg(feature = "nalgebra")]
mod nalgebra;
#[cfg(feature = "ndarray")]
pub mod ndarray;
#[cfg(feature = "num-traits")]
mod num_traits;
