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
//! # Expressions
//! An [`Expr`] is a `Copy` handle of a node. All functions and operators are its methods.
//! - [`Graph`] makes leaves: inputs, parameters, constants. [`Params`] keeps the values of parameters, [`Bound`] hands
//!   them to a model.
//! - [`functions`] lists the functions by theme, [`ops`] the operations that they are composed of.
//! - [`Tensor`], [`View`] and [`ViewMut`] hold data, with a [`Shape`] and a [`DType`]. [`Axes`] and [`keep`] choose axes.
//!
//! # Derivatives
//! Each mode is a method of [`Expr`] that returns expressions, so modes nest in any order.
//! - [`grad`](Expr::grad) and [`vjp`](Expr::vjp) are reverse mode, [`jvp`](Expr::jvp) is forward mode, and
//!   [`taylor`](Expr::taylor) computes higher orders along a line.
//! - [`jacobian`](Expr::jacobian), [`hessian`](Expr::hessian) and their products batch the sweeps by
//!   [`vmap`](Expr::vmap). [`Sparse`] holds sparse ones.
//! - [`Graph::checkpoint`] trades time for memory.
//!
//! # Values
//! The oracle evaluates any node, and defines its value; the crate `retrograd-plan` compiles graphs to fast plans.
//! - [`Expr::value`] evaluates with the data of the graph, [`Expr::value_with`] with other [`Bindings`].
//! - [`nonfinite`] finds the node that made a NaN or an infinity.
//! - [`Error`] names the operands, shapes and source lines of a request that cannot be met.
//!
//! # Extensions
//! The sweeps know no operation by name. The derivative of an operation stands in one place: its row or file in [`ops`].
//! - [`ops::Custom`] makes a struct with a value and a derivative rule an operation.
//! - [`region`] makes a function of one's own a call that errors and pictures name.
//! - [`Real`] is the bound of functions that accept floats, dual numbers, tapes and expressions alike.
//! - [`ir`] is the graph as backends, exporters and drawings read it.
//!
//! This crate has no `unsafe`, no threads, and no input or output.

#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

#[doc(hidden)]
pub mod computation;
mod data;
pub mod functions;
#[doc(hidden)]
pub mod graph;
mod meaning;
mod modes;

#[doc(hidden)]
pub use data::{dtype, elements, error, shape, tensor};
#[doc(hidden)]
pub use graph::{documented, expr, leaves, params, real, required, traverse};
#[doc(inline)]
pub use graph::{ops, region};
#[doc(hidden)]
pub use meaning::eval;
#[doc(inline)]
pub use meaning::nonfinite;
#[doc(hidden)]
pub use modes::derivatives;
use modes::sparse;

pub use dtype::{DType, Element};
pub use error::Error;
pub use eval::Bindings;
pub use expr::Expr;
#[doc(inline)]
pub use functions::{MatrixNorm, PadMode};
pub use graph::Graph;
#[doc(inline)]
pub use nonfinite::NonFinite;
pub use params::{Bound, Params};
pub use real::Real;
pub use shape::{Axes, Shape, keep};
pub use sparse::Sparse;
pub use tensor::{Tensor, View, ViewMut};
#[doc(hidden)]
pub use {
    dtype::Float,
    elements::Elements,
    graph::{Node, NodeId},
    ops::Op,
    tensor::{Buffer, Slice, SliceMut, are_finite},
};

pub mod ir {
    //! The graph as backends, exporters and drawings read it: nodes, regions, canonical computations, and raw elements.
    //!
    //! - A [`Node`] is an [`Op`] with its operands, and is looked up by [`Graph::node`](crate::Graph::node).
    //! - A [`Region`] is a scope, a call or a checkpoint that nodes were recorded in. [`GraphView`] shows a graph to `petgraph`.
    //! - A [`Computation`] holds the simplified nodes that some expressions need, without names and lines. Backends compile
    //!   it. A [`RecordedComputation`] leads from its values back to the nodes.
    //! - A [`Slice`] or [`SliceMut`] borrows elements whose dtype is known at run time.
    //!   [`with_elements!`] runs a body for the type.
    //! - A [`Theme`] is the documentation of functions as data.

    pub use crate::{
        computation::{Computation, RecordedComputation, ValueId},
        documented::{Documented, Theme},
        dtype::Float,
        elements::Elements,
        error::Operand,
        eval::values,
        expr::Pair,
        graph::{Inputs, Node, NodeId},
        leaves::LeafInfo,
        region::{Region, RegionId, RegionKind, RegionTree, Regions},
        required::Requirement,
        shape::{AxisSet, Layout},
        tensor::{Buffer, Slice, SliceMut, are_finite},
        traverse::{Edge, GraphView},
    };
    #[doc(inline)]
    pub use crate::{ops::Op, with_elements};
}
