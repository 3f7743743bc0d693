//! Elements picked by index along an axis, and their adjoint: elements added up at their indices.

use smallvec::smallvec;

use crate::{
    data::{
        dtype::DType,
        error::Error,
        shape::{Layout, Shape, resolve_axis},
        tensor::{View, ViewMut},
    },
    graph::{
        expr::{Expr, inputs_of_one_graph},
        methods::functions,
        ops::{
            Addresses, Batch, Dependence, Linearity, Link, Op, Operation, OperationKind, Rounding,
            Rule, dependence::pointed_at, same_dtype,
        },
    },
};

/// The operation `y[…, i, …] = x[…, index[…, i, …], …]` along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Gather {
    /// The axis.
    pub axis: usize,
}

/// The operation `y[…, index[…, i, …], …] += x[…, i, …]` along an axis, from zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScatterAdd {
    /// The axis.
    pub axis: usize,
}

functions! { "Indexing":
    /// Elements picked by integer indices along an axis: `y[i, j] = x[i, index[i, j]]` for axis 1 of a matrix. The
    /// indices have the shape of this value, but for the size of the axis. Shapes `[…, n, …], […, m, …] → […, m, …]`.
    /// Source: `torch.gather`.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let x = g.constant([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    /// assert_eq!(x.gather(1, g.constant([[2i64], [0]])).value().to_vec::<f64>(), [3.0, 4.0]);
    /// ```
    gather / try_gather(x, axis: isize, index: Expr<'g>) -> Self,
    "If the axis does not exist, or the indices are not integers or have other sizes. An index out of bounds is \
     an error of the run that meets it.",
    {
        let (axis, inputs) = x.along(axis, index)?;
        x.graph().try_record(Op::Gather(Gather { axis }), inputs, index.shape(), x.dtype())
    }

    /// Zeros with the elements of this value added at integer indices along an axis of size `size`: `y[i, index[i, j]]
    /// += x[i, j]` for axis 1 of a matrix. The adjoint of [`gather`](Self::gather). Shapes `[…, m, …], […, m, …] → […,
    /// size, …]`. Source: `torch.Tensor.scatter_add_`.
    scatter_add / try_scatter_add(x, axis: isize, index: Expr<'g>, size: usize) -> Self,
    "If the axis does not exist, the elements are not floating-point numbers, or the indices are not integers of \
     this value's shape, or no tensor can have the result's. An index out of bounds is an error of the run that meets it.",
    {
        let (axis, inputs) = x.along(axis, index)?;
        x.require_float()?;
        if x.shape() != index.shape() {
            return Err(Self::misfit(&[x, index],
                "each element needs one index",
            ));
        }
        let shape = x.shape().with_size(axis, size);
        x.graph().try_record(Op::ScatterAdd(ScatterAdd { axis }), inputs, shape, x.dtype())
    }
}

impl<'g> Expr<'g> {
    /// The checks that gather and scatter share; returns the axis from the front, and the inputs.
    fn along(self, axis: isize, index: Expr<'g>) -> Result<(usize, crate::graph::Inputs), Error> {
        let misfit = |reason: &str| Self::misfit(&[self, index], reason);
        inputs_of_one_graph(&[self, index])?;
        let (x, i) = (self.shape(), index.shape());
        let axis = resolve_axis(axis, x.rank()).map_err(|reason| misfit(&reason))?;
        if index.dtype() != DType::I64 {
            return Err(misfit("the indices are not integers"));
        }
        if i.rank() != x.rank() || i.with_size(axis, x[axis]) != x {
            return Err(misfit(&format!("all sizes but that of axis {axis} must agree")));
        }
        Ok((axis, smallvec![self.id(), index.id()]))
    }
}

/// Checks that indices along an axis are in `0..size`.
///
/// # Errors
/// The reason why they are not, which names the first that is outside.
pub fn check_bounds(index: &[i64], axis: usize, size: usize) -> Result<(), String> {
    let is_inside = |i: i64| usize::try_from(i).is_ok_and(|i| i < size);
    match index.iter().find(|&&i| !is_inside(i)) {
        Some(i) => Err(format!("index {i} is out of bounds for axis {axis} of size {size}")),
        None => Ok(()),
    }
}

/// For each element of a tensor of shape `part`, in order, the position of index 0 of `axis` beside it in a
/// contiguous tensor of shape `whole`.
fn bases<'a>(
    layout: &'a mut Layout,
    part: &'a Shape,
    axis: usize,
) -> (isize, impl Iterator<Item = usize> + 'a) {
    let stride = std::mem::take(&mut layout.strides[axis]);
    (stride, layout.positions(part))
}

impl Operation for Gather {
    fn kind(&self) -> OperationKind {
        OperationKind::Movement
    }

    fn label(&self) -> String {
        format!("gather {}", self.axis)
    }

    fn vjp<'g>(&self, rule: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>> {
        let size = rule.x(0).shape()[self.axis];
        (rule.k == 0).then(|| g.scatter_add(self.axis as isize, rule.x(1), size))
    }

    fn dependence(&self, link: Link<'_, '_>) -> Option<Dependence> {
        let (x, y) = (link.x(0).shape(), link.y.shape());
        let fixed = link.fixed_value(1);
        let from = fixed.and_then(|i| pointed_at(i.view().elements(), &y, self.axis, &x));
        Some(match from {
            Some(output) => Dependence { input: Addresses::distinct(&x), output },
            None => Dependence::along(self.axis, link),
        })
    }

    fn vmap<'g>(&self, batch: Batch<'_, 'g>) -> Expr<'g> {
        batch.record(Op::Gather(Gather { axis: self.axis + 1 }))
    }

    fn can_refuse(&self) -> bool {
        true
    }

    fn check(&self, x: &[View<'_>], _: &Shape) -> Result<(), String> {
        check_bounds(x[1].elements(), self.axis, x[0].shape[self.axis])
    }

    fn has_shape(&self, x: &[&Shape], y: &Shape) -> bool {
        x[1] == y && x[0].with_size(self.axis, y[self.axis]) == *y
    }

    fn has_dtype(&self, x: &[DType], y: DType) -> bool {
        x == [y, DType::I64]
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        let index = x[1].elements::<i64>();
        let mut layout = Layout::contiguous(x[0].shape);
        let (stride, bases) = bases(&mut layout, y.shape, self.axis);
        same_dtype!(x[0], y => |x, y| {
            for ((y, base), &i) in y.iter_mut().zip(bases).zip(index) {
                *y = x[base + i as usize * stride as usize];
            }
        });
    }
}

impl Operation for ScatterAdd {
    fn label(&self) -> String {
        format!("scatter add {}", self.axis)
    }

    fn vjp<'g>(&self, rule: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>> {
        (rule.k == 0).then(|| g.gather(self.axis as isize, rule.x(1)))
    }

    fn linearity(&self) -> Linearity {
        Linearity::Linear
    }

    fn dependence(&self, link: Link<'_, '_>) -> Option<Dependence> {
        let (x, y) = (link.x(0).shape(), link.y.shape());
        let fixed = link.fixed_value(1);
        let to = fixed.and_then(|i| pointed_at(i.view().elements(), &x, self.axis, &y));
        Some(match to {
            Some(input) => Dependence { input, output: Addresses::distinct(&y) },
            None => Dependence::along(self.axis, link),
        })
    }

    fn vmap<'g>(&self, batch: Batch<'_, 'g>) -> Expr<'g> {
        batch.record(Op::ScatterAdd(ScatterAdd { axis: self.axis + 1 }))
    }

    fn can_refuse(&self) -> bool {
        true
    }

    fn check(&self, x: &[View<'_>], y: &Shape) -> Result<(), String> {
        check_bounds(x[1].elements(), self.axis, y[self.axis])
    }

    fn n_operations(&self, x: &[&Shape], _: &Shape) -> usize {
        x[0].n_elements()
    }

    fn rounding(&self, x: &[&Shape], _: DType) -> Rounding {
        Rounding::Sums(x[0][self.axis])
    }

    fn has_shape(&self, x: &[&Shape], y: &Shape) -> bool {
        x[0] == x[1] && x[0].with_size(self.axis, y[self.axis]) == *y
    }

    fn has_dtype(&self, x: &[DType], y: DType) -> bool {
        x == [y, DType::I64]
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        let index = x[1].elements::<i64>();
        let mut layout = Layout::contiguous(y.shape);
        let (stride, bases) = bases(&mut layout, x[0].shape, self.axis);
        same_dtype!(float x[0], y => |x, y| {
            y.fill(0.0);
            for ((&x, base), &i) in x.iter().zip(bases).zip(index) {
                y[base + i as usize * stride as usize] += x;
            }
        });
    }
}
