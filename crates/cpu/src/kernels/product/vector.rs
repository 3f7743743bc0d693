//! Products of a matrix and a vector, which the library computes at a fraction of the speed of the memory.
//!
//! An element of the result is summed in the same order wherever it stands.

use super::matrix::{Combination, Matrix, Strides};
use crate::kernels::{
    InstructionSet,
    instructions::IsaLevel,
    number::{Arithmetic, FloatBits, Fused, Separate},
};

/// Rows that are multiplied at a time.
const N_ROWS: usize = 8;

/// Whether there is a kernel for a matrix of these strides and a vector of this one.
pub(super) fn can_multiply(matrix: Strides, vector: isize) -> bool {
    matrix.rows == 1 || matrix.columns == 1 && vector == 1
}

/// Updates `out` with `matrix·vector`, where the vector is a matrix of one column and [`can_multiply`] holds.
pub(super) fn multiply<F: HorizontalSum>(
    instructions: InstructionSet,
    matrix: Matrix<'_, F>,
    vector: Matrix<'_, F>,
    update: Combination<F>,
    out: &mut [F],
) {
    let sizes = (vector.n_rows(), vector.n_columns(), out.len());
    assert_eq!(sizes, (matrix.n_columns(), 1, matrix.n_rows()));

    #[inline(always)]
    fn in_any_layout<F: HorizontalSum, A: Arithmetic, const HAS_AVX2: bool>(
        matrix: Matrix<'_, F>,
        vector: Matrix<'_, F>,
        update: Combination<F>,
        out: &mut [F],
    ) {
        match matrix.strides().rows {
            1 => by_columns::<F, A>(matrix, vector, update, out),
            _ => F::by_rows::<A, HAS_AVX2>(matrix, vector, update, out),
        }
    }

    // Wider registers gain nothing: the kernel waits for memory.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    fn with_avx2<F: HorizontalSum>(
        matrix: Matrix<'_, F>,
        vector: Matrix<'_, F>,
        update: Combination<F>,
        out: &mut [F],
    ) {
        in_any_layout::<F, Fused, true>(matrix, vector, update, out);
    }

    match instructions.level() {
        IsaLevel::Portable => in_any_layout::<F, Separate, false>(matrix, vector, update, out),
        #[cfg(target_arch = "x86_64")]
        // SAFETY: instruction sets exist only for what the processor has.
        IsaLevel::Avx2 | IsaLevel::Avx512 => unsafe { with_avx2(matrix, vector, update, out) },
    }
}

/// Numbers with a horizontal sum: instructions that add the lanes of a register.
pub(crate) trait HorizontalSum: FloatBits {
    /// The product with a matrix whose rows are contiguous, and a contiguous vector.
    fn by_rows<A: Arithmetic, const HAS_AVX2: bool>(
        matrix: Matrix<'_, Self>,
        vector: Matrix<'_, Self>,
        update: Combination<Self>,
        out: &mut [Self],
    );
}

/// Implements [`HorizontalSum`] with as many lanes as a register has, and a function that adds those of each row.
macro_rules! sums {
    ($F:ident, $n_lanes:literal, $sums_by_avx2:path) => {
        impl HorizontalSum for $F {
            #[inline(always)]
            fn by_rows<A: Arithmetic, const HAS_AVX2: bool>(
                matrix: Matrix<'_, $F>,
                vector: Matrix<'_, $F>,
                update: Combination<$F>,
                out: &mut [$F],
            ) {
                let x = vector.t().row(0);
                let multiply = |first: usize, last: usize| {
                    let lanes = lanes_of_products::<$F, A, $n_lanes>(matrix, first, last, x);
                    match HAS_AVX2 {
                        #[cfg(target_arch = "x86_64")]
                        // SAFETY: the caller says that the processor has AVX2.
                        true => unsafe { $sums_by_avx2(&lanes) },
                        _ => sums(&lanes),
                    }
                };
                let (groups, rest) = out.as_chunks_mut::<N_ROWS>();
                let n_grouped = groups.len() * N_ROWS;
                for (group, out) in groups.iter_mut().enumerate() {
                    update.apply(out, &multiply(group * N_ROWS, N_ROWS - 1));
                }
                if !rest.is_empty() {
                    update.apply(rest, &multiply(n_grouped, rest.len() - 1));
                }
            }
        }
    };
}

