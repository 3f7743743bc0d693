//! The same elements in another shape.

use crate::{
    error::{Error, located},
    expr::Expr,
    ops::{Op, Operation, Rule, same_dtype},
    shape::{Axes, Shape, resolve_axis},
    tensor::{View, ViewMut},
};

/// The input's elements, in row-major order, in the node's shape.
pub(super) struct Reshape;

impl<'g> Expr<'g> {
    /// The same elements, in row-major order, in another shape.
    ///
    /// # Panics
    /// If the numbers of elements differ.
    #[track_caller]
    pub fn reshape(self, shape: impl Into<Shape>) -> Self {
        located(self.try_reshape(shape))
    }

    /// [`reshape`](Self::reshape) that returns what is wrong.
    ///
    /// # Errors
    /// If the numbers of elements differ.
    #[track_caller]
    pub fn try_reshape(self, shape: impl Into<Shape>) -> Result<Self, Error> {
        let shape = shape.into();
        let (own, wanted) = (self.shape().n_elements(), shape.n_elements());
        if own != wanted {
            let reason = format!("it has {own} elements, and the shape {shape} has {wanted}");
            return Err(Self::misfit("reshape", &[self], reason));
        }
        match self.as_literal() {
            _ if self.shape() == shape => Ok(self),
            Some(value) => Ok(self.graph().literal(value, shape, self.dtype())),
            None => Ok(self.record1(Op::Reshape, shape, self.dtype())),
        }
    }

    /// All elements in one axis, in row-major order.
    #[track_caller]
    pub fn flatten(self) -> Self {
        self.reshape([self.shape().n_elements()])
    }

    /// A new axis of size 1, so that it is axis `axis` of the result (negative counts from the result's end).
    ///
    /// # Panics
    /// If the result has no such axis.
    #[track_caller]
    pub fn unsqueeze(self, axis: isize) -> Self {
        located(self.try_unsqueeze(axis))
    }

    /// [`unsqueeze`](Self::unsqueeze) that returns what is wrong.
    ///
    /// # Errors
    /// If the result has no such axis.
    #[track_caller]
    pub fn try_unsqueeze(self, axis: isize) -> Result<Self, Error> {
        let axis = resolve_axis(axis, self.rank() + 1).map_err(|reason| {
            Self::misfit("unsqueeze", &[self], format!("in the result, {reason}"))
        })?;
        self.try_reshape(self.shape().with_axis(axis, 1))
    }

    /// Without the given axes, all of size 1.
    ///
    /// # Panics
    /// If an axis does not exist or has another size than 1.
    #[track_caller]
    pub fn squeeze(self, axes: impl Into<Axes>) -> Self {
        located(self.try_squeeze(axes))
    }

    /// [`squeeze`](Self::squeeze) that returns what is wrong.
    ///
    /// # Errors
    /// If an axis does not exist or has another size than 1.
    #[track_caller]
    pub fn try_squeeze(self, axes: impl Into<Axes>) -> Result<Self, Error> {
        let misfit = |reason| Self::misfit("squeeze", &[self], reason);
        let (shape, axes) = (self.shape(), axes.into().resolve(self.rank()).map_err(misfit)?);
        match axes.iter().find(|&axis| shape[axis] != 1) {
            Some(axis) => Err(misfit(format!("axis {axis} has size {}, not 1", shape[axis]))),
            None => self.try_reshape(axes.removed(&shape)),
        }
    }
}

impl Operation for Reshape {
    fn label(&self) -> String {
        "reshape".to_owned()
    }

    fn vjp<'g>(&self, rule: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>> {
        Some(g.reshape(rule.x(0).shape()))
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        same_dtype!(x[0], y => |x, y| y.copy_from_slice(x));
    }
}
