//! Products of vectors, matrices, and batches of matrices.

use crate::{
    data::{
        dtype::{DType, Float},
        error::Error,
        shape::Shape,
        size::n_elements,
        tensor::{View, ViewMut},
    },
    graph::{
        expr::{Expr, inputs_of_one_graph},
        methods::functions,
        ops::{Batch, Dependence, Linearity, Link, Op, Operation, Rounding, Rule, same_dtype},
    },
};

/// The product of matrices in the last two axes, `[…, m, k] × […, k, n] → […, m, n]`, for each index of the
/// other axes, which agree.
pub(super) struct MatMul;

functions! { "Products":
    /// Inner product of vectors, or product of a matrix with a vector or matrix; for batches there is
    /// [`matmul`](Self::matmul), which is the same where both are defined. Shapes `[m, k], [k, n] → [m, n], or [k], [k]
    /// → []`. Source: `numpy.dot`.
    dot / try_dot(x, rhs: Expr<'g>) -> Self,
    "If an operand has no axis or more than two, or the inner sizes differ.",
    {
        if x.rank().max(rhs.rank()) > 2 {
            return Err(Self::misfit(&[x, rhs],
                "batches of matrices are multiplied by `matmul`",
            ));
        }
        x.product(rhs)
    }

    /// Product of matrices in the last two axes, `[…, m, k] × […, k, n] → […, m, n]`, as in NumPy: the other axes
    /// broadcast; a vector on the left is a row, on the right a column, and that axis is removed afterwards. Source:
    /// `torch.matmul`.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let (batch, w) = (g.full([5, 2, 3], 1.0), g.full([3, 4], 2.0));
    /// assert_eq!(batch.matmul(w).shape(), [5, 2, 4].into());
    /// ```
    matmul / try_matmul(x, rhs: Expr<'g>) -> Self,
    "If an operand is a scalar, the inner sizes differ, or the other axes do not broadcast.",
    {
        x.product(rhs)
    }
}

impl<'g> Expr<'g> {
    #[track_caller]
    fn product(self, rhs: Expr<'g>) -> Result<Self, Error> {
        let misfit = |reason| Self::misfit(&[self, rhs], reason);
        inputs_of_one_graph(&[self, rhs])?;
        if self.dtype() != rhs.dtype() || !self.dtype().is_float() {
            return Err(misfit("the operands must be of one floating-point type".to_owned()));
        }
        if self.rank() == 0 || rhs.rank() == 0 {
            return Err(misfit("a scalar has no inner axis; use `*`".to_owned()));
        }
        let (lhs_is_vector, rhs_is_vector) = (self.rank() == 1, rhs.rank() == 1);
        let a = if lhs_is_vector { self.try_unsqueeze(0)? } else { self };
        let b = if rhs_is_vector { rhs.try_unsqueeze(1)? } else { rhs };
        let (a_shape, b_shape) = (a.shape(), b.shape());
        let (&[m, inner], &[b_inner, n]) = (last_two(&a_shape), last_two(&b_shape));
        if inner != b_inner {
            return Err(misfit(format!("inner sizes {inner} and {b_inner} differ")));
        }
        let Some(batch) = batch_axes(&a_shape).broadcast(&batch_axes(&b_shape)) else {
            return Err(misfit("the axes before the last two do not broadcast".to_owned()));
        };
        let matrices = |m, n| batch.iter().copied().chain([m, n]).collect::<Shape>();
        for shape in [matrices(m, inner), matrices(inner, n), matrices(m, n)] {
            shape.check_possible().map_err(misfit)?;
        }
        let (a, b) = (a.try_stretch(&matrices(m, inner))?, b.try_stretch(&matrices(inner, n))?);
        let inputs = [a.id(), b.id()].into_iter().collect();
        let product = self.graph().try_record(Op::MatMul, inputs, matrices(m, n), a.dtype())?;
        match (lhs_is_vector, rhs_is_vector) {
            (false, false) => Ok(product),
            (true, false) => product.try_squeeze(-2),
            (false, true) => product.try_squeeze(-1),
            (true, true) => product.try_squeeze([-2, -1]),
        }
    }
}

fn last_two(shape: &Shape) -> &[usize; 2] {
    shape.last_chunk().expect("vectors have become matrices")
}

fn batch_axes(shape: &Shape) -> Shape {
    Shape::from(&shape[..shape.rank() - 2])
}

impl Operation for MatMul {
    fn label(&self) -> String {
        "matmul".to_owned()
    }

    fn vjp<'g>(&self, rule: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>> {
        let (a, b) = (rule.x(0), rule.x(1));
        Some(if rule.k == 0 { g.matmul(b.t()) } else { a.t().matmul(g) })
    }

    fn linearity(&self) -> Linearity {
        Linearity::Bilinear
    }

    fn dependence(&self, link: Link<'_, '_>) -> Option<Dependence> {
        // An element of the product depends on a row on the left and on a column on the right.
        let (x, y) = (link.x(link.k).shape(), link.y.shape());
        let (rank, inner) = (y.rank(), if link.k == 0 { y.rank() - 1 } else { y.rank() - 2 });
        let outer: Vec<_> = (0..rank).filter(|&axis| axis != inner).collect();
        Some(Dependence::equal_along(&x, &outer, &y, &outer))
    }

    fn vmap<'g>(&self, batch: Batch<'_, 'g>) -> Expr<'g> {
        let (x, y) = (batch.single(0).shape(), batch.y.shape());
        if batch.differs(1) || y.rank() != 2 {
            return batch.record(Op::MatMul);
        }
        // One matrix on the right: the rows of all on the left are those of one product.
        let (&[m, k], n) = (last_two(&x), y[1]);
        let product = batch.x(0).reshape([batch.n * m, k]).matmul(batch.single(1));
        product.reshape([batch.n, m, n])
    }

    fn symbol(&self) -> Option<&'static str> {
        Some("×")
    }

    fn n_operations(&self, x: &[&Shape], y: &Shape) -> usize {
        n_elements(&[2, y.n_elements(), last_two(x[0])[1]])
    }

    fn rounding(&self, x: &[&Shape], _: DType) -> Rounding {
        Rounding::Sums(last_two(x[0])[1])
    }

    fn has_shape(&self, x: &[&Shape], y: &Shape) -> bool {
        let (a, b) = (x[0], x[1]);
        let are_matrices = a.rank() == b.rank() && a.rank() >= 2;
        are_matrices && {
            let ([m, k], [k_of_b, n]) = (*last_two(a), *last_two(b));
            let batch = batch_axes(a);
            let product: Shape = batch.iter().copied().chain([m, n]).collect();
            k == k_of_b && batch == batch_axes(b) && product == *y
        }
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        let [a, b] = x else { unreachable!("a product has two operands") };
        let (&[m, k], &[_, n]) = (last_two(a.shape), last_two(b.shape));
        same_dtype!(float a, y => |a, y| product(m, k, n, a, b.elements(), y));
    }
}

/// Products of all pairs of matrices, summed in double precision.
fn product<F: Float>(m: usize, k: usize, n: usize, a: &[F], b: &[F], y: &mut [F]) {
    for (at, y) in y.iter_mut().enumerate() {
        let (matrix, row, column) = (at / (m * n), at / n % m, at % n);
        let row = &a[(matrix * m + row) * k..][..k];
        let column = b[matrix * k * n..].iter().skip(column).step_by(n);
        let terms = row.iter().zip(column).map(|(a, b)| a.to_f64() * b.to_f64());
        *y = F::lit(terms.fold(0.0, |total, term| total + term));
    }
}
