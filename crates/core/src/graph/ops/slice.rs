//! Regular parts of each axis, and their adjoint: a part at its places among zeros.

use std::ops::{Bound, RangeBounds};

use crate::{
    data::{
        error::{Error, located},
        shape::{Layout, Shape, resolve_axis},
        size::Size,
        tensor::{View, ViewMut},
    },
    graph::{
        Graph,
        expr::Expr,
        methods::functions,
        ops::{
            Batch, Dependence, Link, Op, Operation, OperationKind, Rule, operation::eval_view,
            same_dtype,
        },
        region::{ArgumentValue, Describe},
    },
};

/// The part `start, start + step, …` of an axis; how many follows from the shape of the part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    /// Index of the first element.
    pub start: usize,
    /// Distance to the next; negative to go backwards.
    pub step: isize,
}

/// A window on each axis.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Windows(Box<[Window]>);

/// The operation that takes a part.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Slicing(pub Windows);

/// The operation that puts a part at its places among zeros.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Padding(pub Windows);

impl Windows {
    /// The window on each axis.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Window> {
        self.0.iter().copied()
    }

    /// A window for each axis.
    pub(crate) fn new(windows: impl IntoIterator<Item = Window>) -> Self {
        Self(windows.into_iter().collect())
    }

    /// Whole axes, but for one.
    fn on_axis(rank: usize, axis: usize, window: Window) -> Self {
        let whole = Window { start: 0, step: 1 };
        Self((0..rank).map(|k| if k == axis { window } else { whole }).collect())
    }

    /// These windows after a whole axis.
    fn after_whole_axis(&self) -> Self {
        let whole = Window { start: 0, step: 1 };
        Self::new([whole].into_iter().chain(self.iter()))
    }

    /// Whether a part of one shape lies within a whole of another.
    fn fit(&self, part: &Shape, whole: &Shape) -> bool {
        let is_within = |((window, &n), &size): ((&Window, &usize), &usize)| {
            let last = Size::from(n.saturating_sub(1)) * window.step + window.start;
            n == 0 || window.start < size && last.get().is_ok_and(|last| last < size)
        };
        let ranks = [self.0.len(), part.rank(), whole.rank()];
        ranks.iter().all(|&rank| rank == whole.rank())
            && self.0.iter().zip(part.iter()).zip(whole.iter()).all(is_within)
    }

    /// The layout of the part in a buffer where the whole has the layout `whole`.
    pub fn view(&self, whole: &Layout) -> Layout {
        let offset: isize =
            self.0.iter().zip(&whole.strides).map(|(w, &stride)| w.start as isize * stride).sum();
        Layout {
            offset: (whole.offset as isize + offset) as usize,
            strides: self
                .0
                .iter()
                .zip(&whole.strides)
                .map(|(window, &stride)| window.step * stride)
                .collect(),
        }
    }
}

functions! { "Parts":
    /// The part of an axis in a range of indices. Shapes `[…, n, …] → […, m, …]`. Source: `torch.narrow`.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// assert_eq!(g.arange(5).slice(0, 1..4).value().to_vec::<i64>(), [1, 2, 3]);
    /// ```
    slice / try_slice(x, axis: isize, range => IndexRange) -> Self,
    "If the axis does not exist, or the range reaches beyond it.",
    {
        x.try_slice_by(axis, range, 1)
    }

    /// Every `step`-th element of an axis in a range of indices, from the start of the range; with a negative step,
    /// from its end backwards. Shapes `[…, n, …] → […, m, …]`. Source: NumPy's `x[start:end:step]`.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// assert_eq!(g.arange(6).slice_by(0, .., -2).value().to_vec::<i64>(), [5, 3, 1]);
    /// ```
    slice_by / try_slice_by(x, axis: isize, range => IndexRange, step: isize) -> Self,
    "If the axis does not exist, the range reaches beyond it, or the step is 0.",
    {
        let misfit = |reason| Self::misfit(&[x], reason);
        let shape = x.shape();
        let axis = resolve_axis(axis, shape.rank()).map_err(misfit)?;
        let (start, end) = (range.start, range.end.unwrap_or(shape[axis]));
        if start > end || end > shape[axis] {
            return Err(misfit(format!(
                "{start}..{end} is not a range in axis {axis} of size {}",
                shape[axis]
            )));
        }
        if step == 0 {
            return Err(misfit("the step is 0".to_owned()));
        }
        if (start, end, step) == (0, shape[axis], 1) {
            return Ok(x);
        }
        let size = (end - start).div_ceil(step.unsigned_abs());
        let first = if step > 0 || size == 0 { start } else { end - 1 };
        // One element has no distance to the next.
        let step = if size > 1 { step } else { 1 };
        let windows = Windows::on_axis(shape.rank(), axis, Window { start: first, step });
        x.try_record1(Op::Slice(Slicing(windows)), shape.with_size(axis, size), x.dtype())
    }
}

/// A range of indices along an axis, made from any of Rust's ranges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexRange {
    start: usize,
    /// One past the last index; `None` is the size of the axis.
    end: Option<usize>,
}

