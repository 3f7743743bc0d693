//! Newton's method on the Rosenbrock function of ten numbers: a plain function, its gradient and Hessian in one call each.

use retrograd::{
    DType, Graph,
    scalar::{Scalar, hessian, value_and_gradient},
};

/// `Σ 100(xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)²`: 0 where all are 1, at the end of a narrow valley.
fn rosenbrock<R: Scalar>(x: &[R]) -> R {
    x.windows(2).map(|x| (x[1] - x[0].square()).square() * 100.0 + (-x[0] + 1.0).square()).sum()
}

fn main() {
    let mut x = [-1.2, 1.0].repeat(5);
    for step in 0.. {
        let (value, gradient) = value_and_gradient(|x| rosenbrock(x), &x);
        let norm = gradient.iter().map(|slope| slope * slope).sum::<f64>().sqrt();
        println!("step {step}: value {value:.3e}, gradient {norm:.3e}");
        if norm < 1e-10 {
            break;
        }
        let direction = solve(&hessian(|x| rosenbrock(x), &x), &gradient);
        x = descend(&x, value, &gradient, &direction);
    }
    let distance = x.iter().map(|x| (x - 1.0).abs()).fold(0.0, f64::max);
    println!("distance from the minimum: {distance:.1e}");
}

/// A step against the direction, halved until the value falls by a part of what the slope promises.
fn descend(x: &[f64], value: f64, gradient: &[f64], direction: &[f64]) -> Vec<f64> {
    let slope: f64 = gradient.iter().zip(direction).map(|(g, d)| g * d).sum();
    // Where the Hessian is not positive definite, Newton's direction may lead uphill; its opposite does not.
    let mut length = slope.signum();
    loop {
        let next: Vec<_> = x.iter().zip(direction).map(|(x, d)| x - length * d).collect();
        if rosenbrock(&next) <= value - 1e-4 * (length * slope) || length.abs() < 1e-12 {
            return next;
        }
        length *= 0.5;
    }
}

/// The solution of linear equations, by the tensors of a graph.
fn solve(rows: &[Vec<f64>], b: &[f64]) -> Vec<f64> {
    let g = Graph::with_dtype(DType::F64);
    let matrix = g.constant(rows.concat().as_slice()).reshape([b.len(), b.len()]);
    matrix.solve(g.constant(b)).value().to_vec()
}
