//! Elements as rows of equal length.

use retrograd_core::{DType, Shape};

/// How the elements of a kernel's values are seen: as rows along the last axis of more than one element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Rows {
    /// The type of the numbers that are computed with.
    pub dtype: DType,
    pub n_rows: usize,
    pub n_columns: usize,
}

/// More rows of a block than this are a multiple of it.
const MULTIPLE: usize = 16;

impl Rows {
    /// The rows of a shape.
    pub fn of(shape: &Shape, dtype: DType) -> Self {
        let n_columns = last_axis(shape).map_or(1, |axis| shape[axis]);
        Self { dtype, n_rows: shape.n_elements().checked_div(n_columns).unwrap_or(0), n_columns }
    }

    /// The rows that a kernel has at hand at a time, in blocks of about `n_numbers` numbers.
    pub fn at_once(&self, n_numbers: usize) -> usize {
        let n_rows = (n_numbers / self.n_columns.max(1)).max(1);
        // So that short rows are reduced side by side, and elements fill vectors.
        if n_rows > MULTIPLE { n_rows - n_rows % MULTIPLE } else { n_rows }
    }
}

/// The last axis of more than one element, or of none.
pub(crate) fn last_axis(shape: &Shape) -> Option<usize> {
    shape.iter().rposition(|&size| size != 1)
}
