//! Gaussian elimination with partial pivoting, in place.

use crate::{data::dtype::Float, graph::ops::linalg::epsilon};

/// The results of elimination beside the factors.
pub(super) enum Elimination {
    /// There is a pivot in every column; rows have been exchanged an odd number of times or not.
    Regular { is_odd: bool },
    /// All that is left of this column is 0, or nothing but the rounding of what has cancelled.
    Singular { column: usize },
}

/// Factorizes the first `n` columns of `n` rows, each `width` numbers long, into a lower triangle with ones in its
/// diagonal, which are not stored, and an upper one. Rows are exchanged over their whole width. Sums are in double
/// precision (Crout's order: each number is written once).
pub(super) fn factorize<F: Float>(n: usize, width: usize, rows: &mut [F]) -> Elimination {
    let mut is_odd = false;
    for column in 0..n {
        for row in 0..n {
            let sum = dot(row.min(column), |k| (rows[row * width + k], rows[k * width + column]));
            let at = row * width + column;
            rows[at] = F::lit(rows[at].to_f64() - sum);
        }
        let size = |row: usize| rows[row * width + column].abs();
        let pivot = (column + 1..n).fold(column, |best, row| {
            let is_larger = size(row) > size(best) || size(row).is_nan();
            if is_larger { row } else { best }
        });
        if size(pivot) == F::lit(0.0) || is_roundoff(n, width, column, rows) {
            return Elimination::Singular { column };
        }
        if pivot != column {
            exchange_rows(width, column, pivot, rows);
            is_odd = !is_odd;
        }
        let divisor = rows[column * width + column];
        for row in column + 1..n {
            let at = row * width + column;
            rows[at] = rows[at] / divisor;
        }
    }
    Elimination::Regular { is_odd }
}

/// Whether rounding alone can have made all that is left of a column, in each row: then no digit of a pivot is right, nor
/// one of what would be divided by it. Roundings add up as a random walk (Higham and Mary 2019).
fn is_roundoff<F: Float>(n: usize, width: usize, column: usize, rows: &[F]) -> bool {
    (column..n).all(|row| {
        let size = |k: usize| (rows[row * width + k], rows[k * width + column]);
        let cancelled =
            (0..column).map(size).fold(0.0, |sum, (a, b)| sum + (a.to_f64() * b.to_f64()).abs());
        rows[row * width + column].to_f64().abs()
            <= (column as f64).sqrt() * epsilon::<F>() * cancelled
    })
}

/// The sum of `n` products, in double precision.
pub(super) fn dot<F: Float>(n: usize, factors: impl Fn(usize) -> (F, F)) -> f64 {
    (0..n).map(factors).fold(0.0, |sum, (a, b)| sum + a.to_f64() * b.to_f64())
}

/// Exchanges two rows, each `width` numbers long.
pub(super) fn exchange_rows<F: Float>(width: usize, a: usize, b: usize, rows: &mut [F]) {
    for column in 0..width {
        rows.swap(a * width + column, b * width + column);
    }
}
