//! Comparisons of numbers, which give truth values.

use smallvec::smallvec;

use crate::{
    data::{
        dtype::DType,
        error::{Error, located},
        shape::Shape,
        tensor::{View, ViewMut},
    },
    graph::{
        expr::Expr,
        ops::{
            Linearity, Op, Operation, OperationKind, RightOperand, Rounding,
            operators::{aligned, binary_expressions},
            rows::rows,
        },
    },
};

/// Makes the enum of comparisons and the methods of expressions from the rows of the table.
///
/// A row reads: documentation, variant, names of the method and of its `try_` form, sign between the operands, answer.
macro_rules! comparisons {
    ($( $(#[doc = $doc:literal])+ $Op:ident, $name:ident / $try_name:ident, $symbol:literal, $value:expr; )*) => {
        rows! {
            /// A comparison of two numbers, which gives a truth value.
            Comparison: $( $(#[doc = $doc])+ $Op, $name; )*
        }

        impl Comparison {
            /// The sign written between the operands.
            pub fn symbol(self) -> &'static str {
                match self { $( Comparison::$Op => $symbol, )* }
            }

            /// The answer for `a` and `b`.
            #[inline(always)]
            pub fn value<T: PartialOrd>(self, a: T, b: T) -> bool {
                match self { $( Comparison::$Op => call(a, b, $value), )* }
            }
        }

        binary_expressions! { try_apply_comparison:
            $( $(#[doc = $doc])+ $name / $try_name => Comparison::$Op; )*
        }
    };
}

comparisons! {
    /// Where `a > b`. Source: `torch.gt`.
    Gt, gt / try_gt, ">", |a, b| a > b;
    /// Where `a ≥ b`. Source: `torch.ge`.
    Ge, ge / try_ge, "≥", |a, b| a >= b;
    /// Where `a < b`. Source: `torch.lt`.
    Lt, lt / try_lt, "<", |a, b| a < b;
    /// Where `a ≤ b`. Source: `torch.le`.
    Le, le / try_le, "≤", |a, b| a <= b;
    /// Where `a = b`. Source: `torch.eq`.
    Eq, eq / try_eq, "=", |a, b| a == b;
    /// Where `a ≠ b`. Source: `torch.ne`.
    Ne, ne / try_ne, "≠", |a, b| a != b;
}

#[inline(always)]
fn call<T>(a: T, b: T, f: impl Fn(T, T) -> bool) -> bool {
    f(a, b)
}

impl<'g> Expr<'g> {
    /// Compares elementwise, after broadcasting.
    ///
    /// # Errors
    /// If the operands are of different graphs or dtypes, or do not broadcast to a common shape.
    #[track_caller]
    pub fn try_apply_comparison(self, op: Comparison, rhs: Expr<'g>) -> Result<Self, Error> {
        let [a, b] = aligned(op.name(), self, rhs)?;
        let inputs = smallvec![a.id(), b.id()];
        self.graph().try_record(Op::Compare(op), inputs, a.shape(), DType::Bool)
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

impl Operation for Comparison {
    fn kind(&self) -> OperationKind {
        OperationKind::Elementwise
    }

    fn label(&self) -> String {
        Comparison::symbol(*self).to_owned()
    }

    fn symbol(&self) -> Option<&'static str> {
        Some(Comparison::symbol(*self))
    }

    fn is_symmetric(&self) -> bool {
        matches!(self, Comparison::Eq | Comparison::Ne)
    }

    fn linearity(&self) -> Linearity {
        Linearity::Constant
    }

    fn rounding(&self, _: &[&Shape], _: DType) -> Rounding {
        Rounding::Exact
    }

    fn has_dtype(&self, x: &[DType], y: DType) -> bool {
        y == DType::Bool && x[0] == x[1]
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
