//! Maxima and minima over axes.

use crate::{
    data::{
        dtype::{DType, Element},
        error::Error,
        shape::{Axes, AxisSet, Shape},
        tensor::{View, ViewMut},
    },
    graph::{
        expr::Expr,
        methods::functions,
        ops::{
            Batch, Dependence, Link, Op, Operation, Rounding, Rule, Tangents,
            kinked::{Corner, Kink},
            same_dtype,
            sum::kept_then_reduced,
        },
    },
};

/// The operation that takes the maximum over axes, which are removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Max {
    /// The axes.
    pub axes: AxisSet,
}

functions! { "Reductions":
    /// Largest elements over axes; NaN where one is. Equal maxima share the gradient equally. Shapes `[…, n, …] → […,
    /// …]`. Source: `torch.amax`.
    max_over / try_max_over(x, axes => Axes) -> Self,
    "If an axis does not exist or is empty, or the elements are truth values.",
    {
        x.require_elements(&axes)?;
        x.reduced(axes, |axes| Op::Max(Max { axes }))
    }

    /// Smallest elements over axes; NaN where one is. Equal minima share the gradient equally. Shapes `[…, n, …] → […,
    /// …]`. Source: `torch.amin`.
    min_over / try_min_over(x, axes => Axes) -> Self,
    "If an axis does not exist or is empty, or the elements are not floating-point numbers.",
    {
        x.require_float()?;
        x.require_elements(&axes)?;
        Ok(-(-x).try_max_over(axes)?)
    }

    /// Largest of all elements; NaN if one is. Equal maxima share the gradient equally. Shapes `[…] → []`. Source:
    /// `torch.amax`.
    max / try_max(x) -> Self,
    "If there are no elements, or they are truth values.",
    { x.try_max_over(AxisSet::all(x.rank())) }

    /// Smallest of all elements; NaN if one is. Equal minima share the gradient equally. Shapes `[…] → []`. Source:
    /// `torch.amin`.
    min / try_min(x) -> Self,
    "If there are no elements, or they are not floating-point numbers.",
    { x.try_min_over(AxisSet::all(x.rank())) }
}

impl<'g> Expr<'g> {
    /// Whether these axes exist and are not empty; else an error of the operation `op`.
    pub(crate) fn require_elements(self, axes: &Axes) -> Result<(), Error> {
        let misfit = |reason| Self::misfit(&[self], reason);
        let shape = self.shape();
        let set = axes.resolve(shape.rank()).map_err(misfit)?;
        match set.iter().find(|&axis| shape[axis] == 0) {
            Some(axis) => Err(misfit(format!("axis {axis} is empty"))),
            None => Ok(()),
        }
    }
}

impl Operation for Max {
    fn label(&self) -> String {
        format!("max {:?}", self.axes)
    }

    fn vjp<'g>(&self, rule: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>> {
        let (kink, n_equal) = self.kink(rule.x(0), rule.y, g.dtype());
        let share = g.pull_back(n_equal.reciprocal())?;
        kink.pull_back(share.stretched_back(self.axes, &rule.x(0).shape()))
    }

    fn dependence(&self, link: Link<'_, '_>) -> Option<Dependence> {
        Some(Dependence::reduced(self.axes, link))
    }

    fn jvp<'g>(&self, tangents: Tangents<'_, 'g>) -> Option<Expr<'g>> {
        let v = tangents.of(0)?;
        let (kink, n_equal) = self.kink(tangents.x(0), tangents.y, v.dtype());
        kink.push_forward(v).sum_over(self.axes).pull_back(n_equal.reciprocal())
    }

    fn vmap<'g>(&self, batch: Batch<'_, 'g>) -> Expr<'g> {
        batch.record(Op::Max(Max { axes: self.axes.after_one_more() }))
    }

    fn n_operations(&self, x: &[&Shape], _: &Shape) -> usize {
        x[0].n_elements()
    }

    fn rounding(&self, _: &[&Shape], _: DType) -> Rounding {
        Rounding::Exact
    }

    fn has_shape(&self, x: &[&Shape], y: &Shape) -> bool {
        self.axes.removed(x[0]) == *y
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        let shape = x[0].shape;
        same_dtype!(x[0], y => |x, y| self.max(shape, x, y));
    }
}

impl Max {
    /// The derivative of the sum of all elements that are equal to the maximum `y`, and their number. Each of them is as far
    /// from the kink as from the maximum, which moves as their mean does. Infinite ones do not move away from their tie.
    #[track_caller]
    fn kink<'g>(self, x: Expr<'g>, y: Expr<'g>, dtype: DType) -> (Kink<'g>, Expr<'g>) {
        let shape = x.shape();
        let is_max = x.eq(y.stretched_back(self.axes, &shape));
        let slope = is_max.cast(dtype);
        let n_equal = slope.sum_over(self.axes);
        let distance = is_max.select(x - y.stretched_back(self.axes, &shape), x.like(0.0));
        let is_met = (n_equal + y * 0.0).gt(1.0);
        (Kink { corner: Corner::Tie(self.axes), slope, distance, is_met, value: y }, n_equal)
    }

    fn max<T: Element>(&self, shape: &Shape, x: &[T], y: &mut [T]) {
        let n = self.axes.n_elements(shape);
        let (shape, layout) = kept_then_reduced(self.axes, shape);
        let mut positions = layout.positions(&shape);
        for y in y {
            let elements = positions.by_ref().take(n).map(|position| x[position]);
            *y = elements.reduce(larger).expect("recording checks that there are elements");
        }
    }
}

/// The larger of two; the one that is no number if there is one.
fn larger<T: Element>(a: T, b: T) -> T {
    let a_wins = a > b || a.partial_cmp(&a).is_none();
    if a_wins { a } else { b }
}
