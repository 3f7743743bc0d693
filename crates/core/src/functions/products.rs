//! Products of vectors and matrices under the names they have elsewhere.

use crate::{
    data::{
        error::Error,
        shape::Shape,
        size::{Size, n_elements},
    },
    graph::{expr::Expr, methods::functions},
};

functions! { "Products":
    /// All products of an element of one vector with an element of another: `[m] ⊗ [n] → [m, n]`. Source:
    /// `torch.outer`.
    outer / try_outer(x, rhs: Expr<'g>) -> Self,
    "If an operand is not a vector.",
    {
        x.require_ranks(rhs, 1, 1)?;
        x.try_unsqueeze(1)?.try_mul(rhs.try_unsqueeze(0)?)
    }

    /// Sums of products over the last axes of both, `[…, k] × [---, k] → […, ---]`; a scalar multiplies every element.
    /// Source: `torch.inner`.
    inner / try_inner(x, rhs: Expr<'g>) -> Self,
    "If the last sizes differ.",
    {
        if x.rank() == 0 || rhs.rank() == 0 {
            return x.try_mul(rhs);
        }
        let (a, b) = (x.shape(), rhs.shape());
        let (k, l) = (a[a.rank() - 1], b[b.rank() - 1]);
        if k != l {
            return Err(Self::misfit(&[x, rhs], format!("the last sizes {k} and {l} differ")));
        }
        let rows = |shape: &Shape| Shape::from([n_elements(&shape[..shape.rank() - 1]), k]);
        let product = x.try_reshape(rows(&a))?.try_matmul(rhs.try_reshape(rows(&b))?.try_transpose(0, 1)?)?;
        let sizes = a[..a.rank() - 1].iter().chain(&b[..b.rank() - 1]);
        product.try_reshape(sizes.copied().collect::<Shape>())
    }

    /// Inner product of two vectors. Shapes `[n], [n] → []`. Source: `torch.vdot`.
    vdot / try_vdot(x, rhs: Expr<'g>) -> Self,
    "If an operand is not a vector, or their sizes differ.",
    { x.product_of_ranks(rhs, 1, 1) }

    /// Product of a matrix with a vector. Shapes `[m, k], [k] → [m]`. Source: `torch.mv`.
    mv / try_mv(x, rhs: Expr<'g>) -> Self,
    "If the ranks are others, or the inner sizes differ.",
    { x.product_of_ranks(rhs, 2, 1) }

    /// Product of two matrices. Shapes `[m, k], [k, n] → [m, n]`. Source: `torch.mm`.
    mm / try_mm(x, rhs: Expr<'g>) -> Self,
    "If the ranks are others, or the inner sizes differ.",
    { x.product_of_ranks(rhs, 2, 2) }

    /// Products of the matrices of two batches, `[b, m, k] × [b, k, n] → [b, m, n]`. Source: `torch.bmm`.
    bmm / try_bmm(x, rhs: Expr<'g>) -> Self,
    "If the ranks are others, or the batches or the inner sizes differ.",
    {
        if x.rank() == 3 && rhs.rank() == 3 && x.shape()[0] != rhs.shape()[0] {
            return Err(Self::misfit(&[x, rhs], "the batches have different sizes"));
        }
        x.product_of_ranks(rhs, 3, 3)
    }

    /// `β·self + α·a·b` with matrices `a` and `b`; a `β` of 0 leaves `self` out, whatever it holds. Shapes `[m, n], [m,
    /// k], [k, n] → [m, n]`. Source: `torch.addmm`.
    addmm / try_addmm(x, a: Expr<'g>, b: Expr<'g>, beta: f64, alpha: f64) -> Self,
    "If the product is not defined, or this value does not stretch to its shape.",
    { x.added_to_product([a, b], a.try_mm(b), [beta, alpha]) }

    /// `β·self + α·a·b` with a matrix `a` and a vector `b`; a `β` of 0 leaves `self` out, whatever it holds. Shapes
    /// `[m], [m, k], [k] → [m]`. Source: `torch.addmv`.
    addmv / try_addmv(x, a: Expr<'g>, b: Expr<'g>, beta: f64, alpha: f64) -> Self,
    "If the product is not defined, or this value does not stretch to its shape.",
    { x.added_to_product([a, b], a.try_mv(b), [beta, alpha]) }

    /// `β·self + α·a·b` with batches of matrices; a `β` of 0 leaves `self` out, whatever it holds. Shapes `[b, m, n],
    /// [b, m, k], [b, k, n] → [b, m, n]`. Source: `torch.baddbmm`.
    baddbmm / try_baddbmm(x, a: Expr<'g>, b: Expr<'g>, beta: f64, alpha: f64) -> Self,
    "If the product is not defined, or this value does not stretch to its shape.",
    { x.added_to_product([a, b], a.try_bmm(b), [beta, alpha]) }

    /// `β·self + α·Σ a·b`, summed over batches of matrices; a `β` of 0 leaves `self` out, whatever it holds. Shapes
    /// `[m, n], [b, m, k], [b, k, n] → [m, n]`. Source: `torch.addbmm`.
    addbmm / try_addbmm(x, a: Expr<'g>, b: Expr<'g>, beta: f64, alpha: f64) -> Self,
    "If the product is not defined, or this value does not stretch to its shape.",
    { x.added_to_product([a, b], a.try_bmm(b).and_then(|y| y.try_sum_over(0)), [beta, alpha]) }

    graph:

    /// Product of a chain of matrices, in the order of multiplication that takes the fewest operations; the first and
    /// the last may be vectors. Shapes `[l, m], [m, n], …, [o, p] → [l, p]`. Source: `torch.linalg.multi_dot`.
    multi_dot / try_multi_dot(_graph, factors: &[Expr<'g>]) -> Expr<'g>,
    "If there are none, or they do not fit each other.",
    {
        let misfit = |reason: &str| Expr::misfit(factors, reason);
        let (Some(&first), Some(&last)) = (factors.first(), factors.last()) else {
            return Err(misfit("there is nothing to multiply"));
        };
        if factors.len() == 1 {
            return Ok(first);
        }
        let mut matrices = factors.to_vec();
        if first.rank() == 1 {
            matrices[0] = first.try_unsqueeze(0)?;
        }
        if last.rank() == 1 {
            matrices[factors.len() - 1] = last.try_unsqueeze(1)?;
        }
        if matrices.iter().any(|matrix| matrix.rank() != 2) {
            return Err(misfit("one is not a matrix"));
        }
        if matrices.windows(2).any(|pair| pair[0].shape()[1] != pair[1].shape()[0]) {
            return Err(misfit("the inner sizes of neighbors differ"));
        }
        let product = in_cheapest_order(&matrices)?;
        let product = if last.rank() == 1 { product.try_squeeze(1)? } else { product };
        if first.rank() == 1 { product.try_squeeze(0) } else { Ok(product) }
    }
}

/// The product of matrices, with the cost of every part of the chain found from those of shorter parts.
#[track_caller]
fn in_cheapest_order<'g>(matrices: &[Expr<'g>]) -> Result<Expr<'g>, Error> {
    let n = matrices.len();
    let size = |k: usize| if k < n { matrices[k].shape()[0] } else { matrices[n - 1].shape()[1] };
    // The least cost of the product of matrices i..=j, and the last matrix of its left factor.
    let mut best = vec![vec![(Size::from(0usize), 0); n]; n];
    for length in 2..=n {
        for i in 0..=n - length {
            let j = i + length - 1;
            let cost = |k: usize| {
                let product = Size::from(size(i)) * size(k + 1) * size(j + 1);
                best[i][k].0 + best[k + 1][j].0 + product
            };
            best[i][j] = (i..j).map(|k| (cost(k), k)).min().expect("a chain has a place to split");
        }
    }
    // Parts in an order in which each comes after the two that it is made of.
    let mut parts = vec![(0, n - 1)];
    let mut done = 0;
    while done < parts.len() {
        let (i, j) = parts[done];
        if i < j {
            let k = best[i][j].1;
            parts.extend([(i, k), (k + 1, j)]);
        }
        done += 1;
    }
    let mut products: Vec<Vec<Option<Expr<'g>>>> = vec![vec![None; n]; n];
    for &(i, j) in parts.iter().rev() {
        let k = best[i][j].1;
        products[i][j] = Some(match i == j {
            true => matrices[i],
            false => {
                let [left, right] = [products[i][k], products[k + 1][j]]
                    .map(|part| part.expect("shorter parts come first in this order"));
                left.try_matmul(right)?
            }
        });
    }
    Ok(products[0][n - 1].expect("the last part is the whole chain"))
}

impl<'g> Expr<'g> {
    fn require_ranks(self, rhs: Self, a: usize, b: usize) -> Result<(), Error> {
        if (self.rank(), rhs.rank()) == (a, b) {
            return Ok(());
        }
        let reason = format!("the ranks are {} and {}, not {a} and {b}", self.rank(), rhs.rank());
        Err(Self::misfit(&[self, rhs], reason))
    }

    /// The product of operands that have the given ranks.
    #[track_caller]
    fn product_of_ranks(self, rhs: Self, a: usize, b: usize) -> Result<Self, Error> {
        self.require_ranks(rhs, a, b)?;
        self.try_matmul(rhs).map_err(|error| of_operands(&[self, rhs], error))
    }

    /// `β·self + α·product`, where a `β` of 0 leaves this value out.
    #[track_caller]
    fn added_to_product(
        self,
        [a, b]: [Self; 2],
        product: Result<Self, Error>,
        [beta, alpha]: [f64; 2],
    ) -> Result<Self, Error> {
        let misfit = |error| of_operands(&[self, a, b], error);
        let product = product.map_err(misfit)?;
        let base = self.try_broadcast_to(product.shape()).map_err(misfit)?;
        let scaled = product.try_mul(alpha)?;
        if beta == 0.0 { Ok(scaled) } else { base.try_mul(beta)?.try_add(scaled) }
    }
}

/// An error of an inner operation as one of the function called and its operands.
fn of_operands(operands: &[Expr<'_>], error: Error) -> Error {
    let Error::Operands { reason, .. } = error else { return error };
    Expr::misfit(operands, reason)
}
