//! Kinks: derivatives that jump or are infinite, and the operation by which the next derivative is right or NaN.

use crate::{
    data::{
        shape::{AxisSet, Shape, keep},
        tensor::{View, ViewMut},
    },
    graph::{
        expr::Expr,
        ops::{
            Batch, Binary, Dependence, Link, Op, Operation, OperationKind, Rule, Tangents, Unary,
            bends::{Ahead, Bending, Bends},
            same_dtype,
        },
    },
};

/// The operation that multiplies a cotangent or tangent by a derivative that jumps or is infinite at a kink. Its inputs are
/// these two, the distance from the kink, whether it is met, and the value that has the kink.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Kinked {
    /// Whether the first input is a tangent.
    pub is_tangent: bool,
    /// The kind of kink.
    pub corner: Corner,
}

/// Kinds of kinks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Corner {
    /// The derivative jumps with the direction of the distance.
    Jump,
    /// The derivative jumps between elements that are equal along axes, which are removed: it is 1 for them, else 0.
    Tie(AxisSet),
    /// The derivative is infinite as that of a square root is: the value moves by the root of the distance.
    Root,
    /// The derivative is infinite in another way.
    Pole,
    /// The derivative jumps in a way that is not known.
    Unknown,
}

/// A derivative of a value that has a kink.
#[derive(Clone, Copy)]
pub(super) struct Kink<'g> {
    /// The kind.
    pub corner: Corner,
    /// The derivative, with a choice for the kink.
    pub slope: Expr<'g>,
    /// A distance from the kink `δ`, such that near a jump the slope is `δ/r + c` for the `r = |δ|` that the value moves by.
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
        if let (true, Some(rest)) = (self.has_no_limit(), factor.cancelled(self.slope)) {
            return rest;
        }
        let inputs = [factor, self.slope, self.distance, self.is_met, self.value];
        let inputs = inputs.into_iter().map(Expr::id).collect();
        let op = Op::Kinked(Kinked { is_tangent, corner: self.corner });
        factor.graph().record(op, inputs, factor.shape(), factor.dtype())
    }

    fn has_no_limit(self) -> bool {
        matches!(self.corner, Corner::Root | Corner::Pole | Corner::Unknown)
    }

    /// Something of the shape of the value, stretched to that of the slope.
    #[track_caller]
    fn stretched(self, of_value: Expr<'g>, shape: &Shape) -> Expr<'g> {
        match self.corner {
            Corner::Tie(axes) => of_value.stretched_back(axes, shape),
            Corner::Jump | Corner::Root | Corner::Pole | Corner::Unknown => {
                of_value.broadcast_to_known(shape)
            }
        }
    }

    /// The derivative of a cotangent by how far the value moves, as one sweep of bends has it; NaN where a cotangent that is 0
    /// bends by other kinks, too, so that the derivative depends on how far these move.
    #[track_caller]
    fn bend(self, bends: &Bends<'g>, g: Expr<'g>) -> Option<Expr<'g>> {
        let bend = bends.of(g)?;
        let Some(by_others) = bends.by_others() else { return Some(bend) };
        let other = self.by_length(by_others, by_others.of(g).unwrap_or_else(|| g.like(0.0)));
        let tolerance = (bend.abs() + other.abs()) * 1e-3;
        let is_own = (bend - other).abs().le(tolerance);
        let if_zero = is_own.select(bend, bend.like(f64::NAN));
        Some(g.eq(0.0).select(if_zero, bend))
    }

    /// A bend by the length that the value has been moved by.
    #[track_caller]
    fn by_length(self, bending: &Bending<'g>, bend: Expr<'g>) -> Expr<'g> {
        let Some(length) = bending.length(self.value) else { return bend };
        let length = self.stretched(length, &bend.shape());
        bend / length.eq(0.0).select(length.like(1.0), length)
    }

    /// `share` where the kink is met, else 0. It is a limit, which has the value and the first derivative of what it is the
    /// limit of, and not the second: so that is NaN, by a square of the distance.
    #[track_caller]
    fn where_met(self, share: Expr<'g>) -> Expr<'g> {
        let zero = share.like(0.0);
        let is_met = self.stretched(self.is_met, &share.shape());
        let distance = is_met.select(self.distance, zero);
        is_met.select(share, zero) + distance.chain(distance.chain(share.like(f64::NAN)))
    }

    /// The limit of a bend times what moves away from the kink, where that is known. A cotangent that is not 0 has no limit,
    /// and what composes it is not smooth; so what is not known is 0 there, and NaN where the cotangent is 0.
    #[track_caller]
    fn limit(self, cotangent: Expr<'g>, share: Expr<'g>) -> Expr<'g> {
        let zero = share.like(0.0);
        let known = share.eq(share).select(share, zero);
        let of_two = cotangent.eq(0.0).select(share, known);
        let Corner::Tie(axes) = self.corner else { return self.where_met(of_two) };
        let is_of_more = self.slope.sum_over(keep(axes)).gt(2.0).broadcast_to_known(&share.shape());
        let of_more = cotangent.eq(0.0).select(self.of_opposites(axes, share), zero);
        self.where_met(is_of_more.select(of_more, of_two))
    }

    /// A share of elements that tie, but NaN where they do not move equally far from their mean: those that move less are
    /// never the largest, so that the mean of all is not the limit.
    #[track_caller]
    fn of_opposites(self, axes: AxisSet, share: Expr<'g>) -> Expr<'g> {
        let (ties, fixed) = (self.slope, share.stop_gradient());
        let mean = fixed.chain(ties).sum_over(keep(axes)) / ties.sum_over(keep(axes));
        let away = ties.eq(0.0).select(share.like(0.0), (fixed - mean).abs());
        let farthest = away.max_over(keep(axes)).broadcast_to_known(&share.shape());
        let is_opposite = ties.eq(0.0).select(farthest, away).eq(farthest);
        is_opposite.select(share, share.like(f64::NAN))
    }

    /// NaN where the derivative is infinite and a cotangent with a bend is 0, for the product of these two, which was taken
    /// to be 0 and has a limit that is not known.
    #[track_caller]
    fn unknown(self, cotangent: Expr<'g>, bend: Expr<'g>) -> Expr<'g> {
        let zero = cotangent.like(0.0);
        let of_bend = bend.ne(0.0).select(zero.like(f64::NAN), zero);
        let lost = cotangent.eq(0.0).select(of_bend, zero);
        self.stretched(self.is_met, &zero.shape()).select(lost, zero)
    }
}

