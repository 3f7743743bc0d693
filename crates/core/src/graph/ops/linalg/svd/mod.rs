//! Singular values and vectors.
//!
//! One operation decomposes; others take the factors out of what it gives, each with the rule of its factor. So a
//! function of singular values alone never meets the rules of vectors, which have no answer where values are equal.

mod jacobi;
mod spectral;
mod vectors;

use smallvec::smallvec;

use crate::{
    data::{
        dtype::DType,
        error::Error,
        shape::Shape,
        size::n_elements,
        tensor::{View, ViewMut},
    },
    graph::{
        Inputs,
        expr::Expr,
        methods::functions,
        ops::{
            Comparison, Dependence, Linearity, Link, Op, Operation, Rounding, Rule, Tangents,
            linalg::{batch_axes, last_two, mask, matrices},
            same_dtype,
        },
    },
};

/// A part of the thin decomposition `A = U·diag(s)·Vᵀ` of matrices that are not wider than high, `[…, m, n]`.
///
/// The factors are taken out of the decomposition, `P`, and have derivatives by `A`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Svd {
    /// Of `A`: `U`, `s` and `V`, one below the other, `[…, m + 1 + n, n]`. It has no derivative; its factors have.
    Decomposition,
    /// Of `A`, `P` and `s`: the left vectors `U`, `[…, m, n]`.
    Left,
    /// Of `A` and `P`: the values `s`, `[…, n]`.
    Values,
    /// Of `A`, `P` and `s`: the right vectors `V`, `[…, n, n]`.
    Right,
    /// Of `h`, `s`, `A` and `P`: `U·diag(h)·Vᵀ`, the gradient of a function of `s` whose gradient is `h`.
    Spectral,
}

functions! { "Linear algebra":
    /// The thin singular value decomposition `A = U·diag(s)·Vᵀ`: of `[…, m, n]`, with `k = min(m, n)`, the factors `U:
    /// […, m, k]` with orthonormal columns, `s: […, k]`, descending, and `Vᵀ: […, k, n]` with orthonormal rows. Values
    /// that rounding cannot tell from each other are equal, and those that it cannot tell from 0 are 0. Derivatives of
    /// first and second order through `s` alone are right wherever the function is smooth; those through `U` and `Vᵀ` where
    /// values are distinct and, unless the matrix is square, not 0, else they are NaN. Shapes `[…, m, n] → […, m, k], […,
    /// k], […, k, n]`. Source: `torch.linalg.svd`; derivatives: Townsend 2016, "Differentiating the singular value
    /// decomposition", and Lewis and Sendov 2001, "Twice differentiable spectral functions".
    ///
    /// A function of `s` is smooth as a function of the matrix if it is symmetric and even, as `Σ s²` is everywhere, or
    /// where values are apart from each other and from 0, and `Σ s` at full rank. At equal values and at 0 a coefficient
    /// `(hᵢ − hⱼ)/(sᵢ − sⱼ)` of its second derivative, with the gradient `h`, is its limit if the function is symmetric (at
    /// 0, even) to second order there, else NaN. Where a value taken alone has a kink, as `s₀` has where `s₀ = s₁`, and `sᵢ`
    /// at 0, its gradient `uᵢ·vᵢᵀ` is one of the slopes there.
    ///
    /// `U·diag(s)·Vᵀ` itself is smooth where values are equal, and yet its derivatives are NaN there: they lie in what vectors
    /// and values do together, which no rule sees of each. Vectors that a slice leaves out do no harm, so that the first `k`
    /// triples have derivatives wherever their values are apart from each other and from the rest. Near such points the
    /// error is that of rounding over the distance of values, at second order over its square. Third derivatives at them
    /// are not finite.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let (_, s, _) = g.constant([[0.0, 2.0], [3.0, 0.0]]).svd();
    /// assert_eq!(s.value().to_vec::<f64>(), [3.0, 2.0]);
    /// ```
    svd / try_svd(x) -> (Self, Self, Self),
    "If there are no matrices of floating-point numbers.",
    {
        x.require_matrices()?;
        let (m, n) = last_two(&x.shape());
        if m < n {
            let (u, s, vt) = x.t().try_svd()?;
            return Ok((vt.t(), s, u.t()));
        }
        let factors = Factors::of(x)?;
        Ok((factors.left(), factors.values, factors.right().t()))
    }
}

/// A matrix, its decomposition, and its singular values as users have them.
#[derive(Clone, Copy)]
struct Factors<'g> {
    matrix: Expr<'g>,
    decomposition: Expr<'g>,
    values: Expr<'g>,
}

