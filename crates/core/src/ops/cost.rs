//! The cost of operations, counted and not timed.

use crate::{
    ops::{Adjugate, Op, Svd},
    shape::Shape,
    size::n_elements as times,
};

impl Op {
    /// Scalar operations of this operation on inputs of some shapes, with a result of `shape`: one for each element that
    /// arithmetic gives or a reduction takes in, `2·m·k·n` for a product of matrices, none for what only moves. For
    /// sorting and factorizations it is the leading term of the usual algorithm, for custom operations the number of
    /// elements. The largest number stands for all that are larger still.
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
            Op::MatMul => times(&[2, n_out, n_last()]),
            // A merge sort compares n·log₂ n times.
            Op::ArgSort(sort) => times(&[n_out, shape[sort.axis].max(2).ilog2() as usize]),
            // Golub and Van Loan, Matrix Computations, 3rd edition: §4.2.4, §3.2.6 and §5.4.5; the adjugate is found by
            // elimination beside the identity.
            Op::Cholesky => times(&[n_in(), n_last()]) / 3,
            Op::Solve => {
                let substitution = times(&[2, inputs[1].n_elements(), n_last()]);
                (times(&[n_in(), n_last(), 2]) / 3).saturating_add(substitution)
            }
            Op::LogDeterminant => times(&[n_in(), n_last(), 2]) / 3,
            Op::Adjugate(Adjugate::Elimination) => times(&[2, n_in(), n_last()]),
            Op::Adjugate(Adjugate::Matrix | Adjugate::Determinant) => 0,
            Op::Svd(Svd::Decomposition) => {
                let of_values = times(&[8, n_last(), n_last(), n_last()]);
                times(&[14, n_in(), n_last()]).saturating_add(of_values)
            }
            Op::Svd(Svd::Left | Svd::Values | Svd::Right) => 0,
            Op::Svd(Svd::Spectral) => times(&[2, n_out, n_last()]),
        }
    }
}
