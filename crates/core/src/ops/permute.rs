//! The axes in another order.

use crate::{
    error::{Error, located},
    expr::Expr,
    ops::{Op, Operation, Rule, same_dtype},
    shape::{Layout, resolve_axis},
    tensor::{View, ViewMut},
};

/// Axis `k` of the result is axis `self.axes()[k]` of the input.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Permutation(Box<[u8]>);

impl Permutation {
    /// The input's axis for each axis of the result.
    pub fn axes(&self) -> impl ExactSizeIterator<Item = usize> {
        self.0.iter().map(|&axis| usize::from(axis))
    }

    pub(super) fn view(&self, input: &Layout) -> Layout {
        Layout {
            offset: input.offset,
            strides: self.axes().map(|axis| input.strides[axis]).collect(),
        }
    }
}

impl<'g> Expr<'g> {
    /// The axes in another order: axis `k` of the result is axis `axes[k]` of this value.
    ///
    /// # Panics
    /// If `axes` does not name every axis once.
    #[track_caller]
    pub fn permute(self, axes: &[isize]) -> Self {
        located(self.try_permute(axes))
    }

    /// [`permute`](Self::permute) that returns what is wrong.
    ///
    /// # Errors
    /// If `axes` does not name every axis once.
    #[track_caller]
    pub fn try_permute(self, axes: &[isize]) -> Result<Self, Error> {
        let misfit = |reason| Self::misfit("permute", &[self], reason);
        let (shape, rank) = (self.shape(), self.rank());
        let axes: Vec<_> = axes
            .iter()
            .map(|&axis| resolve_axis(axis, rank))
            .collect::<Result<_, _>>()
            .map_err(misfit)?;
        if axes.len() != rank || (0..rank).any(|axis| !axes.contains(&axis)) {
            return Err(misfit(format!("{axes:?} does not name each of {rank} axes once")));
        }
        if axes.is_sorted() {
            return Ok(self);
        }
        let permuted = axes.iter().map(|&axis| shape[axis]).collect();
        let permutation = Permutation(axes.iter().map(|&axis| axis as u8).collect());
        Ok(self.record1(Op::Permute(permutation), permuted, self.dtype()))
    }

    /// Two axes exchanged.
    ///
    /// # Panics
    /// If an axis does not exist.
    #[track_caller]
    pub fn transpose(self, a: isize, b: isize) -> Self {
        located(self.try_transpose(a, b))
    }

    /// [`transpose`](Self::transpose) that returns what is wrong.
    ///
    /// # Errors
    /// If an axis does not exist.
    #[track_caller]
    pub fn try_transpose(self, a: isize, b: isize) -> Result<Self, Error> {
        let rank = self.rank();
        let resolve = |axis| {
            resolve_axis(axis, rank).map_err(|reason| Self::misfit("transpose", &[self], reason))
        };
        let mut axes: Vec<_> = (0..rank as isize).collect();
        axes.swap(resolve(a)?, resolve(b)?);
        self.try_permute(&axes)
    }

    /// The transpose of a matrix, or of each matrix in the last two axes.
    ///
    /// # Panics
    /// If there are fewer than two axes.
    #[track_caller]
    pub fn t(self) -> Self {
        self.transpose(-2, -1)
    }
}

impl Operation for Permutation {
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

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        let layout = self.view(&Layout::contiguous(x[0].shape));
        let positions = layout.positions(y.shape);
        same_dtype!(x[0], y => |x, y| {
            for (y, position) in y.iter_mut().zip(positions) {
                *y = x[position];
            }
        });
    }
}
