//! Where elements lie in memory: the strided layouts that movement operations are made of.

use smallvec::SmallVec;

use crate::data::shape::Shape;

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
            stride = distance(stride, size);
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
            expected = distance(expected, size);
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

/// The distance between neighbors of the next axis outwards, where an axis has neighbors `stride` apart: no product
/// wraps, though that of a shape which no tensor has means nothing.
fn distance(stride: isize, size: usize) -> isize {
    stride.saturating_mul(isize::try_from(size).unwrap_or(isize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_follow_the_strides() {
        let transposed = Layout { offset: 0, strides: SmallVec::from_slice(&[1, 3]) };
        let positions: Vec<_> = transposed.positions(&Shape::from([3, 2])).collect();
        assert_eq!(positions, [0, 3, 1, 4, 2, 5]);
        assert!(!transposed.is_contiguous(&Shape::from([3, 2])));
        assert!(Layout::contiguous(&Shape::from([3, 2])).is_contiguous(&Shape::from([3, 2])));
    }
}
