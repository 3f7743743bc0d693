//! Sparse Jacobians and Hessians: one sweep for each color instead of one for each column.
//!
//! The pattern follows from the graph ([`pattern`]), and the pattern decides which columns share a sweep
//! ([`coloring`]). Each color is one direction; all directions are one batch of a Jacobian–vector product, from which
//! the entries are read. No entry is approximated or dropped. Survey: Gebremedhin, Manne, Pothen (2005), "What color is
//! your Jacobian?".

mod coloring;
mod pattern;
#[cfg(test)]
mod tests;

use crate::{
    data::{
        error::{Error, located},
        shape::Shape,
        tensor::Tensor,
    },
    graph::{
        Graph,
        expr::Expr,
        methods::functions,
        region::{ArgumentValue, Describe},
    },
};
use coloring::{Compression, Entry, Sweeps};
use pattern::Pattern;

/// A sparse matrix of derivatives: coordinates and values of the entries that can differ from 0.
///
/// A row belongs to an element of the differentiated value, and a column to an element of the variable, both in
/// row-major order. Coordinates are unique and sorted by row. They follow from the graph alone and hold for all data.
/// The values are an expression like any other.
///
/// ```
/// let g = retrograd_core::Graph::new();
/// let x = g.param("x", [1.0, 2.0, 3.0]);
/// let y = x.slice(0, 1..) * x.slice(0, ..2);
/// let jacobian = y.sparse_jacobian(x);
/// assert_eq!((jacobian.shape, jacobian.n_sweeps), ([2, 3], 2));
/// assert_eq!((&jacobian.rows[..], &jacobian.columns[..]), (&[0, 0, 1, 1][..], &[0, 1, 1, 2][..]));
/// assert_eq!(jacobian.values.value().to_vec::<f64>(), [2.0, 1.0, 3.0, 2.0]);
/// ```
#[derive(Clone, Debug)]
pub struct Sparse<'g> {
    /// The row of each entry.
    pub rows: Vec<usize>,
    /// The column of each entry.
    pub columns: Vec<usize>,
    /// The entries: `[n]`.
    pub values: Expr<'g>,
    /// Numbers of rows and columns.
    pub shape: [usize; 2],
    /// The number of products of the matrix with a vector; products of one mode are one batch.
    pub n_sweeps: usize,
}

/// The entries; their places follow from the operands.
impl Describe for Sparse<'_> {
    fn describe(&self, graph: &Graph) -> ArgumentValue {
        self.values.describe(graph)
    }
}

