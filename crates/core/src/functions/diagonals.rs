//! Diagonals and triangles of matrices.

use crate::{
    data::{
        dtype::DType,
        error::Error,
        shape::{Shape, resolve_axis},
        size::Size,
    },
    graph::{
        expr::Expr,
        methods::functions,
        ops::{Comparison, Window, Windows},
    },
};

functions! { "Diagonals and triangles":
    /// The part on and below a diagonal of each matrix in the last two axes, and zeros above. Diagonal 0 is the main
    /// one; positive ones lie above it. Shapes `[…, m, n] → […, m, n]`. Source: `torch.tril`.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// assert_eq!(g.full([2, 2], 1.0).tril(0).value().to_vec::<f64>(), [1.0, 0.0, 1.0, 1.0]);
    /// ```
    tril / try_tril(x, diagonal: isize) -> Self,
    "If there are fewer than two axes.",
    { x.triangle(Comparison::Le, diagonal) }

    /// The part on and above a diagonal of each matrix in the last two axes, and zeros below. Diagonal 0 is the main
    /// one; positive ones lie above it. Shapes `[…, m, n] → […, m, n]`. Source: `torch.triu`.
    triu / try_triu(x, diagonal: isize) -> Self,
    "If there are fewer than two axes.",
    { x.triangle(Comparison::Ge, diagonal) }

    /// The elements `x[…, i, i + offset]` of the matrices in axes `a` and `b`, along a new last axis; below the main
    /// diagonal if the offset is negative. Shapes `[…, m, n] → […, k]`. Source: `torch.diagonal`.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let x = g.constant([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    /// assert_eq!(x.diagonal(1, 0, 1).value().to_vec::<f64>(), [2.0, 6.0]);
    /// ```
    diagonal / try_diagonal(x, offset: isize, a: isize, b: isize) -> Self,
    "If an axis does not exist, or both are the same.",
    {
        let x = x.with_last(a, b)?;
        let shape = x.shape();
        let (outer, rows, columns) = (x.rank() - 2, shape[x.rank() - 2], shape[x.rank() - 1]);
        let (start, length) = places(offset, rows, columns);
        let flat = x.try_flatten_axes(-2, -1)?;
        let end = if length == 0 { start } else { start + (length - 1) * (columns + 1) + 1 };
        flat.try_slice_by(outer as isize, start..end, columns as isize + 1)
    }

    /// Matrices of zeros with the last axis on a diagonal: `y[…, i, i + offset] = x[…, i]`, where the matrices lie in
    /// axes `a` and `b` of the result. Shapes `[…, k] → […, k + |offset|, k + |offset|]`. Source: `torch.diag_embed`.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let y = g.constant([1.0, 2.0]).diag_embed(0, -2, -1);
    /// assert_eq!(y.value().to_vec::<f64>(), [1.0, 0.0, 0.0, 2.0]);
    /// ```
    diag_embed / try_diag_embed(x, offset: isize, a: isize, b: isize) -> Self,
    "If this is a scalar, an axis does not exist in the result, both are the same, or no tensor can have the shape.",
    {
        let misfit = |reason: String| Self::misfit(&[x], reason);
        let Some(last) = x.rank().checked_sub(1) else {
            return Err(misfit("a scalar has no axis to put on a diagonal".to_owned()));
        };
        let resolve = |axis| {
            resolve_axis(axis, x.rank() + 1).map_err(|reason| misfit(format!("in the result, {reason}")))
        };
        if resolve(a)? == resolve(b)? {
            return Err(misfit(format!("axes {a} and {b} are the same")));
        }
        let shape = x.shape();
        let size = (Size::from(shape[last]) + offset.unsigned_abs()).get().map_err(misfit)?;
        let n_elements = (Size::from(size) * size).get().map_err(misfit)?;
        let (start, _) = places(offset, size, size);
        let whole = Window { start: 0, step: 1 };
        // The number of elements has been found to be a size, so this is none that wraps.
        let diagonal = Window { start, step: size as isize + 1 };
        let windows = std::iter::repeat_n(whole, last).chain([diagonal]);
        let flat = x.try_among_zeros(&Windows::new(windows), shape.with_size(last, n_elements))?;
        flat.try_unflatten(-1, &[size, size])?.try_movedim(&[-2, -1], &[a, b])
    }

    /// The diagonal of a matrix, or the matrix with a vector on a diagonal and zeros elsewhere. Shapes `[m, n] → [k],
    /// or [k] → [k + |offset|, k + |offset|]`. Source: `torch.diag`.
    diag / try_diag(x, offset: isize) -> Self,
    "If this is neither a vector nor a matrix.",
    {
        match x.rank() {
            1 => x.try_diag_embed(offset, 0, 1),
            2 => x.try_diagonal(offset, 0, 1),
            _ => Err(Self::misfit(&[x], "it is neither a vector nor a matrix")),
        }
    }

    /// The sum of the main diagonal of a matrix. Shapes `[n, n] → []`. Source: `torch.trace`.
    trace / try_trace(x) -> Self,
    "If this is not a matrix, or the elements are truth values.",
    {
        if x.rank() != 2 {
            return Err(Self::misfit(&[x], "it is not a matrix"));
        }
        x.try_diagonal(0, 0, 1)?.try_sum_over(0)
    }
}

/// The place of the first element of a diagonal in a flat matrix, and how many there are.
fn places(offset: isize, rows: usize, columns: usize) -> (usize, usize) {
    let distance = offset.unsigned_abs();
    if offset < 0 {
        let length = rows.saturating_sub(distance).min(columns);
        (if length == 0 { 0 } else { distance * columns }, length)
    } else {
        let length = columns.saturating_sub(distance).min(rows);
        (if length == 0 { 0 } else { distance }, length)
    }
}

impl<'g> Expr<'g> {
    /// This value with two axes moved to the end.
    #[track_caller]
    fn with_last(self, a: isize, b: isize) -> Result<Self, Error> {
        let misfit = |reason: String| Self::misfit(&[self], reason);
        let resolve = |axis| resolve_axis(axis, self.rank()).map_err(misfit);
        if resolve(a)? == resolve(b)? {
            return Err(misfit(format!("axes {a} and {b} are the same")));
        }
        self.try_movedim(&[a, b], &[-2, -1])
    }

    /// The elements whose column compares with their row, moved by `diagonal`; zeros elsewhere.
    #[track_caller]
    fn triangle(self, side: Comparison, diagonal: isize) -> Result<Self, Error> {
        let shape = self.shape();
        let Some(&[rows, columns]) = shape.last_chunk::<2>() else {
            return Err(Self::misfit(&[self], "there are fewer than two axes"));
        };
        let count = |n| self.graph().try_arange(n).map(|index| index.cast(DType::F64));
        let row = count(rows)?.try_reshape([rows, 1])?.try_add(diagonal as f64)?;
        let is_inside = count(columns)?.try_apply_comparison(side, row)?;
        let zero = self.graph().literal(0.0, Shape::scalar(), self.dtype());
        is_inside.try_select(self, zero)
    }
}
