//! Moves that rearrange, pick and reduce elements.

use retrograd_core::{Axes, Expr, Shape, keep};

use super::{
    builder::{GraphBuilder, Move},
    probe::{MARGIN, elements},
};

impl<'g> GraphBuilder<'g> {
    pub(super) const STRUCTURAL: &'g [Move<'g>] = &[
        Self::broadcast,
        Self::reshape,
        Self::unsqueeze_or_squeeze,
        Self::permute,
        Self::slice,
        Self::pad,
        Self::concat,
        Self::stack,
        Self::gather,
        Self::scatter_add,
        Self::sum,
        Self::mean,
        Self::max,
        Self::argmax,
        Self::one_hot,
    ];

    fn broadcast(&mut self) -> Option<Expr<'g>> {
        let x = self.any();
        self.broadcasted(x)
    }

    /// New axes in front, and axes of size 1 stretched.
    pub(super) fn broadcasted(&mut self, x: Expr<'g>) -> Option<Expr<'g>> {
        let n_new = self.number(0..=3usize.saturating_sub(x.rank()));
        let mut sizes: Vec<_> = (0..n_new).map(|_| self.size()).collect();
        for &size in x.shape().iter() {
            let stretches = size == 1 && self.chance(0.5);
            sizes.push(if stretches { self.size() } else { size });
        }
        let shape = Shape::from(&sizes[..]);
        self.fits(&shape).then(|| x.broadcast_to(shape))
    }

    fn reshape(&mut self) -> Option<Expr<'g>> {
        let x = self.any();
        self.reshaped(x)
    }

    /// All elements in one axis, or two axes of which the first is a divisor.
    pub(super) fn reshaped(&mut self, x: Expr<'g>) -> Option<Expr<'g>> {
        let n = x.shape().n_elements();
        let divisors: Vec<_> = (1..=n).filter(|k| n.is_multiple_of(*k)).collect();
        if divisors.is_empty() || self.chance(0.3) {
            return Some(x.flatten());
        }
        let rows = *self.pick(&divisors);
        Some(x.reshape([rows, n / rows]))
    }

    fn unsqueeze_or_squeeze(&mut self) -> Option<Expr<'g>> {
        let x = self.any();
        self.unsqueezed_or_squeezed(x)
    }

    /// An axis of size 1 more, or less.
    pub(super) fn unsqueezed_or_squeezed(&mut self, x: Expr<'g>) -> Option<Expr<'g>> {
        let shape = x.shape();
        let ones: Vec<_> = (0..shape.rank()).filter(|&axis| shape[axis] == 1).collect();
        if ones.is_empty() || shape.rank() < 3 && self.chance(0.5) {
            let axis = self.axis(shape.rank() + 1)?;
            return (shape.rank() < 4).then(|| x.unsqueeze(axis));
        }
        Some(x.squeeze(*self.pick(&ones)))
    }

    fn permute(&mut self) -> Option<Expr<'g>> {
        let x = self.any();
        Some(self.permuted(x))
    }

    /// The axes in a random order.
    pub(super) fn permuted(&mut self, x: Expr<'g>) -> Expr<'g> {
        let mut axes: Vec<_> = (0..x.rank() as isize).collect();
        for k in (1..axes.len()).rev() {
            axes.swap(k, self.number(0..=k));
        }
        x.permute(&axes)
    }

    /// Part of an axis, by a step of either sign.
    pub(super) fn part_of(&mut self, x: Expr<'g>) -> Option<Expr<'g>> {
        let axis = self.axis(x.rank())?;
        let size = x.shape()[axis.rem_euclid(x.rank() as isize) as usize];
        let start = self.number(0..=size.saturating_sub(1));
        let end = self.number((start + 1).min(size)..=size);
        let step = *self.pick(&[1, 1, 2, 3, -1, -2]);
        Some(x.slice_by(axis, start..end, step))
    }

    fn slice(&mut self) -> Option<Expr<'g>> {
        let x = self.any();
        self.part_of(x)
    }

    /// The adjoint of a slice: a part among zeros.
    fn pad(&mut self) -> Option<Expr<'g>> {
        let x = self.float();
        let part = self.part_of(x)?;
        part.vjp(part.sin(), &[x]).pop()
    }

    fn concat(&mut self) -> Option<Expr<'g>> {
        let x = self.any();
        let axis = self.axis(x.rank())?;
        let n_parts = self.number(1..=3);
        let parts: Vec<_> = (0..n_parts).filter_map(|_| self.part_along(x, axis)).collect();
        let whole = x.graph().concat(&[&[x][..], &parts[..]].concat(), axis);
        self.fits(&whole.shape()).then_some(whole)
    }

    /// Part of `x` along an axis, whatever its other sizes.
    fn part_along(&mut self, x: Expr<'g>, axis: isize) -> Option<Expr<'g>> {
        let size = x.shape()[axis.rem_euclid(x.rank() as isize) as usize];
        let end = self.number(0..=size);
        Some(x.slice(axis, 0..end))
    }

    fn stack(&mut self) -> Option<Expr<'g>> {
        let x = self.float();
        let y = self.float_that(|y| y.shape() == x.shape())?;
        let axis = self.axis(x.rank() + 1)?;
        let n_elements = 2 * x.shape().n_elements();
        (x.rank() < 3 && n_elements <= self.options.max_elements)
            .then(|| x.graph().stack(&[x, y], axis))
    }

    /// Elements at random indices, or at those of the maximum.
    fn gather(&mut self) -> Option<Expr<'g>> {
        let x = self.any();
        let axis = self.axis(x.rank())?;
        let (shape, at) = (x.shape(), axis.rem_euclid(x.rank() as isize) as usize);
        if self.chance(0.3) && has_clear_maximum(x, &axis.into()) {
            return Some(x.gather(axis, x.argmax(axis).unsqueeze(axis)));
        }
        let n_picked = if shape[at] == 0 { 0 } else { self.size() };
        let picked = shape.with_size(at, n_picked);
        if !self.fits(&picked) {
            return None;
        }
        let index = self.indices(&picked, shape[at]);
        Some(x.gather(axis, index))
    }

    /// Elements added up at random indices, some of them repeated.
    fn scatter_add(&mut self) -> Option<Expr<'g>> {
        let x = self.float();
        let axis = self.axis(x.rank())?;
        let (shape, at) = (x.shape(), axis.rem_euclid(x.rank() as isize) as usize);
        let size = self.number(1..=self.options.max_size);
        if !self.fits(&shape.with_size(at, size)) {
            return None;
        }
        let index = self.indices(&shape, size);
        Some(x.scatter_add(axis, index, size))
    }

    /// Random axes, kept or not.
    fn axes(&mut self, rank: usize) -> Axes {
        let axes: Vec<_> = (0..rank as isize).filter(|_| self.chance(0.5)).collect();
        let axes = Axes::from(&axes[..]);
        if self.chance(0.4) { keep(axes) } else { axes }
    }

    fn sum(&mut self) -> Option<Expr<'g>> {
        let x = if self.chance(0.1) { self.integer() } else { self.float() };
        let axes = self.axes(x.rank());
        Some(x.sum_over(axes))
    }

    fn mean(&mut self) -> Option<Expr<'g>> {
        let x = self.float();
        let axes = self.axes(x.rank());
        (x.shape().n_elements() > 0).then(|| x.mean_over(axes))
    }

    fn max(&mut self) -> Option<Expr<'g>> {
        let x = self.float();
        let axes = self.axes(x.rank());
        if has_clear_maximum(x, &axes) {
            return Some(x.max_over(axes));
        }
        has_clear_maximum(-x, &axes).then(|| x.min_over(axes))
    }

    fn argmax(&mut self) -> Option<Expr<'g>> {
        let x = self.float();
        let axis = self.axis(x.rank())?;
        has_clear_maximum(x, &axis.into()).then(|| x.argmax(axis))
    }

    fn one_hot(&mut self) -> Option<Expr<'g>> {
        let index = self.integer();
        let n_classes = self.size();
        let shape = index.shape().with_axis(index.rank(), n_classes);
        (shape.rank() <= 3 && self.fits(&shape)).then(|| index.one_hot(n_classes))
    }
}

/// Whether the maxima of numbers over axes exist and lie clear of all other elements.
fn has_clear_maximum(x: Expr<'_>, axes: &Axes) -> bool {
    if !x.dtype().is_float() || x.shape().n_elements() == 0 {
        return false;
    }
    let largest = elements(x.max_over(keep(axes.clone())).broadcast_to(x.shape()));
    let n_maxima = elements(x.max_over(axes.clone())).len();
    let is_near = |(x, largest): &(f64, f64)| largest - x < MARGIN;
    elements(x).into_iter().zip(largest).filter(is_near).count() == n_maxima
}