sums!(f32, 8, sums_of_eight);
sums!(f64, 4, sums_of_four);

/// Of [`N_ROWS`] rows from `first` on the products with `x`, summed lane by lane. Row `first + last` is the last one, and
/// takes the place of those that are missing.
#[inline(always)]
fn lanes_of_products<F: FloatBits, A: Arithmetic, const N: usize>(
    matrix: Matrix<'_, F>,
    first: usize,
    last: usize,
    x: &[F],
) -> [[F; N]; N_ROWS] {
    let (start, stride) = (matrix.row(first).as_ptr(), matrix.strides().rows);
    // The rows in between lie between these.
    assert!(matrix.row(first + last).len() == x.len());
    let mut lanes = [[F::ZERO; N]; N_ROWS];
    let (groups, rest) = x.as_chunks::<N>();
    for (group, x) in groups.iter().enumerate() {
        for (k, lanes) in lanes.iter_mut().enumerate() {
            // SAFETY: a row has as many elements as `x`, side by side, and so as many groups of them.
            let row = unsafe {
                let row = start.offset(k.min(last) as isize * stride);
                &*row.add(group * N).cast::<[F; N]>()
            };
            add_products::<F, A, N>(lanes, row, x);
        }
    }
    if !rest.is_empty() {
        let x_rest = filled_up(rest);
        for (k, lanes) in lanes.iter_mut().enumerate() {
            let row = matrix.row(first + k.min(last));
            add_products::<F, A, N>(lanes, &filled_up(&row[x.len() - rest.len()..]), &x_rest);
        }
    }
    lanes
}

#[inline(always)]
fn add_products<F: FloatBits, A: Arithmetic, const N: usize>(
    sums: &mut [F; N],
    a: &[F; N],
    b: &[F; N],
) {
    for k in 0..N {
        sums[k] = A::mul_add(a[k], b[k], sums[k]);
    }
}

/// The elements, then zeros.
#[inline(always)]
fn filled_up<F: FloatBits, const N: usize>(elements: &[F]) -> [F; N] {
    let mut lanes = [F::ZERO; N];
    lanes[..elements.len()].copy_from_slice(elements);
    lanes
}

/// The sum of each row's lanes: neighbors first, then neighboring sums.
#[inline(always)]
fn sums<F: FloatBits, const N: usize>(lanes: &[[F; N]; N_ROWS]) -> [F; N_ROWS] {
    let mut sums = [F::ZERO; N_ROWS];
    for (sum, lanes) in sums.iter_mut().zip(lanes) {
        let (mut lanes, mut n) = (*lanes, N);
        while n > 1 {
            n /= 2;
            for k in 0..n {
                lanes[k] = lanes[2 * k] + lanes[2 * k + 1];
            }
        }
        *sum = lanes[0];
    }
    sums
}

/// As [`sums`], to the bit.
///
/// # Safety
/// The processor must have AVX2.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
unsafe fn sums_of_eight(lanes: &[[f32; 8]; N_ROWS]) -> [f32; N_ROWS] {
    use std::arch::x86_64::*;
    let mut sums = [0.0; N_ROWS];
    // SAFETY: arrays are read and written whole, by instructions of AVX2.
    unsafe {
        let [a, b, c, d, e, f, g, h] = lanes;
        let load = |lanes: &[f32; 8]| _mm256_loadu_ps(lanes.as_ptr());
        let first =
            _mm256_hadd_ps(_mm256_hadd_ps(load(a), load(b)), _mm256_hadd_ps(load(c), load(d)));
        let second =
            _mm256_hadd_ps(_mm256_hadd_ps(load(e), load(f)), _mm256_hadd_ps(load(g), load(h)));
        let low = _mm256_permute2f128_ps::<0x20>(first, second);
        let high = _mm256_permute2f128_ps::<0x31>(first, second);
        _mm256_storeu_ps(sums.as_mut_ptr(), _mm256_add_ps(low, high));
    }
    sums
}

