//! The core of `retrograd`: a computation graph, its operations and their derivative rules, and reverse mode as
//! one generic sweep.
//!
//! Writing an expression records nodes of a [`Graph`]; [`Expr::grad`] records the gradient as more nodes of the
//! same graph; [`Expr::value`] computes what any node means. No operation is known to the sweep, and no derivative
//! to anything but the operation's own row or file in [`ops`].
//!
//! This crate has no `unsafe`, no threads and no input or output. What makes graphs fast is `retrograd-cpu`.

mod batch;
mod bends;
pub mod call;
pub mod checkpoint;
pub mod computation;
pub mod derivatives;
pub mod documented;
pub mod dtype;
pub mod elements;
pub mod error;
pub mod eval;
pub mod expr;
mod forward;
pub mod functions;
mod grad;
pub mod graph;
mod layout;
pub mod leaves;
#[cfg(feature = "ndarray")]
mod ndarray;
mod nodes;
pub mod nonfinite;
pub mod ops;
pub mod params;
pub mod real;
pub mod required;
pub mod scope;
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
