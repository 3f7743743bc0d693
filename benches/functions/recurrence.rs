//! Recurrences of one number, step after step: what costs is each operation by itself.

use retrograd::{Expr, Real};

use super::Function;

/// `y ← exp((sin(y·x₀) + x₁)·x₂)`, many times from `y = x₀`.
pub struct Recurrence {
    /// How often.
    pub n_steps: usize,
}

impl Function for Recurrence {
    fn point(&self) -> Vec<f64> {
        vec![0.7, 0.3, -0.5]
    }

    fn value<R: Real>(&self, x: &[R]) -> R {
        let mut y = x[0];
        for _ in 0..self.n_steps {
            y = (((y * x[0]).sin() + x[1]) * x[2]).exp();
        }
        y
    }

    fn expression<'g>(&self, _: Expr<'g>) -> Option<Expr<'g>> {
        None
    }

    fn gradient(&self, x: &[f64], gradient: &mut [f64], memory: &mut Vec<f64>) -> f64 {
        let mut y = x[0];
        memory.clear();
        for _ in 0..self.n_steps {
            let (sin, cos) = (y * x[0]).sin_cos();
            let u = sin + x[1];
            memory.extend([y, cos, u]);
            y = (u * x[2]).exp();
        }
        let (value, mut by_y) = (y, 1.0);
        let mut by_x = [0.0; 3];
        for &[before, cos, u] in memory.as_chunks().0.iter().rev() {
            let by_product = by_y * y;
            by_x[2] += by_product * u;
            let by_u = by_product * x[2];
            by_x[1] += by_u;
            let by_angle = by_u * cos;
            by_x[0] += by_angle * before;
            by_y = by_angle * x[0];
            y = before;
        }
        by_x[0] += by_y;
        gradient.copy_from_slice(&by_x);
        value
    }
}

/// `y ← y·x₀ + x₁`, many times from `y = x₀`.
pub struct Affine {
    /// How often.
    pub n_steps: usize,
}

impl Function for Affine {
    fn point(&self) -> Vec<f64> {
        vec![0.999, 0.001]
    }

    fn value<R: Real>(&self, x: &[R]) -> R {
        let mut y = x[0];
        for _ in 0..self.n_steps {
            let t = y * x[0];
            y = t + x[1];
        }
        y
    }

    fn expression<'g>(&self, _: Expr<'g>) -> Option<Expr<'g>> {
        None
    }

    fn gradient(&self, x: &[f64], gradient: &mut [f64], memory: &mut Vec<f64>) -> f64 {
        let mut y = x[0];
        memory.clear();
        for _ in 0..self.n_steps {
            memory.push(y);
            y = y * x[0] + x[1];
        }
        let mut by_y = 1.0;
        let mut by_x = [0.0; 2];
        for before in memory.iter().rev() {
            by_x[0] += by_y * before;
            by_x[1] += by_y;
            by_y *= x[0];
        }
        by_x[0] += by_y;
        gradient.copy_from_slice(&by_x);
        y
    }
}
