//! Matrices in any strided layout.

use crate::kernels::number::FloatBits;

/// Distances, in elements, from one row to the next and from one column to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Strides {
    pub rows: isize,
    pub columns: isize,
}

impl Strides {
    /// The strides of the transpose.
    pub fn t(self) -> Self {
        Self { rows: self.columns, columns: self.rows }
    }
}

/// A matrix, not empty, whose elements lie at equal distances in a slice.
#[derive(Clone, Copy, Debug)]
pub(super) struct Matrix<'a, F> {
    elements: &'a [F],
    /// Position of the first element.
    offset: usize,
    n_rows: usize,
    n_columns: usize,
    strides: Strides,
}

impl<'a, F> Matrix<'a, F> {
    /// The matrix that begins at `offset`.
    ///
    /// # Panics
    /// If it does not lie within `elements`.
    pub fn new(
        elements: &'a [F],
        offset: usize,
        [n_rows, n_columns]: [usize; 2],
        strides: Strides,
    ) -> Self {
        let (rows, columns) = (n_rows as isize - 1, n_columns as isize - 1);
        let above = rows * strides.rows.max(0) + columns * strides.columns.max(0);
        let below = rows * strides.rows.min(0) + columns * strides.columns.min(0);
        let is_within =
            below.unsigned_abs() <= offset && offset + (above as usize) < elements.len();
        assert!(rows >= 0 && columns >= 0 && is_within, "a matrix lies within its operand");
        Self { elements, offset, n_rows, n_columns, strides }
    }

    /// The matrix of all elements, row by row.
    pub fn by_rows(elements: &'a [F], n_columns: usize) -> Self {
        let strides = Strides { rows: n_columns as isize, columns: 1 };
        Self::new(elements, 0, [elements.len() / n_columns, n_columns], strides)
    }

    /// The transpose, of the same elements.
    pub fn t(self) -> Self {
        Self { n_rows: self.n_columns, n_columns: self.n_rows, strides: self.strides.t(), ..self }
    }

    /// `n` rows from `first` on.
    pub fn rows(self, first: usize, n: usize) -> Self {
        assert!(first + n <= self.n_rows && n > 0);
        let offset = self.offset.checked_add_signed(first as isize * self.strides.rows);
        Self { offset: offset.expect("rows lie within the matrix"), n_rows: n, ..self }
    }

    /// A row whose elements stand side by side.
    #[inline(always)]
    pub fn row(&self, k: usize) -> &'a [F] {
        debug_assert!(k < self.n_rows && (self.strides.columns == 1 || self.n_columns == 1));
        let first = self.offset.wrapping_add_signed(k as isize * self.strides.rows);
        &self.elements[first..first + self.n_columns]
    }

    /// An element.
    #[inline(always)]
    pub fn at(&self, row: usize, column: usize) -> F
    where
        F: Copy,
    {
        debug_assert!(row < self.n_rows && column < self.n_columns);
        let distance = row as isize * self.strides.rows + column as isize * self.strides.columns;
        self.elements[self.offset.wrapping_add_signed(distance)]
    }

    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    pub fn n_columns(&self) -> usize {
        self.n_columns
    }

    pub fn strides(&self) -> Strides {
        self.strides
    }

    /// The address of the first element. The others are in bounds at their distances from it.
    pub fn as_ptr(&self) -> *const F {
        self.elements[self.offset..].as_ptr()
    }
}

/// The combination of a product with the old result: `out ← keep·out + scale·product`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Combination<F> {
    /// 0 if `out` must not be read.
    pub keep: F,
    pub scale: F,
}

impl<F: FloatBits> Combination<F> {
    /// `out ← product`.
    pub const OVERWRITE: Self = Self { keep: F::ZERO, scale: F::ONE };

    /// Whether `out` is read.
    pub fn reads(self) -> bool {
        self.keep != F::ZERO
    }

    /// Updates all of `out` with as many elements of the product.
    #[inline(always)]
    pub fn apply(self, out: &mut [F], product: &[F]) {
        match self.reads() {
            true => out
                .iter_mut()
                .zip(product)
                .for_each(|(out, &x)| *out = self.keep * *out + self.scale * x),
            false => out.iter_mut().zip(product).for_each(|(out, &x)| *out = self.scale * x),
        }
    }
}

/// Rows that are transposed at a time: elements of a cache line.
const SQUARE: usize = 16;

/// Updates `out`, row by row, with the transpose of a matrix.
pub(super) fn transpose<F: FloatBits>(
    matrix: Matrix<'_, F>,
    update: Combination<F>,
    out: &mut [F],
) {
    let (n_rows, n_columns) = (matrix.n_rows, matrix.n_columns);
    assert_eq!(out.len(), n_rows * n_columns);
    if n_rows < SQUARE {
        return transpose_few_rows(matrix, update, out);
    }
    for top in (0..n_rows).step_by(SQUARE) {
        let height = SQUARE.min(n_rows - top);
        for column in 0..n_columns {
            let out = &mut out[column * n_rows + top..][..height];
            // Loops of fixed length have no remainder.
            match out.first_chunk_mut::<SQUARE>() {
                Some(out) => {
                    let part: [F; SQUARE] = std::array::from_fn(|k| matrix.at(top + k, column));
                    update.apply(out, &part);
                }
                None => {
                    for (k, out) in out.iter_mut().enumerate() {
                        update.apply(std::slice::from_mut(out), &[matrix.at(top + k, column)]);
                    }
                }
            }
        }
    }
}

/// The same for rows of contiguous elements that are fewer than the side of a square: so many columns of them are
/// neighbors in `out`.
fn transpose_few_rows<F: FloatBits>(matrix: Matrix<'_, F>, update: Combination<F>, out: &mut [F]) {
    let n_rows = matrix.n_rows;
    let mut part = [F::ZERO; SQUARE * SQUARE];
    for (block, out) in out.chunks_mut(n_rows * SQUARE).enumerate() {
        let (left, width) = (block * SQUARE, out.len() / n_rows);
        for k in 0..n_rows {
            for (column, &x) in matrix.row(k)[left..left + width].iter().enumerate() {
                part[column * n_rows + k] = x;
            }
        }
        update.apply(out, &part);
    }
}
