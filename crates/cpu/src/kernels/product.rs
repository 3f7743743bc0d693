//! Matrix products, by the `gemm` crate.

use gemm::{Parallelism, gemm};
use retrograd_core::{DType, Float, NodeId, Shape, SliceMut, shape::Layout};

use crate::{
    arena::{Beside, Memory},
    classify::Source,
};

/// Products of pairs of matrices in any strided layout, into one contiguous buffer.
#[derive(Clone, Debug)]
pub(crate) struct Product {
    pub dtype: DType,
    pub out: NodeId,
    lhs: Operand,
    rhs: Operand,
    m: usize,
    k: usize,
    n: usize,
}

/// Matrices in a buffer.
#[derive(Clone, Debug)]
struct Operand {
    base: NodeId,
    row_stride: isize,
    column_stride: isize,
    /// Position of the first element of each matrix.
    offsets: Box<[usize]>,
}

impl Operand {
    fn new(Source { base, layout, shape }: &Source) -> Self {
        let n_batch = shape.rank() - 2;
        let [row_stride, column_stride] = [layout.strides[n_batch], layout.strides[n_batch + 1]];
        let batch = Layout { offset: layout.offset, strides: layout.strides[..n_batch].into() };
        let offsets = batch.positions(&Shape::from(&shape[..n_batch])).collect();
        Self { base: *base, row_stride, column_stride, offsets }
    }

    /// Checks that the matrix at `offset`, whose strides may be negative, lies within `n_elements` elements.
    fn check(&self, offset: usize, n_rows: usize, n_columns: usize, n_elements: usize) {
        let (rows, columns) = (n_rows as isize - 1, n_columns as isize - 1);
        let above = rows * self.row_stride.max(0) + columns * self.column_stride.max(0);
        let below = rows * self.row_stride.min(0) + columns * self.column_stride.min(0);
        assert!(
            below.unsigned_abs() <= offset && offset + (above as usize) < n_elements,
            "a matrix lies within its operand"
        );
    }
}

impl Product {
    /// The product of matrices in the last two axes of two operands, `[…, m, k] × […, k, n] → […, m, n]`.
    pub fn new(out: NodeId, dtype: DType, lhs: &Source, rhs: &Source) -> Self {
        let n_batch = lhs.shape.rank() - 2;
        let (m, k, n) = (lhs.shape[n_batch], lhs.shape[n_batch + 1], rhs.shape[n_batch + 1]);
        Self { dtype, out, lhs: Operand::new(lhs), rhs: Operand::new(rhs), m, k, n }
    }

    /// Computes the products.
    pub fn run(&self, memory: &mut Memory<'_>) {
        let (out, rest) = memory.write_beside(self.out, self.dtype);
        match out {
            SliceMut::F32(out) => self.multiply(out, rest),
            SliceMut::F64(out) => self.multiply(out, rest),
            SliceMut::I64(_) | SliceMut::Bool(_) => {
                unreachable!("recording checks that the operands are floats")
            }
        }
    }

    fn multiply<F: Float>(&self, out: &mut [F], rest: Beside<'_>) {
        let (m, k, n) = (self.m, self.k, self.n);
        if out.is_empty() {
            return;
        }
        if k == 0 {
            return out.fill(<F as Float>::lit(0.0));
        }
        let (lhs, rhs) = (rest.read::<F>(self.lhs.base), rest.read::<F>(self.rhs.base));
        let offsets = self.lhs.offsets.iter().zip(&self.rhs.offsets);
        for (out, (&lhs_offset, &rhs_offset)) in out.chunks_exact_mut(m * n).zip(offsets) {
            self.lhs.check(lhs_offset, m, k, lhs.len());
            self.rhs.check(rhs_offset, k, n, rhs.len());
            // SAFETY: the checks keep every element that the strides reach within the operands, and `out` has
            // `m·n` elements and overlaps neither.
            unsafe {
                gemm(
                    m,
                    n,
                    k,
                    out.as_mut_ptr(),
                    1,
                    n as isize,
                    false,
                    lhs.as_ptr().add(lhs_offset),
                    self.lhs.column_stride,
                    self.lhs.row_stride,
                    rhs.as_ptr().add(rhs_offset),
                    self.rhs.column_stride,
                    self.rhs.row_stride,
                    <F as Float>::lit(0.0),
                    <F as Float>::lit(1.0),
                    false,
                    false,
                    false,
                    Parallelism::None,
                );
            }
        }
    }
}