impl<'g> Factors<'g> {
    #[track_caller]
    fn of(matrix: Expr<'g>) -> Result<Self, Error> {
        let shape = matrix.shape();
        let (m, n) = last_two(&shape);
        let packed = matrices(batch_axes(&shape), m + 1 + n, n);
        let op = Op::Svd(Svd::Decomposition);
        let decomposition = matrix.try_record1(op, packed, matrix.dtype())?;
        Ok(Self::with(matrix, decomposition))
    }

    #[track_caller]
    fn with(matrix: Expr<'g>, decomposition: Expr<'g>) -> Self {
        let shape = matrix.shape();
        let values: Shape =
            batch_axes(&shape).iter().copied().chain(shape.last().copied()).collect();
        let inputs = smallvec![matrix.id(), decomposition.id()];
        let values = matrix.graph().record(Op::Svd(Svd::Values), inputs, values, matrix.dtype());
        Self { matrix, decomposition, values }
    }

    #[track_caller]
    fn part(self, part: Svd, shape: Shape) -> Expr<'g> {
        let Self { matrix, decomposition, values } = self;
        let inputs: Inputs = smallvec![matrix.id(), decomposition.id(), values.id()];
        matrix.graph().record(Op::Svd(part), inputs, shape, matrix.dtype())
    }

    /// `U`.
    #[track_caller]
    fn left(self) -> Expr<'g> {
        self.part(Svd::Left, self.matrix.shape())
    }

    /// `V`.
    #[track_caller]
    fn right(self) -> Expr<'g> {
        let shape = self.matrix.shape();
        let n = last_two(&shape).1;
        self.part(Svd::Right, matrices(batch_axes(&shape), n, n))
    }

    /// `U·diag(h)·Vᵀ`.
    #[track_caller]
    fn spectral(self, h: Expr<'g>) -> Expr<'g> {
        let Self { matrix, decomposition, values } = self;
        let inputs = smallvec![h.id(), values.id(), matrix.id(), decomposition.id()];
        matrix.graph().record(Op::Svd(Svd::Spectral), inputs, matrix.shape(), matrix.dtype())
    }

    /// The values as rows, and as columns.
    #[track_caller]
    fn rows_and_columns(self) -> (Expr<'g>, Expr<'g>) {
        (self.values.unsqueeze(-2), self.values.unsqueeze(-1))
    }

    /// Whether the index of a row is that of a column, for each pair of values.
    #[track_caller]
    fn is_diagonal(self) -> Expr<'g> {
        let n = last_two(&self.matrix.shape()).1;
        mask(self.matrix.graph(), n, Comparison::Eq)
    }

    /// Whether there are dimensions that the left vectors do not span.
    fn is_tall(self) -> bool {
        let (m, n) = last_two(&self.matrix.shape());
        m > n
    }
}

/// A product with a factor that may be NaN or infinite. Where the matrix `source`, which it is linear in, is exactly 0,
/// so is the product; but a single 0 in it does not hide that there is no answer.
#[track_caller]
fn guarded<'g>(product: Expr<'g>, factor: Expr<'g>, is_zero: Expr<'g>) -> Expr<'g> {
    is_zero.select(product.chain(factor), product * factor)
}

