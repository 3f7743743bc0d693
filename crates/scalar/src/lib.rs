//! Derivatives of ordinary functions of numbers, with loops, branches and recursion.
//!
//! A function is written once, over [`Scalar`], and gets a number type for what is wanted of it: `f64` for values,
//! [`Dual`] for derivatives along few directions, [`Var`] for gradients, duals on a [`Tape`] for second derivatives,
//! [`Series`] for those of every order. The functions here choose one:
//!
//! ```
//! use retrograd_scalar::{Scalar, gradient, hessian_vector};
//!
//! /// The square root of `a` by Newton's iteration.
//! fn root<R: Scalar>(a: R) -> R {
//!     let mut x = a;
//!     while (x * x - a).abs() > 1e-12 {
//!         x = (x + a / x) * 0.5;
//!     }
//!     x
//! }
//!
//! assert!((root(4.0) - 2.0).abs() < 1e-12);
//! assert!((gradient(|x| root(x[0]), &[4.0])[0] - 0.25).abs() < 1e-9);
//! assert!((hessian_vector(|x| root(x[0]), &[4.0], &[1.0])[0] + 1.0 / 32.0).abs() < 1e-9);
//! ```
//!
//! No derivative is written here: all come from the rows of the tables in [`retrograd_core::ops`], which are written over
//! the same numbers.

mod arithmetic;
mod derivatives;
mod dual;
mod frozen;
pub mod interop;
mod kinks;
mod lengths;
mod number;
mod series;
mod sides;
mod tape;

pub use retrograd_core::Real;

pub use self::{
    derivatives::{
        derivative, gradient, hessian, hessian_vector, jacobian, jacobian_forward, taylor,
        value_and_gradient,
    },
    dual::Dual,
    frozen::{Frozen, Replay, ReplayError, Traced, TracedMask},
    number::{Number, Scalar},
    series::Series,
    sides::SeriesMask,
    tape::{Adjoints, Recording, Tape, TapeFull, Var},
};