impl<R: RangeBounds<usize>> From<R> for IndexRange {
    fn from(range: R) -> Self {
        let start = match range.start_bound() {
            Bound::Included(&start) => start,
            Bound::Excluded(&before) => before.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let end = match range.end_bound() {
            Bound::Included(&last) => Some(last.saturating_add(1)),
            Bound::Excluded(&end) => Some(end),
            Bound::Unbounded => None,
        };
        Self { start, end }
    }
}

/// `[start, end]`, without the end if that is the axis's.
impl Describe for IndexRange {
    fn describe(&self, graph: &Graph) -> ArgumentValue {
        (self.start, self.end).describe(graph)
    }
}

impl<'g> Expr<'g> {
    /// The adjoint of taking the part `windows` of a tensor of shape `whole`: this part among zeros.
    ///
    /// # Errors
    /// If no tensor can have the shape.
    #[track_caller]
    pub(crate) fn try_among_zeros(self, windows: &Windows, whole: Shape) -> Result<Self, Error> {
        self.try_record1(Op::Pad(Padding(windows.clone())), whole, self.dtype())
    }

    /// Whether this is one element among zeros.
    pub(crate) fn is_element_among_zeros(self) -> bool {
        let node = self.graph().node(self.id());
        let of_one = |id| self.graph().node(id).shape.n_elements() == 1;
        matches!(node.op, Op::Pad(_)) && of_one(node.inputs[0])
    }

    /// The sum of elements among zeros: side by side, so that all elements of a tensor cost no more than the tensor.
    #[track_caller]
    pub(crate) fn sum_of_elements(values: &[Self]) -> Self {
        let (first, graph) = (values[0], values[0].graph());
        if values.len() == 1 {
            return first;
        }
        let (whole, layout) = (first.shape(), Layout::contiguous(&first.shape()));
        let mut elements: Vec<_> = values.iter().map(|value| value.element(&layout)).collect();
        elements.sort_by_key(|&(position, _)| position);
        let mut parts: Vec<Self> = Vec::with_capacity(elements.len());
        let zeros = |n: usize| graph.literal(0.0, Shape::from([n]), first.dtype());
        let mut end = 0;
        for (position, element) in elements {
            if position + 1 == end {
                let last = parts.last_mut().expect("another element of this position");
                *last = *last + element.reshape([1]);
                continue;
            }
            parts.extend((position > end).then(|| zeros(position - end)));
            parts.push(element.reshape([1]));
            end = position + 1;
        }
        parts.extend((end < whole.n_elements()).then(|| zeros(whole.n_elements() - end)));
        graph.concat(&parts, 0).reshape(whole)
    }

    /// Position and value of an element among zeros, in a layout.
    fn element(self, layout: &Layout) -> (usize, Self) {
        let node = self.graph().node(self.id());
        let Op::Pad(padding) = &node.op else { unreachable!("it is an element among zeros") };
        (padding.0.view(layout).offset, Expr::new(self.graph(), node.inputs[0]))
    }
}

impl Operation for Slicing {
    fn kind(&self) -> OperationKind {
        OperationKind::View
    }

    fn label(&self) -> String {
        "slice".to_owned()
    }

    fn vjp<'g>(&self, rule: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>> {
        Some(located(g.try_among_zeros(&self.0, rule.x(0).shape())))
    }

    fn view(&self, input: &Layout, _: &Shape, _: &Shape) -> Option<Layout> {
        Some(self.0.view(input))
    }

    fn has_shape(&self, x: &[&Shape], y: &Shape) -> bool {
        self.0.fit(y, x[0])
    }

    fn vmap<'g>(&self, batch: Batch<'_, 'g>) -> Expr<'g> {
        batch.record(Op::Slice(Slicing(self.0.after_whole_axis())))
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        eval_view(self, x[0], y);
    }
}

impl Operation for Padding {
    fn kind(&self) -> OperationKind {
        OperationKind::Movement
    }

    fn label(&self) -> String {
        "pad".to_owned()
    }

    fn vjp<'g>(&self, rule: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>> {
        Some(g.record1(Op::Slice(Slicing(self.0.clone())), rule.x(0).shape(), g.dtype()))
    }

    fn has_shape(&self, x: &[&Shape], y: &Shape) -> bool {
        self.0.fit(x[0], y)
    }

    fn dependence(&self, link: Link<'_, '_>) -> Option<Dependence> {
        let y = link.y.shape();
        Some(Dependence::placed(self.0.view(&Layout::contiguous(&y)), &y))
    }

    fn vmap<'g>(&self, batch: Batch<'_, 'g>) -> Expr<'g> {
        batch.record(Op::Pad(Padding(self.0.after_whole_axis())))
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        let layout = self.0.view(&Layout::contiguous(y.shape));
        let positions = layout.positions(x[0].shape);
        same_dtype!(x[0], y => |x, y| {
            y.fill(Default::default());
            for (&x, position) in x.iter().zip(positions) {
                y[position] = x;
            }
        });
    }
}
