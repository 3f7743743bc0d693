//! Products of a matrix and a vector, which the library computes at a fraction of the speed of the memory.
//!
//! An element of the result is summed in the same order wherever it stands.

use super::matrix::{Matrix, Strides, Update};
use crate::kernels::{
    InstructionSet,
    instructions::Kind,
    number::{Arithmetic, Fused, Number, Separate},
};

/// Rows that are multiplied at a time.
const N_ROWS: usize = 4;

/// Products of a row that are summed side by side.
const N_LANES: usize = 8;

/// Whether there is a kernel for a matrix of these strides and a vector of this one.
pub(super) fn can_multiply(matrix: Strides, vector: isize) -> bool {
    matrix.rows == 1 || matrix.columns == 1 && vector == 1
}

/// Updates `out` with `matrix·vector`, where the vector is a matrix of one column and [`can_multiply`] holds.
pub(super) fn multiply<F: Sums>(
    instructions: InstructionSet,
    matrix: Matrix<'_, F>,
    vector: Matrix<'_, F>,
    update: Update<F>,
    out: &mut [F],
) {
    let sizes = (vector.n_rows(), vector.n_columns(), out.len());
    assert_eq!(sizes, (matrix.n_columns(), 1, matrix.n_rows()));

    #[inline(always)]
    fn in_any_layout<F: Sums, A: Arithmetic, const HAS_AVX2: bool>(
        matrix: Matrix<'_, F>,
        vector: Matrix<'_, F>,
        update: Update<F>,
        out: &mut [F],
    ) {
        match matrix.strides().rows {
            1 => by_columns::<F, A>(matrix, vector, update, out),
            _ => by_rows::<F, A, HAS_AVX2>(matrix, vector, update, out),
        }
    }

    // Wider registers gain nothing: the kernel waits for memory.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    fn with_avx2<F: Sums>(
        matrix: Matrix<'_, F>,
        vector: Matrix<'_, F>,
        update: Update<F>,
        out: &mut [F],
    ) {
        in_any_layout::<F, Fused, true>(matrix, vector, update, out);
    }

    match instructions.kind() {
        Kind::Portable => in_any_layout::<F, Separate, false>(matrix, vector, update, out),
        #[cfg(target_arch = "x86_64")]
        // SAFETY: instruction sets exist only for what the processor has.
        Kind::Avx2 | Kind::Avx512 => unsafe { with_avx2(matrix, vector, update, out) },
    }
}

/// The product with a matrix whose rows are contiguous, and a contiguous vector.
#[inline(always)]
fn by_rows<F: Sums, A: Arithmetic, const HAS_AVX2: bool>(
    matrix: Matrix<'_, F>,
    vector: Matrix<'_, F>,
    update: Update<F>,
    out: &mut [F],
) {
    let (x, last) = (vector.t().row(0), matrix.n_rows() - 1);
    for (group, out) in out.chunks_mut(N_ROWS).enumerate() {
        // The last group is filled up with its last row.
        let row = |k: usize| matrix.row(last.min(N_ROWS * group + k));
        let lanes = lanes_of_products::<F, A>([row(0), row(1), row(2), row(3)], x);
        // SAFETY: the processor has AVX2, if the constant says so.
        let sums = if HAS_AVX2 { unsafe { F::sums_by_avx2(&lanes) } } else { sums(&lanes) };
        update.apply(out, &sums);
    }
}

/// Of each row the products with `x`, summed lane by lane.
#[inline(always)]
fn lanes_of_products<F: Number, A: Arithmetic>(
    rows: [&[F]; N_ROWS],
    x: &[F],
) -> [[F; N_LANES]; N_ROWS] {
    let mut lanes = [[F::ZERO; N_LANES]; N_ROWS];
    let [(a, a_rest), (b, b_rest), (c, c_rest), (d, d_rest)] = rows.map(<[F]>::as_chunks);
    let (x, x_rest) = x.as_chunks();
    for ((((x, a), b), c), d) in x.iter().zip(a).zip(b).zip(c).zip(d) {
        for (lanes, row) in lanes.iter_mut().zip([a, b, c, d]) {
            add_products::<F, A, N_LANES>(lanes, row, x);
        }
    }
    if !x_rest.is_empty() {
        let x = filled_up(x_rest);
        for (lanes, rest) in lanes.iter_mut().zip([a_rest, b_rest, c_rest, d_rest]) {
            add_products::<F, A, N_LANES>(lanes, &filled_up(rest), &x);
        }
    }
    lanes
}

