//! The ways to compute a matrix product, and which one suits its sizes and layouts.

use retrograd_core::{DType, computation::ValueId};

use super::{matrix::Strides, vector};

/// The sizes of a product `[m, k] × [k, n]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct ProductSizes {
    pub m: usize,
    pub k: usize,
    pub n: usize,
}

impl ProductSizes {
    /// The number of multiplications; the largest number if it is larger still, as it is of what no memory holds.
    pub fn n_multiplications(self) -> usize {
        self.m.saturating_mul(self.k).saturating_mul(self.n)
    }
}

/// The way in which a product is computed. Some ways need scratch for one matrix.
#[derive(Clone, Copy, Debug)]
pub(super) enum Method {
    /// By the library.
    Library,
    /// By the library, the transpose `rhsᵀ·lhsᵀ` into scratch, which is transposed afterwards.
    Transposed(ValueId),
    /// By the library, few rows at a time: for those it has a kernel if the columns of `rhs` are contiguous.
    Blocks,
    /// As before, with the columns of `rhs` copied to scratch.
    BlocksOfCopy(ValueId),
    /// A matrix times a column.
    Column,
    /// A row times a matrix, for each row of `lhs`.
    Rows,
}

/// Up to here, the library takes longer to begin than rows take one by one.
const MAX_MULTIPLICATIONS_BY_ROWS: usize = 256;

/// The library has a kernel for results of at most this many elements.
pub(super) const MAX_BLOCK: usize = 256;

impl Method {
    /// The way for sizes and layouts, by limits that were measured. `scratch` is asked for a value of some elements, if
    /// one is needed.
    pub fn of(
        sizes @ ProductSizes { m, k, n }: ProductSizes,
        lhs: Strides,
        rhs: Strides,
        scratch: impl FnOnce(usize) -> ValueId,
    ) -> Self {
        if n == 1 && vector::can_multiply(lhs, rhs.rows) {
            return Method::Column;
        }
        let n_multiplications = sizes.n_multiplications();
        let is_small = m == 1 || n_multiplications <= MAX_MULTIPLICATIONS_BY_ROWS;
        if is_small && vector::can_multiply(rhs.t(), lhs.columns) {
            return Method::Rows;
        }
        let is_tall = m > 2 * n && n_multiplications >= 4096;
        if lhs.rows == 1 {
            // The library would copy or gather what is wide, and compute with what is narrow side by side.
            let is_worth_it = is_tall && n <= 24 && k >= 64;
            return if is_worth_it { Method::Transposed(scratch(m * n)) } else { Method::Library };
        }
        match (lhs.columns, rhs) {
            (1, Strides { rows: 1, .. }) if is_tall && n <= 10 => Method::Blocks,
            (1, Strides { columns: 1, .. }) if is_tall && n <= 10 => {
                Method::BlocksOfCopy(scratch(k * n))
            }
            // The library would copy all of `rhs`, slowly.
            (1, Strides { rows: 1, .. }) if m >= 16 && n >= 64 && k >= 4 * m => {
                Method::Transposed(scratch(m * n))
            }
            _ => Method::Library,
        }
    }

    /// The scratch buffer, if the way needs one.
    pub fn scratch(self) -> Option<ValueId> {
        match self {
            Method::Transposed(scratch) | Method::BlocksOfCopy(scratch) => Some(scratch),
            Method::Library | Method::Blocks | Method::Column | Method::Rows => None,
        }
    }
    /// The work of all products, in nanoseconds of one thread; 0 if threads cannot share it.
    pub fn work(self, sizes: ProductSizes, n_matrices: usize, dtype: DType) -> usize {
        let n_multiplications = sizes.n_multiplications().saturating_mul(n_matrices);
        let n_bytes = n_multiplications.saturating_mul(dtype.n_bytes());
        match self {
            // There is scratch for one matrix.
            Method::Transposed(_) | Method::BlocksOfCopy(_) if n_matrices > 1 => 0,
            Method::Library | Method::Transposed(_) => n_bytes / 200,
            Method::Blocks | Method::BlocksOfCopy(_) => n_bytes / 100,
            Method::Column | Method::Rows => n_bytes / 20,
        }
    }

    /// The number of rows that one thread computes together, so that the library sums as it does for all rows.
    pub fn rows_together(self, ProductSizes { m, k, n }: ProductSizes, n_matrices: usize) -> usize {
        match self {
            _ if n_matrices > 1 => m,
            // For vectors the library has ways of its own.
            Method::Library if n <= 1 => m,
            Method::Library | Method::Transposed(_) if k > 512 && n <= 64 => 72,
            Method::Library | Method::Transposed(_) => (MAX_BLOCK / n + 1).next_multiple_of(8),
            Method::Blocks => MAX_BLOCK / n,
            Method::Column => 8,
            Method::Rows => 1,
            Method::BlocksOfCopy(_) => m,
        }
    }
}
