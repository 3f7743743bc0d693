//! Matrix products, by the library that the engine uses too.

use gemm::{Parallelism, gemm};

use crate::by_hand::Number;

/// A matrix in row-major order, or its transpose.
#[derive(Clone, Copy)]
pub struct Matrix<'a, F> {
    elements: &'a [F],
    n_rows: usize,
    n_columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a, F> Matrix<'a, F> {
    /// The matrix of some elements, row by row.
    pub fn new(elements: &'a [F], n_columns: usize) -> Self {
        assert_eq!(elements.len() % n_columns, 0);
        let n_rows = elements.len() / n_columns;
        Self { elements, n_rows, n_columns, row_stride: n_columns, column_stride: 1 }
    }

    /// The transpose, of the same elements.
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

/// `out ← keep·out + scale·a·b`; with `keep = 0`, what `out` was does not matter.
#[expect(unsafe_code, reason = "the product library takes raw pointers")]
pub fn multiply<F: Number>(
    [keep, scale]: [F; 2],
    a: Matrix<'_, F>,
    b: Matrix<'_, F>,
    out: &mut [F],
    n_threads: usize,
) {
    let (m, k, n) = (a.n_rows, a.n_columns, b.n_columns);
    assert_eq!((b.n_rows, out.len()), (k, m * n));
    // SAFETY: sizes and strides describe the slices, as checked here and in `Matrix::new`, and no stride is negative.
    unsafe {
        gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            1,
            n as isize,
            keep != F::default(),
            a.elements.as_ptr(),
            a.column_stride as isize,
            a.row_stride as isize,
            b.elements.as_ptr(),
            b.column_stride as isize,
            b.row_stride as isize,
            keep,
            scale,
            false,
            false,
            false,
            parallelism(m * k * n, n.min(m), n_threads),
        );
    }
}

/// Small and narrow products are slower when they are split.
fn parallelism(n_multiplications: usize, narrowest: usize, n_threads: usize) -> Parallelism {
    if n_threads > 1 && n_multiplications > 3_000_000 && narrowest >= 32 {
        return Parallelism::Rayon(n_threads);
    }
    Parallelism::None
}

/// Side of the squares that are transposed at a time.
const SQUARE: usize = 16;

/// Writes the transpose of a matrix of `n_columns`.
pub fn transpose<F: Number>(elements: &[F], n_columns: usize, out: &mut [F]) {
    let n_rows = elements.len() / n_columns;
    assert_eq!(elements.len(), out.len());
    for top in (0..n_rows).step_by(SQUARE) {
        let height = SQUARE.min(n_rows - top);
        for left in (0..n_columns).step_by(SQUARE) {
            for column in left..n_columns.min(left + SQUARE) {
                let out = &mut out[column * n_rows + top..][..height];
                let column = elements[top * n_columns + column..].iter().step_by(n_columns);
                out.iter_mut().zip(column).for_each(|(out, &x)| *out = x);
            }
        }
    }
}
