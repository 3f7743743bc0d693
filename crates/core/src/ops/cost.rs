//! What operations cost, counted and not timed.

use crate::{ops::Op, shape::Shape};

impl Op {
    /// Scalar operations of this operation on inputs of some shapes, with a result of `shape`: one for each element that
    /// arithmetic gives or a reduction takes in, `2·m·k·n` for a product of matrices, none for what only moves. For
    /// sorting and factorizations it is the leading term of the usual algorithm, for custom operations the number of
    /// elements.
    ///
    /// ```
    /// use retrograd_core::{Op, Shape};
    ///
    /// let [a, b, c] = [[32, 784], [784, 128], [32, 128]].map(Shape::from);
    /// assert_eq!(Op::MatMul.n_operations(&[&a, &b], &c), 2 * 32 * 784 * 128);
    /// ```
    ///
    /// # Panics
    /// If there are fewer inputs than the operation has, or those of matrices have no axes.
    pub fn n_operations(&self, inputs: &[&Shape], shape: &Shape) -> usize {
        let n_in = || inputs[0].n_elements();
        let n_out = shape.n_elements();
        let n_last = || *inputs[0].last().expect("a matrix has axes");
        match self {
            Op::Leaf(_) | Op::Literal(_) | Op::Iota(_) | Op::Identity | Op::StopGradient => 0,
            Op::Broadcast | Op::Reshape | Op::Permute(_) | Op::Slice(_) | Op::Pad(_) => 0,
            Op::Length(_) => 0,
            Op::Concat(_) | Op::Gather(_) => 0,
            Op::Unary(_) | Op::Binary(_) | Op::Compare(_) | Op::Select | Op::Cast => n_out,
            Op::Kinked(_) | Op::Custom(_) => n_out,
            Op::Sum(_) | Op::Max(_) | Op::ArgMax(_) | Op::ScatterAdd(_) => n_in(),
            Op::MatMul => 2 * n_out * n_last(),
            // A merge sort compares n·log₂ n times.
            Op::ArgSort(sort) => n_out * shape[sort.axis].max(2).ilog2() as usize,
            // Golub and Van Loan, Matrix Computations, 3rd edition: §4.2.4, §3.2.6 and §5.4.5; the adjugate is found by
            // elimination beside the identity.
            Op::Cholesky => n_in() * n_last() / 3,
            Op::Solve => n_in() * n_last() * 2 / 3 + 2 * inputs[1].n_elements() * n_last(),
            Op::LogDeterminant => n_in() * n_last() * 2 / 3,
            Op::Adjugate => 2 * n_in() * n_last(),
            Op::Svd => 14 * n_in() * n_last() + 8 * n_last().pow(3),
        }
    }
}
