//! Power series in one variable: derivatives of every order at once.

use std::array;

use retrograd_core::{
    Real,
    ops::{Binary, Comparison, Unary},
};

use crate::{Number, arithmetic::arithmetic, number::chain_of_tangent, sides::SeriesMask};

/// A truncated power series in `t`: the first `N` coefficients of a scalar that moves with `t`.
///
/// Sums, products and quotients of series follow the usual formulas. For any other function `f`, the derivative in its
/// row is evaluated as a series, and `y = f(x)` follows term by term from `ẏ = f'(x)·ẋ` (Griewank and Walther 2008,
/// "Evaluating derivatives", chapter 13). The cost is a polynomial in `N`, where duals of duals cost `2ᴺ`. Powers with
/// a moving base and a moving exponent cost `2ᴺ`, too.
///
/// At a kink, such as 0 for `|x|`, the first nonzero coefficient decides the piece of the function for `t > 0` and the
/// one for `t < 0`. Coefficients on which both sides agree are kept, so that `|t²|` and `|t|²` are `t²`; from the first
/// disagreement on they are NaN. The coefficient of `t` is an exception: it is the derivative in the row, as in all
/// modes.
///
/// Where a derivative is infinite, the coefficient of `t` is infinite if the argument moves to first order. Otherwise
/// all coefficients are NaN, such as those of `√t²`. Masks are decided in the same way, except for
/// [`Traced`](crate::Traced) scalars: each replay selects anew.
///
/// ```
/// use retrograd_scalar::{Number, Series};
///
/// let x = Series::<f64, 4>::variable(0.0);
/// assert_eq!((x.sin() * 6.0).coefficients, [0.0, 6.0, 0.0, -1.0]);
/// # use retrograd_core::Real;
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Series<T, const N: usize> {
    /// The coefficients of `t⁰`, `t¹`, ….
    pub coefficients: [T; N],
    /// The number of known coefficients; the others are 0.
    pub(crate) n_known: usize,
    /// The coefficients for `t > 0` and for `t < 0`, where they belong to different series.
    pub(crate) sides: Option<[[T; N]; 2]>,
}

impl<T: Number, const N: usize> Series<T, N> {
    const HAS_A_VALUE: () = assert!(N > 0, "a series has at least one coefficient");

    /// A series with the given coefficients.
    pub fn new(coefficients: [T; N]) -> Self {
        const { Self::HAS_A_VALUE };
        Self { coefficients, n_known: N, sides: None }
    }

    /// The series `value + t`.
    pub fn variable(value: T) -> Self {
        let start = [value, T::constant(1.0)];
        Self::new(array::from_fn(|k| start.get(k).copied().unwrap_or_default()))
    }

    fn value(&self) -> T {
        self.coefficients[0]
    }

    /// A series of `n_known` known coefficients.
    pub(crate) fn known(n_known: usize, coefficient: impl Fn(usize) -> T) -> Self {
        let coefficients =
            array::from_fn(|k| if k < n_known { coefficient(k) } else { T::default() });
        Self { coefficients, n_known, sides: None }
    }

    fn cut(&self, n_known: usize) -> Self {
        Self::known(n_known.min(self.n_known), |k| self.coefficients[k])
    }

    fn is_constant(&self) -> bool {
        self.sides.is_none() && self.coefficients[1..].iter().all(|c| c.is_zero())
    }

    /// The derivative of the series with respect to `t`.
    fn rate(&self) -> Self {
        Self::known(self.n_known - 1, |k| self.coefficients[k + 1] * T::constant((k + 1) as f64))
    }

    #[inline(always)]
    pub(crate) fn each(a: &Self, b: &Self, f: impl Fn(T, T) -> T) -> Self {
        Self::known(a.n_known.min(b.n_known), |k| f(a.coefficients[k], b.coefficients[k]))
    }

    /// The product `Σ aⱼ·bₖ₋ⱼ`; `first` returns the term with `a₀`. A coefficient of 0 contributes 0 even beside an
    /// infinite one, as tangents of duals do.
    #[inline]
    fn product(a: &Self, b: &Self, first: impl Fn(usize) -> T) -> Self {
        let term = |k: usize, j: usize| a.coefficients[j].chain(b.coefficients[k - j]);
        Self::known(a.n_known.min(b.n_known), |k| (1..=k).fold(first(k), |sum, j| sum + term(k, j)))
    }

