//! Embeddings: rows of a table picked by integers.

use crate::{
    data::{dtype::DType, error::Error, shape::Shape},
    graph::{
        expr::{Expr, inputs_of_one_graph},
        methods::functions,
    },
};

functions! { "Attention and embedding":
    /// Rows of this table picked by indices, `[v, d], […] → […, d]`. The row `padding`, if one is given, gets no
    /// gradient. An index that is no row is an error of the run that meets it. Source: `torch.nn.functional.embedding`.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let table = g.constant([[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(table.embedding(g.constant([1i64]), None).value().to_vec::<f64>(), [3.0, 4.0]);
    /// ```
    embedding / try_embedding(x, index: Expr<'g>, padding: Option<usize>) -> Expr<'g>,
    "If this is not a matrix, the indices are not integers, or there is no row `padding`.",
    { embedding(x, index, padding) }
}

#[track_caller]
fn embedding<'g>(
    table: Expr<'g>,
    index: Expr<'g>,
    padding: Option<usize>,
) -> Result<Expr<'g>, Error> {
    let misfit = |reason: &str| Err(Expr::misfit(&[table, index], reason));
    inputs_of_one_graph(&[table, index])?;
    let &[n_rows, size] = &table.shape()[..] else {
        return misfit("the table must be a matrix");
    };
    if index.dtype() != DType::I64 {
        return misfit("the indices are not integers");
    }
    if padding.is_some_and(|row| row >= n_rows) {
        return misfit("the table has no row for padding");
    }
    let n = index.shape().n_elements();
    let by_row = index.try_reshape([n, 1])?;
    let rows = table.try_gather(0, by_row.try_broadcast_to([n, size])?)?;
    let rows = match padding {
        Some(row) => by_row.try_eq(row as f64)?.try_select(rows.stop_gradient(), rows)?,
        None => rows,
    };
    rows.try_reshape(index.shape().iter().copied().chain([size]).collect::<Shape>())
}
