//! Singular values and vectors.

use crate::{
    dtype::{DType, Float},
    expr::Expr,
    functions::functions,
    ops::{
        Batch, Comparison, Dependence, Linearity, Link, Op, Operation, Rule,
        linalg::{batch_axes, elimination::dot, last_two, mask, matrices},
        same_dtype,
    },
    tensor::{View, ViewMut},
};

/// The thin decomposition `A = U·diag(s)·Vᵀ` of matrices that are not wider than high, one below the other:
/// `[…, m, n] → […, m + 1 + n, n]` holds `U`, `s` and `V`.
pub(in crate::ops) struct Svd;

functions! { "Linear algebra":
    /// The thin singular value decomposition `A = U·diag(s)·Vᵀ`: of `[…, m, n]`, with `k = min(m, n)`, the factors `U:
    /// […, m, k]` with orthonormal columns, `s: […, k]`, descending, and `Vᵀ: […, k, n]` with orthonormal rows. A
    /// vector of `U` (or, of a matrix that is wider than high, of `Vᵀ`) that belongs to a singular value of 0 is 0.
    /// Derivatives through `s` alone are right for equal singular values too; those through `U` and `Vᵀ` need distinct
    /// ones that are not 0. Shapes `[…, m, n] → […, m, k], […, k], […, k, n]`. Source: `torch.linalg.svd`; derivative:
    /// Townsend 2016, "Differentiating the singular value decomposition".
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let (_, s, _) = g.constant([[0.0, 2.0], [3.0, 0.0]]).svd();
    /// assert_eq!(s.value().to_vec::<f64>(), [3.0, 2.0]);
    /// ```
    svd / try_svd(x) -> (Self, Self, Self),
    "If there are no matrices of floating-point numbers.",
    {
        x.require_matrices("svd")?;
        let shape = x.shape();
        let (m, n) = last_two(&shape);
        if m < n {
            let (u, s, vt) = x.t().try_svd()?;
            return Ok((vt.t(), s, u.t()));
        }
        let packed = matrices(batch_axes(&shape), m + 1 + n, n);
        let (u, s, v) = parts(x.try_record1(Op::Svd, packed, x.dtype())?, m);
        Ok((u, s.try_squeeze(-2)?, v.t()))
    }
}

/// `U`, `s` as a row, and `V`.
#[track_caller]
fn parts(packed: Expr<'_>, m: usize) -> (Expr<'_>, Expr<'_>, Expr<'_>) {
    (packed.slice(-2, ..m), packed.slice(-2, m..=m), packed.slice(-2, m + 1..))
}

impl Operation for Svd {
    fn label(&self) -> String {
        "svd".to_owned()
    }

    /// With `Fᵢⱼ = 1/(sⱼ² − sᵢ²)` beside the diagonal, `P = F∘(UᵀŪ − ŪᵀU)` and `Q = F∘(VᵀV̄ − V̄ᵀV)`:
    /// `U·(P·S + S·Q + diag s̄)·Vᵀ + (I − U·Uᵀ)·Ū·S⁻¹·Vᵀ` (Townsend 2016, "Differentiating the singular value
    /// decomposition"). Where the vectors are not used, all but `diag s̄` is 0 whatever `F` and `S⁻¹` are.
    fn vjp<'g>(&self, rule: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>> {
        let (m, n) = last_two(&rule.x(0).shape());
        let ((u, s, v), (by_u, by_s, by_v)) = (parts(rule.y, m), parts(g, m));
        let column = s.t();
        let same = mask(g.graph(), n, Comparison::Eq);
        let gaps = same.select(s.like(1.0), (s - column) * (s + column)).reciprocal();
        let turned = |x: Expr<'g>, by_x: Expr<'g>| {
            let product = x.t().matmul(by_x);
            (product - product.t()).chain(gaps)
        };
        let inner = turned(u, by_u) * s + column * turned(v, by_v) + same.select(by_s, s.like(0.0));
        let spanned = u.matmul(inner);
        if m == n {
            return Some(spanned.matmul(v.t()));
        }
        let outside = by_u - u.matmul(u.t().matmul(by_u));
        let outside = outside.chain(s.reciprocal());
        Some((spanned + outside).matmul(v.t()))
    }

    fn linearity(&self) -> Linearity {
        Linearity::Nonlinear
    }

    fn dependence(&self, link: Link<'_, '_>) -> Option<Dependence> {
        Some(Dependence::by_matrix(link))
    }

    fn vmap<'g>(&self, batch: Batch<'_, 'g>) -> Expr<'g> {
        batch.record(Op::Svd)
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        let (m, n) = last_two(x[0].shape);
        same_dtype!(float x[0], y => |a, y| {
            let pairs = a.chunks_exact((m * n).max(1)).zip(y.chunks_exact_mut(((m + 1 + n) * n).max(1)));
            pairs.for_each(|(a, y)| decompose(m, n, a, y));
        });
    }
}

