//! Reading through a strided layout, block by block.

use retrograd_core::{Shape, shape::Layout};
use smallvec::SmallVec;

/// A strided layout with neighboring axes merged where their strides allow it, for fast walks in row-major order.
#[derive(Clone, Debug)]
pub(crate) struct Walk {
    offset: usize,
    /// Size and stride of each merged axis, outermost first; never empty.
    axes: SmallVec<[(usize, isize); 4]>,
}

impl Walk {
    /// The walk over the elements of `shape` in `layout`.
    pub fn new(layout: &Layout, shape: &Shape) -> Self {
        let mut axes: SmallVec<[(usize, isize); 4]> = SmallVec::new();
        for (&size, &stride) in shape.iter().zip(&layout.strides).filter(|&(&size, _)| size != 1) {
            match axes.last_mut() {
                Some((outer_size, outer_stride)) if *outer_stride == stride * size as isize => {
                    *outer_size *= size;
                    *outer_stride = stride;
                }
                _ => axes.push((size, stride)),
            }
        }
        if axes.is_empty() {
            axes.push((1, 0));
        }
        Self { offset: layout.offset, axes }
    }

    /// Whether all elements are one and the same.
    pub fn is_one_element(&self) -> bool {
        self.axes.iter().all(|&(_, stride)| stride == 0)
    }

    /// Position of the first element.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// Hands the elements `start..start + out.len()` of the walk, in order, to `out`, converted by `convert`.
    #[inline(always)]
    pub fn read<A: Copy, B: Copy>(
        &self,
        from: &[A],
        start: usize,
        out: &mut [B],
        convert: impl Fn(A) -> B + Copy,
    ) {
        let (inner_size, inner_stride) = self.axes[self.axes.len() - 1];
        let (mut done, mut index) = (0, start);
        while done < out.len() {
            let n = (inner_size - index % inner_size).min(out.len() - done);
            let first = self.position(index);
            read_run(from, first, inner_stride, &mut out[done..done + n], convert);
            done += n;
            index += n;
        }
    }

    /// Where the element of a linear index lies.
    fn position(&self, mut index: usize) -> usize {
        let mut position = self.offset as isize;
        for &(size, stride) in self.axes.iter().rev() {
            position += (index % size) as isize * stride;
            index /= size;
        }
        position as usize
    }
}

/// Reads one run of equally spaced elements.
#[inline(always)]
fn read_run<A: Copy, B: Copy>(
    from: &[A],
    first: usize,
    stride: isize,
    out: &mut [B],
    convert: impl Fn(A) -> B,
) {
    match stride {
        0 => out.fill(convert(from[first])),
        1 => {
            for (out, &element) in out.iter_mut().zip(&from[first..]) {
                *out = convert(element);
            }
        }
        _ => {
            let mut position = first as isize;
            for out in out {
                *out = convert(from[position as usize]);
                position += stride;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(shape: impl Into<Shape>, strides: &[isize], offset: usize, n_axes: usize) {
        let (shape, layout) =
            (shape.into(), Layout { offset, strides: SmallVec::from_slice(strides) });
        let walk = Walk::new(&layout, &shape);
        assert_eq!(walk.axes.len(), n_axes);
        let from: Vec<usize> = (0..100).collect();
        let expected: Vec<_> = layout.positions(&shape).collect();
        for start in 0..expected.len() {
            let mut out = vec![0; (expected.len() - start).min(5)];
            walk.read(&from, start, &mut out, |element| element);
            assert_eq!(out, expected[start..start + out.len()]);
        }
    }

    #[test]
    fn a_walk_visits_the_positions_of_its_layout_from_any_start() {
        check([4, 3], &[3, 1], 0, 1);
        check([4, 3], &[1, 4], 0, 2);
        check([4, 3], &[0, 1], 7, 2);
        check([2, 4, 3], &[12, 3, 1], 5, 1);
        check([2, 4, 3], &[-12, 3, 1], 50, 2);
        check([1, 1], &[9, 9], 3, 1);
        check((), &[], 3, 1);
    }
}
