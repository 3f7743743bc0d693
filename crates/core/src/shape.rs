//! Shapes, axes, and the strided layouts that movement operations are made of.

use std::{fmt, ops::Deref};

use smallvec::SmallVec;

/// Bytes of the largest element.
const MAX_ELEMENT_BYTES: usize = 8;

/// Sizes of a tensor, outermost axis first; `[]` is a scalar. Those of a matrix fit without an allocation.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Shape(SmallVec<[usize; 2]>);

impl Shape {
    /// The shape of a scalar.
    pub fn scalar() -> Self {
        Self::default()
    }

    /// Number of axes.
    pub fn rank(&self) -> usize {
        self.0.len()
    }

    /// Number of elements: the product of the sizes, 1 for a scalar; the largest number if it is larger still.
    pub fn n_elements(&self) -> usize {
        self.0.iter().fold(1, |n, &size| n.saturating_mul(size))
    }

    /// The index, along each axis, of the element at `position` in row-major order.
    ///
    /// ```
    /// assert_eq!(retrograd_core::Shape::from([2, 3]).index_of(4), [1, 1]);
    /// ```
    pub fn index_of(&self, position: usize) -> Vec<usize> {
        let mut rest = position;
        let mut index = vec![0; self.rank()];
        for (along, size) in index.iter_mut().zip(self.iter()).rev() {
            *along = rest % size;
            rest /= size;
        }
        index
    }

    /// Whether a tensor can have this shape: it has at most [`AxisSet::LIMIT`] axes, and the elements can be
    /// addressed, even if sizes of 0 are left out.
    pub(crate) fn is_possible(&self) -> bool {
        let mut sizes = self.0.iter().filter(|&&size| size > 0);
        let n_bytes = sizes.try_fold(MAX_ELEMENT_BYTES, |n, &size| n.checked_mul(size));
        self.rank() <= AxisSet::LIMIT && n_bytes.is_some_and(|n| n <= isize::MAX as usize)
    }

    /// This shape with `size` inserted in front of `axis`.
    pub fn with_axis(&self, axis: usize, size: usize) -> Self {
        let mut sizes = self.0.clone();
        sizes.insert(axis, size);
        Self(sizes)
    }

    /// This shape with the size of `axis` replaced.
    pub fn with_size(&self, axis: usize, size: usize) -> Self {
        let mut sizes = self.0.clone();
        sizes[axis] = size;
        Self(sizes)
    }

    /// The common shape of two operands under NumPy's broadcasting rule: sizes are aligned at the last axis,
    /// and a size of 1 stretches. `None` if two sizes differ and neither is 1.
    pub fn broadcast(&self, other: &Shape) -> Option<Shape> {
        let rank = self.rank().max(other.rank());
        let size = |shape: &Shape, axis: usize| match (axis + shape.rank()).checked_sub(rank) {
            Some(own) => shape[own],
            None => 1,
        };
        (0..rank)
            .map(|axis| match (size(self, axis), size(other, axis)) {
                (a, b) if a == b => Some(a),
                (1, b) => Some(b),
                (a, 1) => Some(a),
                _ => None,
            })
            .collect()
    }

    /// Why two shapes do not broadcast: the last sizes that differ where neither is 1.
    pub(crate) fn conflict(&self, other: &Shape) -> String {
        let pairs = self.iter().rev().zip(other.iter().rev());
        let mut from_the_end = pairs.enumerate();
        match from_the_end.find(|&(_, (&a, &b))| a != b && a != 1 && b != 1) {
            Some((k, (a, b))) => {
                format!("sizes {a} and {b} of axis -{} differ, and neither is 1", k + 1)
            }
            None => "the shapes broadcast".to_owned(),
        }
    }
}

impl Deref for Shape {
    type Target = [usize];

    fn deref(&self) -> &[usize] {
        &self.0
    }
}

impl FromIterator<usize> for Shape {
    fn from_iter<I: IntoIterator<Item = usize>>(sizes: I) -> Self {
        Self(sizes.into_iter().collect())
    }
}

impl From<&[usize]> for Shape {
    fn from(sizes: &[usize]) -> Self {
        Self(SmallVec::from_slice(sizes))
    }
}

