//! Forward mode: dual numbers, values with their tangents along some directions.

use std::{fmt, iter};

use retrograd_core::{
    Real,
    ops::{Binary, Comparison, Unary},
};

use crate::{
    Number,
    arithmetic::arithmetic,
    kinks::{binary_at_kink, tangent, unary_at_kink},
    number::chain_of_tangent,
};

/// A dual number: a value with its tangents along `N` directions.
///
/// An operation on duals costs about as much as `1 + N` operations on floats. For functions of few variables, duals
/// cost less than a tape. Duals of duals have second derivatives:
///
/// ```
/// use retrograd_scalar::{Dual, Number, Scalar};
///
/// fn f<R: Scalar>(x: R) -> R {
///     x.powi(3) * 2.0
/// }
///
/// assert_eq!(f(Dual::variable(2.0)).tangents, [24.0]);
///
/// let x = Dual::variable(Dual::variable(2.0));
/// assert_eq!(f(x).tangents[0].tangents, [24.0]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Dual<T = f64, const N: usize = 1> {
    /// The value.
    pub value: T,
    /// The tangents: the derivative of the value along each direction.
    pub tangents: [T; N],
}

impl<T: Number> Dual<T> {
    /// The variable of differentiation: its tangent is 1.
    #[inline]
    pub fn variable(value: T) -> Self {
        Self { value, tangents: [T::constant(1.0)] }
    }
}

impl<T: Number, const N: usize> Dual<T, N> {
    /// A value with its tangents.
    #[inline]
    pub fn new(value: T, tangents: [T; N]) -> Self {
        Self { value, tangents }
    }

    /// Variable `index` of `N`: the tangent is 1 along direction `index`, and 0 along the others.
    ///
    /// # Panics
    /// If `index` is not below `N`.
    #[inline]
    #[track_caller]
    pub fn variable_of(value: T, index: usize) -> Self {
        assert!(
            index < N,
            "variable_of: there is no direction {index} among {N}; they count from 0"
        );
        let mut tangents = [T::default(); N];
        tangents[index] = T::constant(1.0);
        Self { value, tangents }
    }

    /// A value with a tangent for each direction, computed from the tangents of the operands.
    #[inline(always)]
    fn with(value: T, tangent: impl Fn(usize) -> T) -> Self {
        Self { value, tangents: std::array::from_fn(tangent) }
    }

    #[inline(always)]
    fn has_no_tangents(&self) -> bool {
        self.tangents.iter().all(|t| t.is_zero())
    }
}

impl<T: Number, const N: usize> Default for Dual<T, N> {
    fn default() -> Self {
        Self { value: T::default(), tangents: [T::default(); N] }
    }
}

/// The value, and the tangents in brackets.
impl<T: fmt::Display, const N: usize> fmt::Display for Dual<T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)?;
        for (k, tangent) in self.tangents.iter().enumerate() {
            f.write_str(if k == 0 { " [" } else { ", " })?;
            tangent.fmt(f)?;
        }
        f.write_str(if N == 0 { "" } else { "]" })
    }
}

impl<T: Number, const N: usize> Number for Dual<T, N> {
    const IS_RECORDED: bool = T::IS_RECORDED;
    const DEPTH: usize = T::DEPTH + 1;

    #[inline(always)]
    fn constant(value: f64) -> Self {
        Self { value: T::constant(value), tangents: [T::default(); N] }
    }

    #[inline(always)]
    fn primal(self) -> f64 {
        self.value.primal()
    }

    fn as_constant(self) -> Option<f64> {
        self.value.as_constant().filter(|_| self.has_no_tangents())
    }

    #[inline(always)]
    fn is_zero(self) -> bool {
        self.value.is_zero() && self.has_no_tangents()
    }

    fn motion(self) -> f64 {
        let of_tangent = |t: T| if t.primal() == 0.0 { t.motion() } else { t.primal() };
        let all = iter::once(self.value.motion()).chain(self.tangents.map(of_tangent));
        all.into_iter().find(|&motion| motion != 0.0).unwrap_or(0.0)
    }

    fn lost(self) -> Self {
        Self::with(self.value.lost(), |k| match self.tangents[k].primal() {
            0.0 => T::constant(f64::NAN),
            _ => self.tangents[k],
        })
    }

    fn direction(a: Self, b: Self) -> Option<[f64; 2]> {
        if T::DEPTH > 0 {
            return T::direction(a.value, b.value);
        }
        let lanes = || a.tangents.iter().zip(&b.tangents).map(|(a, b)| [a.primal(), b.primal()]);
        let [u, v] = lanes().find(|lane| *lane != [0.0; 2])?;
        let norm = u.hypot(v);
        lanes().all(|[a, b]| a * v == b * u).then_some([u / norm, v / norm])
    }
}

impl<T: Number, const N: usize> Real for Dual<T, N> {
    type Mask = T::Mask;

    #[inline(always)]
    fn lit(self, value: f64) -> Self {
        Self::constant(value)
    }

    #[inline(always)]
    fn unary(self, op: Unary) -> Self {
        if let Some(piece) = unary_at_kink(op, self) {
            return piece;
        }
        let value = self.value.unary(op);
        if op.is_flat() {
            return Self { value, tangents: [T::default(); N] };
        }
        let derivative = op.derivative(self.value, value);
        Self::with(value, |k| tangent(self.tangents[k], derivative))
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "a few of many rows are told apart")]
    #[inline(always)]
    fn binary(self, op: Binary, rhs: Self) -> Self {
        let (a, b) = (self, rhs);
        if let Some(piece) = binary_at_kink(op, a, b) {
            return piece;
        }
        let value = a.value.binary(op, b.value);
        match op {
            Binary::Add => Self::with(value, |k| a.tangents[k] + b.tangents[k]),
            Binary::Sub => Self::with(value, |k| a.tangents[k] - b.tangents[k]),
            // A cotangent that is 0 wins over a derivative, and over the tangent of one, which wins over the cotangent.
            Binary::Chain => Self::with(value, |k| {
                let by_derivative = chain_of_tangent(a.value, b.tangents[k]);
                a.tangents[k].chain(b.value) + by_derivative
            }),
            _ if op.is_flat(1) || b.has_no_tangents() => {
                let by_a = op.derivative(0, a.value, b.value, value);
                Self::with(value, |k| tangent(a.tangents[k], by_a))
            }
            _ => {
                let by_a = op.derivative(0, a.value, b.value, value);
                let by_b = op.derivative(1, a.value, b.value, value);
                Self::with(value, |k| tangent(a.tangents[k], by_a) + tangent(b.tangents[k], by_b))
            }
        }
    }

    #[inline(always)]
    fn compare(self, op: Comparison, rhs: Self) -> T::Mask {
        self.value.compare(op, rhs.value)
    }

    #[inline(always)]
    fn select(mask: T::Mask, a: Self, b: Self) -> Self {
        let tangent = |k| T::select(mask, a.tangents[k], b.tangents[k]);
        Self::with(T::select(mask, a.value, b.value), tangent)
    }
}

arithmetic! { impl [T: Number, const N: usize] Dual<T, N>, compared by value }
arithmetic! { folds [T: Number, const N: usize] Dual<T, N> }
