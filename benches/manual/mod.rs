//! Gradients written by hand: the same matrix products, every buffer allocated beforehand, loops fused by hand. They
//! are what an engine can at best be as fast as.

mod regression;
mod two_layers;

use gemm::{Parallelism, gemm};

use crate::{Kind, Problem};
pub use regression::{LinearRegression, LogisticRegression};
pub use two_layers::TwoLayers;

/// A loss and its gradient, computed by hand.
pub trait Manual {
    /// The loss.
    fn forward(&mut self, problem: &Problem) -> f32;

    /// The loss, leaving the gradients in [`gradients`](Self::gradients).
    fn gradient(&mut self, problem: &Problem) -> f32;

    /// The gradient by each parameter, in their order.
    fn gradients(&self) -> Vec<&[f32]>;
}

/// The hand-written side of a problem.
pub fn manual(problem: &Problem) -> Box<dyn Manual> {
    match problem.kind {
        Kind::LinearRegression => Box::new(LinearRegression::new(problem)),
        Kind::LogisticRegression => Box::new(LogisticRegression::new(problem)),
        Kind::Mlp => Box::new(TwoLayers::new(problem)),
    }
}

/// A matrix in row-major order, or its transpose.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'a> {
    elements: &'a [f32],
    n_rows: usize,
    n_columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Matrix<'a> {
    pub fn new(elements: &'a [f32], n_rows: usize, n_columns: usize) -> Self {
        assert_eq!(elements.len(), n_rows * n_columns);
        Self { elements, n_rows, n_columns, row_stride: n_columns, column_stride: 1 }
    }

    pub fn t(self) -> Self {
        Self {
            n_rows: self.n_columns,
            n_columns: self.n_rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }
}

/// `out = a·b`.
#[expect(unsafe_code, reason = "the product library takes raw pointers")]
pub(crate) fn multiply(a: Matrix<'_>, b: Matrix<'_>, out: &mut [f32]) {
    let (m, k, n) = (a.n_rows, a.n_columns, b.n_columns);
    assert_eq!((b.n_rows, out.len()), (k, m * n));
    // SAFETY: sizes and strides describe the slices, as checked here and in `Matrix::new`.
    unsafe {
        gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            1,
            n as isize,
            false,
            a.elements.as_ptr(),
            a.column_stride as isize,
            a.row_stride as isize,
            b.elements.as_ptr(),
            b.column_stride as isize,
            b.row_stride as isize,
            0.0,
            1.0,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

/// Adds a bias to every row.
pub(crate) fn add_bias(rows: &mut [f32], bias: &[f32]) {
    for row in rows.chunks_exact_mut(bias.len()) {
        row.iter_mut().zip(bias).for_each(|(y, b)| *y += b);
    }
}

/// Sums the rows.
pub(crate) fn sum_rows(rows: &[f32], out: &mut [f32]) {
    out.fill(0.0);
    for row in rows.chunks_exact(out.len()) {
        out.iter_mut().zip(row).for_each(|(total, x)| *total += x);
    }
}

/// The mean cross entropy of rows of logits, which become the gradient `(softmax − one hot)/n` if `keep_gradient`.
pub(crate) fn cross_entropy(
    logits: &mut [f32],
    labels: &[i64],
    n_classes: usize,
    keep_gradient: bool,
) -> f32 {
    let scale = 1.0 / labels.len() as f32;
    let mut total = 0.0;
    for (row, &label) in logits.chunks_exact_mut(n_classes).zip(labels) {
        let max = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let chosen = row[label as usize] - max;
        let mut sum = 0.0;
        for y in row.iter_mut() {
            *y = (*y - max).exp();
            sum += *y;
        }
        total += sum.ln() - chosen;
        if keep_gradient {
            row.iter_mut().for_each(|y| *y *= scale / sum);
            row[label as usize] -= scale;
        }
    }
    total * scale
}