/// Rounds after which columns are taken for orthogonal; six or so are needed.
const MAX_ROUNDS: usize = 60;

/// Turns pairs of columns until all are orthogonal (Hestenes 1958; de Rijk 1989): their lengths are the singular
/// values, with small relative errors.
fn decompose<F: Float>(m: usize, n: usize, a: &[F], y: &mut [F]) {
    y.fill(F::lit(0.0));
    y[..m * n].copy_from_slice(a);
    (0..n).for_each(|k| y[(m + 1 + k) * n + k] = F::lit(1.0));
    let scale = scale_to_one(&mut y[..m * n]);
    let roundoff = if F::DTYPE == DType::F32 { f64::from(f32::EPSILON) } else { f64::EPSILON };
    for _ in 0..MAX_ROUNDS {
        let mut is_done = true;
        for p in 0..n {
            for q in p + 1..n {
                is_done &= !make_orthogonal(m, n, (p, q), roundoff * (m as f64).sqrt(), y);
            }
        }
        if is_done {
            break;
        }
    }
    for k in 0..n {
        let length = dot(m, |row| (y[row * n + k], y[row * n + k])).sqrt();
        let divisor = if length == 0.0 { 1.0 } else { length };
        for row in 0..m {
            y[row * n + k] = F::lit(y[row * n + k].to_f64() / divisor);
        }
        y[m * n + k] = F::lit(length * scale);
    }
    sort_columns(m, n, y);
}

/// Divides by a power of two so that the largest element is near 1, where squares are safe; returns the power.
fn scale_to_one<F: Float>(a: &mut [F]) -> f64 {
    let largest = a.iter().map(|a| a.to_f64().abs()).fold(0.0, f64::max);
    if largest == 0.0 || !largest.is_finite() {
        return 1.0;
    }
    let exponent = largest.log2().floor().clamp(-1020.0, 1020.0);
    let power = exponent.exp2();
    a.iter_mut().for_each(|a| *a = F::lit(a.to_f64() / power));
    power
}

/// Turns columns `p` and `q` in their plane so that they are orthogonal; whether they were not yet.
fn make_orthogonal<F: Float>(
    m: usize,
    n: usize,
    (p, q): (usize, usize),
    tolerance: f64,
    y: &mut [F],
) -> bool {
    let product = |a: usize, b: usize| dot(m, |row| (y[row * n + a], y[row * n + b]));
    let (pp, qq, pq) = (product(p, p), product(q, q), product(p, q));
    let is_skew = pq.abs() > tolerance * (pp * qq).sqrt();
    if !is_skew {
        return false;
    }
    let zeta = (qq - pp) / (2.0 * pq);
    let tangent = zeta.signum() / (zeta.abs() + zeta.hypot(1.0));
    let cosine = 1.0 / tangent.hypot(1.0);
    let sine = cosine * tangent;
    for row in (0..m).chain(m + 1..m + 1 + n) {
        let (a, b) = (y[row * n + p].to_f64(), y[row * n + q].to_f64());
        y[row * n + p] = F::lit(cosine * a - sine * b);
        y[row * n + q] = F::lit(sine * a + cosine * b);
    }
    true
}

/// Brings the largest singular values to the front.
fn sort_columns<F: Float>(m: usize, n: usize, y: &mut [F]) {
    for k in 0..n {
        let value = |column: usize| y[m * n + column];
        let largest = (k + 1..n)
            .fold(k, |best, column| if value(column) > value(best) { column } else { best });
        if largest != k {
            (0..m + 1 + n).for_each(|row| y.swap(row * n + k, row * n + largest));
        }
    }
}
