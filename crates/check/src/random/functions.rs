//! Moves that call functions which ask for more of their input: a clear order, a matrix far from singular, a
//! variance that is not nearly 0.

use retrograd_core::{Axes, Expr, MatrixNorm, PadMode, functions::Norm, keep};

use super::{
    builder::{GraphBuilder, Move},
    probe::{MARGIN, elements},
};

/// Least variance of values that are divided by its root.
const LEAST_VARIANCE: f64 = 0.25;

/// Largest matrix whose singular values a small change leaves apart.
const LARGEST_SPREAD: usize = 4;

impl<'g> GraphBuilder<'g> {
    pub(super) const FUNCTIONS: &'g [Move<'g>] = &[
        Self::sort,
        Self::scan,
        Self::cholesky,
        Self::solve,
        Self::determinant,
        Self::singular_values,
        Self::pad_by_mode,
        Self::normalize,
    ];

    /// Elements by size, where no two along the axis are nearly equal.
    fn sort(&mut self) -> Option<Expr<'g>> {
        let x = self.float_that(|x| x.rank() > 0)?;
        let axis = self.axis(x.rank())?;
        if !has_clear_order(x, axis) {
            return None;
        }
        let is_descending = self.chance(0.5);
        Some(match self.number(0..=4) {
            0 => x.sort(axis, is_descending).0,
            1 => x.argsort(axis, is_descending),
            2 => x.topk(1, axis, is_descending).0,
            3 => x.median(axis).0,
            _ => x.max_with_index(axis).0,
        })
    }

    /// Functions that accumulate along an axis; factors are at most 3/2, so that products stay small.
    fn scan(&mut self) -> Option<Expr<'g>> {
        let x = self.float_that(|x| x.rank() > 0 && x.shape().iter().all(|&size| size <= 4))?;
        let axis = self.axis(x.rank())?;
        Some(match self.number(0..=3) {
            0 => x.cumsum(axis),
            1 => (x * 0.5).cumprod(axis),
            2 => x.logcumsumexp(axis),
            _ => (x * 0.5).prod_over(axis),
        })
    }

    /// A symmetric matrix with eigenvalues between 1 and 1 + its size: products of rows, and the identity.
    fn definite(&mut self) -> Option<Expr<'g>> {
        let limit = self.options.max_elements;
        let x = self.float_that(|x| {
            let shape = x.shape();
            let [.., rows, columns] = shape[..] else { return false };
            columns > 0 && shape.n_elements() / columns * rows <= limit
        })?;
        let (rows, columns) = (x.shape()[x.rank() - 2], x.shape()[x.rank() - 1]);
        let largest = 9.0 * columns as f64;
        Some(x.matmul(x.t()) / largest + x.graph().arange(rows).one_hot(rows))
    }

    fn cholesky(&mut self) -> Option<Expr<'g>> {
        Some(self.definite()?.cholesky())
    }

    fn solve(&mut self) -> Option<Expr<'g>> {
        let a = self.definite()?;
        if self.chance(0.3) {
            return Some(a.inv());
        }
        let n_columns = self.number(1..=2);
        let rhs = self.leaf(&[a.shape()[a.rank() - 1], n_columns].into());
        let x = a.solve(rhs);
        self.fits(&x.shape()).then_some(x)
    }

    fn determinant(&mut self) -> Option<Expr<'g>> {
        let a = self.definite()?;
        Some(if self.chance(0.5) { a.det() } else { a.slogdet().1 })
    }

    /// Singular values of a matrix near one whose singular values are 2, 4, 6, …
    fn singular_values(&mut self) -> Option<Expr<'g>> {
        let x = self.float_that(
            |x| matches!(x.shape()[..], [.., m, n] if m.max(n) <= LARGEST_SPREAD && m.min(n) > 0),
        )?;
        let (rows, columns) = (x.shape()[x.rank() - 2], x.shape()[x.rank() - 1]);
        let rows = x.graph().arange(rows);
        let sizes = (rows.cast(x.dtype()) + 1.0) * 2.0;
        let a = 0.05 * x + rows.one_hot(columns) * sizes.unsqueeze(1);
        if self.chance(0.3) {
            return Some(a.matrix_norm(MatrixNorm::Nuclear, [-2, -1]));
        }
        let (u, s, vt) = a.svd();
        // Signs of vectors cancel in the product.
        Some(if self.chance(0.5) { s } else { (u * s.cos().unsqueeze(-2)).matmul(vt) })
    }

    fn pad_by_mode(&mut self) -> Option<Expr<'g>> {
        let x = self.float_that(|x| x.shape().last().is_some_and(|&size| size >= 2))?;
        let modes =
            [PadMode::Constant(0.5), PadMode::Reflect, PadMode::Replicate, PadMode::Circular];
        let mode = *self.pick(&modes);
        let y = x.pad(&[(self.number(0..=1) as isize, 1)], mode);
        self.fits(&y.shape()).then_some(y)
    }

    /// Functions that divide by a deviation or a norm.
    fn normalize(&mut self) -> Option<Expr<'g>> {
        let x = self.float_that(|x| x.rank() > 0 && x.shape().n_elements() > 0)?;
        let axis = self.axis(x.rank())?;
        let is_spread =
            |x: Expr<'_>| elements(x.var(axis, 0.0)).iter().all(|v| *v >= LEAST_VARIANCE);
        if !is_spread(x) {
            return None;
        }
        let last = *x.shape().last()?;
        Some(match self.number(0..=3) {
            0 => x.std(axis, 0.0),
            1 => x.vector_norm(2.0, keep(Axes::from(axis))),
            2 if axis == -1 => x.layer_norm(&[last], &Norm::default()),
            _ => x.normalize(2.0, axis, 1e-12),
        })
    }
}

/// Whether no two numbers along an axis are nearly equal, and there are some.
fn has_clear_order(x: Expr<'_>, axis: isize) -> bool {
    let sorted = x.sort(axis, false).0;
    let size = x.shape()[axis.rem_euclid(x.rank() as isize) as usize];
    if x.shape().n_elements() == 0 {
        return false;
    }
    let gaps = sorted.slice(axis, 1..) - sorted.slice(axis, ..size - 1);
    elements(gaps).iter().all(|gap| *gap >= MARGIN)
}
