//! Series at kinks: a series for each side of a point, as long as the two sides differ.
//!
//! Near 0, `a·tᵖ + …` has the sign of `a` on the right and the sign of `(−1)ᵖ·a` on the left. So the first nonzero
//! coefficient decides the piece of a function on each side. `|t²|` is the series `t²`. `|t|` is the two series `t` and
//! `−t`; an operation that makes them equal, such as the square `|t|²`, joins them again.

use std::array;

use retrograd_core::{
    Real,
    ops::{Binary, Comparison, Unary},
};

use crate::{Number, Series};

/// The result of comparing two series: one for their values, and one for each side where the results differ nearby.
/// Conversion to `bool` takes the result for the values.
#[derive(Clone, Copy, Debug)]
pub struct SeriesMask<M> {
    pub(crate) at: M,
    pub(crate) sides: Option<[bool; 2]>,
}

impl<M: Into<bool>> From<SeriesMask<M>> for bool {
    fn from(mask: SeriesMask<M>) -> Self {
        mask.at.into()
    }
}

/// The indices of the right and the left side.
pub(crate) const SIDES: [usize; 2] = [0, 1];

/// The relative tolerance for two formulas of one coefficient.
const TOLERANCE: f64 = 1e-5;

/// Whether two scalars are equal, derivatives included. Scalars without derivatives may differ by roundings; two NaN
/// are equal, since joining them loses nothing more.
fn are_one<T: Number>(a: T, b: T) -> bool {
    let is_near = |a: f64, b: f64| (a - b).abs() <= TOLERANCE * (a.abs() + b.abs()).min(f64::MAX);
    let are_near = |(a, b): (f64, f64)| a == b || is_near(a, b);
    (a - b).is_zero()
        || a.as_constant().zip(b.as_constant()).is_some_and(are_near)
        || (a.primal().is_nan() && b.primal().is_nan())
}

impl<T: Number, const N: usize> Series<T, N> {
    /// The series on one side.
    pub(crate) fn side(&self, side: usize) -> Self {
        let coefficients = self.sides.map_or(self.coefficients, |sides| sides[side]);
        Self { coefficients, n_known: self.n_known, sides: None }
    }

    /// The series without its sides: the coefficients that both sides share.
    pub(crate) fn plain(&self) -> Self {
        Self { sides: None, ..*self }
    }

    /// Joins the series of both sides. The first coefficient is `first`, which the row chooses at a kink, as in all
    /// modes. The others are shared by both sides, or NaN from the first one in which the sides differ.
    pub(crate) fn joined(value: T, first: T, n_known: usize, sides: [[T; N]; 2]) -> Self {
        let [right, left] = sides;
        let do_agree = |k: usize| are_one(right[k], left[k]);
        let is_lost = |k: usize| !do_agree(k) && (k > 1 || first.primal().is_nan());
        let n_there = (1..n_known).find(|&k| is_lost(k)).unwrap_or(n_known);
        let coefficient = |k: usize| match k {
            0 => value,
            _ if k >= n_there => T::constant(f64::NAN),
            1 => first,
            _ => right[k],
        };
        let plain = Self::known(n_known, coefficient);
        let are_all_one =
            (0..n_known).all(|k| do_agree(k) && are_one(right[k], plain.coefficients[k]));
        Self { sides: if are_all_one { None } else { Some(sides) }, ..plain }
    }

    /// Applies an operation to each side of its operands and joins the results. At a pole, the sides are ignored, as in
    /// other modes.
    pub(crate) fn by_sides(operation: impl Fn(&dyn Fn(Self) -> Self) -> Self) -> Self {
        let plain = operation(&|x| x.plain());
        if !plain.coefficients[0].primal().is_finite() {
            return plain;
        }
        let of = SIDES.map(|side| operation(&|x| x.side(side)).side(side));
        let n_known = of.iter().fold(plain.n_known, |n, x| n.min(x.n_known));
        let first = plain.coefficients.get(1).copied().unwrap_or_default();
        Self::joined(plain.coefficients[0], first, n_known, of.map(|x| x.coefficients))
    }

    /// A unary row of a series with sides.
    #[cold]
    #[inline(never)]
    pub(crate) fn unary_of_sides(self, op: Unary) -> Self {
        Self::by_sides(|of| of(self).unary(op))
    }

    /// A binary row of two series; at least one has sides.
    #[cold]
    #[inline(never)]
    pub(crate) fn binary_of_sides(op: Binary, a: &Self, b: &Self) -> Self {
        Self::by_sides(|of| of(*a).binary(op, of(*b)))
    }

