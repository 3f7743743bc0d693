//! Loops over rows of equal length: their sums and maxima, and numbers of rows put into them.
//!
//! They are compiled for the instructions of the kernel that they are inlined in.

use retrograd_core::Float;

/// Elements summed in the element type before they join a total in double precision.
pub(super) const CHUNK: usize = 512;

/// Partial results side by side, so that the loop has no dependence from one operation to the next.
pub(super) const N_LANES: usize = 32;

/// Rows of fewer elements are reduced several at a time, side by side.
const SHORT: usize = 16;

/// How many.
const N_ROWS: usize = 8;

/// The sum of each row of `n` elements.
#[inline(always)]
pub(super) fn sum<F: Float>(x: &[F], n: usize, out: &mut [F]) {
    if n < SHORT {
        return fold_short(x, n, |x| <F as Float>::lit(0.0) + x, |total, x| total + x, out);
    }
    for (row, out) in x.chunks_exact(n).zip(out) {
        // A loop, since the parts of iterators need not be compiled for the same instructions.
        let mut total = 0.0;
        for chunk in row.chunks(CHUNK) {
            total += sum_chunk(chunk).to_f64();
        }
        *out = <F as Float>::lit(total);
    }
}

/// The maximum of each row of `n` elements; NaN if one is.
#[inline(always)]
pub(super) fn max<F: Float>(x: &[F], n: usize, out: &mut [F]) {
    if n < SHORT {
        return fold_short(x, n, |x| x, larger, out);
    }
    for (row, out) in x.chunks_exact(n).zip(out) {
        let (groups, rest) = row.as_chunks::<N_LANES>();
        let mut lanes = [row[0]; N_LANES];
        for group in groups {
            for (lane, &x) in lanes.iter_mut().zip(group) {
                *lane = larger(*lane, x);
            }
        }
        *out = fold_lanes(with_rest(lanes, rest, larger), larger);
    }
}

/// Folds each row of `n` elements, beginning with `first` of its first.
#[inline(always)]
fn fold_short<F: Float>(
    x: &[F],
    n: usize,
    first: impl Fn(F) -> F,
    fold: impl Fn(F, F) -> F,
    out: &mut [F],
) {
    let (groups, rest) = out.as_chunks_mut::<N_ROWS>();
    let (x, x_rest) = x.split_at(groups.len() * N_ROWS * n);
    for (x, out) in x.chunks_exact(N_ROWS * n).zip(groups) {
        *out = std::array::from_fn(|row| first(x[row * n]));
        for column in 1..n {
            for (row, out) in out.iter_mut().enumerate() {
                *out = fold(*out, x[row * n + column]);
            }
        }
    }
    for (row, out) in x_rest.chunks_exact(n).zip(rest) {
        *out = row[1..].iter().fold(first(row[0]), |total, &x| fold(total, x));
    }
}

#[inline(always)]
fn sum_chunk<F: Float>(chunk: &[F]) -> F {
    let mut lanes = [<F as Float>::lit(0.0); N_LANES];
    let (groups, rest) = chunk.as_chunks::<N_LANES>();
    for group in groups {
        for (lane, &x) in lanes.iter_mut().zip(group) {
            *lane = *lane + x;
        }
    }
    let add = |total, x| total + x;
    fold_lanes(with_rest(lanes, rest, add), add)
}

/// Lanes, with the elements folded in that do not fill them. They are a copy, so that the loop before keeps its own in
/// registers: these are indexed by a variable.
#[inline(always)]
fn with_rest<F: Copy>(
    mut lanes: [F; N_LANES],
    rest: &[F],
    fold: impl Fn(F, F) -> F,
) -> [F; N_LANES] {
    for (lane, &x) in lanes.iter_mut().zip(rest) {
        *lane = fold(*lane, x);
    }
    lanes
}

/// Folds lanes, several at a time.
#[inline(always)]
fn fold_lanes<F: Copy>(lanes: [F; N_LANES], fold: impl Fn(F, F) -> F) -> F {
    let quarter = |k: usize| fold(fold(lanes[k], lanes[k + 8]), fold(lanes[k + 16], lanes[k + 24]));
    let quarters: [F; 8] = std::array::from_fn(quarter);
    let pair = |k: usize| fold(quarters[k], quarters[k + 4]);
    fold(fold(pair(0), pair(1)), fold(pair(2), pair(3)))
}

/// The larger of two; NaN if one is.
#[inline(always)]
pub(super) fn larger<F: Float>(a: F, b: F) -> F {
    if a > b || a.is_nan() { a } else { b }
}

/// The number of each row, `n` times.
#[inline(always)]
pub(super) fn spread<F: Copy>(x: &[F], n: usize, y: &mut [F]) {
    if n > SHORT {
        return x.iter().zip(y.chunks_exact_mut(n)).for_each(|(&x, y)| y.fill(x));
    }
    // As many numbers as vectors hold: those beyond the row are overwritten by what comes after them.
    for (k, &x) in x.iter().enumerate() {
        let rest = &mut y[k * n..];
        match rest.first_chunk_mut::<SHORT>() {
            Some(row) => row.fill(x),
            None => rest.fill(x),
        }
    }
}

/// The number at an index of each row of `n` elements.
#[inline(always)]
pub(super) fn pick<F: Copy>(x: &[F], index: &[i64], n: usize, y: &mut [F]) {
    for ((row, &index), y) in x.chunks_exact(n).zip(index).zip(y) {
        *y = row[index as usize];
    }
}

/// Rows of zeros and one number each, added at an index.
#[inline(always)]
pub(super) fn put<F: Float>(x: &[F], index: &[i64], n: usize, y: &mut [F]) {
    y.fill(<F as Float>::lit(0.0));
    for ((row, &index), &x) in y.chunks_exact_mut(n).zip(index).zip(x) {
        let y = &mut row[index as usize];
        *y = *y + x;
    }
}
