//! Triangular factors of positive definite matrices.

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
            Comparison, Dependence, Link, Op, Operation, Rounding, Rule,
            linalg::{check_each, elimination::dot, epsilon, last_two, mask},
            same_dtype,
        },
    },
};

/// The lower triangular `L` with `L·Lᵀ = (A + Aᵀ)/2`, `[…, n, n] → […, n, n]`.
///
/// A matrix that is not symmetric counts as its symmetric part, so that the derivative is right along any direction.
pub(in crate::graph::ops) struct Cholesky;

functions! { "Linear algebra":
    /// The lower triangular matrix `L` with a positive diagonal for which `L·Lᵀ` is this symmetric positive definite
    /// matrix, `[…, n, n] → […, n, n]`. Of a matrix that is not symmetric, the symmetric part is taken. The upper
    /// factor is `L.t()`. A matrix that is only semidefinite, or is but for rounding, has no factor and no derivatives: add
    /// a small multiple of the identity. Source: `torch.linalg.cholesky`; derivative: Murray 2016, arXiv:1602.07527.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let a = g.constant([[4.0, 2.0], [2.0, 5.0]]);
    /// assert_eq!(a.cholesky().value().to_vec::<f64>(), [2.0, 0.0, 1.0, 2.0]);
    /// ```
    cholesky / try_cholesky(x) -> Self,
    "If the last two axes are not of one size. A matrix that is not positive definite is an error of the run that \
     meets it.",
    {
        x.require_square()?;
        x.try_record1(Op::Cholesky, x.shape(), x.dtype())
    }
}

impl Operation for Cholesky {
    fn label(&self) -> String {
        "cholesky".to_owned()
    }

    /// `½·L⁻ᵀ·W·L⁻¹`, where `W` is symmetric with the lower triangle of `Lᵀ·G` (Murray 2016, arXiv:1602.07527).
    fn vjp<'g>(&self, rule: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>> {
        let upper = rule.y.t();
        let product = upper.matmul(g);
        let is_lower = mask(g.graph(), last_two(&g.shape()).0, Comparison::Ge);
        let symmetric = is_lower.select(product, product.t());
        Some(upper.solve(upper.solve(symmetric).t()) * 0.5)
    }

    fn dependence(&self, link: Link<'_, '_>) -> Option<Dependence> {
        Some(Dependence::by_matrix(link))
    }

    fn can_refuse(&self) -> bool {
        true
    }

    fn verify(&self, y: View<'_>) -> Result<(), String> {
        let n = last_two(y.shape).0;
        check_each(y, n * n, |l| {
            let bad = (0..n).find(|k| l(k * n + k) <= 0.0)?;
            Some(format!(
                "is not positive definite: its leading minor of size {} is not positive",
                bad + 1
            ))
        })
    }

    /// Golub and Van Loan, Matrix Computations, 3rd edition, §4.2.4.
    fn n_operations(&self, x: &[&Shape], _: &Shape) -> usize {
        n_elements(&[x[0].n_elements(), last_two(x[0]).1]) / 3
    }

    fn rounding(&self, x: &[&Shape], _: DType) -> Rounding {
        Rounding::Backward(last_two(x[0]).1)
    }

    fn has_shape(&self, x: &[&Shape], y: &Shape) -> bool {
        x[0] == y
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        let n = last_two(y.shape).0;
        same_dtype!(float x[0], y => |a, y| {
            let pairs = a.chunks_exact((n * n).max(1)).zip(y.chunks_exact_mut((n * n).max(1)));
            pairs.for_each(|(a, l)| factorize(n, a, l));
        });
    }
}

/// Writes the factor row by row; where there is none, a diagonal element that is not positive, and zeros after it.
fn factorize<F: Float>(n: usize, a: &[F], l: &mut [F]) {
    l.fill(F::lit(0.0));
    for row in 0..n {
        for column in 0..=row {
            let mean = 0.5 * (a[row * n + column].to_f64() + a[column * n + row].to_f64());
            let sum = dot(column, |k| (l[row * n + k], l[column * n + k]));
            let rest = mean - sum;
            let at = row * n + column;
            if column < row {
                l[at] = F::lit(rest / l[column * n + column].to_f64());
            } else if rest <= (column as f64).sqrt() * epsilon::<F>() * sum {
                // Rounding alone may have left it: no digit of its root would be right.
                return;
            } else {
                l[at] = F::lit(rest.sqrt());
            }
        }
    }
}
