//! The operands of an operator: expressions and plain numbers, stretched to one shape.

use crate::{
    data::{error::Error, shape::Shape},
    graph::{
        expr::{Expr, inputs_of},
        ops::Binary,
        region::Describe,
    },
};

/// Methods of expressions for rows and for comparisons, with plain numbers allowed on the right.
macro_rules! binary_expressions {
    ($(#[$lint:meta])? $apply:ident: $( $(#[$doc:meta])* $name:ident / $try_name:ident => $op:expr; )*) => {
        $(#[$lint])?
        impl<'g> Expr<'g> {
            $(
                $(#[$doc])*
                ///
                /// # Panics
                /// If the operands do not broadcast, or differ in dtype or graph.
                #[track_caller]
                pub fn $name(self, rhs: impl RightOperand<'g>) -> Self {
                    located(self.$try_name(rhs))
                }

                #[doc = concat!("[`", stringify!($name), "`](Self::", stringify!($name), ") that returns what is wrong.")]
                ///
                /// # Errors
                /// If the operands do not broadcast, or differ in dtype or graph.
                #[track_caller]
                pub fn $try_name(self, rhs: impl RightOperand<'g>) -> Result<Self, Error> {
                    self.$apply($op, rhs.expr(self))
                }
            )*
        }
    };
}

pub(super) use binary_expressions;

/// The right-hand operand of an operator: an expression, or a plain number.
pub trait RightOperand<'g>: Describe {
    /// This operand as an expression; a number becomes a literal of the shape of `like`, and of its dtype if that
    /// can hold it, else of the graph's.
    #[track_caller]
    fn expr(self, like: Expr<'g>) -> Expr<'g>;
}

impl<'g> RightOperand<'g> for Expr<'g> {
    fn expr(self, _: Expr<'g>) -> Expr<'g> {
        self
    }
}

macro_rules! number_operand {
    ($($number:ty),*) => {
        $(
            impl<'g> RightOperand<'g> for $number {
                #[track_caller]
                fn expr(self, like: Expr<'g>) -> Expr<'g> {
                    let value = f64::from(self);
                    let graph = like.graph();
                    let dtype = if like.dtype().holds(value) { like.dtype() } else { graph.dtype() };
                    graph.literal(value, like.shape(), dtype)
                }
            }
        )*
    };
}

number_operand!(f64, i32);

/// The shape that operands broadcast to, which a tensor can have, after checking graph and dtypes.
pub(super) fn common_shape<'g>(op: &str, operands: &[Expr<'g>]) -> Result<Shape, Error> {
    inputs_of(op, operands)?;
    let (first, others) = (operands[0], &operands[1..]);
    if others.iter().any(|other| other.dtype() != first.dtype()) {
        return Err(Expr::misfit_of(op, operands, "the dtypes differ; cast one of them"));
    }
    let common = others.iter().try_fold(first.shape(), |shape, other| {
        let conflict = || Expr::misfit_of(op, operands, shape.conflict(&other.shape()));
        shape.broadcast(&other.shape()).ok_or_else(conflict)
    })?;
    common.check_possible().map_err(|reason| Expr::misfit_of(op, operands, reason))?;
    Ok(common)
}

/// Two operands broadcast to their common shape, after checking graph and dtypes.
#[track_caller]
pub(super) fn aligned<'g>(op: &str, a: Expr<'g>, b: Expr<'g>) -> Result<[Expr<'g>; 2], Error> {
    let shape = common_shape(op, &[a, b])?;
    Ok([a.try_stretch(&shape)?, b.try_stretch(&shape)?])
}

/// The arithmetic operators, on expressions and on plain numbers from both sides.
macro_rules! operators {
    ($($Trait:ident, $method:ident;)*) => {
        $(
            impl<'g> std::ops::$Trait for Expr<'g> {
                type Output = Expr<'g>;

                #[track_caller]
                fn $method(self, rhs: Expr<'g>) -> Expr<'g> {
                    self.apply_binary(Binary::$Trait, rhs)
                }
            }

            operators!(@number $Trait, $method: f64, i32);
        )*
    };
    (@number $Trait:ident, $method:ident: $($number:ty),*) => {
        $(
            impl<'g> std::ops::$Trait<$number> for Expr<'g> {
                type Output = Expr<'g>;

                #[track_caller]
                fn $method(self, rhs: $number) -> Expr<'g> {
                    self.apply_binary(Binary::$Trait, rhs.expr(self))
                }
            }

            impl<'g> std::ops::$Trait<Expr<'g>> for $number {
                type Output = Expr<'g>;

                #[track_caller]
                fn $method(self, rhs: Expr<'g>) -> Expr<'g> {
                    self.expr(rhs).apply_binary(Binary::$Trait, rhs)
                }
            }
        )*
    };
}

operators! {
    Add, add;
    Sub, sub;
    Mul, mul;
    Div, div;
}

impl<'g> std::ops::Neg for Expr<'g> {
    type Output = Expr<'g>;

    #[track_caller]
    fn neg(self) -> Expr<'g> {
        Expr::neg(self)
    }
}
