//! Scalar functions as problems for the solvers of `argmin`.
//!
//! ```
//! use argmin::core::{CostFunction, Gradient, Hessian};
//! use retrograd_scalar::{Scalar, interop::argmin::{Differentiable, ScalarObjective}};
//!
//! struct Rosenbrock;
//!
//! impl ScalarObjective for Rosenbrock {
//!     fn value<R: Scalar>(&self, x: &[R]) -> R {
//!         (x[1] - x[0].square()).square() * 100.0 + (-x[0] + 1.0).square()
//!     }
//! }
//!
//! let (problem, x) = (Differentiable::new(Rosenbrock), vec![1.0, 2.0]);
//! assert_eq!(problem.cost(&x)?, 100.0);
//! assert_eq!(problem.gradient(&x)?, [-400.0, 200.0]);
//! assert_eq!(problem.hessian(&x)?, [[402.0, -400.0], [-400.0, 200.0]]);
//! # Ok::<(), argmin::core::Error>(())
//! ```
//!
//! An [`Executor`](argmin::core::Executor) accepts such a problem with any solver for these vectors and matrices. The
//! crate `argmin-math` with its feature `vec` supports them.

use std::{fmt, marker::PhantomData};

use argmin::core::{CostFunction, Error, Gradient, Hessian, Jacobian, Operator};

use crate::{Scalar, Tape, hessian, jacobian};

/// A scalar function to minimize, generic over the scalar type.
pub trait ScalarObjective {
    /// The value at `x`.
    fn value<R: Scalar>(&self, x: &[R]) -> R;
}

/// Residuals of a least-squares problem, generic over the scalar type.
pub trait Residuals {
    /// The values at `x`.
    fn residuals<R: Scalar>(&self, x: &[R]) -> Vec<R>;
}

/// Half the sum of squares of residuals, `½·Σ rₖ²`, as an objective.
#[derive(Clone, Copy, Debug)]
pub struct Squares<F>(pub F);

impl<F: Residuals> ScalarObjective for Squares<F> {
    fn value<R: Scalar>(&self, x: &[R]) -> R {
        self.0.residuals(x).into_iter().map(|r| r.square()).sum::<R>() * 0.5
    }
}

/// The vector type of a solver: a vector of `std`, `nalgebra` or `ndarray`, in any version.
pub trait Point: From<Vec<f64>> {
    /// The elements, in order.
    fn numbers(&self) -> Vec<f64>;
}

impl<V: From<Vec<f64>>> Point for V
where
    for<'a> &'a V: IntoIterator<Item = &'a f64>,
{
    fn numbers(&self) -> Vec<f64> {
        self.into_iter().copied().collect()
    }
}

/// A function with its derivatives as an `argmin` problem. A [`ScalarObjective`] has cost function, gradient and
/// Hessian; [`Residuals`] have operator and Jacobian.
///
/// Arguments and gradients have any type `V` that implements [`Point`]: `V` is made from a `Vec<f64>`, and its
/// references can be iterated over.
#[derive(Clone)]
pub struct Differentiable<F, V = Vec<f64>, M = Vec<Vec<f64>>> {
    function: F,
    matrix: fn(Vec<Vec<f64>>) -> M,
    vector: PhantomData<fn(&V) -> V>,
}

impl<F, V> Differentiable<F, V> {
    /// A problem whose Hessians and Jacobians are vectors of rows.
    pub fn new(function: F) -> Self {
        Self::with_matrices(function, |rows| rows)
    }
}

impl<F, V, M> Differentiable<F, V, M> {
    /// A problem whose Hessians and Jacobians `matrix` makes from their rows.
    pub fn with_matrices(function: F, matrix: fn(Vec<Vec<f64>>) -> M) -> Self {
        Self { function, matrix, vector: PhantomData }
    }
}

impl<F: fmt::Debug, V, M> fmt::Debug for Differentiable<F, V, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Differentiable").field(&self.function).finish()
    }
}

impl<F: ScalarObjective, V: Point, M> CostFunction for Differentiable<F, V, M> {
    type Param = V;
    type Output = f64;

    fn cost(&self, x: &V) -> Result<f64, Error> {
        Ok(self.function.value(&x.numbers()))
    }
}

impl<F: ScalarObjective, V: Point, M> Gradient for Differentiable<F, V, M> {
    type Param = V;
    type Gradient = V;

    fn gradient(&self, x: &V) -> Result<V, Error> {
        let x = x.numbers();
        let mut gradient = vec![0.0; x.len()];
        Tape::new().try_value_and_gradient(|x| self.function.value(x), &x, &mut gradient)?;
        Ok(gradient.into())
    }
}

impl<F: ScalarObjective, V: Point, M> Hessian for Differentiable<F, V, M> {
    type Param = V;
    type Hessian = M;

    fn hessian(&self, x: &V) -> Result<M, Error> {
        Ok((self.matrix)(hessian(|x| self.function.value(x), &x.numbers())))
    }
}

impl<F: Residuals, V: Point, M> Operator for Differentiable<F, V, M> {
    type Param = V;
    type Output = V;

    fn apply(&self, x: &V) -> Result<V, Error> {
        Ok(self.function.residuals(&x.numbers()).into())
    }
}

impl<F: Residuals, V: Point, M> Jacobian for Differentiable<F, V, M> {
    type Param = V;
    type Jacobian = M;

    fn jacobian(&self, x: &V) -> Result<M, Error> {
        Ok((self.matrix)(jacobian(|x| self.function.residuals(x), &x.numbers())))
    }
}
