//! Kinks: derivatives that jump, and what makes the next derivative right where they do.

use crate::{
    bends::Ahead,
    expr::Expr,
    ops::{Batch, Binary, Dependence, Linearity, Link, Op, Operation, Rule, Tangents, same_dtype},
    tensor::{View, ViewMut},
};

/// The operation that multiplies a cotangent or tangent by a derivative that jumps at a kink. Its inputs are these two,
/// the distance from the kink, whether it is met, and the value that has the kink.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Kinked {
    /// Whether the first input is a tangent.
    pub is_tangent: bool,
}

/// A derivative of a value that has a kink.
#[derive(Clone, Copy)]
pub(super) struct Kink<'g> {
    /// The derivative, with a choice for the kink.
    pub slope: Expr<'g>,
    /// A distance from the kink `δ`, such that near it the slope is `δ/r + c` for the `r = |δ|` that the value moves by.
    pub distance: Expr<'g>,
    /// Where the kink is met: truth values that broadcast to the slope.
    pub is_met: Expr<'g>,
    /// The value that has the kink, of the shape of these truth values.
    pub value: Expr<'g>,
}

impl<'g> Kink<'g> {
    /// The share of a cotangent that passes through the slope.
    #[track_caller]
    pub fn pull_back(self, g: Expr<'g>) -> Option<Expr<'g>> {
        match g.as_literal() {
            // A constant has no bend.
            Some(_) => g.pull_back(self.slope),
            None => Some(self.times(g, false)),
        }
    }

    /// The tangent that the slope makes of a tangent.
    #[track_caller]
    pub fn push_forward(self, v: Expr<'g>) -> Expr<'g> {
        self.times(v, true)
    }

    #[track_caller]
    fn times(self, factor: Expr<'g>, is_tangent: bool) -> Expr<'g> {
        let inputs = [factor, self.slope, self.distance, self.is_met, self.value];
        let inputs = inputs.into_iter().map(Expr::id).collect();
        let op = Op::Kinked(Kinked { is_tangent });
        factor.graph().record(op, inputs, factor.shape(), factor.dtype())
    }

    /// `share` where the kink is met, else 0. It is a limit, which has the value and the first derivative of what it is the
    /// limit of, and not the second: so that is NaN, by a square of the distance.
    #[track_caller]
    fn where_met(self, share: Expr<'g>) -> Expr<'g> {
        let zero = share.like(0.0);
        let is_met = self.is_met.broadcast_to_known(&share.shape());
        let distance = is_met.select(self.distance, zero);
        is_met.select(share, zero) + distance.chain(distance.chain(share.like(f64::NAN)))
    }
}

/// The kink of a node.
fn kink<'g>(input: impl Fn(usize) -> Expr<'g>) -> Kink<'g> {
    Kink { slope: input(1), distance: input(2), is_met: input(3), value: input(4) }
}

impl Kinked {
    /// The part of the tangent that comes from moving away from the kink, at the kink: the bend of the cotangent, times
    /// the tangent of the distance. A tangent jumps there, as does what it is unknown of whether it bends.
    #[track_caller]
    fn bent<'g>(self, tangents: Tangents<'_, 'g>, away: Expr<'g>) -> Option<Expr<'g>> {
        let factor = tangents.x(0);
        match tangents.ahead {
            Ahead::Bends(bends) if !self.is_tangent => bends.of(factor)?.pull_back(away),
            Ahead::Tangents(bends) => bends.of(factor)?.pull_back(away),
            Ahead::Bends(_) | Ahead::Nothing if self.is_tangent => {
                factor.pull_back(away)?.pull_back(away.like(f64::INFINITY))
            }
            Ahead::Bends(_) | Ahead::Nothing => away.pull_back(away.like(f64::NAN)),
        }
    }
}

impl Operation for Kinked {
    fn label(&self) -> String {
        Binary::Chain.label()
    }

    fn vjp<'g>(&self, rule: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>> {
        let kink = kink(|k| rule.x(k));
        match rule.k {
            // The transpose of what makes cotangents is what makes tangents.
            0 => Some(kink.times(g, !self.is_tangent)),
            1 => g.pull_back(rule.x(0)),
            2 => Some(kink.where_met(rule.bends.of(g.pull_back(rule.x(0))?)?)),
            _ => None,
        }
    }

    fn linearity(&self) -> Linearity {
        Linearity::Nonlinear
    }

    fn dependence(&self, link: Link<'_, '_>) -> Option<Dependence> {
        (link.k < 3).then(|| Dependence::elementwise(&link.y.shape()))
    }

    fn jvp<'g>(&self, tangents: Tangents<'_, 'g>) -> Option<Expr<'g>> {
        let kink = kink(|k| tangents.x(k));
        let by_factor = tangents.of(0).map(|v| kink.times(v, self.is_tangent));
        let by_slope = tangents.of(1).and_then(|v| tangents.x(0).pull_back(v));
        let bent = tangents.of(2).and_then(|away| self.bent(tangents, away));
        let by_distance = bent.map(|bent| kink.where_met(bent));
        [by_factor, by_slope, by_distance].into_iter().flatten().reduce(|a, b| a + b)
    }

    fn n_operands(&self, _: usize) -> usize {
        2
    }

    fn vmap<'g>(&self, batch: Batch<'_, 'g>) -> Expr<'g> {
        batch.record(Op::Kinked(*self))
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        same_dtype!(float x[0], y => |a, y| Binary::Chain.map(a, x[1].elements(), y));
    }
}