impl Unary {
    /// The kink of `y = f(x)`, if it is one that smooth functions are made of.
    #[track_caller]
    pub(super) fn kink<'g>(self, x: Expr<'g>, y: Expr<'g>) -> Option<Kink<'g>> {
        let corner = if self == Unary::Abs {
            Corner::Jump
        } else if matches!(self, Unary::Sqrt | Unary::Asin | Unary::Acos | Unary::Acosh) {
            Corner::Root
        } else if matches!(self, Unary::Cbrt | Unary::Log1p)
            || matches!(self, Unary::Log | Unary::Log2 | Unary::Log10)
        {
            Corner::Pole
        } else {
            return None;
        };
        let slope = self.derivative(x, y);
        let is_jump = corner == Corner::Jump;
        let is_met = if is_jump { y.eq(0.0) } else { slope.abs().eq(f64::INFINITY) };
        Some(Kink { corner, slope, distance: x, is_met, value: y })
    }
}

impl Binary {
    /// The kink of `y = f(a, b)` as operand `k` moves, if it is one that smooth functions are made of.
    #[track_caller]
    pub(super) fn kink<'g>(
        self,
        k: usize,
        a: Expr<'g>,
        b: Expr<'g>,
        y: Expr<'g>,
    ) -> Option<Kink<'g>> {
        let slope = self.derivative(k, a, b, y);
        let is_power = self == Binary::Pow && k == 0;
        if is_power && b.as_literal().is_none_or(|b| 0.0 < b && b < 1.0) {
            let is_root = b.as_literal() == Some(0.5);
            let corner = if is_root { Corner::Root } else { Corner::Pole };
            let is_met = slope.abs().eq(f64::INFINITY);
            return Some(Kink { corner, slope, distance: a, is_met, value: y });
        }
        let (distance, is_met) = if self == Binary::Hypot {
            ([a, b][k], y.eq(0.0))
        } else if matches!(self, Binary::Maximum | Binary::Minimum | Binary::Fmax | Binary::Fmin) {
            // The larger of two is their mean plus half of |a − b|, and so is its derivative half a constant and half a sign.
            // Equal infinite numbers have no distance, so that nothing moves away from their tie.
            let distance = if k == 0 { a - b } else { b - a };
            (distance * 0.25, distance.eq(0.0))
        } else {
            return None;
        };
        Some(Kink { corner: Corner::Jump, slope, distance, is_met, value: y })
    }
}

/// The kink of a node.
fn kink<'g>(corner: Corner, input: impl Fn(usize) -> Expr<'g>) -> Kink<'g> {
    Kink { corner, slope: input(1), distance: input(2), is_met: input(3), value: input(4) }
}

