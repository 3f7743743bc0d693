//! Solutions of systems of linear equations, and inverses.

use smallvec::smallvec;

use crate::{
    data::{
        dtype::{DType, Float},
        error::Error,
        shape::{Layout, Shape},
        size::{Size, n_elements},
        tensor::{View, ViewMut},
    },
    graph::{
        expr::{Expr, inputs_of_one_graph},
        methods::functions,
        ops::{
            Addresses, Dependence, Link, Op, Operation, Rounding, Rule,
            linalg::{
                batch_axes, check_each,
                elimination::{Elimination, dot, factorize},
                last_two, matrices,
            },
            same_dtype,
        },
    },
};

/// Elimination of the rows `[A B]` to `[I X]` with `A·X = B`,
/// `[…, n, n], […, n, m] → […, n, n + m]`. The left part is what the elimination is done in.
pub(in crate::graph::ops) struct Solve;

functions! { "Linear algebra":
    /// The solution `X` of `self·X = rhs` for square matrices, `[…, n, n], […, n, m] → […, n, m]`; axes before the last
    /// two broadcast. A right-hand side of one axis, or of the shape of this value without the last axis, is vectors:
    /// `[…, n, n], […, n] → […, n]`. A matrix that is singular, or whose pivot is nothing but rounding, has no solution, and
    /// no derivatives either; near one, these are large, by one power of the condition for each order. Source:
    /// `torch.linalg.solve`.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let a = g.constant([[0.0, 2.0], [4.0, 0.0]]);
    /// assert_eq!(a.solve(g.constant([6.0, 8.0])).value().to_vec::<f64>(), [2.0, 3.0]);
    /// ```
    solve / try_solve(x, rhs: Expr<'g>) -> Self,
    "If the matrices are not square, or the sizes do not fit. A singular matrix is an error of the run that meets \
     it.",
    {
        let misfit = |reason: String| Self::misfit(&[x, rhs], reason);
        inputs_of_one_graph(&[x, rhs])?;
        x.require_square()?;
        if x.dtype() != rhs.dtype() {
            return Err(misfit("the operands must be of one floating-point type".to_owned()));
        }
        let (a, b) = (x.shape(), rhs.shape());
        let is_vector = b.rank() == 1 || b[..] == a[..a.rank() - 1];
        if is_vector {
            let column = rhs.try_unsqueeze(-1)?;
            if b.last() != a.last() {
                let reason =
                    format!("{} equations have {} right-hand sides", a[a.rank() - 2], b[0]);
                return Err(misfit(reason));
            }
            return x.solved(column)?.try_squeeze(-1);
        }
        if b.rank() == 0 {
            return Err(misfit("the right-hand side is a scalar; divide by it".to_owned()));
        }
        let (n, rows) = (last_two(&a).0, last_two(&b).0);
        if n != rows {
            return Err(misfit(format!("{n} equations have {rows} right-hand sides")));
        }
        x.solved(rhs)
    }

    /// The inverse of square matrices, `[…, n, n] → […, n, n]`; as [`solve`](Self::solve) for singular ones. Source:
    /// `torch.linalg.inv`.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let a = g.constant([[0.0, 2.0], [4.0, 0.0]]);
    /// assert_eq!(a.inv().value().to_vec::<f64>(), [0.0, 0.25, 0.5, 0.0]);
    /// ```
    inv / try_inv(x) -> Self,
    "If the matrices are not square. A singular one is an error of the run that meets it.",
    {
        x.require_square()?;
        x.solved(x.identity_like()?)
    }
}

impl<'g> Expr<'g> {
    /// Records the elimination for right-hand sides that are matrices of as many rows, and takes the solutions.
    #[track_caller]
    fn solved(self, rhs: Expr<'g>) -> Result<Self, Error> {
        let (a, b) = (self.shape(), rhs.shape());
        let (n, m) = last_two(&b);
        let common = Shape::from(batch_axes(&a)).broadcast(&Shape::from(batch_axes(&b)));
        let Some(batch) = common else {
            let reason = "the axes before the last two do not broadcast";
            return Err(Self::misfit(&[self, rhs], reason));
        };
        let a = self.try_stretch(&matrices(&batch, n, n))?;
        let b = rhs.try_stretch(&matrices(&batch, n, m))?;
        let inputs = smallvec![a.id(), b.id()];
        let width = (Size::from(n) + m).get();
        let width = width.map_err(|reason| Self::misfit(&[self, rhs], reason))?;
        let rows =
            self.graph().try_record(Op::Solve, inputs, matrices(&batch, n, width), a.dtype())?;
        rows.try_slice(-1, n..)
    }
}

impl Operation for Solve {
    fn label(&self) -> String {
        "solve".to_owned()
    }

    /// For `B` it is `Z = A⁻ᵀ·G`, and for `A` it is `−Z·Xᵀ`.
    fn vjp<'g>(&self, rule: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>> {
        let n = last_two(&rule.x(0).shape()).0;
        let by_rhs = rule.x(0).t().solve(g.slice(-1, n..));
        Some(match rule.k {
            0 => -by_rhs.matmul(rule.y.slice(-1, n..).t()),
            _ => by_rhs,
        })
    }

    fn dependence(&self, link: Link<'_, '_>) -> Option<Dependence> {
        if link.k == 0 {
            return Some(Dependence::by_matrix(link));
        }
        // A solution depends on its own right-hand side, which stands in the same column, after the identity.
        let y = link.y.shape();
        let mut output = Layout::contiguous(&y);
        output.strides[y.rank() - 2] = 0;
        let input = Layout { offset: last_two(&y).0, ..output.clone() };
        Some(Dependence { input: Addresses::Strided(input), output: Addresses::Strided(output) })
    }

    fn can_refuse(&self) -> bool {
        true
    }

    fn verify(&self, y: View<'_>) -> Result<(), String> {
        let (n, width) = last_two(y.shape);
        check_each(y, n * width, |rows| {
            let column = (0..n).find(|k| rows(k * width + k) == 0.0)?;
            let reason = match column {
                0 => "is 0".to_owned(),
                _ => "depends on those before it".to_owned(),
            };
            Some(format!("is singular: column {column} {reason}"))
        })
    }

    /// Golub and Van Loan, Matrix Computations, 3rd edition, §3.2.6, and a substitution for each right-hand side.
    fn n_operations(&self, x: &[&Shape], _: &Shape) -> usize {
        let n = last_two(x[0]).1;
        let substitution = n_elements(&[2, x[1].n_elements(), n]);
        (n_elements(&[x[0].n_elements(), n, 2]) / 3).saturating_add(substitution)
    }

    fn rounding(&self, x: &[&Shape], _: DType) -> Rounding {
        Rounding::Backward(last_two(x[0]).1)
    }

    fn has_shape(&self, x: &[&Shape], y: &Shape) -> bool {
        let ((n, _), (rows, m)) = (last_two(x[0]), last_two(x[1]));
        let batch = batch_axes(x[0]);
        n == rows && batch == batch_axes(x[1]) && *y == matrices(batch, n, n.saturating_add(m))
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        let (n, width) = last_two(y.shape);
        same_dtype!(float x[0], y => |a, y| {
            let b = x[1].elements();
            for (k, y) in y.chunks_exact_mut((n * width).max(1)).enumerate() {
                for (row, y) in y.chunks_exact_mut(width).enumerate() {
                    let (left, right) = y.split_at_mut(n);
                    left.copy_from_slice(&a[(k * n + row) * n..][..n]);
                    right.copy_from_slice(&b[(k * n + row) * (width - n)..][..width - n]);
                }
                eliminate(n, width, y);
            }
        });
    }
}

