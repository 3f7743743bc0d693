//! Derivatives of scalar functions, in one call each.
//!
//! Functions written over [`Scalar`](crate::Scalar) are passed as closures, `|x| f(x)`, so that each call chooses its
//! scalar type.

use std::ops::Range;

use crate::{Dual, Number, Series, Tape, Var, lengths::require_as_many};

/// The number of rows or columns that one sweep computes.
pub(crate) const LANES: usize = 4;

/// The gradient of a function at `x`.
///
/// ```
/// use retrograd_scalar::{Scalar, gradient};
///
/// fn volume<R: Scalar>(sides: &[R]) -> R {
///     sides.iter().product()
/// }
///
/// assert_eq!(gradient(|x| volume(x), &[2.0, 3.0, 5.0]), [15.0, 10.0, 6.0]);
/// ```
pub fn gradient(f: impl for<'t> FnOnce(&[Var<'t>]) -> Var<'t>, x: &[f64]) -> Vec<f64> {
    value_and_gradient(f, x).1
}

/// The value and the gradient of a function at `x`.
///
/// [`Tape::value_and_gradient`] computes the same in the memory of a tape, without allocations from the second call on.
pub fn value_and_gradient(
    f: impl for<'t> FnOnce(&[Var<'t>]) -> Var<'t>,
    x: &[f64],
) -> (f64, Vec<f64>) {
    let mut gradient = vec![0.0; x.len()];
    let value = Tape::new().value_and_gradient(f, x, &mut gradient);
    (value, gradient)
}

/// The Jacobian of a function at `x` by reverse mode: one row for each output, with the derivatives by each of `x`.
///
/// A reverse sweep computes several rows. Choose this function for fewer outputs than inputs, and [`jacobian_forward`]
/// for fewer inputs.
///
/// ```
/// use retrograd_scalar::jacobian;
///
/// let rows = jacobian(|x| vec![x[0] * x[1], x[0].into()], &[2.0, 3.0]);
/// assert_eq!(rows, [[3.0, 2.0], [1.0, 0.0]]);
/// ```
pub fn jacobian(f: impl for<'t> FnOnce(&[Var<'t>]) -> Vec<Var<'t>>, x: &[f64]) -> Vec<Vec<f64>> {
    Tape::new().record(|t| {
        let x = t.variables(x);
        let mut rows = Vec::new();
        for outputs in f(&x).chunks(LANES) {
            let lanes = std::array::from_fn(|k| outputs.get(k).copied().unwrap_or_default());
            let adjoints = t.reverse_lanes::<LANES>(&lanes);
            let derivatives: Vec<_> = x.iter().map(|&x| adjoints.lanes(x)).collect();
            rows.extend((0..outputs.len()).map(|k| derivatives.iter().map(|d| d[k]).collect()));
        }
        rows
    })
}

/// The Jacobian of a function at `x` by forward mode, in rows. Choose this function for fewer inputs than outputs.
///
/// ```
/// use retrograd_scalar::{Real, jacobian_forward};
///
/// let rows = jacobian_forward(|t| vec![t[0].cos(), t[0].sin()], &[0.0]);
/// assert_eq!(rows, [[0.0], [1.0]]);
/// ```
///
/// Each output has a row, even if there are no inputs.
///
/// ```
/// use retrograd_scalar::jacobian_forward;
///
/// assert_eq!(jacobian_forward(|_| vec![1.0.into(), 2.0.into()], &[]), [[], []] as [[f64; 0]; 2]);
/// ```
///
/// # Panics
/// If the number of outputs differs between calls of the function. It is called once for every few inputs.
#[track_caller]
pub fn jacobian_forward(
    f: impl Fn(&[Dual<f64, LANES>]) -> Vec<Dual<f64, LANES>>,
    x: &[f64],
) -> Vec<Vec<f64>> {
    let mut rows = Vec::new();
    for start in (0..x.len().max(1)).step_by(LANES) {
        let outputs = f(&moving(x, start..start + LANES));
        if start == 0 {
            rows.resize(outputs.len(), Vec::with_capacity(x.len()));
        }
        let [now, before] =
            [("outputs", outputs.len()), ("outputs of the call before", rows.len())];
        require_as_many("jacobian_forward", now, before);
        let n = LANES.min(x.len() - start);
        for (row, output) in rows.iter_mut().zip(outputs) {
            row.extend_from_slice(&output.tangents[..n]);
        }
    }
    rows
}

