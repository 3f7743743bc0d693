//! Loops over the rows of a perceptron's layers, fused by hand.

use std::f64::consts::{FRAC_2_SQRT_PI, SQRT_2};

use crate::by_hand::{Number, number, vectorized};

/// Number of classes: loops of fixed length are unrolled.
pub const N_CLASSES: usize = 10;

vectorized! {
    /// `y ← max(y + b, 0)` in every row.
    pub fn relu<F: Number>(y: &mut [F], bias: &[F]) {
        for row in y.chunks_exact_mut(bias.len()) {
            for (y, &b) in row.iter_mut().zip(bias) {
                *y = (*y + b).larger(number(0.0));
            }
        }
    }
}

vectorized! {
    /// `d ← d` where `y > 0`, else 0; `sums` become the sums of the columns.
    pub fn slope_of_relu<F: Number>(d: &mut [F], y: &[F], sums: &mut [F]) {
        sums.fill(F::default());
        for (d, y) in d.chunks_exact_mut(sums.len()).zip(y.chunks_exact(sums.len())) {
            for ((d, &y), sum) in d.iter_mut().zip(y).zip(&mut *sums) {
                *d = if y > F::default() { *d } else { F::default() };
                *sum += *d;
            }
        }
    }
}

/// `gelu(x) = x·s` and its derivative `s + x·s(1 − s)·v'`, with `s = σ(v)` and `v = 2√(2/π)(x + 0.044715x³)`, which is
/// the form with `tanh`, since `1 + tanh u = 2σ(2u)`.
#[inline(always)]
fn gelu_and_slope<F: Number>(x: F) -> (F, F) {
    const LINEAR: f64 = FRAC_2_SQRT_PI * SQRT_2;
    const CUBIC: f64 = LINEAR * 0.044715;
    let square = x * x;
    let s = (x * square.fused(number(CUBIC), number(LINEAR))).fast_sigmoid();
    let dv = square.fused(number(3.0 * CUBIC), number(LINEAR));
    let y = x * s;
    (y, (y * dv).fused((-s) + number(1.0), s))
}

vectorized! {
    /// `y ← gelu(y + b)` in every row.
    pub fn gelu<F: Number>(y: &mut [F], bias: &[F]) {
        for row in y.chunks_exact_mut(bias.len()) {
            for (y, &b) in row.iter_mut().zip(bias) {
                *y = gelu_and_slope(*y + b).0;
            }
        }
    }
}

vectorized! {
    /// `y ← gelu(y + b)` in every row, with the derivative there.
    pub fn gelu_with_slope<F: Number>(y: &mut [F], bias: &[F], slope: &mut [F]) {
        let rows = y.chunks_exact_mut(bias.len()).zip(slope.chunks_exact_mut(bias.len()));
        for (y, slope) in rows {
            for ((y, &b), slope) in y.iter_mut().zip(bias).zip(slope) {
                (*y, *slope) = gelu_and_slope(*y + b);
            }
        }
    }
}

vectorized! {
    /// `d ← d·slope`; `sums` become the sums of the columns.
    pub fn times_slope<F: Number>(d: &mut [F], slope: &[F], sums: &mut [F]) {
        sums.fill(F::default());
        for (d, slope) in d.chunks_exact_mut(sums.len()).zip(slope.chunks_exact(sums.len())) {
            for ((d, &slope), sum) in d.iter_mut().zip(slope).zip(&mut *sums) {
                *d = *d * slope;
                *sum += *d;
            }
        }
    }
}

vectorized! {
    /// The mean cross entropy of `softmax(y + b)`; `y` becomes the gradient `(softmax − one hot)/n` by itself, and
    /// `sums` the sums of its columns.
    pub fn cross_entropy<F: Number>(y: &mut [F], bias: &[F], labels: &[i64], sums: &mut [F]) -> f64 {
        let mut bias_of_class = [F::default(); N_CLASSES];
        bias_of_class.copy_from_slice(bias);
        let mut chosen = 0.0;
        for (row, &label) in y.as_chunks_mut::<N_CLASSES>().0.iter_mut().zip(labels) {
            let mut max = row[0] + bias_of_class[0];
            for (y, b) in row.iter_mut().zip(bias_of_class) {
                *y += b;
                max = max.larger(*y);
            }
            row.iter_mut().for_each(|y| *y = *y - max);
            chosen += row[label as usize].to_f64();
        }
        y.iter_mut().for_each(|y| *y = y.fast_exp());

        let scale = number::<F>(1.0 / labels.len() as f64);
        let (mut logarithms, mut columns) = (0.0, [F::default(); N_CLASSES]);
        let rows = y.as_chunks_mut::<N_CLASSES>().0;
        // One logarithm for many rows: the product of 256 sums of at most 10 is a finite number.
        for (rows, labels) in rows.chunks_mut(256).zip(labels.chunks(256)) {
            let mut product = 1.0;
            for (row, &label) in rows.iter_mut().zip(labels) {
                let sum = row.iter().fold(F::default(), |sum, &y| sum + y);
                product *= sum.to_f64();
                let factor = scale / sum;
                row.iter_mut().for_each(|y| *y = *y * factor);
                row[label as usize] = row[label as usize] - scale;
                columns.iter_mut().zip(&*row).for_each(|(column, &y)| *column += y);
            }
            logarithms += f64::ln(product);
        }
        sums.copy_from_slice(&columns);
        (logarithms - chosen) / labels.len() as f64
    }
}
