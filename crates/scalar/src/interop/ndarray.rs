//! Derivatives of functions of `ndarray`'s one-dimensional views, as arrays.
//!
//! Elementwise arithmetic and sums exist for all scalar types. Products such as `dot` require elements without
//! lifetimes, so they exist for [`Dual`]s, but not for scalars of a tape.
//!
//! ```
//! use ndarray::{ArrayView1, array};
//! use retrograd_scalar::{Scalar, interop::ndarray::{gradient, hessian}};
//!
//! fn rosenbrock<R: Scalar>(x: ArrayView1<'_, R>) -> R {
//!     x.windows(2).into_iter().map(|x| (x[1] - x[0].square()).square() * 100.0 + (-x[0] + 1.0).square()).sum()
//! }
//!
//! let x = array![1.0, 2.0];
//! assert_eq!(gradient(|x| rosenbrock(x), x.view()), array![-400.0, 200.0]);
//! assert_eq!(hessian(|x| rosenbrock(x), x.view()), array![[402.0, -400.0], [-400.0, 200.0]]);
//! ```

use ndarray::{Array1, Array2, ArrayView1, ScalarOperand};

use crate::{Dual, Number, Var, derivatives::LANES};

/// The [`gradient`](crate::gradient) of a function of a view.
pub fn gradient(
    f: impl for<'t> FnOnce(ArrayView1<'_, Var<'t>>) -> Var<'t>,
    x: ArrayView1<'_, f64>,
) -> Array1<f64> {
    value_and_gradient(f, x).1
}

/// The [`value_and_gradient`](crate::value_and_gradient) of a function of a view.
pub fn value_and_gradient(
    f: impl for<'t> FnOnce(ArrayView1<'_, Var<'t>>) -> Var<'t>,
    x: ArrayView1<'_, f64>,
) -> (f64, Array1<f64>) {
    let (value, gradient) = crate::value_and_gradient(|x| f(x.into()), &x.to_vec());
    (value, gradient.into())
}

/// The [`jacobian`](crate::jacobian) of a function of a view, shape `[outputs, inputs]`.
///
/// ```
/// use ndarray::array;
/// use retrograd_scalar::interop::ndarray::jacobian;
///
/// let x = array![2.0, 3.0];
/// assert_eq!(jacobian(|x| &x * &x, x.view()), array![[4.0, 0.0], [0.0, 6.0]]);
/// ```
pub fn jacobian(
    f: impl for<'t> FnOnce(ArrayView1<'_, Var<'t>>) -> Array1<Var<'t>>,
    x: ArrayView1<'_, f64>,
) -> Array2<f64> {
    matrix(crate::jacobian(|x| f(x.into()).to_vec(), &x.to_vec()), x.len())
}

/// The [`hessian`](crate::hessian) of a function of a view, shape `[n, n]`.
pub fn hessian(
    f: impl for<'t> Fn(ArrayView1<'_, Var<'t, Dual<f64, LANES>>>) -> Var<'t, Dual<f64, LANES>>,
    x: ArrayView1<'_, f64>,
) -> Array2<f64> {
    matrix(crate::hessian(|x| f(x.into()), &x.to_vec()), x.len())
}

/// The [`hessian_vector`](crate::hessian_vector) product of a function of a view.
///
/// # Panics
/// If `v` is not as long as `x`.
#[track_caller]
pub fn hessian_vector(
    f: impl for<'t> FnOnce(ArrayView1<'_, Var<'t, Dual>>) -> Var<'t, Dual>,
    x: ArrayView1<'_, f64>,
    v: ArrayView1<'_, f64>,
) -> Array1<f64> {
    crate::hessian_vector(|x| f(x.into()), &x.to_vec(), &v.to_vec()).into()
}

fn matrix(rows: Vec<Vec<f64>>, n_columns: usize) -> Array2<f64> {
    let shape = (rows.len(), n_columns);
    Array2::from_shape_vec(shape, rows.concat()).expect("all rows are as long as the input")
}

/// Marks duals as scalar operands, so that arrays of duals can be multiplied by a dual.
impl<T: Number + 'static, const N: usize> ScalarOperand for Dual<T, N> {}