    fn times(a: &Self, b: &Self) -> Self {
        Self::product(a, b, |k| match k {
            0 => a.value() * b.value(),
            _ => b.coefficients[k].chain(a.value()),
        })
    }

    fn quotient(a: &Self, b: &Self) -> Self {
        let n_known = a.n_known.min(b.n_known);
        let mut y = Self::known(n_known, |_| a.value() / b.value());
        for k in 1..n_known {
            let rest = (1..=k).fold(a.coefficients[k], |rest, j| {
                rest - b.coefficients[j].chain(y.coefficients[k - j])
            });
            y.coefficients[k] = if rest.is_zero() { rest } else { rest / b.value() };
        }
        y
    }

    /// The series with the given value and rate, and with the sides of the rate; the value alone if the series
    /// `has_none`. If the rate depends on the series itself, each coefficient of the rate gives the next one of the
    /// series.
    fn integral(
        value: T,
        n_known: usize,
        [is_implicit, has_none]: [bool; 2],
        rate: impl Fn(Self) -> Self,
    ) -> Self {
        if has_none && !T::IS_RECORDED {
            return Self::without_series(value, n_known);
        }
        let mut y = Self::known(n_known, |k| if k == 0 { value } else { T::default() });
        let first = if is_implicit { 1 } else { n_known - 1 };
        for n in first..n_known {
            let rate = rate(y.cut(n));
            for k in 1..=n {
                y.coefficients[k] = rate.coefficients[k - 1] / T::constant(k as f64);
            }
            if n + 1 == n_known && rate.sides.is_some() {
                return y.with_sides_of(&rate);
            }
        }
        y
    }
}

impl<T: Number, const N: usize> Default for Series<T, N> {
    fn default() -> Self {
        Self::constant(0.0)
    }
}

impl<T: Number, const N: usize> Number for Series<T, N> {
    const IS_RECORDED: bool = T::IS_RECORDED;

    fn constant(value: f64) -> Self {
        Self::new(array::from_fn(|k| if k == 0 { T::constant(value) } else { T::default() }))
    }

    fn primal(self) -> f64 {
        self.value().primal()
    }

    fn as_constant(self) -> Option<f64> {
        self.value().as_constant().filter(|_| self.is_constant())
    }

    fn is_zero(self) -> bool {
        self.value().is_zero() && self.is_constant()
    }
}

impl<T: Number, const N: usize> Real for Series<T, N> {
    type Mask = SeriesMask<T::Mask>;

    fn lit(self, value: f64) -> Self {
        Self::constant(value)
    }

    fn unary(self, op: Unary) -> Self {
        if self.sides.is_some() {
            return self.unary_of_sides(op);
        }
        if op == Unary::Neg {
            return Self::known(self.n_known, |k| -self.coefficients[k]);
        }
        let value = self.value().unary(op);
        if let Some(y) = self.unary_at_kink(op, value) {
            return y;
        }
        if self.is_constant() || op.is_flat() {
            return Self::known(self.n_known, |k| if k == 0 { value } else { T::default() });
        }
        let x0 = self.value().primal();
        let is_implicit = op.derivative(x0, f64::NAN).is_nan();
        let is_singular = is_steep(&[x0], value, op.derivative(x0, value.primal()));
        let has_none = is_singular && !moves_at_once(&self);
        Self::integral(value, self.n_known, [is_implicit, has_none], |y| {
            self.rate().chain(op.derivative(self.cut(y.n_known), y))
        })
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "a few of many rows are told apart")]
    #[inline(always)]
    fn binary(self, op: Binary, rhs: Self) -> Self {
        let (a, b) = (self, rhs);
        if a.sides.is_some() || b.sides.is_some() {
            return Self::binary_of_sides(op, &a, &b);
        }
        match op {
            Binary::Add => Self::each(&a, &b, |a, b| a + b),
            Binary::Sub => Self::each(&a, &b, |a, b| a - b),
            Binary::Mul => Self::times(&a, &b),
            Binary::Chain => Self::product(&a, &b, |k| match k {
                0 => a.value().chain(b.value()),
                _ => chain_of_tangent(a.value(), b.coefficients[k]),
            }),
            Binary::Div => Self::quotient(&a, &b),
            _ => Self::of_row(op, a, b),
        }
    }

    fn compare(self, op: Comparison, rhs: Self) -> Self::Mask {
        self.compared(op, rhs)
    }

    fn select(mask: Self::Mask, a: Self, b: Self) -> Self {
        Self::selected(mask, a, b)
    }
}