impl Kinked {
    /// The part of the tangent that comes from moving away from the kink, at the kink: the bend of the cotangent, times
    /// the tangent of the distance. A tangent jumps there, as does what it is unknown of whether it bends.
    #[track_caller]
    fn bent<'g>(self, tangents: Tangents<'_, 'g>, away: Expr<'g>) -> Option<Expr<'g>> {
        let (factor, kink) = (tangents.x(0), kink(self.corner, |k| tangents.x(k)));
        match tangents.ahead {
            Ahead::Tangents(_) if kink.has_no_limit() => None,
            Ahead::Bends(bends) if kink.has_no_limit() && !self.is_tangent => {
                Some(kink.unknown(factor, bends.of(factor)?))
            }
            Ahead::Bends(_) | Ahead::Nothing
                if self.is_tangent && self.corner == Corner::Unknown =>
            {
                Some(kink.where_met(away.pull_back(away.like(f64::NAN))?))
            }
            // A tangent that is 0 may leave 0 with the next order, and one that does not move stays.
            _ if kink.has_no_limit() => {
                let is_moving = !self.is_tangent || tangents.of(0).is_some();
                is_moving.then(|| kink.unknown(factor, factor.like(1.0)))
            }
            Ahead::Bends(bends) if !self.is_tangent => {
                Some(kink.limit(factor, kink.bend(bends, factor)?.pull_back(away)?))
            }
            Ahead::Tangents(bending) => {
                let bend = kink.by_length(bending, bending.of(factor)?);
                Some(kink.where_met(bend.pull_back(away)?))
            }
            Ahead::Bends(_) | Ahead::Nothing if self.is_tangent => {
                let jump = factor.pull_back(away)?.pull_back(away.like(f64::INFINITY))?;
                Some(kink.where_met(jump))
            }
            Ahead::Bends(_) | Ahead::Nothing => {
                Some(kink.where_met(away.pull_back(away.like(f64::NAN))?))
            }
        }
    }
}

impl Operation for Kinked {
    fn kind(&self) -> OperationKind {
        OperationKind::Elementwise
    }

    fn label(&self) -> String {
        Binary::Chain.label()
    }

    fn vjp<'g>(&self, rule: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>> {
        let (kink, factor) = (kink(self.corner, |k| rule.x(k)), rule.x(0));
        let cotangent = if self.is_tangent { g } else { factor };
        let has_no_limit = kink.has_no_limit();
        match rule.k {
            // The transposed rule of cotangents is the rule of tangents.
            0 | 2 if has_no_limit && self.is_tangent && g.cancelled(kink.slope).is_some() => {
                g.cancelled(kink.slope).filter(|_| rule.k == 0)
            }
            0 => Some(kink.times(g, !self.is_tangent)),
            1 => g.pull_back(factor),
            2 if has_no_limit => Some(kink.unknown(cotangent, rule.bends.of(cotangent)?)),
            2 => {
                let away = if self.is_tangent { factor } else { g };
                Some(kink.limit(cotangent, kink.bend(rule.bends, cotangent)?.pull_back(away)?))
            }
            _ => None,
        }
    }

    fn dependence(&self, link: Link<'_, '_>) -> Option<Dependence> {
        (link.k < 3).then(|| Dependence::elementwise(&link.y.shape()))
    }

    fn jvp<'g>(&self, tangents: Tangents<'_, 'g>) -> Option<Expr<'g>> {
        let kink = kink(self.corner, |k| tangents.x(k));
        let by_factor = tangents.of(0).map(|v| kink.times(v, self.is_tangent));
        let by_slope = tangents.of(1).and_then(|v| tangents.x(0).pull_back(v));
        let by_distance = tangents.of(2).and_then(|away| self.bent(tangents, away));
        [by_factor, by_slope, by_distance].into_iter().flatten().reduce(|a, b| a + b)
    }

    fn n_operands(&self, _: usize) -> usize {
        2
    }

    fn vmap<'g>(&self, batch: Batch<'_, 'g>) -> Expr<'g> {
        let corner = match self.corner {
            Corner::Tie(axes) => Corner::Tie(axes.after_one_more()),
            corner @ (Corner::Jump | Corner::Root | Corner::Pole | Corner::Unknown) => corner,
        };
        batch.record(Op::Kinked(Kinked { corner, ..*self }))
    }

    fn is_cheap(&self) -> bool {
        false
    }

    fn has_shape(&self, x: &[&Shape], y: &Shape) -> bool {
        x.iter().take(3).all(|x| *x == y)
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        same_dtype!(float x[0], y => |a, y| Binary::Chain.map(a, x[1].elements(), y));
    }
}
