//! Modes of differentiation: sweeps over the graph that record derivatives as nodes. No sweep names an operation.

mod batch;
#[doc(hidden)]
pub mod derivatives;
mod forward;
mod grad;
pub(crate) mod sparse;
mod taylor;
