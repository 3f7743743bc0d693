//! Whether stored values are finite: what a checked plan tests of values that no elementwise kernel stores.

use retrograd_core::{Float, Slice, are_finite};

use crate::kernels::dispatched;

/// Whether all elements are finite, as integers and truth values are.
pub(crate) fn is_finite(elements: Slice<'_>) -> bool {
    match elements {
        Slice::F32(numbers) => test(numbers),
        Slice::F64(numbers) => test(numbers),
        Slice::I64(_) | Slice::Bool(_) => true,
    }
}

dispatched! {
    fn test<F: Float>(numbers: &[F]) -> bool {
        are_finite(numbers)
    }
}
