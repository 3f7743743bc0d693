//! The decomposition itself, by turning pairs of columns.

use crate::{
    data::dtype::Float,
    graph::ops::linalg::{elimination::dot, epsilon},
};

/// Rounds after which columns are taken for orthogonal; six or so are needed.
const MAX_ROUNDS: usize = 60;

/// Turns pairs of columns until all are orthogonal (Hestenes 1958; de Rijk 1989): their lengths are the singular
/// values, with small relative errors.
pub(super) fn decompose<F: Float>(m: usize, n: usize, a: &[F], y: &mut [F]) {
    y.fill(F::lit(0.0));
    y[..m * n].copy_from_slice(a);
    (0..n).for_each(|k| y[(m + 1 + k) * n + k] = F::lit(1.0));
    let scale = scale_to_one(&mut y[..m * n]);
    for _ in 0..MAX_ROUNDS {
        let mut is_done = true;
        for p in 0..n {
            for q in p + 1..n {
                is_done &= !make_orthogonal(m, n, (p, q), epsilon::<F>() * (m as f64).sqrt(), y);
            }
        }
        if is_done {
            break;
        }
    }
    for k in 0..n {
        let is_zero = is_roundoff(m, n, k, scale, a, y);
        let length = dot(m, |row| (y[row * n + k], y[row * n + k])).sqrt();
        for row in 0..m {
            let at = row * n + k;
            y[at] = F::lit(if is_zero { 0.0 } else { y[at].to_f64() / length });
        }
        y[m * n + k] = F::lit(if is_zero { 0.0 } else { length * scale });
    }
    sort_columns(m, n, y);
    join_ties(n, &mut y[m * n..][..n]);
    complete(m, n, y);
}

/// Whether a column `A·v` is 0 but for the rounding of `A·v`, element by element, so that small rows and columns keep
/// their digits.
fn is_roundoff<F: Float>(m: usize, n: usize, k: usize, scale: f64, a: &[F], y: &[F]) -> bool {
    let roundoff = 8.0 * epsilon::<F>() * (m as f64).sqrt();
    (0..m).all(|row| {
        let size =
            |j: usize| (a[row * n + j].to_f64() / scale * y[(m + 1 + j) * n + k].to_f64()).abs();
        y[row * n + k].to_f64().abs() <= roundoff * (0..n).map(size).fold(0.0, |sum, x| sum + x)
    })
}

/// Makes descending values equal that rounding cannot tell apart, so that a tie is a tie.
fn join_ties<F: Float>(n: usize, values: &mut [F]) {
    let roundoff = (4.0 + (n as f64).sqrt()) * epsilon::<F>();
    for k in 1..n {
        let (before, value) = (values[k - 1].to_f64(), values[k].to_f64());
        if before - value <= roundoff * before {
            values[k] = values[k - 1];
        }
    }
}

/// Gives columns of 0, which come last, directions that are orthogonal to all before them: of each coordinate axis, what
/// these leave of the one that they cover least.
fn complete<F: Float>(m: usize, n: usize, y: &mut [F]) {
    let n_values = (0..n).take_while(|k| y[m * n + k] != F::lit(0.0)).count();
    for k in n_values..n {
        let covered = |row: usize| dot(k, |j| (y[row * n + j], y[row * n + j]));
        let least =
            (0..m).fold(0, |best, row| if covered(row) < covered(best) { row } else { best });
        y[least * n + k] = F::lit(1.0);
        // Twice is enough (Kahan, in Parlett 1998, "The symmetric eigenvalue problem").
        for _ in 0..2 {
            for j in 0..k {
                let part = dot(m, |row| (y[row * n + j], y[row * n + k]));
                for row in 0..m {
                    let at = row * n + k;
                    y[at] = F::lit(y[at].to_f64() - part * y[row * n + j].to_f64());
                }
            }
            let length = dot(m, |row| (y[row * n + k], y[row * n + k])).sqrt();
            (0..m).for_each(|row| y[row * n + k] = F::lit(y[row * n + k].to_f64() / length));
        }
    }
}

/// Divides by a power of two so that the largest element is near 1, where squares are safe; returns the power.
fn scale_to_one<F: Float>(a: &mut [F]) -> f64 {
    let largest = a.iter().map(|a| a.to_f64().abs()).fold(0.0, f64::max);
    if largest == 0.0 || !largest.is_finite() {
        return 1.0;
    }
    let exponent = largest.log2().floor().clamp(-1020.0, 1020.0);
    let power = exponent.exp2();
    a.iter_mut().for_each(|a| *a = F::lit(a.to_f64() / power));
    power
}

/// Turns columns `p` and `q` in their plane so that they are orthogonal; whether they were not yet.
fn make_orthogonal<F: Float>(
    m: usize,
    n: usize,
    (p, q): (usize, usize),
    tolerance: f64,
    y: &mut [F],
) -> bool {
    let product = |a: usize, b: usize| dot(m, |row| (y[row * n + a], y[row * n + b]));
    let (pp, qq, pq) = (product(p, p), product(q, q), product(p, q));
    let is_skew = pq.abs() > tolerance * (pp * qq).sqrt();
    if !is_skew {
        return false;
    }
    let zeta = (qq - pp) / (2.0 * pq);
    let tangent = zeta.signum() / (zeta.abs() + zeta.hypot(1.0));
    let cosine = 1.0 / tangent.hypot(1.0);
    let sine = cosine * tangent;
    for row in (0..m).chain(m + 1..m + 1 + n) {
        let (a, b) = (y[row * n + p].to_f64(), y[row * n + q].to_f64());
        y[row * n + p] = F::lit(cosine * a - sine * b);
        y[row * n + q] = F::lit(sine * a + cosine * b);
    }
    true
}

/// Brings the largest singular values to the front.
fn sort_columns<F: Float>(m: usize, n: usize, y: &mut [F]) {
    for k in 0..n {
        let value = |column: usize| y[m * n + column];
        let largest = (k + 1..n)
            .fold(k, |best, column| if value(column) > value(best) { column } else { best });
        if largest != k {
            (0..m + 1 + n).for_each(|row| y.swap(row * n + k, row * n + largest));
        }
    }
}
