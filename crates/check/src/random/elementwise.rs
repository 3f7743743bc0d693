//! Moves that work element by element.

use retrograd_core::{
    DType, Expr,
    ops::{Binary, COMPOSED, Comparison, Unary},
};

use super::{
    builder::{GraphBuilder, Move, RandomFunction},
    probe::{are_away_from, elements, gaps, is_tame},
};

/// How far from a point of its row a function is tried; small numbers stay small under it.
const NEARNESS: f64 = 0.03;

/// Numbers near a point.
fn near(point: f64, x: Expr<'_>) -> Expr<'_> {
    x * NEARNESS + point
}

impl<'g> GraphBuilder<'g> {
    pub(super) const ELEMENTWISE: &'g [Move<'g>] = &[
        Self::unary,
        Self::unary,
        Self::unary,
        Self::unary,
        Self::binary,
        Self::binary,
        Self::binary,
        Self::composed,
        Self::scaled,
        Self::compared_with_a_number,
        Self::compared,
        Self::select,
        Self::cast,
        Self::under_another_name,
    ];

    fn unary(&mut self) -> Option<Expr<'g>> {
        let op = *self.pick(Unary::ALL);
        let x = self.float();
        Some(self.harmless(op, x)(x))
    }

    /// A row of the table of unary functions that is harmless for the elements of an expression: the row itself, the row
    /// moved away from a kink, or the row near one of its points.
    pub(super) fn harmless(&mut self, op: Unary, x: Expr<'g>) -> RandomFunction<'g> {
        let is_harmless = |x: &f64| {
            is_tame(|change| {
                let (x, y) = (x + change, op.value(x + change));
                [y, op.derivative(x, y)]
            })
        };
        let values = elements(x);
        if values.iter().all(is_harmless) {
            return Box::new(move |x| x.apply_unary(op));
        }
        let kink = *self.pick(&gaps(&values));
        let moved: Vec<_> = values.iter().map(|x| x - kink).collect();
        if moved.iter().all(is_harmless) {
            return Box::new(move |x| (x - kink).apply_unary(op));
        }
        let point = *self.pick(op.points());
        Box::new(move |x| near(point, x).apply_unary(op))
    }

    /// A row of the table of binary functions.
    fn binary(&mut self) -> Option<Expr<'g>> {
        let op = *self.pick(Binary::ALL);
        let (a, b) = self.pair()?;
        let shape = a.shape().broadcast(&b.shape())?;
        let [a_values, b_values] = [a, b].map(|x| elements(x.broadcast_to(&shape)));
        let quantities = |a: f64, b: f64| {
            let y = op.value(a, b);
            [y, op.derivative(0, a, b, y), op.derivative(1, a, b, y)]
        };
        let is_harmless = |(&a, &b): (&f64, &f64)| {
            is_tame(|change| quantities(a + change, b))
                && is_tame(|change| quantities(a, b + change))
        };
        if a_values.iter().zip(&b_values).all(is_harmless) {
            return Some(a.apply_binary(op, b));
        }
        let (a_point, b_point) = *self.pick(op.points());
        Some(near(a_point, a).apply_binary(op, near(b_point, b)))
    }

    /// A composed function near a point of its row.
    fn composed(&mut self) -> Option<Expr<'g>> {
        let row = self.pick(COMPOSED);
        let (point, call) = (*self.pick(row.points), self.pick(row.calls));
        let x = self.float();
        Some((call.expr)(near(point, x)))
    }

    /// Arithmetic with a plain number on either side.
    fn scaled(&mut self) -> Option<Expr<'g>> {
        let (x, number) = (self.float(), self.uniform());
        Some(match self.number(0..=4) {
            0 => x * number,
            1 => number + x,
            2 => number - x,
            3 => x / (number.abs() + 0.5),
            _ => -x,
        })
    }

    /// A comparison with a number in a gap between the elements, or of integers with an integer.
    fn compared_with_a_number(&mut self) -> Option<Expr<'g>> {
        let op = *self.pick(Comparison::ALL);
        if self.chance(0.2) {
            let x = self.integer();
            let number = self.number(0..=3) as i64;
            return Some(x.apply_comparison(op, self.graph.constant(number)));
        }
        let x = self.float();
        let number = *self.pick(&gaps(&elements(x)));
        Some(x.apply_comparison(op, self.graph.constant(number)))
    }

    /// A comparison of expressions that are nowhere nearly equal, or of truth values.
    fn compared(&mut self) -> Option<Expr<'g>> {
        let op = *self.pick(Comparison::ALL);
        if self.chance(0.2) {
            let mask = self.mask()?;
            return Some(mask.apply_comparison(op, mask.graph().constant(true)));
        }
        let (a, b) = self.pair()?;
        let difference = elements(a - b);
        are_away_from(0.0, &difference).then(|| a.apply_comparison(op, b))
    }

    fn select(&mut self) -> Option<Expr<'g>> {
        let (mask, (a, b)) = (self.mask()?, self.pair()?);
        let shape = a.shape().broadcast(&b.shape())?.broadcast(&mask.shape())?;
        let number = self.uniform();
        match self.number(0..=3) {
            0 => Some(mask.select(number, 0.0)),
            _ if !self.fits(&shape) => None,
            1 => Some(mask.select(a, number)),
            2 => Some(mask.select(number, b)),
            _ => Some(mask.select(a, b)),
        }
    }

    /// A conversion that no rounding can change.
    fn cast(&mut self) -> Option<Expr<'g>> {
        let own = self.graph.dtype();
        match self.number(0..=4) {
            0 => Some(self.integer().cast(own)),
            1 => Some(self.mask()?.cast(own)),
            2 => Some(self.mask()?.cast(DType::I64)),
            3 => Some(self.integer().cast(DType::Bool)),
            _ if own == DType::F32 => Some(self.float().cast(DType::F64).sin().cast(own)),
            _ => {
                let x = self.float();
                let fractions: Vec<_> = elements(x).iter().map(|x| x - x.round()).collect();
                are_away_from(0.0, &fractions).then(|| x.cast(DType::I64))
            }
        }
    }

    /// A second name, or a stop to the gradient.
    fn under_another_name(&mut self) -> Option<Expr<'g>> {
        let x = self.any();
        if !self.options.is_differentiable && self.chance(0.5) {
            return Some(x.stop_gradient());
        }
        Some(x.named("first").named("second"))
    }
}