impl<const N: usize> From<[usize; N]> for Shape {
    fn from(sizes: [usize; N]) -> Self {
        Self::from(&sizes[..])
    }
}

impl From<&Shape> for Shape {
    fn from(shape: &Shape) -> Self {
        shape.clone()
    }
}

impl From<()> for Shape {
    fn from((): ()) -> Self {
        Self::scalar()
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0[..], f)
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0[..], f)
    }
}

/// Axes named by a user: negative ones count from the end, as in NumPy.
///
/// Made from an integer, an array or a slice of integers, or by [`keep`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axes {
    axes: SmallVec<[isize; 4]>,
    keep: bool,
}

/// Axes that a reduction keeps with size 1: `x.sum_over(keep(-1))` has the rank of `x`.
pub fn keep(axes: impl Into<Axes>) -> Axes {
    Axes { keep: true, ..axes.into() }
}

impl Axes {
    /// Whether the reduced axes stay, with size 1.
    pub fn kept(&self) -> bool {
        self.keep
    }

    /// The axes as they were named, in order.
    pub(crate) fn named(&self) -> &[isize] {
        &self.axes
    }

    /// The set of these axes in a tensor of `rank` axes, or the reason why there is none.
    pub fn resolve(&self, rank: usize) -> Result<AxisSet, String> {
        if rank > AxisSet::LIMIT {
            return Err(format!("{rank} axes are more than {}", AxisSet::LIMIT));
        }
        self.axes.iter().try_fold(AxisSet::default(), |set, &axis| {
            let axis = resolve_axis(axis, rank)?;
            match set.contains(axis) {
                true => Err(format!("axis {axis} is named twice")),
                false => Ok(set.with(axis)),
            }
        })
    }
}

/// The index of an axis counted from the front or, if negative, from the end.
pub(crate) fn resolve_axis(axis: isize, rank: usize) -> Result<usize, String> {
    let resolved = if axis < 0 { axis + rank as isize } else { axis };
    match usize::try_from(resolved) {
        Ok(index) if index < rank => Ok(index),
        _ if rank == 0 => Err(format!("a scalar has no axis {axis}")),
        _ if axis < 0 => {
            Err(format!("axis {axis} does not exist: the first of {rank} axes is 0 or -{rank}"))
        }
        _ => {
            let last = rank - 1;
            Err(format!("axis {axis} does not exist: the last of {rank} axes is {last} or -1"))
        }
    }
}

impl From<isize> for Axes {
    fn from(axis: isize) -> Self {
        Self::from(&[axis][..])
    }
}

impl From<i32> for Axes {
    fn from(axis: i32) -> Self {
        Self::from(axis as isize)
    }
}

impl From<usize> for Axes {
    fn from(axis: usize) -> Self {
        Self::from(axis as isize)
    }
}

impl From<&[isize]> for Axes {
    fn from(axes: &[isize]) -> Self {
        Self { axes: SmallVec::from_slice(axes), keep: false }
    }
}

impl<const N: usize> From<[isize; N]> for Axes {
    fn from(axes: [isize; N]) -> Self {
        Self::from(&axes[..])
    }
}

impl From<AxisSet> for Axes {
    fn from(set: AxisSet) -> Self {
        Self { axes: set.iter().map(|axis| axis as isize).collect(), keep: false }
    }
}

/// A set of axes, each below [`AxisSet::LIMIT`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct AxisSet(u32);

impl AxisSet {
    /// The largest rank of a tensor.
    pub const LIMIT: usize = u32::BITS as usize;

    /// All axes of a tensor of `rank` axes.
    pub fn all(rank: usize) -> Self {
        (0..rank).fold(Self::default(), Self::with)
    }

    /// This set with `axis` added.
    pub fn with(self, axis: usize) -> Self {
        Self(self.0 | 1 << axis)
    }

    /// Whether `axis` is in the set.
    pub fn contains(self, axis: usize) -> bool {
        self.0 >> axis & 1 == 1
    }

    /// The same axes of a tensor that has one more axis in front.
    pub(crate) fn after_one_more(self) -> Self {
        Self(self.0 << 1)
    }

