//! Modes of differentiation: sweeps over the graph that record derivatives as nodes. No sweep names an operation.

mod batch;
#[doc(hidden)]
pub mod derivatives;
mod forward;
mod grad;
pub(crate) mod sparse;
mod taylor;

use crate::{
    data::error::Error,
    graph::expr::{Expr, Pair, inputs_of},
};

/// Whether the second of each pair has the shape and dtype of the first; else an error of the operation `op`.
fn require_alike<'g>(op: &str, pairs: &[Pair<'g>], reason: &str) -> Result<(), Error> {
    for &(x, v) in pairs {
        inputs_of(op, &[x, v])?;
        if (v.shape(), v.dtype()) != (x.shape(), x.dtype()) {
            return Err(Expr::misfit_of(op, &[x, v], reason));
        }
    }
    Ok(())
}
