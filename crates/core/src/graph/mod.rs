//! The graph, its nodes, and the operations that they record.
//!
//! A node holds its operation, and the rules of an operation record nodes: so graph and operations are one room. Methods of
//! [`Expr`](crate::Expr) stand in the room of their meaning: functions, values, derivatives.

mod checkpoint;
#[doc(hidden)]
pub mod documented;
#[doc(hidden)]
pub mod expr;
#[doc(hidden)]
pub mod leaves;
pub(crate) mod methods;
mod node;
pub(crate) mod nodes;
pub mod ops;
#[doc(hidden)]
pub mod params;
#[doc(hidden)]
pub mod real;
pub mod region;
#[doc(hidden)]
pub mod required;
mod store;
#[doc(hidden)]
pub mod traverse;

pub use node::{Inputs, Node, NodeId};
pub use store::Graph;
