//! Shapes and axes; their elements lie in memory as a [`Layout`] says.

mod layout;

use std::{fmt, ops::Deref};

use smallvec::SmallVec;

pub use self::layout::Layout;
use crate::data::size;

/// Bytes of the largest element.
const MAX_ELEMENT_BYTES: usize = 8;

/// The sizes of a tensor's axes, outermost first; `[]` is a scalar. Up to two sizes need no allocation.
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
        size::n_elements(&self.0)
    }

    /// The index, along each axis, of the element at `position` in row-major order.
    ///
    /// ```
    /// assert_eq!(retrograd_core::Shape::from([2, 3]).index_of(4), [1, 1]);
    /// ```
    ///
    /// # Panics
    /// If there are no more than `position` elements.
    #[track_caller]
    pub fn index_of(&self, position: usize) -> Vec<usize> {
        assert!(position < self.n_elements(), "a tensor of shape {self} has no element {position}");
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

    /// Whether a tensor can have this shape; else the reason why none can.
    pub(crate) fn check_possible(&self) -> Result<(), String> {
        let reason = match self.is_possible() {
            true => return Ok(()),
            false if self.rank() > AxisSet::LIMIT => {
                format!("it has {} axes, and there can be {}", self.rank(), AxisSet::LIMIT)
            }
            false => "it has more elements than can be addressed".to_owned(),
        };
        Err(format!("a tensor cannot have the shape {self}: {reason}"))
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
        fmt::Debug::fmt(self, f)
    }
}

/// The sizes; of more axes than a tensor can have, the first ones.
impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut list = f.debug_list();
        list.entries(self.iter().take(AxisSet::LIMIT));
        if self.rank() > AxisSet::LIMIT { list.finish_non_exhaustive() } else { list.finish() }
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

/// The axis of an index; of one that is no `isize`, the largest that is, which no tensor has either.
impl From<usize> for Axes {
    fn from(axis: usize) -> Self {
        Self::from(isize::try_from(axis).unwrap_or(isize::MAX))
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
        (0..rank).fold(Self::default(), |set, axis| set.with(axis))
    }

    /// This set with `axis` added.
    ///
    /// # Panics
    /// If no tensor has such an axis.
    #[track_caller]
    pub fn with(self, axis: usize) -> Self {
        assert!(axis < Self::LIMIT, "axis {axis} is none of the {} that there can be", Self::LIMIT);
        Self(self.0 | 1 << axis)
    }

    /// Whether `axis` is in the set.
    pub fn contains(self, axis: usize) -> bool {
        axis < Self::LIMIT && self.0 >> axis & 1 == 1
    }

    /// The same axes of a tensor that has one more axis in front.
    pub(crate) fn after_one_more(self) -> Self {
        Self(self.0 << 1)
    }

    /// The axes of the set, ascending.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = usize> {
        (0..Self::LIMIT).filter(move |&axis| self.contains(axis))
    }

    /// Number of elements of `shape` along the axes of the set, or the largest number if it is larger still.
    pub fn n_elements(self, shape: &Shape) -> usize {
        self.iter().fold(1, |n: usize, axis| n.saturating_mul(shape[axis]))
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
    fn negative_axes_count_from_the_end() {
        assert_eq!(Axes::from([-1, 0]).resolve(3), Ok(AxisSet::default().with(0).with(2)));
        assert!(Axes::from([2]).resolve(2).unwrap_err().contains("does not exist"));
        assert!(Axes::from([0, -2]).resolve(2).unwrap_err().contains("twice"));
    }

    #[test]
    fn an_axis_beyond_the_largest_is_not_one_from_the_end() {
        assert_eq!(Axes::from(1usize).resolve(2), Ok(AxisSet::default().with(1)));
        for axis in [usize::MAX, usize::MAX - 1, isize::MAX as usize, isize::MAX as usize + 1] {
            assert!(Axes::from(axis).resolve(2).unwrap_err().contains("does not exist"), "{axis}");
            assert!(!AxisSet::all(32).contains(axis));
        }
    }

    #[test]
    fn numbers_of_elements_do_not_wrap() {
        let shape = Shape::from([1 << 33, 1 << 33]);
        assert_eq!(
            (shape.n_elements(), AxisSet::all(2).n_elements(&shape)),
            (usize::MAX, usize::MAX)
        );
        assert!(
            shape.check_possible().unwrap_err().ends_with("more elements than can be addressed")
        );
        let deep = Shape::from(&[1; 1000][..]);
        let reason = deep.check_possible().unwrap_err();
        assert!(reason.len() < 200 && reason.contains("1000 axes"), "{reason}");
    }
}
