//! Matrix products, by the `gemm` crate.

use gemm::{Parallelism, gemm};
use retrograd_core::{DType, Float, NodeId, Shape, SliceMut, shape::Layout};

use crate::{
    arena::{Beside, Memory},
    classify::Source,
    kernels::elementwise::Scalar,
};

/// Products of pairs of matrices in any strided layout, into one contiguous buffer.
#[derive(Clone, Debug)]
pub(crate) struct Product {
    pub dtype: DType,
    pub out: NodeId,
    lhs: Operand,
    rhs: Operand,
    addend: Option<Addend>,
    m: usize,
    k: usize,
    n: usize,
}

/// What products are added to: the result is `scale·of + product_scale·product_factor·lhs·rhs`.
#[derive(Clone, Debug)]
pub(crate) struct Addend {
    /// A contiguous value of the size of the result.
    pub of: NodeId,
    pub scale: f64,
    pub product_scale: f64,
    pub product_factor: Option<Scalar>,
}

/// The addend in a run.
#[derive(Clone, Copy)]
struct Settled {
    /// What has to be copied to the place of the result, unless it is there.
    copied: Option<NodeId>,
    /// Of what is in the place of the result, and of the products.
    scales: [f64; 2],
}

impl Addend {
    fn settle(&self, dtype: DType, out: NodeId, memory: &Memory<'_>) -> Settled {
        let factor = self.product_factor.map_or(1.0, |factor| match dtype {
            DType::F32 => f64::from(factor.settle::<f32>(memory)),
            _ => factor.settle(memory),
        });
        Settled {
            copied: (!memory.are_in_one_place(self.of, out)).then_some(self.of),
            scales: [self.scale, self.product_scale * factor],
        }
    }
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
    pub fn new(
        out: NodeId,
        dtype: DType,
        lhs: &Source,
        rhs: &Source,
        addend: Option<Addend>,
    ) -> Self {
        let n_batch = lhs.shape.rank() - 2;
        let (m, k, n) = (lhs.shape[n_batch], lhs.shape[n_batch + 1], rhs.shape[n_batch + 1]);
        Self { dtype, out, lhs: Operand::new(lhs), rhs: Operand::new(rhs), addend, m, k, n }
    }

    /// The value that the result can take the place of.
    pub fn reads_in_step(&self) -> impl Iterator<Item = NodeId> {
        self.addend.iter().map(|addend| addend.of)
    }

    /// The values that are read in other places than those being written.
    pub fn reads_elsewhere(&self) -> impl Iterator<Item = NodeId> {
        let factor = self.addend.iter().filter_map(|addend| addend.product_factor?.source());
        [self.lhs.base, self.rhs.base].into_iter().chain(factor)
    }

    /// Computes the products.
    pub fn run(&self, memory: &mut Memory<'_>) {
        let addend = self.addend.as_ref().map(|addend| addend.settle(self.dtype, self.out, memory));
        let (out, rest) = memory.write_beside(self.out, self.dtype);
        match out {
            SliceMut::F32(out) => self.multiply(addend, out, rest),
            SliceMut::F64(out) => self.multiply(addend, out, rest),
            SliceMut::I64(_) | SliceMut::Bool(_) => {
                unreachable!("recording checks that the operands are floats")
            }
        }
    }

    fn multiply<F: Float>(&self, addend: Option<Settled>, out: &mut [F], rest: Beside<'_>) {
        let (m, k, n) = (self.m, self.k, self.n);
        if out.is_empty() {
            return;
        }
        if let Some(of) = addend.and_then(|addend| addend.copied) {
            out.copy_from_slice(rest.read(of));
        }
        let scales = addend.map_or([0.0, 1.0], |addend| addend.scales);
        let [scale, product_scale] = scales.map(<F as Float>::lit);
        if k == 0 {
            return match addend {
                Some(_) => out.iter_mut().for_each(|y| *y = scale * *y),
                None => out.fill(scale),
            };
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
                    addend.is_some(),
                    lhs.as_ptr().add(lhs_offset),
                    self.lhs.column_stride,
                    self.lhs.row_stride,
                    rhs.as_ptr().add(rhs_offset),
                    self.rhs.column_stride,
                    self.rhs.row_stride,
                    scale,
                    product_scale,
                    false,
                    false,
                    false,
                    Parallelism::None,
                );
            }
        }
    }
}
