//! `log Σ exp xᵢ`, the largest number first.

use retrograd::{Expr, Real};

use super::Function;

/// The logarithm of a sum of exponentials.
pub struct LogSumExp {
    /// Of how many numbers.
    pub n: usize,
}

impl Function for LogSumExp {
    fn point(&self) -> Vec<f64> {
        (0..self.n).map(|i| 2.0 * (i as f64).sin()).collect()
    }

    fn value<R: Real>(&self, x: &[R]) -> R {
        log_sum_exp(x)
    }

    fn expression<'g>(&self, x: Expr<'g>) -> Option<Expr<'g>> {
        Some(x.logsumexp(0))
    }

    fn gradient(&self, x: &[f64], gradient: &mut [f64], _: &mut Vec<f64>) -> f64 {
        softmax(x, gradient)
    }
}

/// `max x + log Σ exp (xᵢ − max x)`.
pub fn log_sum_exp<R: Real>(x: &[R]) -> R {
    let mut largest = x[0];
    for &x in &x[1..] {
        largest = largest.maximum(x);
    }
    let mut sum = x[0].lit(0.0);
    for &x in x {
        sum = sum + (x - largest).exp();
    }
    largest + sum.log()
}

/// `log Σ exp xᵢ`, with its gradient `exp (xᵢ − log Σ exp x)`.
pub fn softmax(x: &[f64], gradient: &mut [f64]) -> f64 {
    let largest = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for (gradient, x) in gradient.iter_mut().zip(x) {
        *gradient = (x - largest).exp();
        sum += *gradient;
    }
    gradient.iter_mut().for_each(|gradient| *gradient /= sum);
    largest + sum.ln()
}
