//! A product of many factors: each operation waits for the one before.

use retrograd::{Expr, Real};

use super::Function;

/// `Π xᵢ`.
pub struct Product {
    /// Of how many factors.
    pub n: usize,
}

impl Function for Product {
    fn point(&self) -> Vec<f64> {
        (0..self.n).map(|i| (1.0 + i as f64) / (2.0 + i as f64)).collect()
    }

    fn value<R: Real>(&self, x: &[R]) -> R {
        let mut product = x[0];
        for &factor in &x[1..] {
            product = product * factor;
        }
        product
    }

    fn expression<'g>(&self, x: Expr<'g>) -> Option<Expr<'g>> {
        Some(x.prod())
    }

    fn gradient(&self, x: &[f64], gradient: &mut [f64], _: &mut Vec<f64>) -> f64 {
        let mut before = 1.0;
        for (gradient, factor) in gradient.iter_mut().zip(x) {
            *gradient = before;
            before *= factor;
        }
        let mut after = 1.0;
        for (gradient, factor) in gradient.iter_mut().zip(x).rev() {
            *gradient *= after;
            after *= factor;
        }
        before
    }
}
