//! Norms of matrices.

use crate::{
    data::{
        error::Error,
        shape::{Axes, keep, resolve_axis},
    },
    graph::{
        Graph,
        expr::Expr,
        methods::functions,
        region::{ArgumentValue, Describe},
    },
};

/// A matrix norm by its order; a negative order is a smallest sum or singular value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MatrixNorm {
    /// Root of the sum of squares.
    Frobenius,
    /// Sum of the singular values.
    Nuclear,
    /// `∞`: largest sum of magnitudes of a row.
    LargestRow,
    /// `−∞`: smallest sum of magnitudes of a row.
    SmallestRow,
    /// `1`: largest sum of magnitudes of a column.
    LargestColumn,
    /// `−1`: smallest sum of magnitudes of a column.
    SmallestColumn,
    /// `2`: largest singular value.
    LargestSingularValue,
    /// `−2`: smallest singular value.
    SmallestSingularValue,
}

impl Describe for MatrixNorm {
    fn describe(&self, _: &Graph) -> ArgumentValue {
        ArgumentValue::word(self)
    }
}

functions! { "Norms":
    /// A norm of matrices whose rows are counted by the first of two axes and columns by the second. Where sums or
    /// singular values tie, they share the gradient equally; that of the Frobenius norm at 0 is 0. A singular value
    /// of 0 adds nothing to a gradient, as `|x|` does at 0. So the nuclear norm is smooth at full rank, and the largest
    /// singular value where it is larger than the next. Shapes `[…, m, n] → […]`. Source: `torch.linalg.matrix_norm`.
    ///
    /// ```
    /// use retrograd_core::{Graph, MatrixNorm};
    ///
    /// let g = Graph::new();
    /// let a = g.constant([[3.0, 0.0], [0.0, -4.0]]);
    /// let norm = |norm| a.matrix_norm(norm, [-2, -1]).value().item();
    /// assert_eq!(norm(MatrixNorm::Frobenius), 5.0);
    /// assert_eq!(norm(MatrixNorm::Nuclear), 7.0);
    /// assert_eq!(norm(MatrixNorm::LargestSingularValue), 4.0);
    /// ```
    matrix_norm / try_matrix_norm(x, norm: MatrixNorm, axes => Axes) -> Self,
    "If there are not two axes, one does not exist or is empty, or the elements are not floating-point numbers.",
    {
        let misfit = |reason: String| Self::misfit(&[x], reason);
        x.require_float()?;
        let set = axes.resolve(x.rank()).map_err(misfit)?;
        let &[row, column] = axes.named() else {
            let reason = "a matrix has two axes: name that of the rows and that of the columns";
            return Err(misfit(reason.to_owned()));
        };
        let sums = |axis: isize| x.abs().try_sum_over(keep(axis));
        let norms = match norm {
            MatrixNorm::Frobenius => x.try_vector_norm(2.0, set)?,
            MatrixNorm::Nuclear => x.singular_values(row, column)?.try_sum_over(-1)?,
            MatrixNorm::LargestRow => sums(column)?.try_max_over(set)?,
            MatrixNorm::SmallestRow => sums(column)?.try_min_over(set)?,
            MatrixNorm::LargestColumn => sums(row)?.try_max_over(set)?,
            MatrixNorm::SmallestColumn => sums(row)?.try_min_over(set)?,
            MatrixNorm::LargestSingularValue => x.singular_values(row, column)?.try_max_over(-1)?,
            MatrixNorm::SmallestSingularValue => x.singular_values(row, column)?.try_min_over(-1)?,
        };
        if axes.kept() { norms.try_reshape(set.kept(&x.shape())) } else { Ok(norms) }
    }
}

impl<'g> Expr<'g> {
    /// The singular values of matrices whose rows and columns are counted by these axes, in a last axis.
    #[track_caller]
    fn singular_values(self, row: isize, column: isize) -> Result<Self, Error> {
        let front = |axis| resolve_axis(axis, self.rank()).expect("the axes exist") as isize;
        let (row, column) = (front(row), front(column));
        let others = (0..self.rank() as isize).filter(|&axis| axis != row && axis != column);
        let order: Vec<_> = others.chain([row, column]).collect();
        // At 0 a value has no sign, which its slope would tell: it is that of a magnitude, 0.
        Ok(self.try_permute(&order)?.try_svd()?.1.abs())
    }
}
