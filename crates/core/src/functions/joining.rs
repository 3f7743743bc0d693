//! Several tensors made into one, or stretched against each other.

use crate::{
    data::{error::Error, shape::Shape},
    graph::{
        expr::{Expr, inputs_of_one_graph},
        methods::functions,
    },
};

functions! { "Joining":
    graph:

    /// Tensors side by side along axis 1; vectors along their only axis. Shapes `[l, m, …], [l, n, …] → [l, m + n, …]`.
    /// Source: `torch.hstack`.
    hstack / try_hstack(graph, parts: &[Expr<'g>]) -> Expr<'g>,
    "If there are none, or their other sizes or dtypes differ.",
    {
        let parts = parts.iter().map(|part| part.at_least(1)).collect::<Result<Vec<_>, _>>()?;
        let axis = parts.first().map_or(0, |part| part.rank().min(2) - 1);
        graph.try_concat(&parts, axis as isize)
    }

    /// Tensors below each other, along axis 0; vectors become rows. Shapes `[m, …], [n, …] → [m + n, …]`. Source:
    /// `torch.vstack`.
    vstack / try_vstack(graph, parts: &[Expr<'g>]) -> Expr<'g>,
    "If there are none, or their other sizes or dtypes differ.",
    {
        let parts = parts.iter().map(|part| part.at_least(2)).collect::<Result<Vec<_>, _>>()?;
        graph.try_concat(&parts, 0)
    }

    /// Coordinates of a grid: each vector stretched along an axis of its own, in the order of the vectors (indexing
    /// `ij`). Shapes `[m], [n] → [m, n], [m, n]`. Source: `torch.meshgrid`.
    meshgrid / try_meshgrid(_graph, vectors: &[Expr<'g>]) -> Vec<Expr<'g>>,
    "If one is not a vector or a scalar.",
    {
        if !vectors.is_empty() {
            inputs_of_one_graph(vectors)?;
        }
        if let Some(other) = vectors.iter().find(|vector| vector.rank() > 1) {
            return Err(Expr::misfit(&[*other], "it is not a vector"));
        }
        let grid: Shape = vectors.iter().map(|vector| vector.shape().n_elements()).collect();
        let along = |(axis, vector): (usize, &Expr<'g>)| {
            let ones: Shape = grid.iter().map(|_| 1).collect();
            vector.try_reshape(ones.with_size(axis, grid[axis]))?.try_broadcast_to(&grid)
        };
        vectors.iter().enumerate().map(along).collect()
    }
}

impl<'g> Expr<'g> {
    /// This value with new axes in front, so that there are at least `rank`.
    #[track_caller]
    fn at_least(self, rank: usize) -> Result<Self, Error> {
        let missing = rank.saturating_sub(self.rank());
        let shape = self.shape();
        self.try_reshape(
            std::iter::repeat_n(1, missing).chain(shape.iter().copied()).collect::<Shape>(),
        )
    }
}
