//! Determinants, with the right derivative for singular matrices too.

use crate::{
    dtype::Float,
    expr::Expr,
    functions::functions,
    ops::{
        Batch, Dependence, Linearity, Link, Op, Operation, Rule,
        linalg::{batch_axes, last_two, matrices},
        same_dtype,
    },
    tensor::{View, ViewMut},
};

/// The adjugate and the determinant, with `A·adj A = det A·I`: the matrix `[adj A, 0; 0, det A]`,
/// `[…, n, n] → […, n + 1, n + 1]`. The border is where the exchanges of rows and columns are noted.
pub(in crate::ops) struct Adjugate;

functions! { "Linear algebra":
    /// The determinant of square matrices, `[…, n, n] → […]`. Its derivative is the matrix of cofactors, which is right
    /// for a singular matrix too; that of second order needs a determinant that is not 0. For large matrices, whose
    /// determinants overflow, there is [`slogdet`](Self::slogdet). Source: `torch.linalg.det`.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let a = g.constant([[1.0, 2.0], [2.0, 4.0]]).named("a");
    /// assert_eq!(a.det().value().item(), 0.0);
    /// assert_eq!(a.det().grad(&[a])[0].value().to_vec::<f64>(), [4.0, -2.0, -2.0, 1.0]);
    /// ```
    det / try_det(x) -> Self,
    "If the matrices are not square.",
    {
        x.require_square("det")?;
        let shape = x.shape();
        let n = last_two(&shape).0;
        let bordered = matrices(batch_axes(&shape), n + 1, n + 1);
        let packed = x.try_record1(Op::Adjugate, bordered, x.dtype())?;
        corner(packed, n).try_squeeze([-2, -1])
    }
}

/// The determinant in its corner.
#[track_caller]
fn corner(packed: Expr<'_>, n: usize) -> Expr<'_> {
    packed.slice(-2, n..).slice(-1, n..)
}

impl Operation for Adjugate {
    fn label(&self) -> String {
        "det".to_owned()
    }

    /// With `C = adj A`, `d = det A` and their cotangents `H` and `g`: `(g·C + (⟨C, H⟩·C − C·Hᵀ·C)/d)ᵀ`. Where the
    /// adjugate itself is not used, `H` is exactly 0, and so is the second term whatever `d` is.
    fn vjp<'g>(&self, rule: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>> {
        let n = last_two(&rule.x(0).shape()).0;
        let block = |packed: Expr<'g>| packed.slice(-2, ..n).slice(-1, ..n);
        let (adjugate, determinant) = (block(rule.y), corner(rule.y, n));
        let by_adjugate = block(g);
        let inner = (adjugate * by_adjugate).sum_over(crate::keep([-2, -1]));
        let difference = inner * adjugate - adjugate.matmul(by_adjugate.t()).matmul(adjugate);
        let second = difference.chain(determinant.reciprocal());
        Some((corner(g, n) * adjugate + second).t())
    }

    fn linearity(&self) -> Linearity {
        Linearity::Nonlinear
    }

    fn dependence(&self, link: Link<'_, '_>) -> Option<Dependence> {
        Some(Dependence::by_matrix(link))
    }

    fn vmap<'g>(&self, batch: Batch<'_, 'g>) -> Expr<'g> {
        batch.record(Op::Adjugate)
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        let n = last_two(x[0].shape).0;
        same_dtype!(float x[0], y => |a, y| {
            for (k, y) in y.chunks_exact_mut((n + 1) * (n + 1)).enumerate() {
                y.fill(0.0);
                for row in 0..n {
                    y[row * (n + 1)..][..n].copy_from_slice(&a[(k * n + row) * n..][..n]);
                }
                adjugate(n, y);
            }
        });
    }
}

