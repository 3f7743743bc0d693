//! Gauss–Newton: a curve of three parameters is laid through noisy points, by the Jacobian of its residuals.

use rand::RngExt;
use retrograd::{
    DType, Graph,
    layers::seeded,
    scalar::{Scalar, jacobian},
};

const TRUE: [f64; 3] = [2.5, 1.3, 0.5];

/// `a·e^{−b·t} + c`.
fn curve<R: Scalar>(p: &[R], t: f64) -> R {
    p[0] * (p[1] * -t).exp() + p[2]
}

/// How far the curve is from each point.
fn residuals<R: Scalar>(p: &[R], points: &[(f64, f64)]) -> Vec<R> {
    points.iter().map(|&(t, y)| curve(p, t) - y).collect()
}

fn main() {
    let mut rng = seeded(1);
    let points: Vec<_> = (0..40)
        .map(|k| {
            (0.1 * f64::from(k), curve(&TRUE, 0.1 * f64::from(k)) + rng.random_range(-0.02..0.02))
        })
        .collect();

    let mut p = [1.0, 0.5, 0.0];
    for step in 0..8 {
        let r = residuals(&p, &points);
        let rows = jacobian(|p| residuals(p, &points), &p);
        println!("step {step}: squares {:.9}", r.iter().map(|r| r * r).sum::<f64>());

        // (JᵀJ)·δ = Jᵀr, by the tensors of a graph.
        let g = Graph::with_dtype(DType::F64);
        let j = g.constant(rows.concat().as_slice()).reshape([points.len(), 3]);
        let change = j.t().dot(j).solve(j.t().dot(g.constant(r.as_slice()))).value();
        p.iter_mut().zip(change.to_vec::<f64>()).for_each(|(p, change)| *p -= change);
    }
    println!("parameters: {p:.4?}, true ones {TRUE:?}");
    let error = p.iter().zip(TRUE).map(|(p, t)| (p - t).abs()).fold(0.0, f64::max);
    println!("largest error: {error:.4}");
}
