//! Moves that multiply matrices, and the softmax family.

use retrograd_core::{Expr, Shape};

use super::builder::{GraphBuilder, Move};

impl<'g> GraphBuilder<'g> {
    pub(super) const PRODUCTS: &'g [Move<'g>] =
        &[Self::times_weights, Self::times_itself, Self::times_another, Self::softmax];

    /// A product with new weights on either side: a vector, a matrix, its transpose, or a batch of matrices.
    fn times_weights(&mut self) -> Option<Expr<'g>> {
        let x = self.float_that(|x| x.rank() >= 1)?;
        let shape = x.shape();
        let (inner, n) = (shape[shape.rank() - 1], self.size());
        if shape.n_elements() / inner.max(1) * n > self.options.max_elements {
            return None;
        }
        Some(match self.number(0..=4) {
            0 => x.matmul(self.leaf(&[inner].into())),
            1 if x.rank() <= 2 => x.dot(self.leaf(&[inner, n].into())),
            2 => x.matmul(self.leaf(&[n, inner].into()).t()),
            3 if x.rank() >= 2 => self.leaf(&[n, shape[shape.rank() - 2]].into()).matmul(x),
            4 if x.rank() >= 2 && n * inner <= self.options.max_elements => {
                let batch = Shape::from(&shape[..shape.rank() - 2]);
                let weights = batch.iter().copied().chain([inner, n]).collect();
                x.matmul(self.leaf(&weights))
            }
            _ => x.matmul(self.leaf(&[inner, n].into())),
        })
    }

    /// A product of matrices with their own transposes, or of a vector with itself.
    fn times_itself(&mut self) -> Option<Expr<'g>> {
        let x = self.float_that(|x| x.rank() >= 1)?;
        let product = match x.rank() {
            1 => x.dot(x),
            _ if self.chance(0.5) => x.matmul(x.t()),
            _ => x.t().matmul(x),
        };
        self.fits(&product.shape()).then_some(product)
    }

    /// A product of two expressions whose sizes happen to fit.
    fn times_another(&mut self) -> Option<Expr<'g>> {
        let x = self.float_that(|x| x.rank() >= 1)?;
        let inner = *x.shape().last()?;
        let y = self.float_that(|y| {
            let shape = y.shape();
            match shape.rank() {
                0 => false,
                1 => shape[0] == inner,
                rank => shape[rank - 2] == inner && (rank == 2 || x.rank() <= 2),
            }
        })?;
        let product = x.matmul(y);
        self.fits(&product.shape()).then_some(product)
    }

    /// Softmax and its relatives along a random axis.
    fn softmax(&mut self) -> Option<Expr<'g>> {
        let x = self.float_that(|x| x.shape().n_elements() > 0)?;
        let axis = self.axis(x.rank())?;
        Some(match self.number(0..=2) {
            0 => x.softmax(axis),
            1 => x.log_softmax(axis),
            _ => x.logsumexp(axis),
        })
    }
}