impl<T: Number, const N: usize> Series<T, N> {
    /// A binary row that is not arithmetic.
    #[inline(never)]
    fn of_row(op: Binary, a: Self, b: Self) -> Self {
        let value = a.value().binary(op, b.value());
        let n_known = a.n_known.min(b.n_known);
        let moving: Vec<(usize, Self)> = [a, b]
            .into_iter()
            .enumerate()
            .filter(|(k, x)| !(x.is_constant() || op.is_flat(*k)))
            .collect();
        let [a0, b0] = [a, b].map(Self::primal);
        let is_implicit = moving.iter().any(|&(k, _)| op.derivative(k, a0, b0, f64::NAN).is_nan());
        let slope = |k: usize| op.derivative(k, a0, b0, value.primal());
        let is_steep = |&(k, _): &(usize, Self)| is_steep(&[a0, b0], value, slope(k));
        // A power with moving base and exponent has no series at the base 0, though its row has a slope there.
        let has_log = op == Binary::Pow && a0 == 0.0 && moving.len() == 2;
        let is_singular = has_log || moving.iter().any(is_steep);
        let has_none = is_singular && !moving.iter().any(|(_, x)| moves_at_once(x));
        let y = Self::integral(value, n_known, [is_implicit, has_none], |y| {
            let [a, b] = [a, b].map(|x| x.cut(y.n_known));
            let part = |&(k, x): &(usize, Self)| x.rate().chain(op.derivative(k, a, b, y));
            moving
                .iter()
                .map(part)
                .reduce(|sum, part| sum + part)
                .unwrap_or(Self::known(y.n_known, |_| T::default()))
        });
        let first = || y.coefficients.get(1).copied().unwrap_or_default();
        Self::binary_at_kink(op, a, b, value, first).unwrap_or(y)
    }
}

/// Whether a finite value at finite arguments has a slope of infinity or NaN.
fn is_steep<T: Number>(at: &[f64], value: T, slope: f64) -> bool {
    !slope.is_finite() && value.primal().is_finite() && at.iter().all(|x| x.is_finite())
}

/// Whether a series moves to first order.
fn moves_at_once<T: Number, const N: usize>(x: &Series<T, N>) -> bool {
    x.coefficients.get(1).is_some_and(|c| !c.is_zero())
}

arithmetic! { impl [T: Number, const N: usize] Series<T, N>, compared by coefficients[0] }
arithmetic! { folds [T: Number, const N: usize] Series<T, N> }

#[cfg(test)]
mod tests {
    use crate::{Dual, Scalar, Series};

    /// Factors and divisors that are infinite or 0, beside what moves.
    fn at_extremes<R: Scalar>(x: R, constant: f64) -> [R; 5] {
        [
            x * constant,
            R::from(constant) * x,
            x / constant,
            R::from(constant) / x,
            x.chain(constant.into()),
        ]
    }

    #[test]
    fn what_does_not_move_leaks_no_nan() {
        for x in [0.0, 2.0, f64::INFINITY] {
            for constant in [0.0, 3.0, f64::INFINITY] {
                let series = at_extremes(Series::<f64, 2>::variable(x), constant);
                let duals = at_extremes(Dual::variable(x), constant);
                for (k, (series, dual)) in series.into_iter().zip(duals).enumerate() {
                    let (got, expected) = (series.coefficients, [dual.value, dual.tangents[0]]);
                    let is_same = |(a, b): (f64, f64)| a == b || a.is_nan() && b.is_nan();
                    let are_same = got.into_iter().zip(expected).all(is_same);
                    assert!(are_same, "{k} of {x} and {constant}: {got:?}, not {expected:?}");
                }
            }
        }
    }
}
