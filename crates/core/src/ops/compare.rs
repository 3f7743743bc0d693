//! Comparisons of numbers, which give truth values.

use smallvec::smallvec;

use crate::{
    dtype::DType,
    error::{Error, located},
    expr::Expr,
    ops::{
        Op, Operand, Operation, Rule,
        binary::{aligned, binary_expressions},
    },
    tensor::{View, ViewMut},
};

/// A comparison of two numbers, which gives a truth value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `a > b`.
    Gt,
    /// `a ≥ b`.
    Ge,
    /// `a < b`.
    Lt,
    /// `a ≤ b`.
    Le,
    /// `a = b`.
    Eq,
    /// `a ≠ b`.
    Ne,
}

impl Comparison {
    /// All comparisons.
    pub const ALL: &[Comparison] = &[
        Comparison::Gt,
        Comparison::Ge,
        Comparison::Lt,
        Comparison::Le,
        Comparison::Eq,
        Comparison::Ne,
    ];

    /// The sign written between the operands.
    pub fn symbol(self) -> &'static str {
        match self {
            Comparison::Gt => ">",
            Comparison::Ge => "≥",
            Comparison::Lt => "<",
            Comparison::Le => "≤",
            Comparison::Eq => "=",
            Comparison::Ne => "≠",
        }
    }

    /// The answer for `a` and `b`.
    #[inline(always)]
    pub fn value<T: PartialOrd>(self, a: T, b: T) -> bool {
        match self {
            Comparison::Gt => a > b,
            Comparison::Ge => a >= b,
            Comparison::Lt => a < b,
            Comparison::Le => a <= b,
            Comparison::Eq => a == b,
            Comparison::Ne => a != b,
        }
    }
}

impl<'g> Expr<'g> {
    /// Compares elementwise, after broadcasting.
    ///
    /// # Errors
    /// If the operands are of different graphs or dtypes, or do not broadcast to a common shape.
    #[track_caller]
    pub fn try_apply_comparison(self, op: Comparison, rhs: Expr<'g>) -> Result<Self, Error> {
        let [a, b] = aligned(op.symbol(), self, rhs)?;
        Ok(self.graph().record(Op::Compare(op), smallvec![a.id(), b.id()], a.shape(), DType::Bool))
    }

    /// Compares elementwise, after broadcasting.
    ///
    /// # Panics
    /// As [`try_apply_comparison`](Self::try_apply_comparison) errs.
    #[track_caller]
    pub fn apply_comparison(self, op: Comparison, rhs: Expr<'g>) -> Self {
        located(self.try_apply_comparison(op, rhs))
    }
}

binary_expressions! { try_apply_comparison:
    /// Where `self > rhs`.
    gt / try_gt => Comparison::Gt;
    /// Where `self ≥ rhs`.
    ge / try_ge => Comparison::Ge;
    /// Where `self < rhs`.
    lt / try_lt => Comparison::Lt;
    /// Where `self ≤ rhs`.
    le / try_le => Comparison::Le;
    /// Where `self = rhs`.
    eq / try_eq => Comparison::Eq;
    /// Where `self ≠ rhs`.
    ne / try_ne => Comparison::Ne;
}

impl Operation for Comparison {
    fn label(&self) -> String {
        self.symbol().to_owned()
    }

    fn vjp<'g>(&self, _: Rule<'_, 'g>, _: Expr<'g>) -> Option<Expr<'g>> {
        None
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        let [a, b] = x else { unreachable!("a comparison has two operands") };
        let y = y.elements::<bool>();
        crate::with_elements!(Slice, a.data, a => {
            for ((y, &a), &b) in y.iter_mut().zip(a).zip(b.elements()) {
                *y = self.value(a, b);
            }
        });
    }
}