    /// The axes of the set, ascending.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = usize> {
        (0..Self::LIMIT).filter(move |&axis| self.contains(axis))
    }

    /// Number of elements of `shape` along the axes of the set.
    pub fn n_elements(self, shape: &Shape) -> usize {
        self.iter().map(|axis| shape[axis]).product()
    }

    /// `shape` with the axes of the set reduced to size 1.
    pub fn kept(self, shape: &Shape) -> Shape {
        shape
            .iter()
            .enumerate()
            .map(|(axis, &size)| if self.contains(axis) { 1 } else { size })
            .collect()
    }

    /// `shape` without the axes of the set.
    pub fn removed(self, shape: &Shape) -> Shape {
        shape
            .iter()
            .enumerate()
            .filter(|&(axis, _)| !self.contains(axis))
            .map(|(_, &size)| size)
            .collect()
    }
}

impl fmt::Debug for AxisSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Where the elements of a tensor lie in a flat buffer: the element at index `i` is at
/// `offset + Σ i[axis]·strides[axis]`.
///
/// Broadcasting, permuting and slicing only change the layout; so they cost nothing until somebody needs the
/// elements side by side.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Layout {
    /// Position of the first element.
    pub offset: usize,
    /// Distance between neighbors, per axis.
    pub strides: SmallVec<[isize; 4]>,
}

impl Layout {
    /// Row-major order without gaps.
    pub fn contiguous(shape: &Shape) -> Self {
        let mut strides: SmallVec<[isize; 4]> = SmallVec::from_elem(0, shape.rank());
        let mut stride = 1;
        for (axis, &size) in shape.iter().enumerate().rev() {
            strides[axis] = stride;
            stride *= size as isize;
        }
        Self { offset: 0, strides }
    }

    /// Whether the elements of `shape` lie side by side in row-major order, from position 0.
    pub fn is_contiguous(&self, shape: &Shape) -> bool {
        self.offset == 0 && self.is_dense(shape)
    }

    /// Whether the elements of `shape` lie side by side in row-major order, wherever they start.
    pub(crate) fn is_dense(&self, shape: &Shape) -> bool {
        let mut expected = 1;
        shape.iter().zip(&self.strides).rev().all(|(&size, &stride)| {
            let fits = size == 1 || stride == expected;
            expected *= size as isize;
            fits
        })
    }

    /// Positions of the elements of `shape`, in row-major order of their indices.
    pub fn positions<'a>(&'a self, shape: &'a Shape) -> impl Iterator<Item = usize> + 'a {
        let mut index: SmallVec<[usize; 4]> = SmallVec::from_elem(0, shape.rank());
        let mut position = self.offset as isize;
        (0..shape.n_elements()).map(move |_| {
            let current = position as usize;
            for axis in (0..shape.rank()).rev() {
                index[axis] += 1;
                position += self.strides[axis];
                if index[axis] < shape[axis] {
                    break;
                }
                position -= self.strides[axis] * shape[axis] as isize;
                index[axis] = 0;
            }
            current
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broadcasting_aligns_at_the_last_axis() {
        let matrix = Shape::from([4, 3]);
        assert_eq!(matrix.broadcast(&Shape::from([3])), Some(Shape::from([4, 3])));
        assert_eq!(matrix.broadcast(&Shape::from([4, 1])), Some(Shape::from([4, 3])));
        assert_eq!(matrix.broadcast(&Shape::scalar()), Some(Shape::from([4, 3])));
        assert_eq!(matrix.broadcast(&Shape::from([4])), None);
    }

    #[test]
    fn positions_follow_the_strides() {
        let transposed = Layout { offset: 0, strides: SmallVec::from_slice(&[1, 3]) };
        let positions: Vec<_> = transposed.positions(&Shape::from([3, 2])).collect();
        assert_eq!(positions, [0, 3, 1, 4, 2, 5]);
        assert!(!transposed.is_contiguous(&Shape::from([3, 2])));
        assert!(Layout::contiguous(&Shape::from([3, 2])).is_contiguous(&Shape::from([3, 2])));
    }

    #[test]
    fn negative_axes_count_from_the_end() {
        assert_eq!(Axes::from([-1, 0]).resolve(3), Ok(AxisSet::default().with(0).with(2)));
        assert!(Axes::from([2]).resolve(2).unwrap_err().contains("does not exist"));
        assert!(Axes::from([0, -2]).resolve(2).unwrap_err().contains("twice"));
    }
}