/// The Hessian of a function at `x`, in rows: reverse sweeps over duals, each for several rows.
///
/// ```
/// use retrograd_scalar::hessian;
///
/// assert_eq!(hessian(|x| x[0] * x[0] * x[1], &[2.0, 3.0]), [[6.0, 4.0], [4.0, 0.0]]);
/// ```
///
/// At a kink, a dual takes the piece of the function into which it moves. So the Hessian of a smooth function is right
/// even if it is composed of kinked ones:
///
/// ```
/// use retrograd_scalar::{Real, hessian};
///
/// assert_eq!(hessian(|x| x[0].hypot(x[1]).square(), &[0.0, 0.0]), [[2.0, 0.0], [0.0, 2.0]]);
/// ```
pub fn hessian(
    f: impl for<'t> Fn(&[Var<'t, Dual<f64, LANES>>]) -> Var<'t, Dual<f64, LANES>>,
    x: &[f64],
) -> Vec<Vec<f64>> {
    let mut tape = Tape::new();
    let mut gradient = vec![Dual::default(); x.len()];
    let mut rows: Vec<Vec<f64>> = Vec::with_capacity(x.len());
    let mut pass = |rows: &mut Vec<Vec<f64>>, start: usize, n: usize| {
        tape.value_and_gradient(&f, &moving(x, start..start + n), &mut gradient);
        rows.extend((0..n).map(|k| gradient.iter().map(|d| d.tangents[k]).collect()));
    };
    for start in (0..x.len()).step_by(LANES) {
        let n = LANES.min(x.len() - start);
        pass(&mut rows, start, n);
        // A norm of 0 has no derivative in several directions at once, but one along each single direction.
        if n > 1 && rows[start..].iter().flatten().any(|d| d.is_nan()) {
            rows.truncate(start);
            (start..start + n).for_each(|k| pass(&mut rows, k, 1));
        }
    }
    rows
}

/// The Hessian–vector product `H·v` of a function at `x`: one reverse sweep over duals, for any length of `x`.
///
/// ```
/// use retrograd_scalar::hessian_vector;
///
/// assert_eq!(hessian_vector(|x| x[0] * x[0] * x[1], &[2.0, 3.0], &[1.0, 0.0]), [6.0, 4.0]);
/// ```
///
/// # Panics
/// If `v` is not as long as `x`.
#[track_caller]
pub fn hessian_vector(
    f: impl for<'t> FnOnce(&[Var<'t, Dual>]) -> Var<'t, Dual>,
    x: &[f64],
    v: &[f64],
) -> Vec<f64> {
    require_as_many("hessian_vector", ("v", v.len()), ("x", x.len()));
    let x: Vec<_> = x.iter().zip(v).map(|(&x, &v)| Dual::new(x, [v])).collect();
    let mut gradient = vec![Dual::default(); x.len()];
    Tape::new().value_and_gradient(f, &x, &mut gradient);
    gradient.iter().map(|d| d.tangents[0]).collect()
}

/// The derivative of a function of one scalar.
///
/// ```
/// assert_eq!(retrograd_scalar::derivative(|x| x * x, 3.0), 6.0);
/// ```
pub fn derivative(f: impl FnOnce(Dual) -> Dual, x: f64) -> f64 {
    f(Dual::variable(x)).tangents[0]
}

/// The first `N` coefficients of the Taylor series of a function about `x`: `f(x + t) = Σ cₖ·tᵏ`. The derivative of order
/// `k` is `k!·cₖ`.
///
/// ```
/// use retrograd_scalar::{Real, taylor};
///
/// assert_eq!(taylor(|x| x.exp(), 0.0), [1.0, 1.0, 0.5, 1.0 / 6.0]);
/// ```
pub fn taylor<const N: usize>(
    f: impl FnOnce(Series<f64, N>) -> Series<f64, N>,
    x: f64,
) -> [f64; N] {
    f(Series::variable(x)).coefficients
}

/// The duals of `x`; those of a range are variables, one lane each.
fn moving<T: Number, const N: usize>(x: &[T], range: Range<usize>) -> Vec<Dual<T, N>> {
    let number = |(k, &x): (usize, &T)| match range.contains(&k) {
        true => Dual::variable_of(x, k - range.start),
        false => Dual::new(x, [T::default(); N]),
    };
    x.iter().enumerate().map(number).collect()
}
