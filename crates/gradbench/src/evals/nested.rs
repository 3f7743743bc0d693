//! Shared parts of `particle` and `saddle`: derivatives inside of functions that are differentiated themselves, and
//! gradient descent. Source: GradBench, `cpp/gradbench/gd.hpp`.

use std::{array, cell::Cell};

use retrograd_scalar::{Dual, Number, Scalar, Tape};

use crate::error::Error;

/// The steps that are left to loops inside of loops, and why there are none. The suite's inputs take some ten thousand;
/// from others a loop may have no end.
pub(super) struct Descent {
    left: Cell<u32>,
    end: Cell<Option<&'static str>>,
}

impl Descent {
    pub fn new() -> Self {
        Self { left: Cell::new(1 << 21), end: Cell::new(None) }
    }

    /// Takes a step. None is left where this is false, and all loops end: their results do not count any more.
    pub fn take(&self) -> bool {
        match self.left.get().checked_sub(1) {
            Some(left) => self.left.set(left),
            None if self.end.get().is_none() => {
                self.give_up("it takes more than two million steps")
            }
            None => {}
        }
        self.end.get().is_none()
    }

    /// Leaves no steps, for a reason.
    pub fn give_up(&self, reason: &'static str) {
        self.left.set(0);
        self.end.set(Some(reason));
    }

    /// A result, unless the loops were left without one.
    pub fn check<const N: usize>(&self, start: &[f64], x: [f64; N]) -> Result<[f64; N], Error> {
        match self.end.get() {
            None => Ok(x),
            Some(reason) => {
                Err(Error::Misfit(format!("the descent from {start:?} has no end: {reason}")))
            }
        }
    }
}

/// A function of `N` numbers of any type.
pub(super) trait NestedFunction<const N: usize> {
    fn value<R: Scalar>(&self, x: [R; N]) -> R;
}

/// A mode of differentiation, for numbers that may themselves be differentiated.
pub(super) trait Mode {
    fn gradient<T: Number, const N: usize>(f: &impl NestedFunction<N>, x: [T; N]) -> [T; N];
}

/// A function of the suite with its names, which tell the modes of the outer and of the inner derivative.
pub(super) type ByModes<A, B> = [(&'static str, fn(A) -> Result<B, Error>); 4];

/// All derivatives at once, on duals.
pub(super) struct ForwardMode;

/// All derivatives in one pass backwards, on a tape.
pub(super) struct ReverseMode;

impl Mode for ForwardMode {
    fn gradient<T: Number, const N: usize>(f: &impl NestedFunction<N>, x: [T; N]) -> [T; N] {
        f.value(array::from_fn(|k| Dual::<T, N>::variable_of(x[k], k))).tangents
    }
}

impl Mode for ReverseMode {
    fn gradient<T: Number, const N: usize>(f: &impl NestedFunction<N>, x: [T; N]) -> [T; N] {
        let mut gradient = x;
        Tape::new().value_and_gradient(|x| f.value(array::from_fn(|k| x[k])), &x, &mut gradient);
        gradient
    }
}

/// Where both are small enough: steps and gradients.
const TOLERANCE: f64 = 1e-5;

/// A point where `f` is least, from `x` downhill. Ten steps in a row that go down double the length of steps, and one
/// that does not halves it.
pub(super) fn argmin<R: Scalar, const N: usize>(
    steps: &Descent,
    f: impl Fn([R; N]) -> R,
    gradient: impl Fn([R; N]) -> [R; N],
    mut x: [R; N],
) -> [R; N] {
    let (mut value, mut slope) = (f(x), gradient(x));
    let (mut rate, mut n_down) = (1e-5, 0);
    loop {
        let steepness = norm(slope);
        if !(steepness + value.primal()).is_finite() {
            steps.give_up("its function or gradient is not finite");
        }
        if steepness <= TOLERANCE || !steps.take() {
            break;
        }
        if n_down == 10 {
            rate *= 2.0;
            n_down = 0;
            continue;
        }
        let next = array::from_fn(|k| x[k] - slope[k] * rate);
        let step: [R; N] = array::from_fn(|k| next[k] - x[k]);
        let length = norm(step);
        if length.is_nan() || length <= TOLERANCE {
            break;
        }
        let lower = f(next);
        if lower < value {
            (x, value, slope) = (next, lower, gradient(next));
            n_down += 1;
        } else {
            rate /= 2.0;
            n_down = 0;
        }
    }
    x
}

/// A point where `f` is greatest, from `x` uphill.
pub(super) fn argmax<R: Scalar, const N: usize>(
    steps: &Descent,
    f: impl Fn([R; N]) -> R,
    gradient: impl Fn([R; N]) -> [R; N],
    x: [R; N],
) -> [R; N] {
    argmin(steps, |x| -f(x), |x| gradient(x).map(|slope| -slope), x)
}

fn norm<R: Scalar, const N: usize>(x: [R; N]) -> f64 {
    x.iter().map(|x| x.primal().powi(2)).sum::<f64>().sqrt()
}
