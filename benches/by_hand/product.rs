//! Matrix products, by the library that the engine uses too, and in the ways that suit it.

use gemm_common::Parallelism;

use retrograd::Elements;

use crate::by_hand::Number;

/// The library's `dst ← alpha·dst + beta·lhs·rhs`, of sizes `m, n, k`. Each matrix is an address with the strides of its
/// columns and rows; after `dst` follows whether it is read, in the end whether a matrix is conjugated.
#[rustfmt::skip]
pub type LibraryProduct<F> = unsafe fn(
    usize, usize, usize, *mut F, isize, isize, bool, *const F, isize, isize, *const F, isize, isize, F, F,
    bool, bool, bool, Parallelism,
);

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

/// Matrix products, with room for transposes.
pub struct Products<F> {
    n_threads: usize,
    room: Elements<F>,
}

impl<F: Number> Products<F> {
    /// Products in so many threads, where that pays.
    pub fn new(n_threads: usize) -> Self {
        Self { n_threads, room: Elements::zeros(0) }
    }

    /// `out ← keep·out + scale·a·b`; with `keep = 0`, what `out` was does not matter.
    ///
    /// The library is slow where the columns of `b` are contiguous and `a` has few rows, since it copies all of `b`, and
    /// where `out` has few columns, since it computes with these side by side.
    pub fn multiply(&mut self, scales: [F; 2], a: Matrix<'_, F>, b: Matrix<'_, F>, out: &mut [F]) {
        let (m, k, n) = (a.n_rows, a.n_columns, b.n_columns);
        assert_eq!((b.n_rows, out.len()), (k, m * n));
        let is_tall_with_columns = a.row_stride == 1 && n <= 24 && k >= 64 && m > 2 * n;
        let is_wide_with_columns = b.row_stride == 1 && n >= 64 && k >= 4 * m;
        if is_tall_with_columns || is_wide_with_columns {
            let n_threads = self.n_threads;
            let room = self.room(m * n);
            multiply([F::default(), scales[1]], b.t(), a.t(), room, n_threads);
            add_transpose(scales[0], room, m, out);
        } else if a.column_stride == 1 && b.column_stride == 1 && n <= 10 && m > 2 * n {
            let room = self.room(k * n);
            add_transpose(F::default(), b.elements, n, room);
            let n_rows = MAX_BLOCK / n;
            let b = Matrix::new(room, k).t();
            for (rows, out) in a.elements.chunks(n_rows * k).zip(out.chunks_mut(n_rows * n)) {
                multiply(scales, Matrix::new(rows, k), b, out, 1);
            }
        } else {
            multiply(scales, a, b, out, self.n_threads);
        }
    }

    /// Room for `n` numbers.
    fn room(&mut self, n: usize) -> &mut [F] {
        if self.room.len() < n {
            self.room = Elements::zeros(n);
        }
        &mut self.room[..n]
    }
}

/// The library has a kernel for results of at most this many elements, if the columns of `b` are contiguous.
const MAX_BLOCK: usize = 256;

/// `out ← keep·out + scale·a·b`, as the library computes it.
#[expect(unsafe_code, reason = "the product library takes raw pointers")]
fn multiply<F: Number>(
    [keep, scale]: [F; 2],
    a: Matrix<'_, F>,
    b: Matrix<'_, F>,
    out: &mut [F],
    n_threads: usize,
) {
    let (m, k, n) = (a.n_rows, a.n_columns, b.n_columns);
    assert_eq!((b.n_rows, out.len()), (k, m * n));
    // The library wants the columns of the result side by side: it computes the transpose, `bᵀaᵀ`.
    // SAFETY: sizes and strides describe the slices, as checked here and in `Matrix::new`, and no stride is negative.
    unsafe {
        F::library_product()(
            n,
            m,
            k,
            out.as_mut_ptr(),
            n as isize,
            1,
            keep != F::default(),
            b.elements.as_ptr(),
            b.row_stride as isize,
            b.column_stride as isize,
            a.elements.as_ptr(),
            a.row_stride as isize,
            a.column_stride as isize,
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

/// `out ← keep·out + aᵀ`, for a matrix of `n_columns` with these elements.
fn add_transpose<F: Number>(keep: F, elements: &[F], n_columns: usize, out: &mut [F]) {
    let n_rows = elements.len() / n_columns;
    assert_eq!(elements.len(), out.len());
    for top in (0..n_rows).step_by(SQUARE) {
        let height = SQUARE.min(n_rows - top);
        for left in (0..n_columns).step_by(SQUARE) {
            for column in left..n_columns.min(left + SQUARE) {
                let out = &mut out[column * n_rows + top..][..height];
                let column = elements[top * n_columns + column..].iter().step_by(n_columns);
                match keep == F::default() {
                    true => out.iter_mut().zip(column).for_each(|(out, &x)| *out = x),
                    false => {
                        out.iter_mut().zip(column).for_each(|(out, &x)| *out = keep * *out + x)
                    }
                }
            }
        }
    }
}
