//! The products of the `gemm` crates: those for `f32` and `f64`, since those for complex numbers take longer to build.

use gemm_common::Parallelism;

use super::matrix::{Combination, Matrix};
use crate::kernels::number::FloatBits;

/// `dst ← alpha·dst + beta·lhs·rhs`, of sizes `m, n, k`. Each matrix is an address with the strides of its columns and
/// rows; after `dst` follows whether it is read, in the end whether a matrix is conjugated.
#[rustfmt::skip]
type GemmFunction<F> = unsafe fn(
    usize, usize, usize, *mut F, isize, isize, bool, *const F, isize, isize, *const F, isize, isize, F, F,
    bool, bool, bool, Parallelism,
);

/// Numbers that the library multiplies.
pub(crate) trait Multiply: FloatBits {
    /// The product for the instructions of this machine.
    fn product() -> GemmFunction<Self>;
}

impl Multiply for f32 {
    fn product() -> GemmFunction<Self> {
        gemm_f32::gemm::f32::get_gemm_fn()
    }
}

impl Multiply for f64 {
    fn product() -> GemmFunction<Self> {
        gemm_f64::gemm::f64::get_gemm_fn()
    }
}

/// Updates `out`, row by row, with `lhs·rhs`.
pub(super) fn multiply<F: Multiply>(
    lhs: Matrix<'_, F>,
    rhs: Matrix<'_, F>,
    update: Combination<F>,
    out: &mut [F],
) {
    let [m, k, n] = [lhs.n_rows(), lhs.n_columns(), rhs.n_columns()];
    assert_eq!((rhs.n_rows(), out.len()), (k, m * n));
    // The library wants the columns of the result side by side: it computes the transpose.
    let (a, b) = (rhs.t(), lhs.t());
    // SAFETY: matrices lie within their slices, `out` has as many elements as the result, and overlaps neither.
    unsafe {
        F::product()(
            n,
            m,
            k,
            out.as_mut_ptr(),
            n as isize,
            1,
            update.reads(),
            a.as_ptr(),
            a.strides().columns,
            a.strides().rows,
            b.as_ptr(),
            b.strides().columns,
            b.strides().rows,
            update.keep,
            update.scale,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}
