//! `Real`: the bound of derivative rules, composed functions, and functions of users.

use std::ops::{Add, Div, Mul, Neg, Sub};

use crate::{
    data::dtype::Float,
    graph::{
        expr::Expr,
        ops::{Binary, Comparison, Unary},
    },
};

/// A real number: a float, an expression of a graph, or another type that can apply the rows of the operation tables.
///
/// Five methods make a number type; all named functions follow from them.
///
/// ```
/// use retrograd_core::{Graph, Real};
///
/// fn energy<R: Real>(x: R) -> R {
///     x.lit(0.5) * x.square() + x.cos()
/// }
///
/// let g = Graph::with_dtype(retrograd_core::DType::F64);
/// let x = g.constant(0.3);
/// assert_eq!(energy(x).value().item(), energy(0.3));
/// ```
pub trait Real:
    Copy
    + Neg<Output = Self>
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
{
    /// The answer of a comparison.
    type Mask: Copy;

    /// The constant `value`, of the same kind (precision, shape, graph) as `self`.
    #[track_caller]
    fn lit(self, value: f64) -> Self;

    /// Applies a row of the table of unary functions.
    #[track_caller]
    fn unary(self, op: Unary) -> Self;

    /// Applies a row of the table of binary functions.
    #[track_caller]
    fn binary(self, op: Binary, rhs: Self) -> Self;

    /// Compares two scalars, or two tensors elementwise.
    #[track_caller]
    fn compare(self, op: Comparison, rhs: Self) -> Self::Mask;

    /// `a` where the mask is true, else `b`.
    #[track_caller]
    fn select(mask: Self::Mask, a: Self, b: Self) -> Self;

    /// Whether `self > rhs`.
    #[track_caller]
    fn gt(self, rhs: Self) -> Self::Mask {
        self.compare(Comparison::Gt, rhs)
    }

    /// Whether `self = rhs`.
    #[track_caller]
    fn eq(self, rhs: Self) -> Self::Mask {
        self.compare(Comparison::Eq, rhs)
    }

    crate::graph::ops::unary_methods!();
    crate::graph::ops::binary_methods!();
    crate::graph::ops::composed_methods!();
}

impl<F: Float> Real for F {
    type Mask = bool;

    #[inline]
    fn lit(self, value: f64) -> Self {
        <F as Float>::lit(value)
    }

    #[inline]
    fn unary(self, op: Unary) -> Self {
        op.value(self)
    }

    #[inline]
    fn binary(self, op: Binary, rhs: Self) -> Self {
        op.value(self, rhs)
    }

    #[inline]
    fn compare(self, op: Comparison, rhs: Self) -> bool {
        op.value(self, rhs)
    }

    #[inline]
    fn select(mask: bool, a: Self, b: Self) -> Self {
        if mask { a } else { b }
    }
}

/// The operators of a number type, by the rows of the same names.
macro_rules! operators_by_rows {
    ($Number:ty: $($Trait:ident $method:ident),*) => {
        impl std::ops::Neg for $Number {
            type Output = Self;

            #[inline(always)]
            fn neg(self) -> Self {
                self.unary($crate::graph::ops::Unary::Neg)
            }
        }

        $(
            impl std::ops::$Trait for $Number {
                type Output = Self;

                #[inline(always)]
                fn $method(self, rhs: Self) -> Self {
                    self.binary($crate::graph::ops::Binary::$Trait, rhs)
                }
            }
        )*
    };
}
pub(crate) use operators_by_rows;

impl<'g> Real for Expr<'g> {
    type Mask = Expr<'g>;

    #[track_caller]
    fn lit(self, value: f64) -> Self {
        self.like(value)
    }

    #[track_caller]
    fn unary(self, op: Unary) -> Self {
        self.apply_unary(op)
    }

    #[track_caller]
    fn binary(self, op: Binary, rhs: Self) -> Self {
        self.apply_binary(op, rhs)
    }

    #[track_caller]
    fn compare(self, op: Comparison, rhs: Self) -> Self {
        self.apply_comparison(op, rhs)
    }

    #[track_caller]
    fn select(mask: Self, a: Self, b: Self) -> Self {
        mask.select(a, b)
    }
}