/// Turns the rows `[A B]` into `[I X]`; of a singular matrix, into NaN beside an identity with a 0 in the column
/// that depends on those before it.
fn eliminate<F: Float>(n: usize, width: usize, rows: &mut [F]) {
    let singular = match factorize(n, width, rows) {
        Elimination::Regular { .. } => None,
        Elimination::Singular { column } => Some(column),
    };
    if singular.is_none() {
        for column in n..width {
            substitute(n, width, column, rows);
        }
    }
    for (row, numbers) in rows.chunks_exact_mut(width).enumerate() {
        let (left, right) = numbers.split_at_mut(n);
        left.fill(F::lit(0.0));
        left[row] = F::lit(if singular == Some(row) { 0.0 } else { 1.0 });
        if singular.is_some() {
            right.fill(F::lit(f64::NAN));
        }
    }
}

/// Solves for one column with the triangular factors, forwards and then backwards.
fn substitute<F: Float>(n: usize, width: usize, column: usize, rows: &mut [F]) {
    for row in 0..n {
        let sum = dot(row, |k| (rows[row * width + k], rows[k * width + column]));
        let at = row * width + column;
        rows[at] = F::lit(rows[at].to_f64() - sum);
    }
    for row in (0..n).rev() {
        let after = row + 1;
        let sum =
            dot(n - after, |k| (rows[row * width + after + k], rows[(after + k) * width + column]));
        let at = row * width + column;
        rows[at] = F::lit((rows[at].to_f64() - sum) / rows[row * width + row].to_f64());
    }
}
