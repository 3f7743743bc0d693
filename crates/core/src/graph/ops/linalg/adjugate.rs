//! Determinants, with the right derivatives for singular matrices too.

use smallvec::smallvec;

use crate::{
    data::{
        dtype::{DType, Float},
        shape::{Shape, keep},
        size::n_elements,
        tensor::{View, ViewMut},
    },
    graph::{
        expr::Expr,
        methods::functions,
        ops::{
            Comparison, Dependence, Linearity, Link, Op, Operation, Rounding, Rule,
            linalg::{batch_axes, epsilon_of, last_two, mask, matrices},
            same_dtype,
        },
    },
};

/// The adjugate and the determinant of square matrices, with `A·adj A = det A·I`; both are taken out of one elimination,
/// `P`, and have derivatives by `A`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Adjugate {
    /// Of `A`: the matrix `[adj A, 0; 0, det A]`, `[…, n, n] → […, n + 1, n + 1]`. The border is where the exchanges of
    /// rows and columns are noted. It has no derivative; its parts have.
    Elimination,
    /// Of `A` and `P`: the adjugate, `[…, n, n]`.
    Matrix,
    /// Of `A` and `P`: the determinant, `[…]`.
    Determinant,
}

functions! { "Linear algebra":
    /// The determinant of square matrices, `[…, n, n] → […]`. Its derivative is the matrix of cofactors, and that of
    /// second order is made of products of all singular values but two where the matrix is singular or nearly so: both
    /// are right for every matrix. Third derivatives need a determinant that is not 0, or distinct singular values. For
    /// large matrices, whose determinants overflow, there is [`slogdet`](Self::slogdet). Source: `torch.linalg.det`.
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
        x.require_square()?;
        let shape = x.shape();
        let n = last_two(&shape).0;
        let bordered = matrices(batch_axes(&shape), n + 1, n + 1);
        let elimination = Op::Adjugate(Adjugate::Elimination);
        let elimination = x.try_record1(elimination, bordered, x.dtype())?;
        Ok(part(x, elimination, Adjugate::Determinant))
    }
}

/// The adjugate or the determinant of a matrix, from its elimination.
#[track_caller]
fn part<'g>(a: Expr<'g>, elimination: Expr<'g>, part: Adjugate) -> Expr<'g> {
    let shape = match part {
        Adjugate::Elimination => elimination.shape(),
        Adjugate::Matrix => a.shape(),
        Adjugate::Determinant => Shape::from(batch_axes(&a.shape())),
    };
    let inputs = smallvec![a.id(), elimination.id()];
    a.graph().record(Op::Adjugate(part), inputs, shape, a.dtype())
}

impl Operation for Adjugate {
    fn label(&self) -> String {
        match self {
            Adjugate::Elimination | Adjugate::Determinant => "det",
            Adjugate::Matrix => "adjugate",
        }
        .to_owned()
    }

    fn vjp<'g>(&self, rule: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>> {
        let by_matrix = |of| part(rule.x(0), rule.x(1), of);
        match (self, rule.k) {
            (Adjugate::Determinant, 0) => {
                Some(g.unsqueeze(-1).unsqueeze(-1) * by_matrix(Adjugate::Matrix).t())
            }
            (Adjugate::Matrix, 0) => {
                let determinant = by_matrix(Adjugate::Determinant).unsqueeze(-1).unsqueeze(-1);
                Some(by_adjugate(rule.x(0), rule.y, determinant, g))
            }
            (Adjugate::Elimination | Adjugate::Matrix | Adjugate::Determinant, _) => None,
        }
    }

    fn linearity(&self) -> Linearity {
        match self {
            Adjugate::Elimination => Linearity::Constant,
            Adjugate::Matrix | Adjugate::Determinant => Linearity::Nonlinear,
        }
    }

    fn dependence(&self, link: Link<'_, '_>) -> Option<Dependence> {
        match (self, link.k) {
            (Adjugate::Matrix | Adjugate::Determinant, 0) => Some(Dependence::by_matrix(link)),
            (Adjugate::Elimination | Adjugate::Matrix | Adjugate::Determinant, _) => None,
        }
    }

    /// Elimination beside the identity: Golub and Van Loan, Matrix Computations, 3rd edition, §3.2.6.
    fn n_operations(&self, x: &[&Shape], _: &Shape) -> usize {
        match self {
            Adjugate::Elimination => n_elements(&[2, x[0].n_elements(), last_two(x[0]).1]),
            Adjugate::Matrix | Adjugate::Determinant => 0,
        }
    }

    fn rounding(&self, x: &[&Shape], _: DType) -> Rounding {
        match self {
            Adjugate::Elimination => Rounding::Backward(last_two(x[0]).1),
            Adjugate::Matrix | Adjugate::Determinant => Rounding::Exact,
        }
    }

    fn has_shape(&self, x: &[&Shape], y: &Shape) -> bool {
        let ((m, n), batch) = (last_two(x[0]), batch_axes(x[0]));
        match self {
            Adjugate::Elimination => *y == matrices(batch, m + 1, n + 1),
            Adjugate::Matrix => x[0] == y,
            Adjugate::Determinant => batch == &y[..],
        }
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        let n = last_two(x[0].shape).0;
        let (width, size) = (n + 1, (n + 1) * (n + 1));
        match self {
            Adjugate::Elimination => same_dtype!(float x[0], y => |a, y| {
                for (k, y) in y.chunks_exact_mut(size).enumerate() {
                    y.fill(0.0);
                    for row in 0..n {
                        y[row * width..][..n].copy_from_slice(&a[(k * n + row) * n..][..n]);
                    }
                    adjugate(n, y);
                }
            }),
            Adjugate::Matrix => same_dtype!(float x[1], y => |bordered, y| {
                for (k, y) in y.chunks_exact_mut(n.max(1)).enumerate() {
                    let at = k / n * size + k % n * width;
                    y.copy_from_slice(&bordered[at..][..n]);
                }
            }),
            Adjugate::Determinant => same_dtype!(float x[1], y => |bordered, y| {
                let corners = bordered.iter().skip(size - 1).step_by(size);
                y.iter_mut().zip(corners).for_each(|(y, &corner)| *y = corner);
            }),
        }
    }
}

