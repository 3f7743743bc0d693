//! Rules of singular vectors.
//!
//! With `M = Uᵀ·Ȧ·V`, `S = diag(s)` and `Fᵢⱼ = 1/(sⱼ² − sᵢ²)` beside the diagonal, vectors turn in their planes and out of
//! the space that they span (Townsend 2016, "Differentiating the singular value decomposition"):
//!
//! ```text
//! U̇ = U·(F∘(M·S + S·Mᵀ)) + (I − U·Uᵀ)·Ȧ·V·S⁻¹
//! V̇ = V·(F∘(S·M + Mᵀ·S))
//! ```
//!
//! Where values are equal, any turn of their vectors among themselves is as good as another, and nothing that cotangents
//! say tells how they follow the matrix: `U·diag(s)·Vᵀ` needs the symmetric part of `M` there, which no vector and no value
//! has. So `F` is NaN there, as `S⁻¹` is at 0; but only for vectors that matter.

use std::ops::Range;

use super::{Factors, guarded, is_zero};
use crate::{
    data::shape::keep,
    graph::{
        expr::Expr,
        ops::{Binary, Op, Svd, Unary, Window},
    },
};

/// The share of the matrix in the cotangent of `U`: `U·(F∘(Uᵀ·Ū − Ūᵀ·U)·S)·Vᵀ + (I − U·Uᵀ)·Ū·S⁻¹·Vᵀ`.
#[track_caller]
pub(super) fn by_left<'g>(factors: Factors<'g>, g: Expr<'g>) -> Expr<'g> {
    let (u, v) = (factors.left(), factors.right());
    let reach = Reach::of(factors, g);
    let product = u.t().matmul(g);
    let (rows, _) = factors.rows_and_columns();
    let turned = guarded(product - product.t(), reach.turns() * rows, reach.is_zero);
    let spanned = u.matmul(turned);
    if !factors.is_tall() {
        return spanned.matmul(v.t());
    }
    let outside = guarded(g - u.matmul(product), reach.inverse_values(), reach.is_zero);
    (spanned + outside).matmul(v.t())
}

/// The share of the matrix in the cotangent of `V`: `U·(S·F∘(Vᵀ·V̄ − V̄ᵀ·V))·Vᵀ`.
#[track_caller]
pub(super) fn by_right<'g>(factors: Factors<'g>, g: Expr<'g>) -> Expr<'g> {
    let (u, v) = (factors.left(), factors.right());
    let reach = Reach::of(factors, g);
    let product = v.t().matmul(g);
    let (_, columns) = factors.rows_and_columns();
    let turned = guarded(product - product.t(), reach.turns() * columns, reach.is_zero);
    u.matmul(turned).matmul(v.t())
}

/// The tangent of `U`.
#[track_caller]
pub(super) fn left_moved<'g>(factors: Factors<'g>, tangent: Expr<'g>) -> Expr<'g> {
    let (u, v) = (factors.left(), factors.right());
    let reach = Reach::of_all(factors, tangent);
    let (rows, columns) = factors.rows_and_columns();
    let moved = tangent.matmul(v);
    let inner = u.t().matmul(moved);
    let turned = guarded(inner * rows + columns * inner.t(), reach.turns(), reach.is_zero);
    let spanned = u.matmul(turned);
    if !factors.is_tall() {
        return spanned;
    }
    spanned + guarded(moved - u.matmul(inner), reach.inverse_values(), reach.is_zero)
}

/// The tangent of `V`.
#[track_caller]
pub(super) fn right_moved<'g>(factors: Factors<'g>, tangent: Expr<'g>) -> Expr<'g> {
    let (u, v) = (factors.left(), factors.right());
    let reach = Reach::of_all(factors, tangent);
    let (rows, columns) = factors.rows_and_columns();
    let inner = u.t().matmul(tangent.matmul(v));
    let turned = guarded(columns * inner + inner.t() * rows, reach.turns(), reach.is_zero);
    v.matmul(turned)
}

/// Which vectors matter.
struct Reach<'g> {
    factors: Factors<'g>,
    /// The columns beside which a cotangent is 0 whatever the data are.
    columns: Range<usize>,
    /// Whether the cotangent is exactly 0, so that nothing matters.
    is_zero: Expr<'g>,
}

