//! The place of the largest element.

use crate::{
    data::{
        dtype::{DType, Element},
        shape::{AxisSet, Shape, resolve_axis},
        tensor::{View, ViewMut},
    },
    graph::{
        expr::Expr,
        methods::functions,
        ops::{Batch, Linearity, Op, Operation, Rounding, sum::kept_then_reduced},
    },
};

/// The operation that finds the index of the first maximum along an axis, which is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ArgMax {
    /// The axis.
    pub axis: usize,
}

functions! { "Order":
    /// Index of the first largest element along an axis, which is removed; that of the first NaN if there is one.
    /// Shapes `[…, n, …] → […, …]`. Source: `torch.argmax`.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// assert_eq!(g.constant([1.0, 7.0, 7.0]).argmax(0).value().item(), 1.0);
    /// ```
    argmax / try_argmax(x, axis: isize) -> Self,
    "If the axis does not exist or is empty.",
    {
        x.require_elements(&axis.into())?;
        let shape = x.shape();
        let axis = resolve_axis(axis, shape.rank())
            .map_err(|reason| Self::misfit(&[x], reason))?;
        let removed = AxisSet::default().with(axis).removed(&shape);
        x.try_record1(Op::ArgMax(ArgMax { axis }), removed, DType::I64)
    }
}

impl Operation for ArgMax {
    fn label(&self) -> String {
        format!("argmax {}", self.axis)
    }

    fn linearity(&self) -> Linearity {
        Linearity::Constant
    }

    fn vmap<'g>(&self, batch: Batch<'_, 'g>) -> Expr<'g> {
        batch.record(Op::ArgMax(ArgMax { axis: self.axis + 1 }))
    }

    fn n_operations(&self, x: &[&Shape], _: &Shape) -> usize {
        x[0].n_elements()
    }

    fn rounding(&self, _: &[&Shape], _: DType) -> Rounding {
        Rounding::Exact
    }

    fn has_shape(&self, x: &[&Shape], y: &Shape) -> bool {
        AxisSet::default().with(self.axis).removed(x[0]) == *y
    }

    fn has_dtype(&self, _: &[DType], y: DType) -> bool {
        y == DType::I64
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        let (shape, y) = (x[0].shape, y.elements::<i64>());
        crate::with_elements!(Slice, x[0].data, x => self.argmax(shape, x, y));
    }
}

impl ArgMax {
    fn argmax<T: Element>(&self, shape: &Shape, x: &[T], y: &mut [i64]) {
        let n = shape[self.axis];
        let (shape, layout) = kept_then_reduced(AxisSet::default().with(self.axis), shape);
        let mut positions = layout.positions(&shape);
        for y in y {
            let mut best: Option<(usize, T)> = None;
            for (i, position) in positions.by_ref().take(n).enumerate() {
                let candidate = x[position];
                let is_better = |&(_, best): &(usize, T)| match best.partial_cmp(&best) {
                    None => false,
                    Some(_) => candidate > best || candidate.partial_cmp(&candidate).is_none(),
                };
                if best.as_ref().is_none_or(is_better) {
                    best = Some((i, candidate));
                }
            }
            *y = best.expect("recording checks that there are elements").0 as i64;
        }
    }
}
