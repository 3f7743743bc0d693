//! Whether stored values are finite, and how large they are at most: what a checked plan wants to know of values that no
//! elementwise kernel tests while it stores them.

use retrograd_core::{DType, Float, are_finite, computation::ValueId};

use crate::{
    arena::Memory,
    kernels::{InstructionSet, compiled, dispatched},
};

/// Whether all elements of a value are finite, as integers and truth values are.
pub(crate) fn is_finite(memory: &Memory<'_>, id: ValueId, dtype: DType) -> bool {
    match dtype {
        DType::F32 => test(memory.read::<f32>(id)),
        DType::F64 => test(memory.read::<f64>(id)),
        DType::I64 | DType::Bool => true,
    }
}

dispatched! {
    fn test<F: Float>(numbers: &[F]) -> bool {
        are_finite(numbers)
    }
}

compiled! {
    /// Adds the magnitudes of some numbers to `total`.
    fn add_magnitudes<F: Float>(numbers: &[F], total: &mut F) {
        // Sums side by side do not wait for each other.
        const N_SUMS: usize = 128;
        let mut sums = [<F as Float>::lit(0.0); N_SUMS];
        let (blocks, rest) = numbers.as_chunks::<N_SUMS>();
        for block in blocks {
            for (sum, &x) in sums.iter_mut().zip(block) {
                *sum = *sum + x.abs();
            }
        }
        *total = sums.iter().chain(rest).fold(*total, |sum, x| sum + x.abs());
    }
}

/// The sum of the magnitudes of some numbers. It is no less than any of them, however it is rounded, and NaN or infinite if
/// one is.
pub(super) fn sum_of_magnitudes<F: Float>(numbers: &[F]) -> F {
    let mut total = <F as Float>::lit(0.0);
    add_magnitudes(InstructionSet::best(), numbers, &mut total);
    total
}