impl<'g> Reach<'g> {
    /// Of a cotangent of vectors. That of `U·diag(s)·Vᵀ` is 0 because `s` is: then what is 0 says nothing.
    #[track_caller]
    fn of(factors: Factors<'g>, g: Expr<'g>) -> Self {
        let size = g.abs().sum_over(keep([-2, -1]));
        let size = match depends_on_values(g) {
            true => {
                let largest = factors.values.unsqueeze(-2).sum_over(keep([-2, -1]));
                size + largest.eq(0.0).cast(size.dtype())
            }
            false => size,
        };
        Self { factors, columns: columns_of(g), is_zero: size.eq(0.0) }
    }

    /// Of a tangent of matrices, which moves all vectors.
    #[track_caller]
    fn of_all(factors: Factors<'g>, tangent: Expr<'g>) -> Self {
        let n = factors.values.shape().last().copied().unwrap_or(0);
        Self { factors, columns: 0..n, is_zero: is_zero(tangent) }
    }

    /// `F`: 0 in the diagonal; where two values are equal, NaN if one of their vectors matters.
    #[track_caller]
    fn turns(&self) -> Expr<'g> {
        let (rows, columns) = self.factors.rows_and_columns();
        let is_tie = columns.eq(rows);
        let [difference, sum] =
            [rows - columns, rows + columns].map(|x| is_tie.select(x.like(1.0), x).reciprocal());
        let missing = self.missing();
        let pairs = missing.unsqueeze(-2) + missing.unsqueeze(-1);
        let at_tie = self.factors.is_diagonal().select(pairs.like(0.0), pairs);
        is_tie.select(at_tie, difference * sum)
    }

    /// `1/s`: where a value is 0, NaN if its vector matters.
    #[track_caller]
    fn inverse_values(&self) -> Expr<'g> {
        let (rows, _) = self.factors.rows_and_columns();
        let is_zero = rows.eq(0.0);
        is_zero.select(self.missing(), is_zero.select(rows.like(1.0), rows).reciprocal())
    }

    /// NaN for each vector that matters, 0 for others.
    #[track_caller]
    fn missing(&self) -> Expr<'g> {
        let values = self.factors.values;
        let n = values.shape().last().copied().unwrap_or(0);
        let graph = values.graph();
        let [zero, nan] =
            [0.0, f64::NAN].map(|number| graph.literal(number, [n].into(), values.dtype()));
        if self.columns == (0..n) {
            return nan;
        }
        let index = graph.arange(n).cast(values.dtype());
        let before_end = index.lt(self.columns.end as f64).select(nan, zero);
        index.ge(self.columns.start as f64).select(before_end, zero)
    }
}

/// The columns beside which a matrix is 0 whatever the data are, as its operations tell: those of a part among zeros, or
/// of a sum of such.
fn columns_of(g: Expr<'_>) -> Range<usize> {
    let (graph, rank) = (g.graph(), g.rank());
    let all = 0..g.shape()[rank - 1];
    let mut reached: Option<Range<usize>> = None;
    let mut pending = vec![(g.id(), rank - 1)];
    while let Some((id, axis)) = pending.pop() {
        let node = graph.node(id);
        let (mut range, mut axis_of_input) = (all.clone(), axis);
        if matches!(node.op, Op::Binary(Binary::Add | Binary::Sub)) {
            pending.extend(node.inputs.iter().map(|&input| (input, axis)));
            continue;
        }
        let mut is_passed = matches!(node.op, Op::Unary(Unary::Neg) | Op::Binary(Binary::Chain));
        if let Op::Permute(permutation) = &node.op {
            axis_of_input = permutation.axes().nth(axis).expect("a permutation names all axes");
            is_passed = true;
        } else if let Op::Pad(padding) = &node.op {
            let part = graph.node(node.inputs[0]).shape[axis];
            let window = padding.0.iter().nth(axis).expect("there is a window on each axis");
            range = covered(window, part);
            is_passed = range.len() == node.shape[axis];
        }
        if is_passed {
            pending.push((node.inputs[0], axis_of_input));
            continue;
        }
        let before = reached.unwrap_or(range.clone());
        reached = Some(before.start.min(range.start)..before.end.max(range.end));
    }
    reached.unwrap_or(all)
}

/// From the first to the last of `n` indices of a window.
fn covered(window: Window, n: usize) -> Range<usize> {
    if n == 0 {
        return window.start..window.start;
    }
    let last = window.start.saturating_add_signed(window.step * (n as isize - 1));
    window.start.min(last)..window.start.max(last) + 1
}

/// Whether singular values were used to compute an expression.
fn depends_on_values(g: Expr<'_>) -> bool {
    let graph = g.graph();
    let is_value = |op: &Op| matches!(op, Op::Svd(Svd::Values | Svd::Spectral));
    graph.ancestors(&[g]).into_iter().any(|id| is_value(&graph.node(id).op))
}