    /// The first nonzero coefficient after the value, with its power.
    fn leading(&self) -> Option<(usize, T)> {
        let known = self.coefficients.iter().copied().enumerate().take(self.n_known);
        known.skip(1).find(|(_, coefficient)| !coefficient.is_zero())
    }

    /// A value with the sign of the series minus `number`, on each side of `t = 0`.
    fn near(&self, number: f64) -> [f64; 2] {
        let value = self.coefficients[0].primal();
        if value != number {
            return [value - number; 2];
        }
        self.leading().map_or([0.0; 2], |(power, coefficient)| {
            let right = coefficient.primal();
            [right, if power.is_multiple_of(2) { right } else { -right }]
        })
    }

    /// The series divided by a power of `t`.
    fn without(&self, power: usize) -> Self {
        Self::known(self.n_known - power, |k| self.coefficients[k + power])
    }

    /// The series times a power of `|t|`, on each side. Unknown coefficients are NaN.
    fn times_magnitude(&self, power: usize) -> [[T; N]; 2] {
        let right = array::from_fn(|k| match k.checked_sub(power) {
            None => T::default(),
            Some(k) if k < self.n_known => self.coefficients[k],
            Some(_) => T::constant(f64::NAN),
        });
        [right, if power.is_multiple_of(2) { right } else { right.map(|c| -c) }]
    }

    /// A unary row at a point where its derivative does not determine the series; `None` elsewhere.
    #[expect(clippy::wildcard_enum_match_arm, reason = "a few of many rows are told apart")]
    pub(crate) fn unary_at_kink(&self, op: Unary, value: T) -> Option<Self> {
        if T::IS_RECORDED || self.leading().is_none() {
            return None;
        }
        let x = self.coefficients[0].primal();
        match op {
            Unary::Sign
            | Unary::Step
            | Unary::Floor
            | Unary::Ceil
            | Unary::Trunc
            | Unary::Round => self.step_of(op, value, x),
            Unary::Abs | Unary::Relu if x == 0.0 => {
                let of_negative = if op == Unary::Abs { -*self } else { Self::constant(0.0) };
                let sides = self.near(0.0).map(|x| if x > 0.0 { *self } else { of_negative });
                let sides = sides.map(|piece| piece.coefficients);
                Some(Self::joined(value, T::default(), self.n_known, sides))
            }
            Unary::Sqrt | Unary::Cbrt if x == 0.0 => self.root_at_zero(op, value),
            _ => None,
        }
    }

    /// A step from one constant to another; `None` if the function does not jump at `x`.
    fn step_of(&self, op: Unary, value: T, x: f64) -> Option<Self> {
        let [above, below] = [x.next_up(), x.next_down()].map(|x| op.value(x));
        if [above, below] == [value.primal(); 2] || !x.is_finite() {
            return None;
        }
        let sides = self.near(x).map(|change| if change > 0.0 { above } else { below });
        let sides = sides.map(|limit| Self::constant(limit).coefficients);
        Some(Self::joined(value, T::default(), self.n_known, sides))
    }

    /// The root of `tᵖ·z`: the root of `tᵖ` times the root of `z`, if the degree divides `p`; else `None`.
    fn root_at_zero(&self, op: Unary, value: T) -> Option<Self> {
        let (power, _) = self.leading()?;
        let degree = if op == Unary::Sqrt { 2 } else { 3 };
        if !power.is_multiple_of(degree) {
            return None;
        }
        let rest = self.without(power).unary(op);
        let [right, left] = rest.times_magnitude(power / degree);
        // A cube root has the sign of its argument.
        let sides = if op == Unary::Cbrt { [right; 2] } else { [right, left] };
        let [first, other] = sides.map(|side| side.get(1).copied().unwrap_or_default());
        let first = if are_one(first, other) { first } else { T::constant(f64::NAN) };
        Some(Self::joined(value, first, self.n_known, sides))
    }

