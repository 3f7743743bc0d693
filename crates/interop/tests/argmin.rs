//! Problems of `argmin` are the functions and derivatives that they are made of.

use argmin::core::{CostFunction, Gradient, Hessian, Jacobian, Operator};
use nalgebra_v0_34::{DMatrix, DVector};
use retrograd::scalar::{
    Scalar, gradient, hessian,
    interop::argmin::{Differentiable, Residuals, ScalarObjective, Squares},
    jacobian,
};

#[derive(Clone, Copy, Debug)]
struct Circle;

impl Residuals for Circle {
    fn residuals<R: Scalar>(&self, x: &[R]) -> Vec<R> {
        vec![x[0].square() + x[1].square() - 4.0, x[0] - x[1], x[0].exp()]
    }
}

const X: [f64; 2] = [0.5, -1.5];

#[test]
fn objectives_have_values_gradients_and_hessians() {
    let problem = Differentiable::new(Squares(Circle));
    let x = X.to_vec();
    let value = Squares(Circle).value(&X);
    assert_eq!(problem.cost(&x).unwrap(), value);
    assert_eq!(value, Circle.residuals(&X).iter().map(|r| r * r / 2.0).sum::<f64>());
    assert_eq!(problem.gradient(&x).unwrap(), gradient(|x| Squares(Circle).value(x), &X));
    assert_eq!(problem.hessian(&x).unwrap(), hessian(|x| Squares(Circle).value(x), &X));
    assert_eq!(format!("{problem:?}"), "Differentiable(Squares(Circle))");
}

#[test]
fn residuals_are_operators_on_vectors_of_other_crates() {
    let matrix =
        |rows: Vec<Vec<f64>>| DMatrix::from_fn(rows.len(), rows[0].len(), |i, j| rows[i][j]);
    let problem = Differentiable::with_matrices(Circle, matrix);
    let x = DVector::from_column_slice(&X);
    assert_eq!(problem.apply(&x).unwrap().as_slice(), Circle.residuals(&X));
    let rows = jacobian(|x| Circle.residuals(x), &X);
    let got: DMatrix<f64> = problem.jacobian(&x).unwrap();
    assert_eq!(got.shape(), (3, 2));
    assert_eq!(got, matrix(rows));
    // Half the squares' gradient is Jᵀr.
    let squares = Differentiable::with_matrices(Squares(Circle), matrix);
    let expected = got.transpose() * problem.apply(&x).unwrap();
    assert!((squares.gradient(&x).unwrap() - expected).norm() < 1e-13);
}
