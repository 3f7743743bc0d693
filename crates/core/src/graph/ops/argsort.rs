//! The order of elements along an axis.

use std::cmp::Ordering;

use crate::{
    data::{
        dtype::{DType, Element},
        shape::{Layout, Shape, resolve_axis},
        size::n_elements,
        tensor::{View, ViewMut},
    },
    graph::{
        expr::Expr,
        methods::functions,
        ops::{Batch, Linearity, Op, Operation, Rounding},
    },
};

/// The operation that gives the indices which would sort along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ArgSort {
    /// The axis.
    pub axis: usize,
    /// Whether the largest comes first.
    pub descending: bool,
}

functions! { "Order":
    /// Indices that sort along an axis: `x.gather(axis, x.argsort(axis, false))` ascends. Equal elements keep their
    /// order; NaN counts as larger than every number. Shapes `[…] → […]`. Source: `torch.argsort`.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let x = g.constant([3.0, 1.0, 2.0, 1.0]);
    /// assert_eq!(x.argsort(0, false).value().to_vec::<i64>(), [1, 3, 2, 0]);
    /// ```
    argsort / try_argsort(x, axis: isize, descending: bool) -> Self,
    "If the axis does not exist.",
    {
        let axis = resolve_axis(axis, x.rank())
            .map_err(|reason| Self::misfit(&[x], reason))?;
        let op = Op::ArgSort(ArgSort { axis, descending });
        x.try_record1(op, x.shape(), DType::I64)
    }
}

impl Operation for ArgSort {
    fn label(&self) -> String {
        format!("argsort {}", self.axis)
    }

    fn linearity(&self) -> Linearity {
        Linearity::Constant
    }

    fn vmap<'g>(&self, batch: Batch<'_, 'g>) -> Expr<'g> {
        batch.record(Op::ArgSort(ArgSort { axis: self.axis + 1, ..*self }))
    }

    /// A merge sort compares `n·log₂ n` times.
    fn n_operations(&self, _: &[&Shape], y: &Shape) -> usize {
        n_elements(&[y.n_elements(), y[self.axis].max(2).ilog2() as usize])
    }

    fn rounding(&self, _: &[&Shape], _: DType) -> Rounding {
        Rounding::Exact
    }

    fn has_shape(&self, x: &[&Shape], y: &Shape) -> bool {
        x[0] == y
    }

    fn has_dtype(&self, _: &[DType], y: DType) -> bool {
        y == DType::I64
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        let (shape, y) = (x[0].shape, y.elements::<i64>());
        crate::with_elements!(Slice, x[0].data, x => self.argsort(shape, x, y));
    }
}

impl ArgSort {
    fn argsort<T: Element>(&self, shape: &Shape, x: &[T], y: &mut [i64]) {
        let (n, layout) = (shape[self.axis], Layout::contiguous(shape));
        let stride = layout.strides[self.axis] as usize;
        let firsts = shape.with_size(self.axis, 1);
        let mut order: Vec<usize> = Vec::with_capacity(n);
        for first in layout.positions(&firsts) {
            let element = |i: usize| x[first + i * stride];
            order.clear();
            order.extend(0..n);
            order.sort_by(|&a, &b| match self.descending {
                false => ascending(element(a), element(b)),
                true => ascending(element(b), element(a)),
            });
            for (i, &from) in order.iter().enumerate() {
                y[first + i * stride] = from as i64;
            }
        }
    }
}

/// The order of two elements, where NaN is the largest.
fn ascending<T: Element>(a: T, b: T) -> Ordering {
    let is_nan = |x: T| x.partial_cmp(&x).is_none();
    a.partial_cmp(&b).unwrap_or_else(|| is_nan(a).cmp(&is_nan(b)))
}
