//! Sums and means over axes.

use crate::{
    data::{
        dtype::{DType, Element},
        error::Error,
        shape::{Axes, AxisSet, Layout, Shape},
        tensor::{SliceMut, View, ViewMut},
    },
    graph::{
        expr::Expr,
        methods::functions,
        ops::{Batch, Dependence, Linearity, Link, Op, Operation, Rounding, Rule},
    },
};

/// The operation that sums over axes, which are removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sum {
    /// The axes.
    pub axes: AxisSet,
}

functions! { "Reductions":
    /// Sum over axes. Shapes `[…, n, …] → […, …]`. Source: `torch.sum`.
    ///
    /// ```
    /// use retrograd_core::{Graph, keep};
    ///
    /// let g = Graph::new();
    /// let x = g.constant([[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(x.sum_over(0).value().to_vec::<f64>(), [4.0, 6.0]);
    /// assert_eq!(x.sum_over(keep(-1)).shape(), [2, 1].into());
    /// ```
    sum_over / try_sum_over(x, axes => Axes) -> Self,
    "If an axis does not exist, or the elements are truth values.",
    {
        x.reduced(axes, |axes| Op::Sum(Sum { axes }))
    }

    /// Mean over axes. Shapes `[…, n, …] → […, …]`. Source: `torch.mean`.
    mean_over / try_mean_over(x, axes => Axes) -> Self,
    "If an axis does not exist, or the elements are not floating-point numbers.",
    {
        x.require_float()?;
        let set =
            axes.resolve(x.rank()).map_err(|reason| Self::misfit(&[x], reason))?;
        let n = set.n_elements(&x.shape());
        x.try_sum_over(axes)?.try_div(n as f64)
    }

    /// Sum of all elements: a scalar. Shapes `[…] → []`. Source: `torch.sum`.
    sum / try_sum(x) -> Self,
    "If the elements are truth values; cast them first.",
    { x.try_sum_over(AxisSet::all(x.rank())) }

    /// Mean of all elements: a scalar. Shapes `[…] → []`. Source: `torch.mean`.
    mean / try_mean(x) -> Self,
    "If the elements are not floating-point numbers.",
    { x.try_mean_over(AxisSet::all(x.rank())) }
}

impl<'g> Expr<'g> {
    /// Records a reduction, which removes its axes, and puts them back with size 1 if they are to be kept.
    #[track_caller]
    pub(super) fn reduced(self, axes: Axes, op: impl Fn(AxisSet) -> Op) -> Result<Self, Error> {
        let misfit = |reason| Self::misfit(&[self], reason);
        let shape = self.shape();
        let set = axes.resolve(shape.rank()).map_err(misfit)?;
        if self.dtype() == DType::Bool {
            return Err(misfit(
                "the elements are truth values; cast them to a number type first".to_owned(),
            ));
        }
        if set == AxisSet::default() {
            return Ok(self);
        }
        let removed = self.try_record1(op(set), set.removed(&shape), self.dtype())?;
        if axes.kept() { removed.try_reshape(set.kept(&shape)) } else { Ok(removed) }
    }

    /// This reduction of `x` over `axes`, stretched back to the shape of `x`.
    #[track_caller]
    pub(super) fn stretched_back(self, axes: AxisSet, x: &Shape) -> Self {
        self.reshape(axes.kept(x)).broadcast_to_known(x)
    }
}

/// The shape of `x`, and the layout of its reduced elements beside each kept one: kept axes first, then reduced.
pub(super) fn kept_then_reduced(axes: AxisSet, x: &Shape) -> (Shape, Layout) {
    let contiguous = Layout::contiguous(x);
    let kept = (0..x.rank()).filter(|&axis| !axes.contains(axis));
    let order = kept.chain(axes.iter()).collect::<smallvec::SmallVec<[usize; 4]>>();
    let strides = order.iter().map(|&axis| contiguous.strides[axis]).collect();
    (order.iter().map(|&axis| x[axis]).collect(), Layout { offset: 0, strides })
}

impl Operation for Sum {
    fn label(&self) -> String {
        format!("sum {:?}", self.axes)
    }

    fn vjp<'g>(&self, rule: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>> {
        Some(g.stretched_back(self.axes, &rule.x(0).shape()))
    }

    fn linearity(&self) -> Linearity {
        Linearity::Linear
    }

    fn dependence(&self, link: Link<'_, '_>) -> Option<Dependence> {
        Some(Dependence::reduced(self.axes, link))
    }

    fn vmap<'g>(&self, batch: Batch<'_, 'g>) -> Expr<'g> {
        batch.record(Op::Sum(Sum { axes: self.axes.after_one_more() }))
    }

    fn n_operations(&self, x: &[&Shape], _: &Shape) -> usize {
        x[0].n_elements()
    }

    fn rounding(&self, x: &[&Shape], _: DType) -> Rounding {
        Rounding::Sums(self.axes.n_elements(x[0]))
    }

    fn has_shape(&self, x: &[&Shape], y: &Shape) -> bool {
        self.axes.removed(x[0]) == *y
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        match y.data {
            SliceMut::F32(y) => self.sum(x[0].shape, x[0].elements::<f32>(), y),
            SliceMut::F64(y) => self.sum(x[0].shape, x[0].elements::<f64>(), y),
            SliceMut::I64(y) => self.sum_integers(x[0].shape, x[0].elements(), y),
            SliceMut::Bool(_) => unreachable!("recording checks that the elements are numbers"),
        }
    }
}

impl Sum {
    /// Sums in double precision, so that the meaning does not depend on an order of summation, and from 0, since
    /// `std` sums nothing to −0.
    fn sum<T: Element>(&self, shape: &Shape, x: &[T], y: &mut [T]) {
        let n = self.axes.n_elements(shape);
        let (shape, layout) = kept_then_reduced(self.axes, shape);
        let mut positions = layout.positions(&shape);
        for y in y {
            let elements = positions.by_ref().take(n).map(|position| x[position].to_f64());
            *y = T::from_f64(elements.fold(0.0, |total, x| total + x));
        }
    }

    /// Sums integers exactly, modulo 2⁶⁴.
    fn sum_integers(&self, shape: &Shape, x: &[i64], y: &mut [i64]) {
        let n = self.axes.n_elements(shape);
        let (shape, layout) = kept_then_reduced(self.axes, shape);
        let mut positions = layout.positions(&shape);
        for y in y {
            let elements = positions.by_ref().take(n).map(|position| x[position]);
            *y = elements.fold(0, i64::wrapping_add);
        }
    }
}
