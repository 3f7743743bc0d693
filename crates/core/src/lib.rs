//! The core of `retrograd`: a computation graph, its operations with their derivative rules, and every mode of
//! differentiation as a generic sweep over the graph.
//!
//! Operators and methods of an [`Expr`] record nodes of a [`Graph`]. [`Expr::grad`] records the gradient as more nodes
//! of the same graph. [`Expr::value`] evaluates any node.
//!
//! ```
//! use retrograd_core::{DType, Graph};
//!
//! let g = Graph::with_dtype(DType::F64);
//! let w = g.param("w", [0.5, -1.0]);
//! let loss = w.square().sum();
//! let gradient = loss.grad(&[w])[0];
//! assert_eq!(loss.value().item(), 1.25);
//! assert_eq!(gradient.value().to_vec::<f64>(), [1.0, -2.0]);
//! ```
//!
//! | to | see |
//! |---|---|
//! | record expressions | [`Graph`], [`Expr`]; [`functions`] and [`ops`] for all operations |
//! | describe and hold data | [`Tensor`], [`View`], [`Shape`], [`DType`], [`Axes`] |
//! | keep parameters | [`Params`], [`Bound`] |
//! | differentiate | [`Expr`] for each mode; [`derivatives`], [`Sparse`], [`checkpoint`] |
//! | evaluate with other data | [`Bindings`], [`eval`] |
//! | find a NaN | [`NonFinite`], [`nonfinite`] |
//! | add an operation | [`ops::Custom`], [`ops::CustomOperation`], [`ops::Rule`] |
//! | write functions over any kind of number | [`Real`] |
//! | write a backend or a tool | [`computation`], [`Node`], [`Op`], [`region`], [`traverse`] |
//!
//! The sweeps know no operation by name. The derivative of an operation stands in one place: its row or file in
//! [`ops`]. This crate has no `unsafe`, no threads, and no input or output. `retrograd-cpu` compiles graphs to fast
//! plans.

mod batch;
mod bends;
pub mod checkpoint;
pub mod computation;
pub mod derivatives;
#[doc(hidden)]
pub mod documented;
pub mod dtype;
#[doc(hidden)]
pub mod elements;
pub mod error;
pub mod eval;
pub mod expr;
mod forward;
pub mod functions;
mod grad;
pub mod graph;
pub mod leaves;
#[cfg(feature = "ndarray")]
mod ndarray;
mod nodes;
pub mod nonfinite;
pub mod ops;
pub mod params;
pub mod real;
pub mod region;
#[doc(hidden)]
pub mod required;
pub mod shape;
mod size;
mod sparse;
mod special;
mod taylor;
pub mod tensor;
pub mod traverse;

pub use dtype::{DType, Element, Float};
pub use elements::Elements;
pub use error::Error;
pub use eval::Bindings;
pub use expr::Expr;
pub use functions::{MatrixNorm, PadMode};
pub use graph::{Graph, Node, NodeId};
pub use nonfinite::NonFinite;
pub use ops::Op;
pub use params::{Bound, Params};
pub use real::Real;
pub use shape::{Axes, Shape, keep};
pub use sparse::Sparse;
pub use tensor::{Buffer, Slice, SliceMut, Tensor, View, ViewMut, are_finite};
