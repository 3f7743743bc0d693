//! Rosenbrock's function, `Σ 100·(xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)²`: cheap operations without an order.

use retrograd::{Expr, Real};

use super::Function;

/// Rosenbrock's function.
pub struct Rosenbrock {
    /// Of how many numbers.
    pub n: usize,
}

impl Function for Rosenbrock {
    fn point(&self) -> Vec<f64> {
        (0..self.n).map(|i| if i % 2 == 0 { -1.2 } else { 1.0 }).collect()
    }

    fn value<R: Real>(&self, x: &[R]) -> R {
        let (one, hundred) = (x[0].lit(1.0), x[0].lit(100.0));
        let mut sum = x[0].lit(0.0);
        for pair in x.windows(2) {
            let (a, b) = (pair[0], pair[1]);
            sum = sum + hundred * (b - a.square()).square() + (one - a).square();
        }
        sum
    }

    fn expression<'g>(&self, x: Expr<'g>) -> Option<Expr<'g>> {
        let (a, b) = (x.slice(0, 0..self.n - 1), x.slice(0, 1..self.n));
        Some((100.0 * (b - a.square()).square() + (1.0 - a).square()).sum())
    }

    fn gradient(&self, x: &[f64], gradient: &mut [f64], _: &mut Vec<f64>) -> f64 {
        gradient.fill(0.0);
        let mut sum = 0.0;
        for i in 0..x.len() - 1 {
            let (off_parabola, off_one) = (x[i + 1] - x[i] * x[i], 1.0 - x[i]);
            sum += 100.0 * off_parabola * off_parabola + off_one * off_one;
            gradient[i] -= 400.0 * off_parabola * x[i] + 2.0 * off_one;
            gradient[i + 1] += 200.0 * off_parabola;
        }
        sum
    }
}