/// The share of `A` in the cotangent `H` of its adjugate `C`, with `d = det A`: `((⟨C, H⟩·C − C·Hᵀ·C)/d)ᵀ`. Where that
/// cancels, the same by singular values.
#[track_caller]
fn by_adjugate<'g>(a: Expr<'g>, adjugate: Expr<'g>, d: Expr<'g>, h: Expr<'g>) -> Expr<'g> {
    let inner = (adjugate * h).sum_over(keep([-2, -1]));
    let difference = inner * adjugate - adjugate.matmul(h.t()).matmul(adjugate);
    let quotient = difference.chain(d.reciprocal()).t();
    let size = |matrix: Expr<'g>| matrix.abs().sum_over(keep([-2, -1]));
    let is_singular = d.abs().le(size(a) * size(adjugate) * epsilon_of(a.dtype()).sqrt());
    // Elsewhere a matrix whose singular vectors move smoothly stands in, so that what is not selected is a number, too.
    let n = last_two(&a.shape()).0;
    let ramp = a.graph().arange(n).cast(a.dtype()) + 1.0;
    let stand_in = mask(a.graph(), n, Comparison::Eq).select(ramp, ramp.like(0.0));
    let by_values = by_singular_values(is_singular.select(a, stand_in), h);
    is_singular.select(by_values, quotient)
}

/// The share of `A = U·diag(s)·Vᵀ` in the cotangent `H` of its adjugate. With `N = Vᵀ·H·U`, the products `πᵢⱼ` of all
/// values but `sᵢ` and `sⱼ`, and the sign of `det U·det V`, it is `±U·G·Vᵀ`, where `Gᵢⱼ = −πᵢⱼ·Nᵢⱼ` beside the diagonal
/// and `Gᵢᵢ = Σ πᵢⱼ·Nⱼⱼ` over `j ≠ i` in it: what the adjugate of `diag(s) + M` is to first order in `M`.
#[track_caller]
fn by_singular_values<'g>(a: Expr<'g>, h: Expr<'g>) -> Expr<'g> {
    let (u, s, vt) = a.svd();
    let sign = (u.det() * vt.det()).sign().unsqueeze(-1).unsqueeze(-1);
    let turned = vt.matmul(h).matmul(u);
    let is_diagonal = mask(a.graph(), last_two(&a.shape()).0, Comparison::Eq);
    let zero = turned.like(0.0);
    let products = is_diagonal.select(zero, products_but_two(s));
    let diagonal = is_diagonal.select(turned, zero).sum_over(keep(-2));
    let by_diagonal = (products * diagonal).sum_over(keep(-1));
    let inner = is_diagonal.select(by_diagonal, -(products * turned));
    sign * u.matmul(inner).matmul(vt)
}

/// The products of all numbers of a vector but two, for each pair of these: of those before the first, between the two,
/// and after the second, so that nothing is divided by.
#[track_caller]
fn products_but_two<'g>(s: Expr<'g>) -> Expr<'g> {
    let (graph, n) = (s.graph(), s.shape().last().copied().unwrap_or(0));
    let before_each = |x: Expr<'g>| {
        let one = x.like(1.0).slice(-1, ..n.min(1));
        graph.concat(&[one, x.slice(-1, ..n.saturating_sub(1))], -1).cumprod(-1)
    };
    let is_later = mask(graph, n, Comparison::Lt);
    let rows = s.unsqueeze(-2);
    let between = before_each(is_later.select(rows, rows.like(1.0)));
    let (first, last) = (before_each(s), before_each(s.flip(-1)).flip(-1));
    let ordered = first.unsqueeze(-1) * between * last.unsqueeze(-2);
    is_later.select(ordered, ordered.t())
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