/// As [`sums`], to the bit.
///
/// # Safety
/// The processor must have AVX2.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
unsafe fn sums_of_four(lanes: &[[f64; 4]; N_ROWS]) -> [f64; N_ROWS] {
    use std::arch::x86_64::*;
    let mut sums = [0.0; N_ROWS];
    for (sums, [a, b, c, d]) in sums.chunks_exact_mut(4).zip(lanes.as_chunks::<4>().0) {
        // SAFETY: arrays are read and written whole, by instructions of AVX2.
        unsafe {
            let load = |lanes: &[f64; 4]| _mm256_loadu_pd(lanes.as_ptr());
            let first = _mm256_hadd_pd(load(a), load(b));
            let second = _mm256_hadd_pd(load(c), load(d));
            let low = _mm256_permute2f128_pd::<0x20>(first, second);
            let high = _mm256_permute2f128_pd::<0x31>(first, second);
            _mm256_storeu_pd(sums.as_mut_ptr(), _mm256_add_pd(low, high));
        }
    }
    sums
}

/// The product with a matrix whose columns are contiguous.
#[inline(always)]
fn by_columns<F: FloatBits, A: Arithmetic>(
    matrix: Matrix<'_, F>,
    vector: Matrix<'_, F>,
    update: Combination<F>,
    out: &mut [F],
) {
    let mut first = 0;
    let (most, rest) = out.as_chunks_mut::<32>();
    for out in most {
        update.apply(out, &sum_of_columns::<F, A, 32>(matrix.t(), vector, first));
        first += 32;
    }
    let (most, rest) = rest.as_chunks_mut::<8>();
    for out in most {
        update.apply(out, &sum_of_columns::<F, A, 8>(matrix.t(), vector, first));
        first += 8;
    }
    for out in rest.chunks_mut(1) {
        update.apply(out, &sum_of_columns::<F, A, 1>(matrix.t(), vector, first));
        first += 1;
    }
}

/// `N` elements of the product from `first` on: columns, which are rows of the transpose, times their factors. Those of
/// even and those of odd number are summed apart, so that no addition waits for the one before.
#[inline(always)]
fn sum_of_columns<F: FloatBits, A: Arithmetic, const N: usize>(
    columns: Matrix<'_, F>,
    factors: Matrix<'_, F>,
    first: usize,
) -> [F; N] {
    let part = |k: usize| columns.row(k)[first..].first_chunk().expect("a part of the column");
    let n = columns.n_rows();
    let (mut even, mut odd) = ([F::ZERO; N], [F::ZERO; N]);
    for k in 0..n / 2 {
        add_products::<F, A, N>(&mut even, part(2 * k), &[factors.at(2 * k, 0); N]);
        add_products::<F, A, N>(&mut odd, part(2 * k + 1), &[factors.at(2 * k + 1, 0); N]);
    }
    if n % 2 == 1 {
        add_products::<F, A, N>(&mut even, part(n - 1), &[factors.at(n - 1, 0); N]);
    }
    for k in 0..N {
        even[k] = even[k] + odd[k];
    }
    even
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;
    use crate::kernels::number::lit;

    fn lanes<F: FloatBits, const N: usize>() -> [[F; N]; N_ROWS] {
        let lane = |k: usize| lit::<F>((k as f64 * 0.7).sin());
        std::array::from_fn(|row| std::array::from_fn(|k| lane(row * N + k)))
    }

    #[test]
    fn sums_of_lanes_have_the_same_bits_by_all_instructions() {
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has AVX2.
            unsafe {
                assert_eq!(sums_of_eight(&lanes()), sums(&lanes::<f32, 8>()));
                assert_eq!(sums_of_four(&lanes()), sums(&lanes::<f64, 4>()));
            }
        }
    }
}
