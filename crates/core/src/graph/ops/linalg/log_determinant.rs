//! Logarithms of determinants, which neither overflow nor underflow.

use crate::{
    data::{
        dtype::{DType, Float},
        shape::Shape,
        size::n_elements,
        tensor::{View, ViewMut},
    },
    graph::{
        expr::Expr,
        methods::functions,
        ops::{
            Dependence, Link, Op, Operation, Rounding, Rule,
            linalg::{
                batch_axes,
                elimination::{Elimination, factorize},
                last_two,
            },
            same_dtype,
        },
    },
};

/// The sign of the determinant and the logarithm of its magnitude, `[…, n, n] → […, n² + 2]`. The first `n²`
/// numbers are zeros: the workspace of the elimination.
pub(in crate::graph::ops) struct LogDeterminant;

functions! { "Linear algebra":
    /// The sign of the determinant of square matrices, and the logarithm of its magnitude, each `[…, n, n] → […]`: 0
    /// and −∞ if a matrix is singular. The logarithm's derivative is `A⁻ᵀ`, and the sign's is 0. A singular matrix has no
    /// derivative of any order here; [`det`](Self::det) has those of the determinant. Source: `torch.linalg.slogdet`.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let (sign, log) = g.constant([[0.0, 1.0], [1.0, 0.0]]).slogdet();
    /// assert_eq!((sign.value().item(), log.value().item()), (-1.0, 0.0));
    /// ```
    slogdet / try_slogdet(x) -> (Self, Self),
    "If the matrices are not square. A singular one is an error of the run that needs the derivative.",
    {
        x.require_square()?;
        let shape = x.shape();
        let n = last_two(&shape).0;
        let batch = batch_axes(&shape);
        let packed: Shape = batch.iter().copied().chain([n * n + 2]).collect();
        let packed = x.try_record1(Op::LogDeterminant, packed, x.dtype())?;
        let part = |at: usize| packed.try_slice(-1, at..=at)?.try_squeeze(-1);
        Ok((part(n * n)?, part(n * n + 1)?))
    }
}

impl Operation for LogDeterminant {
    fn label(&self) -> String {
        "slogdet".to_owned()
    }

    fn vjp<'g>(&self, rule: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>> {
        let x = rule.x(0);
        let n = last_two(&x.shape()).0;
        let by_log = g.slice(-1, n * n + 1..).unsqueeze(-1);
        Some(by_log * x.t().inv())
    }

    fn dependence(&self, link: Link<'_, '_>) -> Option<Dependence> {
        let (x, y) = (link.x(0).shape(), link.y.shape());
        let batch: Vec<_> = (0..y.rank() - 1).collect();
        Some(Dependence::equal_along(&x, &batch, &y, &batch))
    }

    /// Golub and Van Loan, Matrix Computations, 3rd edition, §3.2.6.
    fn n_operations(&self, x: &[&Shape], _: &Shape) -> usize {
        n_elements(&[x[0].n_elements(), last_two(x[0]).1, 2]) / 3
    }

    fn rounding(&self, x: &[&Shape], _: DType) -> Rounding {
        Rounding::Backward(last_two(x[0]).1)
    }

    fn has_shape(&self, x: &[&Shape], y: &Shape) -> bool {
        let n = last_two(x[0]).1;
        batch_axes(x[0]).iter().copied().chain([n * n + 2]).eq(y.iter().copied())
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        let n = last_two(x[0].shape).0;
        same_dtype!(float x[0], y => |a, y| {
            for (k, y) in y.chunks_exact_mut(n * n + 2).enumerate() {
                y[..n * n].copy_from_slice(&a[k * n * n..][..n * n]);
                let (sign, log) = sign_and_log(n, &mut y[..n * n]);
                y[..n * n].fill(0.0);
                (y[n * n], y[n * n + 1]) = (Float::lit(sign), Float::lit(log));
            }
        });
    }
}

/// The sign and the logarithm, from the pivots of elimination.
fn sign_and_log<F: Float>(n: usize, a: &mut [F]) -> (f64, f64) {
    let Elimination::Regular { is_odd } = factorize(n, n, a) else {
        return (0.0, f64::NEG_INFINITY);
    };
    let pivots = (0..n).map(|k| a[k * n + k].to_f64());
    pivots.fold((if is_odd { -1.0 } else { 1.0 }, 0.0), |(sign, log), pivot| {
        let of_pivot = if pivot.is_nan() { pivot } else { pivot.signum() };
        (sign * of_pivot, log + pivot.abs().ln())
    })
}