/// Whether matrices are exactly 0, each as one number.
#[track_caller]
fn is_zero(source: Expr<'_>) -> Expr<'_> {
    source.abs().sum_over(crate::keep([-2, -1])).eq(0.0)
}

impl Operation for Svd {
    fn label(&self) -> String {
        match self {
            Svd::Decomposition => "svd",
            Svd::Left => "left vectors",
            Svd::Values => "singular values",
            Svd::Right => "right vectors",
            Svd::Spectral => "spectral",
        }
        .to_owned()
    }

    fn vjp<'g>(&self, rule: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>> {
        let factors = |values| Factors { matrix: rule.x(0), decomposition: rule.x(1), values };
        match (self, rule.k) {
            (Svd::Left, 0) => Some(vectors::by_left(factors(rule.x(2)), g)),
            (Svd::Right, 0) => Some(vectors::by_right(factors(rule.x(2)), g)),
            (Svd::Values, 0) => Some(factors(rule.y).spectral(g)),
            (Svd::Spectral, 0) => Some(spectral::diagonal(spectral_factors(|k| rule.x(k)), g)),
            (Svd::Spectral, 2) => {
                Some(spectral::moved(spectral_factors(|k| rule.x(k)), rule.x(0), g))
            }
            (Svd::Decomposition | Svd::Left | Svd::Values | Svd::Right | Svd::Spectral, _) => None,
        }
    }

    fn jvp<'g>(&self, tangents: Tangents<'_, 'g>) -> Option<Expr<'g>> {
        let x = |k| tangents.x(k);
        let factors = |values| Factors { matrix: x(0), decomposition: x(1), values };
        match self {
            Svd::Decomposition => None,
            Svd::Left => Some(vectors::left_moved(factors(x(2)), tangents.of(0)?)),
            Svd::Right => Some(vectors::right_moved(factors(x(2)), tangents.of(0)?)),
            Svd::Values => Some(spectral::diagonal(factors(tangents.y), tangents.of(0)?)),
            Svd::Spectral => {
                let factors = spectral_factors(x);
                let by_h = tangents.of(0).map(|moved| factors.spectral(moved));
                let by_matrix = tangents.of(2).map(|moved| spectral::moved(factors, x(0), moved));
                [by_h, by_matrix].into_iter().flatten().reduce(|a, b| a + b)
            }
        }
    }

    fn linearity(&self) -> Linearity {
        match self {
            Svd::Decomposition => Linearity::Constant,
            Svd::Left | Svd::Values | Svd::Right | Svd::Spectral => Linearity::Nonlinear,
        }
    }

    fn dependence(&self, link: Link<'_, '_>) -> Option<Dependence> {
        match (self, link.k) {
            (Svd::Left | Svd::Right, 0) | (Svd::Spectral, 2) => Some(Dependence::by_matrix(link)),
            (Svd::Values | Svd::Spectral, 0) => {
                let (x, y) = (link.x(0).shape(), link.y.shape());
                let batch: Vec<_> = (0..x.rank().min(y.rank()) - 1).collect();
                Some(Dependence::equal_along(&x, &batch, &y, &batch))
            }
            (Svd::Decomposition | Svd::Left | Svd::Values | Svd::Right | Svd::Spectral, _) => None,
        }
    }

    /// Golub and Van Loan, Matrix Computations, 3rd edition, §5.4.5.
    fn n_operations(&self, x: &[&Shape], y: &Shape) -> usize {
        let n = || last_two(x[0]).1;
        match self {
            Svd::Decomposition => {
                let of_values = n_elements(&[8, n(), n(), n()]);
                n_elements(&[14, x[0].n_elements(), n()]).saturating_add(of_values)
            }
            Svd::Left | Svd::Values | Svd::Right => 0,
            Svd::Spectral => n_elements(&[2, y.n_elements(), last_two(x[2]).1]),
        }
    }

    fn rounding(&self, x: &[&Shape], _: DType) -> Rounding {
        match self {
            Svd::Decomposition => Rounding::Backward(last_two(x[0]).1),
            Svd::Left | Svd::Values | Svd::Right => Rounding::Exact,
            Svd::Spectral => Rounding::Sums(last_two(x[2]).1),
        }
    }

    fn has_shape(&self, x: &[&Shape], y: &Shape) -> bool {
        let matrix = if *self == Svd::Spectral { x[2] } else { x[0] };
        let ((m, n), batch) = (last_two(matrix), batch_axes(matrix));
        match self {
            Svd::Decomposition => *y == matrices(batch, m + 1 + n, n),
            Svd::Left | Svd::Spectral => y == matrix,
            Svd::Values => batch.iter().chain([&n]).eq(y.iter()),
            Svd::Right => *y == matrices(batch, n, n),
        }
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        let matrix = if *self == Svd::Spectral { x[2] } else { x[0] };
        let (m, n) = last_two(matrix.shape);
        let packed = x[x.len().min(2) - 1];
        match self {
            Svd::Decomposition => same_dtype!(float matrix, y => |a, y| {
                let size = ((m + 1 + n) * n).max(1);
                let pairs = a.chunks_exact((m * n).max(1)).zip(y.chunks_exact_mut(size));
                pairs.for_each(|(a, y)| jacobi::decompose(m, n, a, y));
            }),
            Svd::Left => part(packed, (m, n), 0, m, y),
            Svd::Values => part(packed, (m, n), m, 1, y),
            Svd::Right => part(packed, (m, n), m + 1, n, y),
            Svd::Spectral => same_dtype!(float x[3], y => |packed, y| {
                let h = x[0].elements();
                for (k, y) in y.chunks_exact_mut((m * n).max(1)).enumerate() {
                    let packed = &packed[k * (m + 1 + n) * n..][..(m + 1 + n) * n];
                    spectral::compose((m, n), &h[k * n..][..n], packed, y);
                }
            }),
        }
    }
}

/// The factors that the inputs of [`Svd::Spectral`] are.
fn spectral_factors<'g>(x: impl Fn(usize) -> Expr<'g>) -> Factors<'g> {
    Factors { matrix: x(2), decomposition: x(3), values: x(1) }
}

/// Copies some rows of each decomposition.
fn part(packed: View<'_>, (m, n): (usize, usize), first: usize, n_rows: usize, y: ViewMut<'_>) {
    same_dtype!(float packed, y => |packed, y| {
        let size = (m + 1 + n) * n;
        for (k, y) in y.chunks_exact_mut((n_rows * n).max(1)).enumerate() {
            y.copy_from_slice(&packed[k * size + first * n..][..n_rows * n]);
        }
    });
}
