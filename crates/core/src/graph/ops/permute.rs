//! The axes in another order.

use crate::{
    data::{
        error::list,
        shape::{Layout, Shape, resolve_axis},
        tensor::{View, ViewMut},
    },
    graph::{
        expr::Expr,
        methods::functions,
        ops::{Batch, Op, Operation, OperationKind, Rule, operation::eval_view},
    },
};

/// Axis `k` of the result is axis `self.axes()[k]` of the input.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Permutation(Box<[u8]>);

impl Permutation {
    /// The input's axis for each axis of the result.
    pub fn axes(&self) -> impl ExactSizeIterator<Item = usize> {
        self.0.iter().map(|&axis| usize::from(axis))
    }
}

functions! { "Shapes":
    /// The axes in another order: axis `k` of the result is axis `axes[k]` of this value. Shapes `[n₀, n₁, …] →
    /// [n_axes[0], n_axes[1], …]`. Source: `torch.permute`.
    permute / try_permute(x, axes: &[isize]) -> Self,
    "If `axes` does not name every axis once.",
    {
        let misfit = |reason| Self::misfit(&[x], reason);
        let (shape, rank) = (x.shape(), x.rank());
        let axes: Vec<_> = axes
            .iter()
            .map(|&axis| resolve_axis(axis, rank))
            .collect::<Result<_, _>>()
            .map_err(misfit)?;
        if axes.len() != rank || (0..rank).any(|axis| !axes.contains(&axis)) {
            let reason = format!("{} does not name each of {rank} axes once", list(&axes));
            return Err(misfit(reason));
        }
        if axes.is_sorted() {
            return Ok(x);
        }
        let permuted = axes.iter().map(|&axis| shape[axis]).collect();
        let permutation = Permutation(axes.iter().map(|&axis| axis as u8).collect());
        x.try_record1(Op::Permute(permutation), permuted, x.dtype())
    }

    /// Two axes exchanged. Shapes `[…, m, …, n, …] → […, n, …, m, …]`. Source: `torch.transpose`.
    transpose / try_transpose(x, a: isize, b: isize) -> Self,
    "If an axis does not exist.",
    {
        let rank = x.rank();
        let resolve = |axis| {
            resolve_axis(axis, rank).map_err(|reason| Self::misfit(&[x], reason))
        };
        let mut axes: Vec<_> = (0..rank as isize).collect();
        axes.swap(resolve(a)?, resolve(b)?);
        x.try_permute(&axes)
    }

    /// The transpose of a matrix, or of each matrix in the last two axes. Shapes `[…, m, n] → […, n, m]`. Source:
    /// `torch.t`.
    t / try_t(x) -> Self,
    "If there are fewer than two axes.",
    { x.try_transpose(-2, -1) }
}

impl Operation for Permutation {
    fn kind(&self) -> OperationKind {
        OperationKind::View
    }

    fn label(&self) -> String {
        let is_transpose =
            self.0.iter().enumerate().filter(|&(k, &axis)| k != usize::from(axis)).count() == 2;
        if is_transpose && self.0.len() == 2 {
            "transpose".to_owned()
        } else {
            format!("permute {:?}", self.0)
        }
    }

    fn vjp<'g>(&self, _: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>> {
        let mut inverse = vec![0; self.0.len()];
        for (k, axis) in self.axes().enumerate() {
            inverse[axis] = k as isize;
        }
        Some(g.permute(&inverse))
    }

    fn view(&self, input: &Layout, _: &Shape, _: &Shape) -> Option<Layout> {
        let strides = self.axes().map(|axis| input.strides[axis]).collect();
        Some(Layout { offset: input.offset, strides })
    }

    fn has_shape(&self, x: &[&Shape], y: &Shape) -> bool {
        self.axes().map(|axis| x[0][axis]).eq(y.iter().copied())
    }

    fn vmap<'g>(&self, batch: Batch<'_, 'g>) -> Expr<'g> {
        batch.record(Op::Permute(Permutation(
            [0].into_iter().chain(self.0.iter().map(|axis| axis + 1)).collect(),
        )))
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        eval_view(self, x[0], y);
    }
}