functions! { "Derivatives":
    /// The [Jacobian](Self::jacobian) of this value by `x` without its zeros, by few sweeps: columns that have no row in
    /// common are computed together, or rows that have no column in common, whichever takes fewer, and full rows among
    /// sparse ones by themselves.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let x = g.param("x", [1.0, 2.0, 3.0]);
    /// let jacobian = x.square().sparse_jacobian(x);
    /// assert_eq!(jacobian.n_sweeps, 1);
    /// assert_eq!(jacobian.values.value().to_vec::<f64>(), [2.0, 4.0, 6.0]);
    /// ```
    sparse_jacobian / try_sparse_jacobian(y, x: Expr<'g>) -> Sparse<'g>,
    "If this value or `x` is not of floating-point numbers, they are of different graphs, or something between them has \
     more than 2²⁸ elements.",
    {
        y.require_derivatives("sparse_jacobian", [x].into_iter())?;
        let pattern = Pattern::of(y, x)?;
        let compression = Compression::of(&pattern);
        let forward = y.swept_forward(x, &compression.forward)?;
        let reverse = y.swept_back(x, &compression.reverse)?;
        Sparse::read(y, &pattern, &compression, &[forward, reverse])
    }

    /// The [Hessian](Self::hessian) of this scalar by `x` without its zeros, by few Hessian–vector products: one for each
    /// set of columns that have no row in common. A tridiagonal Hessian takes 3 of them, whatever its size; one with a
    /// full row and column beside the diagonal takes 2.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let x = g.param("x", [1.0, 2.0, 3.0, 4.0]);
    /// let (left, right) = (x.slice(0, ..3), x.slice(0, 1..));
    /// let hessian = (left * right).square().sum().sparse_hessian(x);
    /// assert_eq!((hessian.n_sweeps, hessian.rows.len()), (3, 10));
    /// ```
    sparse_hessian / try_sparse_hessian(y, x: Expr<'g>) -> Sparse<'g>,
    "If this value is not a scalar, something is not of floating-point numbers, graphs are mixed, or something has more \
     than 2²⁸ elements.",
    {
        let gradient = y.try_grad(&[x])?[0];
        let pattern = Pattern::of(gradient, x)?;
        let compression = Compression::of_symmetric(&pattern);
        // The Hessian is symmetric: what reverse sweeps would give, forward sweeps give in the same batch.
        let swept = gradient.swept_forward(x, &compression.all_forward())?;
        Sparse::read(gradient, &pattern, &compression, &[swept])
    }
}

impl<'g> Sparse<'g> {
    /// The matrix with its zeros: `[rows, columns]`, as an expression.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let x = g.param("x", [1.0, 2.0]);
    /// let dense = x.square().sparse_jacobian(x).to_dense();
    /// assert_eq!(dense.value().to_vec::<f64>(), [2.0, 0.0, 0.0, 4.0]);
    /// ```
    ///
    /// # Panics
    /// If no tensor can have the shape.
    #[track_caller]
    pub fn to_dense(&self) -> Expr<'g> {
        located(self.try_to_dense())
    }

    /// The form of [`to_dense`](Self::to_dense) that returns an error instead of panicking.
    ///
    /// # Errors
    /// If no tensor can have the shape.
    #[track_caller]
    pub fn try_to_dense(&self) -> Result<Expr<'g>, Error> {
        let [n_rows, n_columns] = self.shape;
        Shape::from(self.shape)
            .check_possible()
            .map_err(|reason| Expr::misfit_of("to_dense", &[self.values], reason))?;
        let places = self.rows.iter().zip(&self.columns);
        let places = self.values.indices(places.map(|(row, column)| row * n_columns + column));
        self.values.try_scatter_add(0, places, n_rows * n_columns)?.try_reshape(self.shape)
    }

    /// Reads the entries of a pattern from the results of the forward and reverse sweeps, for the outputs `y`.
    #[track_caller]
    fn read(
        y: Expr<'g>,
        pattern: &Pattern,
        compression: &Compression,
        swept: &[Option<Expr<'g>>],
    ) -> Result<Self, Error> {
        let shape = [pattern.n_rows(), pattern.n_columns()];
        let before_reverse = compression.forward.n * shape[0];
        let at = |(row, column)| match compression.place(row, column) {
            Entry::Forward { sweep, row } => sweep * shape[0] + row,
            Entry::Reverse { sweep, column } => before_reverse + sweep * shape[1] + column,
        };
        let swept: Vec<_> = swept.iter().flatten().map(|swept| swept.flatten()).collect();
        let values = match swept.is_empty() {
            true => y.graph().try_literal(0.0, [0].into(), y.dtype())?,
            false => {
                let swept = y.graph().try_concat(&swept, 0)?;
                swept.try_gather(0, y.indices(pattern.places().map(at)))?
            }
        };
        let (rows, columns) = pattern.places().unzip();
        Ok(Self { rows, columns, values, shape, n_sweeps: compression.n_sweeps() })
    }
}

impl<'g> Expr<'g> {
    /// The sums of columns of the Jacobian by `x`, side by side in front; `None` if there are no sweeps.
    #[track_caller]
    fn swept_forward(self, x: Expr<'g>, sweeps: &Sweeps) -> Result<Option<Expr<'g>>, Error> {
        if sweeps.n == 0 {
            return Ok(None);
        }
        let direction = self.graph().placeholder(x.shape(), x.dtype());
        let column = self.try_jvp(&[(x, direction)])?;
        column.try_vmap(&[(direction, sweeps.seeds(x)?)]).map(Some)
    }

    /// The sums of rows of the Jacobian by `x`, side by side in front; `None` if there are no sweeps.
    #[track_caller]
    fn swept_back(self, x: Expr<'g>, sweeps: &Sweeps) -> Result<Option<Expr<'g>>, Error> {
        if sweeps.n == 0 {
            return Ok(None);
        }
        let weights = self.graph().placeholder(self.shape(), self.dtype());
        let row = self.try_vjp(weights, &[x])?[0];
        row.try_vmap(&[(weights, sweeps.seeds(self)?)]).map(Some)
    }

    /// A constant vector of indices in the graph of this expression.
    #[track_caller]
    fn indices(self, indices: impl Iterator<Item = usize>) -> Self {
        let indices: Vec<_> = indices.map(|index| index as i64).collect();
        let indices = Tensor::new([indices.len()], indices).expect("a vector has its own length");
        self.graph().constant(indices)
    }
}

impl Sweeps {
    /// For each sweep, 1 at its elements of `x` and 0 elsewhere, side by side in front: `[n, …]`.
    #[track_caller]
    fn seeds<'g>(&self, x: Expr<'g>) -> Result<Expr<'g>, Error> {
        let shape = x.shape();
        // An element that is in no sweep counts as one of a sweep beyond the last.
        let of =
            x.indices(self.of.iter().map(|sweep| sweep.unwrap_or(self.n))).try_reshape(&shape)?;
        let each: Shape = [self.n].into_iter().chain(shape.iter().map(|_| 1)).collect();
        Ok(of.try_eq(x.graph().try_arange(self.n)?.try_reshape(each)?)?.cast(x.dtype()))
    }
}