    /// A binary row at a point where its derivatives do not determine the series; `None` elsewhere. `first` is the
    /// first coefficient, as the row chooses it there.
    #[expect(clippy::wildcard_enum_match_arm, reason = "a few of many rows are told apart")]
    pub(crate) fn binary_at_kink(
        op: Binary,
        a: Self,
        b: Self,
        value: T,
        first: impl Fn() -> T,
    ) -> Option<Self> {
        if T::IS_RECORDED || a.leading().is_none() && b.leading().is_none() {
            return None;
        }
        let n_known = a.n_known.min(b.n_known);
        let [a0, b0] = [a, b].map(|x| x.coefficients[0].primal());
        let is_tie = a0 == b0 && a0.is_finite();
        let sides = match op {
            Binary::Maximum
            | Binary::Minimum
            | Binary::Fmax
            | Binary::Fmin
            | Binary::ClampMin
            | Binary::ClampMax
                // Of equal infinite numbers, neither side is known.
                if is_tie =>
            {
                let is_larger = matches!(op, Binary::Maximum | Binary::Fmax | Binary::ClampMin);
                let difference = Self::each(&a, &b, |a, b| a - b).near(0.0);
                let chosen =
                    |side: usize| if (difference[side] > 0.0) == is_larger { a } else { b };
                SIDES.map(|side| chosen(side).coefficients)
            }
            Binary::Hypot if a0 == 0.0 && b0 == 0.0 => {
                let powers = [a, b].into_iter().filter_map(|x| Some(x.leading()?.0));
                let power = powers.fold(n_known - 1, usize::min);
                let rest = a.without(power).binary(op, b.without(power));
                rest.times_magnitude(power)
            }
            _ => return None,
        };
        Some(Self::joined(value, first(), n_known, sides))
    }

    /// Compares values, and both sides where the values are equal or a series has sides.
    pub(crate) fn compared(self, op: Comparison, rhs: Self) -> SeriesMask<T::Mask> {
        let [a, b] = [self, rhs].map(|x| x.coefficients[0]);
        let at = a.compare(op, b);
        let has_sides = self.sides.is_some() || rhs.sides.is_some();
        if T::IS_RECORDED || !has_sides && a.primal() != b.primal() {
            return SeriesMask { at, sides: None };
        }
        let near = |side: usize| {
            let [a, b] = [self, rhs].map(|x| x.side(side));
            let [a0, b0] = [a, b].map(|x| x.coefficients[0].primal());
            if a0 != b0 {
                return op.value(a0, b0);
            }
            let difference = Self::each(&a, &b, |a, b| a - b).near(0.0)[side];
            // Without known coefficients, only the values decide.
            op.value(if difference.is_nan() { 0.0 } else { difference }, 0.0)
        };
        let sides = SIDES.map(near);
        let is_one = sides == [op.value(a.primal(), b.primal()); 2];
        SeriesMask { at, sides: (!is_one).then_some(sides) }
    }

    /// Selects one of two series by a mask, and on each side by the mask of that side, unless the selection jumps. A
    /// jump has no derivatives: there, every mode takes the derivatives of the series selected at the point.
    pub(crate) fn selected(mask: SeriesMask<T::Mask>, a: Self, b: Self) -> Self {
        let choose = |a: Self, b: Self| Self::each(&a, &b, |a, b| T::select(mask.at, a, b));
        if mask.sides.is_none() && a.sides.is_none() && b.sides.is_none() {
            return choose(a, b);
        }
        let plain = choose(a.plain(), b.plain());
        let value = plain.coefficients[0];
        let by_value = SIDES.map(|side| choose(a.side(side), b.side(side)));
        let by_side =
            |sides: [bool; 2]| SIDES.map(|k| if sides[k] { a.side(k) } else { b.side(k) });
        let sides = mask.sides.map(by_side);
        let has_no_jump =
            |sides: &[Self; 2]| sides.iter().all(|x| are_one(x.coefficients[0], value));
        let sides = sides.filter(has_no_jump).unwrap_or(by_value);
        let first = plain.coefficients.get(1).copied().unwrap_or_default();
        Self::joined(value, first, plain.n_known, sides.map(|x| x.coefficients))
    }

    /// The series with the sides of its rate.
    #[cold]
    #[inline(never)]
    pub(crate) fn with_sides_of(self, rate: &Self) -> Self {
        let value = self.coefficients[0];
        let first = self.coefficients.get(1).copied().unwrap_or_default();
        let integral = |side: usize| {
            let rate = rate.side(side).coefficients;
            array::from_fn(|k| match k {
                0 => value,
                _ => rate[k - 1] / T::constant(k as f64),
            })
        };
        Self::joined(value, first, self.n_known, SIDES.map(integral))
    }

    /// A value without a series: all further known coefficients are NaN.
    pub(crate) fn without_series(value: T, n_known: usize) -> Self {
        Self::known(n_known, |k| if k == 0 { value } else { T::constant(f64::NAN) })
    }
}