#[inline(always)]
fn add_products<F: Number, A: Arithmetic, const N: usize>(
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
fn filled_up<F: Number>(elements: &[F]) -> [F; N_LANES] {
    let mut lanes = [F::ZERO; N_LANES];
    lanes[..elements.len()].copy_from_slice(elements);
    lanes
}

/// The sum of each row's lanes.
#[inline(always)]
fn sums<F: Number>(lanes: &[[F; N_LANES]; N_ROWS]) -> [F; N_ROWS] {
    lanes.map(|[a, b, c, d, e, f, g, h]| ((a + b) + (c + d)) + ((e + f) + (g + h)))
}

/// Numbers of which there are instructions that add neighbors.
pub(crate) trait Sums: Number {
    /// As [`sums`], to the bit.
    ///
    /// # Safety
    /// The processor must have AVX2.
    #[cfg(target_arch = "x86_64")]
    unsafe fn sums_by_avx2(lanes: &[[Self; N_LANES]; N_ROWS]) -> [Self; N_ROWS];
}

impl Sums for f32 {
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    unsafe fn sums_by_avx2([a, b, c, d]: &[[f32; N_LANES]; N_ROWS]) -> [f32; N_ROWS] {
        use std::arch::x86_64::*;
        let mut sums = [0.0; N_ROWS];
        // SAFETY: arrays are read and written whole, by instructions of AVX2.
        unsafe {
            let [a, b, c, d] = [a, b, c, d].map(|lanes| _mm256_loadu_ps(lanes.as_ptr()));
            let fours = _mm256_hadd_ps(_mm256_hadd_ps(a, b), _mm256_hadd_ps(c, d));
            let (low, high) = (_mm256_castps256_ps128(fours), _mm256_extractf128_ps::<1>(fours));
            _mm_storeu_ps(sums.as_mut_ptr(), _mm_add_ps(low, high));
        }
        sums
    }
}

impl Sums for f64 {
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    unsafe fn sums_by_avx2([a, b, c, d]: &[[f64; N_LANES]; N_ROWS]) -> [f64; N_ROWS] {
        use std::arch::x86_64::*;
        let mut sums = [0.0; N_ROWS];
        // SAFETY: arrays are read and written whole, by instructions of AVX2.
        unsafe {
            let fours = [0, 4].map(|k| {
                let [a, b, c, d] = [a, b, c, d].map(|lanes| _mm256_loadu_pd(lanes[k..].as_ptr()));
                let (ab, cd) = (_mm256_hadd_pd(a, b), _mm256_hadd_pd(c, d));
                let low = _mm256_permute2f128_pd::<0x20>(ab, cd);
                _mm256_add_pd(low, _mm256_permute2f128_pd::<0x31>(ab, cd))
            });
            _mm256_storeu_pd(sums.as_mut_ptr(), _mm256_add_pd(fours[0], fours[1]));
        }
        sums
    }
}

/// The product with a matrix whose columns are contiguous.
#[inline(always)]
fn by_columns<F: Number, A: Arithmetic>(
    matrix: Matrix<'_, F>,
    vector: Matrix<'_, F>,
    update: Update<F>,
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
fn sum_of_columns<F: Number, A: Arithmetic, const N: usize>(
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

    fn check<F: Sums + std::fmt::Debug>() {
        let lane = |k: usize| lit::<F>((k as f64 * 0.7).sin());
        let lanes: [[F; N_LANES]; N_ROWS] =
            std::array::from_fn(|row| std::array::from_fn(|k| lane(row * N_LANES + k)));
        // SAFETY: the caller has found AVX2.
        assert_eq!(unsafe { F::sums_by_avx2(&lanes) }, sums(&lanes));
    }

    #[test]
    fn sums_of_lanes_have_the_same_bits_by_all_instructions() {
        if std::arch::is_x86_feature_detected!("avx2") {
            check::<f32>();
            check::<f64>();
        }
    }
}
