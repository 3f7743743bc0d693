//! Tensors side by side along an axis.

use crate::{
    data::{
        shape::{Layout, Shape, resolve_axis},
        size::{Size, n_elements},
        tensor::{View, ViewMut},
    },
    graph::{
        expr::{Expr, inputs_of_one_graph},
        methods::functions,
        ops::{Batch, Dependence, Link, Op, Operation, OperationKind, Rule, same_dtype},
    },
};

/// The operation that puts its inputs side by side along an axis.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Concat {
    /// The axis.
    pub axis: usize,
    /// The first index of each input along the axis, known here so that many inputs cost no more than their number.
    starts: Box<[usize]>,
}

functions! { "Joining":
    graph:

    /// Tensors side by side along an existing axis. Shapes `[…, m, …], […, n, …] → […, m + n, …]`. Source: `torch.cat`.
    concat / try_concat(graph, parts: &[Expr<'g>], axis: isize) -> Expr<'g>,
    "If there are none, their other sizes or dtypes differ, or no tensor can have the shape.",
    {
        let misfit = |reason| graph.misfit(parts, reason);
        let Some(first) = parts.first() else {
            return Err(misfit("there is nothing to put together".to_owned()));
        };
        let inputs = inputs_of_one_graph(parts)?;
        let (shape, dtype) = (first.shape(), first.dtype());
        let axis = resolve_axis(axis, shape.rank()).map_err(misfit)?;
        if parts.iter().any(|part| part.dtype() != dtype) {
            return Err(misfit("the dtypes differ; cast some of them".to_owned()));
        }
        let fits = |other: Shape| {
            other.rank() == shape.rank() && other.with_size(axis, shape[axis]) == shape
        };
        if !parts.iter().all(|part| fits(part.shape())) {
            return Err(misfit(format!("all sizes but that of axis {axis} must agree")));
        }
        let mut end = Size::from(0usize);
        let start = |part: &Expr<'g>| {
            let start = end.get();
            end = end + part.shape()[axis];
            start
        };
        let starts = parts.iter().map(start).collect::<Result<_, _>>().map_err(misfit)?;
        let shape = shape.with_size(axis, end.get().map_err(misfit)?);
        graph.try_record(Op::Concat(Concat { axis, starts }), inputs, shape, dtype)
    }

    /// Tensors of one shape side by side along a new axis, which becomes axis `axis` of the result. Shapes `k × […, …]
    /// → […, k, …]`. Source: `torch.stack`.
    stack / try_stack(graph, parts: &[Expr<'g>], axis: isize) -> Expr<'g>,
    "If there are none, their shapes or dtypes differ, or no tensor can have the result's.",
    {
        let misfit = |reason: &str| graph.misfit(parts, reason);
        let Some(first) = parts.first() else {
            return Err(misfit("there is nothing to put together"));
        };
        inputs_of_one_graph(parts)?;
        if parts.iter().any(|part| part.dtype() != first.dtype()) {
            return Err(misfit("the dtypes differ; cast some of them"));
        }
        if parts.iter().any(|part| part.shape() != first.shape()) {
            return Err(misfit("the shapes differ"));
        }
        resolve_axis(axis, first.rank() + 1)
            .map_err(|reason| misfit(&format!("in the result, {reason}")))?;
        // A loop, since a closure would hide the line that called.
        let mut rows = Vec::with_capacity(parts.len());
        for part in parts {
            rows.push(part.try_unsqueeze(axis)?);
        }
        graph.try_concat(&rows, axis)
    }
}

impl Concat {
    /// The position of the first element of input `k` in the output.
    pub fn position(&self, k: usize, y: &Shape) -> usize {
        self.starts[k] * n_elements(&y[self.axis + 1..])
    }

    /// Writes input `k` to its place in the output.
    pub fn place(&self, k: usize, x: View<'_>, y: ViewMut<'_>) {
        let run = |shape: &Shape| n_elements(&shape[self.axis..]);
        let (x_run, y_run) = (run(x.shape), run(y.shape));
        let first = self.position(k, y.shape);
        same_dtype!(x, y => |x, y| match x_run {
            0 => {}
            1 => x.iter().zip(y.chunks_exact_mut(y_run)).for_each(|(x, y)| y[first] = *x),
            _ => {
                for (x, y) in x.chunks_exact(x_run).zip(y.chunks_exact_mut(y_run)) {
                    y[first..first + x_run].copy_from_slice(x);
                }
            }
        });
    }
}

impl Operation for Concat {
    fn kind(&self) -> OperationKind {
        OperationKind::Movement
    }

    fn label(&self) -> String {
        format!("concat {}", self.axis)
    }

    fn vjp<'g>(&self, rule: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>> {
        let (start, size) = (self.starts[rule.k], rule.x(rule.k).shape()[self.axis]);
        Some(g.slice(self.axis as isize, start..start + size))
    }

    fn has_shape(&self, x: &[&Shape], y: &Shape) -> bool {
        let total = x.iter().fold(0, |n: usize, x| n.saturating_add(x[self.axis]));
        total == y[self.axis] && x.iter().all(|x| x.with_size(self.axis, total) == *y)
    }

    fn dependence(&self, link: Link<'_, '_>) -> Option<Dependence> {
        let y = link.y.shape();
        let layout = Layout { offset: self.position(link.k, &y), ..Layout::contiguous(&y) };
        Some(Dependence::placed(layout, &y))
    }

    fn vmap<'g>(&self, batch: Batch<'_, 'g>) -> Expr<'g> {
        batch.record(Op::Concat(Concat { axis: self.axis + 1, starts: self.starts.clone() }))
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        let ViewMut { shape, mut data } = y;
        for (k, part) in x.iter().enumerate() {
            self.place(k, *part, ViewMut { shape, data: data.reborrow() });
        }
    }
}
