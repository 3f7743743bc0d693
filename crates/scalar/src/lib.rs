//! Derivatives of ordinary scalar functions, with loops, branches and recursion.
//!
//! A function is written once, generic over [`Scalar`]. Each function of this crate runs it with the type of scalars that
//! suits the derivative:
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
//! # Derivatives in one call
//!
//! | to compute | call | scalar type |
//! |---|---|---|
//! | a derivative along one direction | [`derivative`] | [`Dual`] |
//! | a gradient | [`gradient`], [`value_and_gradient`] | [`Var`], on a [`Tape`] |
//! | a Jacobian | [`jacobian`], [`jacobian_forward`] | [`Var`], [`Dual`] |
//! | a Hessian, or its product with a vector | [`hessian`], [`hessian_vector`] | [`Var`] of [`Dual`] |
//! | derivatives of every order along a line | [`taylor()`] | [`Series`] |
//!
//! # The tape
//! - [`Tape`] keeps its memory from one [`Recording`] to the next, and can limit it. [`Var`] is a scalar on the tape, and
//!   [`Adjoints`] are the result of a reverse sweep.
//!
//! # Frozen functions
//! - [`Frozen`] is a function recorded as a graph, and [`Replay`] a compiled one, for all inputs that take the recorded
//!   branches.
//!
//! # Traits
//! - [`Scalar`] is the bound of functions, [`Number`] its part without operators on constants, [`Real`] the part that
//!   expressions of graphs have, too.
//! - [`interop`] connects other crates: `num-traits`, `nalgebra`, `ndarray`, `argmin`.
//!
//! This crate states no derivative. All come from the tables of [`retrograd_core::ops`], whose rows are generic over
//! the same scalars.

#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

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
