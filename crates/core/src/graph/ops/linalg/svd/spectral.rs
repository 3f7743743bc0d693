//! Functions of singular values alone, to second order.
//!
//! The gradient of `f(s)` is `W = U·diag(h)·Vᵀ` with `h = ∇f`. With `M = Uᵀ·Ȧ·V`, and apart from what `ḣ` adds to its
//! diagonal, it moves by
//!
//! ```text
//! Ẇ = U·(C⁺∘(M + Mᵀ)/2 + C⁻∘(M − Mᵀ)/2)·Vᵀ + (I − U·Uᵀ)·Ȧ·V·diag(h/s)·Vᵀ
//! C⁺ᵢⱼ = (hᵢ − hⱼ)/(sᵢ − sⱼ)    C⁻ᵢⱼ = (hᵢ + hⱼ)/(sᵢ + sⱼ)
//! ```
//!
//! which is the second derivative of a spectral function (Lewis and Sendov 2001, "Twice differentiable spectral
//! functions") of the symmetric matrix `[0 A; Aᵀ 0]`, whose eigenvalues are `±s` and 0. It has a limit wherever `f` is
//! smooth as a function of matrices: then `f` is symmetric in its arguments and even in each of them, so that `h` and `s`
//! vanish together, and the limit is `ḣᵢ − ḣⱼ` over `ṡᵢ − ṡⱼ` along any direction that parts the two values. Two
//! directions tell whether it is: where they disagree, there is none, and the quotient stays the NaN that it is.

use std::collections::BTreeSet;

use super::{Factors, guarded, is_zero};
use crate::{
    data::dtype::Float,
    graph::{
        expr::Expr,
        ops::{Op, linalg::epsilon_of},
    },
};

/// `U·diag(h)·Vᵀ` of a decomposition.
pub(super) fn compose<F: Float>((m, n): (usize, usize), h: &[F], packed: &[F], y: &mut [F]) {
    let (u, v) = (&packed[..m * n], &packed[(m + 1) * n..]);
    for (at, y) in y.iter_mut().enumerate() {
        let (row, column) = (at / n, at % n);
        let term = |k: usize| u[row * n + k].to_f64() * h[k].to_f64() * v[column * n + k].to_f64();
        *y = F::lit((0..n).map(term).fold(0.0, |sum, term| sum + term));
    }
}

/// The diagonal of `Uᵀ·X·V`: how singular values move along `X`.
#[track_caller]
pub(super) fn diagonal<'g>(factors: Factors<'g>, x: Expr<'g>) -> Expr<'g> {
    (factors.left() * x.matmul(factors.right())).sum_over(-2)
}

/// `Ẇ` for `Ȧ = X`, without the part of `ḣ`; it is its own adjoint.
#[track_caller]
pub(super) fn moved<'g>(factors: Factors<'g>, h: Expr<'g>, x: Expr<'g>) -> Expr<'g> {
    let (u, v, is_zero) = (factors.left(), factors.right(), is_zero(x));
    let quotients = Quotients::of(factors, h);
    let by_right = x.matmul(v);
    let inner = u.t().matmul(by_right);
    let [symmetric, skew] = [inner + inner.t(), inner - inner.t()].map(|part| part * 0.5);
    let turned = guarded(symmetric, quotients.differences(), is_zero)
        + guarded(skew, quotients.sums(), is_zero);
    let spanned = u.matmul(turned);
    if !factors.is_tall() {
        return spanned.matmul(v.t());
    }
    let outside = guarded(by_right - u.matmul(inner), quotients.values(), is_zero);
    (spanned + outside).matmul(v.t())
}

/// The parts of quotients of a gradient `h` by its singular values.
struct Quotients<'g> {
    factors: Factors<'g>,
    h: Expr<'g>,
    /// How `h` moves along two directions of the values, with these directions.
    moved: [(Expr<'g>, Expr<'g>); 2],
    /// Beyond this relative distance values are apart.
    tolerance: f64,
    /// Whether `h` is a function of these singular values, and of no others.
    has_limits: bool,
}

/// A quotient where numerator and denominator may vanish together.
struct Quotient<'g> {
    numerator: Expr<'g>,
    denominator: Expr<'g>,
    /// Whether the denominator is so small that the limit is nearer.
    is_small: Expr<'g>,
    /// The limits along two directions.
    limits: [Expr<'g>; 2],
    /// How large the numerator is before it cancels.
    size: Expr<'g>,
}

