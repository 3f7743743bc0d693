//! The scalar type whose operations are nodes of a graph.

use std::{cell::RefCell, cmp::Ordering, fmt, panic::Location};

use retrograd_core::{
    Expr, Graph, NodeId, Real,
    ops::{Binary, Comparison, Unary},
};

use crate::{Number, arithmetic::arithmetic};

/// A scalar with a value whose operations are recorded in a graph, or a constant. Programs can branch on the value:
/// each comparison that decides a branch is recorded with its source line. [`Real::select`] is recorded as an
/// operation.
///
/// The recording treats the result of [`primal`](Number::primal) as a constant.
#[derive(Clone, Copy)]
pub struct Traced<'g> {
    value: f64,
    /// The expression; `None` for a constant.
    recorded: Option<Recorded<'g>>,
}

#[derive(Clone, Copy)]
struct Recorded<'g> {
    expr: Expr<'g>,
    decisions: &'g Decisions,
}

/// A comparison of [`Traced`] scalars. [`Real::select`] records it, so that each replay selects anew. Conversion to
/// `bool` makes it a branch.
#[derive(Clone, Copy, Debug)]
pub struct TracedMask<'g> {
    comparison: Comparison,
    lhs: Traced<'g>,
    rhs: Traced<'g>,
    location: &'static Location<'static>,
}

/// The comparisons of a recording, in order.
pub(super) type Decisions = RefCell<Vec<Decision>>;

/// A comparison that has decided a branch of the recorded program.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decision {
    pub comparison: Comparison,
    pub lhs: NodeId,
    pub rhs: NodeId,
    pub outcome: bool,
    pub location: &'static Location<'static>,
}

impl<'g> Traced<'g> {
    /// A value, with the expression that computes it.
    pub(super) fn new(value: f64, expr: Expr<'g>, decisions: &'g Decisions) -> Self {
        Self { value, recorded: Some(Recorded { expr, decisions }) }
    }

    /// The value.
    pub fn value(self) -> f64 {
        self.value
    }

    /// The expression of this scalar; `None` for a constant.
    pub fn expr(self) -> Option<Expr<'g>> {
        self.recorded.map(|recorded| recorded.expr)
    }

    /// The expression of this scalar; a literal for a constant.
    #[track_caller]
    pub(super) fn expr_in(self, graph: &'g Graph) -> Expr<'g> {
        self.expr().unwrap_or_else(|| graph.full((), self.value))
    }

    /// The expressions of two scalars; `None` if both are constants.
    #[track_caller]
    fn beside(self, other: Self) -> Option<(Recorded<'g>, [Expr<'g>; 2])> {
        let recorded = self.recorded.or(other.recorded)?;
        Some((recorded, [self, other].map(|x| x.expr_in(recorded.expr.graph()))))
    }

    /// The order of two scalars; the comparisons that establish it are recorded.
    #[track_caller]
    fn order(self, other: Self) -> Option<Ordering> {
        let order = self.value.partial_cmp(&other.value);
        let telling: &[Comparison] = match order {
            Some(Ordering::Less) => &[Comparison::Lt],
            Some(Ordering::Equal) => &[Comparison::Eq],
            Some(Ordering::Greater) => &[Comparison::Gt],
            None => &[Comparison::Le, Comparison::Ge],
        };
        for &comparison in telling {
            self.compare(comparison, other).decide();
        }
        order
    }
}

impl TracedMask<'_> {
    fn outcome(self) -> bool {
        self.comparison.value(self.lhs.value, self.rhs.value)
    }

    /// The outcome, recorded as a branch.
    fn decide(self) -> bool {
        let outcome = self.outcome();
        if let Some((recorded, [lhs, rhs])) = self.lhs.beside(self.rhs) {
            recorded.decisions.borrow_mut().push(Decision {
                comparison: self.comparison,
                lhs: lhs.id(),
                rhs: rhs.id(),
                outcome,
                location: self.location,
            });
        }
        outcome
    }
}

impl From<TracedMask<'_>> for bool {
    /// Records a branch: each replay checks that the outcome is the same.
    fn from(mask: TracedMask<'_>) -> Self {
        mask.decide()
    }
}

impl<'g> Real for Traced<'g> {
    type Mask = TracedMask<'g>;

    fn lit(self, value: f64) -> Self {
        Self::constant(value)
    }

    fn unary(self, op: Unary) -> Self {
        let apply = |x: Recorded<'g>| Recorded { expr: x.expr.unary(op), ..x };
        Self { value: op.value(self.value), recorded: self.recorded.map(apply) }
    }

    fn binary(self, op: Binary, rhs: Self) -> Self {
        let recorded = self
            .beside(rhs)
            .map(|(recorded, [a, b])| Recorded { expr: a.binary(op, b), ..recorded });
        Self { value: op.value(self.value, rhs.value), recorded }
    }

    fn compare(self, op: Comparison, rhs: Self) -> TracedMask<'g> {
        TracedMask { comparison: op, lhs: self, rhs, location: Location::caller() }
    }

    fn select(mask: TracedMask<'g>, a: Self, b: Self) -> Self {
        let chosen = if mask.outcome() { a } else { b };
        let Some((recorded, [lhs, rhs])) = mask.lhs.beside(mask.rhs) else { return chosen };
        let [a, b] = [a, b].map(|x| x.expr_in(recorded.expr.graph()));
        let expr = lhs.compare(mask.comparison, rhs).select(a, b);
        Self { value: chosen.value, recorded: Some(Recorded { expr, ..recorded }) }
    }
}

impl Number for Traced<'_> {
    const IS_RECORDED: bool = true;

    fn constant(value: f64) -> Self {
        Self { value, recorded: None }
    }

    fn primal(self) -> f64 {
        self.value
    }

    fn as_constant(self) -> Option<f64> {
        self.recorded.is_none().then_some(self.value)
    }

    fn is_zero(self) -> bool {
        self.recorded.is_none() && self.value == 0.0
    }
}

impl Default for Traced<'_> {
    fn default() -> Self {
        Self::constant(0.0)
    }
}

impl fmt::Debug for Traced<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

/// Implements comparisons with a type that converts to `Traced`.
macro_rules! comparisons {
    ($Rhs:ty, |$rhs:ident| $traced:expr, [$($name:ident $Comparison:ident),*]) => {
        impl PartialEq<$Rhs> for Traced<'_> {
            #[track_caller]
            fn eq(&self, $rhs: &$Rhs) -> bool {
                self.compare(Comparison::Eq, $traced).into()
            }

            #[track_caller]
            #[expect(clippy::partialeq_ne_impl, reason = "it is recorded as it is written")]
            fn ne(&self, $rhs: &$Rhs) -> bool {
                self.compare(Comparison::Ne, $traced).into()
            }
        }

        impl PartialOrd<$Rhs> for Traced<'_> {
            #[track_caller]
            fn partial_cmp(&self, $rhs: &$Rhs) -> Option<Ordering> {
                self.order($traced)
            }

            $(#[track_caller]
            fn $name(&self, $rhs: &$Rhs) -> bool {
                self.compare(Comparison::$Comparison, $traced).into()
            })*
        }
    };
}

comparisons! { Self, |rhs| *rhs, [lt Lt, le Le, gt Gt, ge Ge] }
comparisons! { f64, |rhs| Self::constant(*rhs), [lt Lt, le Le, gt Gt, ge Ge] }

arithmetic! { operators ['g] Traced<'g> }
arithmetic! { folds ['g] Traced<'g> }