/// Turns a bordered matrix into its adjugate, with the determinant in the corner: by exchange of rows for columns,
/// the largest pivots first. The last pivot, which alone is 0 for a matrix of rank `n − 1`, is never divided by.
fn adjugate<F: Float>(n: usize, y: &mut [F]) {
    let width = n + 1;
    let mut scale = 1.0;
    for k in 0..n {
        let (row, column) = largest(n, k, y);
        y[n * width + k] = F::lit(row as f64);
        y[k * width + n] = F::lit(column as f64);
        exchange_rows(n, k, row, y);
        exchange_columns(n, k, column, y);
        let n_exchanges = usize::from(row != k) + usize::from(column != k);
        let sign = if n_exchanges == 1 { -1.0 } else { 1.0 };
        let pivot = y[k * width + k].to_f64();
        scale *= if k + 1 < n { sign * pivot } else { sign };
        if k + 1 < n && pivot == 0.0 {
            return y.fill(F::lit(0.0));
        }
        if k + 1 < n {
            exchange_for_column(n, k, y);
        }
    }
    let determinant = if n == 0 { 1.0 } else { finish(n, scale, y) };
    for k in (0..n).rev() {
        let (row, column) = (y[n * width + k].to_f64(), y[k * width + n].to_f64());
        exchange_columns(n, k, row as usize, y);
        exchange_rows(n, k, column as usize, y);
        (y[n * width + k], y[k * width + n]) = (F::lit(0.0), F::lit(0.0));
    }
    y[n * width + n] = F::lit(determinant);
}

/// Where the largest element is in the rows and columns from `k` on; a NaN is larger than any.
fn largest<F: Float>(n: usize, k: usize, y: &[F]) -> (usize, usize) {
    let size = |(row, column): (usize, usize)| y[row * (n + 1) + column].abs();
    let places = (k..n).flat_map(|row| (k..n).map(move |column| (row, column)));
    let larger = |a, b| if size(b) > size(a) || size(b).is_nan() { b } else { a };
    places.fold((k, k), larger)
}

/// Solves row `k` for its unknown, and puts the solution in the other rows.
fn exchange_for_column<F: Float>(n: usize, k: usize, y: &mut [F]) {
    let width = n + 1;
    let pivot = std::mem::replace(&mut y[k * width + k], F::lit(1.0));
    for column in 0..n {
        y[k * width + column] = y[k * width + column] / pivot;
    }
    for row in (0..n).filter(|&row| row != k) {
        let factor = std::mem::replace(&mut y[row * width + k], F::lit(0.0));
        for column in 0..n {
            let at = row * width + column;
            y[at] = F::lit(y[at].to_f64() - factor.to_f64() * y[k * width + column].to_f64());
        }
    }
}

/// With the last row and column not yet exchanged, which leaves `[B⁻¹, B⁻¹w; −vB⁻¹, e]` of `[B, w; v, z]`, and with
/// `scale = ±det B`: writes the adjugate `scale·[e·B⁻¹ + B⁻¹w·vB⁻¹, −B⁻¹w; −vB⁻¹, 1]`; returns `scale·e`.
fn finish<F: Float>(n: usize, scale: f64, y: &mut [F]) -> f64 {
    let (width, last) = (n + 1, n - 1);
    let e = y[last * width + last].to_f64();
    for row in 0..last {
        let right = y[row * width + last].to_f64();
        for column in 0..last {
            let at = row * width + column;
            let below = y[last * width + column].to_f64();
            y[at] = F::lit(scale * (e * y[at].to_f64() - right * below));
        }
        y[row * width + last] = F::lit(-scale * right);
    }
    for column in 0..last {
        let at = last * width + column;
        y[at] = F::lit(scale * y[at].to_f64());
    }
    y[last * width + last] = F::lit(scale);
    scale * e
}

/// Exchanges two rows, but for the border.
fn exchange_rows<F: Float>(n: usize, a: usize, b: usize, y: &mut [F]) {
    for column in 0..n {
        y.swap(a * (n + 1) + column, b * (n + 1) + column);
    }
}

/// Exchanges two columns, but for the border.
fn exchange_columns<F: Float>(n: usize, a: usize, b: usize, y: &mut [F]) {
    for row in 0..n {
        y.swap(row * (n + 1) + a, row * (n + 1) + b);
    }
}
