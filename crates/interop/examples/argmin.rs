//! Solvers of `argmin`, with derivatives of plain functions: L-BFGS by gradients, a trust region by Hessians, and
//! Gauss–Newton by the Jacobian of residuals, on the matrices of `nalgebra`.

use argmin::{
    core::{Error, Executor, State},
    solver::{
        gaussnewton::GaussNewton,
        linesearch::MoreThuenteLineSearch,
        quasinewton::LBFGS,
        trustregion::{Steihaug, TrustRegion},
    },
};
use nalgebra_v0_34::{DMatrix, DVector};
use retrograd::scalar::{
    Scalar,
    interop::argmin::{Differentiable, Residuals, ScalarObjective},
};

/// `Σ 100(xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)²`: 0 where all are 1, at the end of a narrow valley.
struct Rosenbrock;

impl ScalarObjective for Rosenbrock {
    fn value<R: Scalar>(&self, x: &[R]) -> R {
        x.windows(2).map(|x| (x[1] - x[0].square()).square() * 100.0 + (-x[0] + 1.0).square()).sum()
    }
}

/// How far the curve `a·e^{−b·t}` is from points.
struct Decay([(f64, f64); 4]);

impl Residuals for Decay {
    fn residuals<R: Scalar>(&self, p: &[R]) -> Vec<R> {
        self.0.iter().map(|&(t, y)| p[0] * (p[1] * -t).exp() - y).collect()
    }
}

fn main() -> Result<(), Error> {
    let start = vec![0.0; 10];

    let solver = LBFGS::new(MoreThuenteLineSearch::new(), 7).with_tolerance_grad(1e-10)?;
    let result = Executor::new(Differentiable::new(Rosenbrock), solver)
        .configure(|state| state.param(start.clone()).max_iters(200))
        .run()?;
    report("L-BFGS", result.state());

    let solver = TrustRegion::new(Steihaug::new().with_max_iters(20));
    let result = Executor::new(Differentiable::new(Rosenbrock), solver)
        .configure(|state| state.param(start.clone()).max_iters(200).target_cost(1e-20))
        .run()?;
    report("trust region", result.state());

    // Points on the curve of a = 2.5, b = 1.3.
    let points = [0.0, 0.5, 1.0, 2.0].map(|t| (t, 2.5 * f64::exp(-1.3 * t)));
    let matrix =
        |rows: Vec<Vec<f64>>| DMatrix::from_fn(rows.len(), rows[0].len(), |i, j| rows[i][j]);
    let result =
        Executor::new(Differentiable::with_matrices(Decay(points), matrix), GaussNewton::new())
            .configure(|state| state.param(DVector::from_vec(vec![1.0, 0.5])).max_iters(10))
            .run()?;
    let p: &DVector<f64> = result.state().get_best_param().expect("the solver has run");
    println!("Gauss–Newton: a = {:.9}, b = {:.9}", p[0], p[1]);
    Ok(())
}

fn report(solver: &str, state: &impl State<Param = Vec<f64>, Float = f64>) {
    let x = state.get_best_param().expect("the solver has run");
    let distance = x.iter().map(|x| (x - 1.0).abs()).fold(0.0, f64::max);
    println!("{solver}: {} steps, distance from the minimum {distance:.1e}", state.get_iter());
}