impl<'g> Quotients<'g> {
    #[track_caller]
    fn of(factors: Factors<'g>, h: Expr<'g>) -> Self {
        let values = factors.values;
        let n = values.shape().last().copied().unwrap_or(0);
        let ramp = values.graph().arange(n).cast(values.dtype()) + 1.0;
        let moved = [ramp, ramp.square()].map(|direction| {
            let direction = direction.broadcast_to(values.shape());
            (h.jvp(&[(values, direction)]), direction)
        });
        let has_limits = !depends_on_others(h, values);
        Self { factors, h, moved, tolerance: epsilon_of(values.dtype()).sqrt(), has_limits }
    }

    /// `C⁺`.
    #[track_caller]
    fn differences(&self) -> Expr<'g> {
        let [[s, t], [a, b]] = [self.factors.values, self.h].map(pair);
        let limits = self.moved.map(|(moved, direction)| {
            let ([a, b], [s, t]) = (pair(moved), pair(direction));
            (a - b) / (s - t)
        });
        let (denominator, is_small) = (s - t, (s - t).abs().le((s + t) * self.tolerance));
        let size = a.abs() + b.abs() + limits[0].abs() * (s + t);
        let of = Quotient { numerator: a - b, denominator, is_small, limits, size };
        self.factors.is_diagonal().select(a.like(0.0), self.value(of))
    }

    /// `C⁻`.
    #[track_caller]
    fn sums(&self) -> Expr<'g> {
        let [[s, t], [a, b]] = [self.factors.values, self.h].map(pair);
        let limits = self.moved.map(|(moved, direction)| {
            let ([a, b], [s, t]) = (pair(moved), pair(direction));
            (a + b) / (s + t)
        });
        let (denominator, is_small) = (s + t, (s + t).eq(0.0));
        let of = Quotient { numerator: a + b, denominator, is_small, limits, size: a.like(0.0) };
        self.factors.is_diagonal().select(a.like(0.0), self.value(of))
    }

    /// `h/s`, as rows.
    #[track_caller]
    fn values(&self) -> Expr<'g> {
        let row = |x: Expr<'g>| x.unsqueeze(-2);
        let (numerator, denominator) = (row(self.h), row(self.factors.values));
        let limits = self.moved.map(|(moved, direction)| row(moved) / row(direction));
        let (is_small, size) = (denominator.eq(0.0), numerator.like(0.0));
        self.value(Quotient { numerator, denominator, is_small, limits, size })
    }

    /// The quotient, or its limit where that is nearer and there is one. Third derivatives of limits are not known: a
    /// term of value 0 whose slope is infinite says so.
    #[track_caller]
    fn value(&self, of: Quotient<'g>) -> Expr<'g> {
        let quotient = of.numerator / of.denominator;
        if !self.has_limits {
            return quotient;
        }
        let [limit, other] = of.limits;
        let tolerance = self.tolerance;
        let do_agree = (limit - other).abs().le((limit.abs() + other.abs()) * tolerance);
        let rest = (of.numerator - limit * of.denominator).abs();
        let does_fit = rest.le(of.size * tolerance);
        let steep = (of.denominator - of.denominator.stop_gradient()).sqrt();
        let limit = do_agree.select(does_fit.select(limit + steep, quotient), quotient);
        of.is_small.select(limit, quotient)
    }
}

/// Each element as a column and as a row, so that their differences are those of all pairs.
#[track_caller]
fn pair(x: Expr<'_>) -> [Expr<'_>; 2] {
    [x.unsqueeze(-1), x.unsqueeze(-2)]
}

/// Whether an expression depends on a decomposition otherwise than by these singular values.
fn depends_on_others(h: Expr<'_>, values: Expr<'_>) -> bool {
    let graph = h.graph();
    let (mut pending, mut seen) = (vec![h.id()], BTreeSet::from([h.id(), values.id()]));
    while let Some(id) = pending.pop() {
        if id == values.id() {
            continue;
        }
        let node = graph.node(id);
        if matches!(node.op, Op::Svd(_)) {
            return true;
        }
        pending.extend(node.inputs.iter().copied().filter(|&input| seen.insert(input)));
    }
    false
}
