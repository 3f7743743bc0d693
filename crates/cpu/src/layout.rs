//! Reading and writing through a strided layout.

use std::fmt;

use retrograd_core::{Shape, computation::ValueId, shape::Layout};
use smallvec::SmallVec;

/// A value as a strided view of a buffer.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// The node whose buffer it is.
    pub base: ValueId,
    /// Where the elements lie in it.
    pub layout: Layout,
    /// Sizes of the view.
    pub shape: Shape,
}

impl Source {
    /// Whether the elements lie side by side from the start of the buffer.
    pub fn is_contiguous(&self) -> bool {
        self.layout.is_contiguous(&self.shape)
    }
}

/// A strided layout with neighboring axes merged where their strides allow it, for fast walks in row-major order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
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

    /// Whether the elements are the first `n` of the buffer, each of them `n_times` in a row.
    pub fn repeats_each(&self, n: usize, n_times: usize) -> bool {
        let axes = [(n, 1), (n_times, 0)];
        self.offset == 0 && self.axes[..] == axes[usize::from(n == 1)..]
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
        let (n_columns, stride) = self.axes[self.axes.len() - 1];
        let (n_rows, row_stride) = self.axes.iter().nth_back(1).copied().unwrap_or((1, 0));
        let (mut done, mut index) = (0, start);
        while done < out.len() {
            let first = self.position(index);
            let (row, column) = (index / n_columns % n_rows, index % n_columns);
            let n = (n_columns - column).min(out.len() - done);
            // Whole rows are read without looking for the position of each.
            let n_whole = if column == 0 { (out.len() - done) / n_columns } else { 0 };
            let n = match n_whole.min(n_rows - row) {
                0 => n,
                n_whole => n_whole * n_columns,
            };
            let part = &mut out[done..done + n];
            read_rows(from, first, [row_stride, stride], n_columns, part, convert);
            done += n;
            index += n;
        }
    }

    /// Hands the elements of `from`, the first of the walk, to `put`, with their places in `to`.
    #[inline(always)]
    pub fn write<A: Copy>(&self, from: &[A], to: &mut [A], put: impl Fn(&mut A, A)) {
        let (n_columns, stride) = self.axes[self.axes.len() - 1];
        for (row, elements) in from.chunks(n_columns.max(1)).enumerate() {
            let first = self.position(row * n_columns);
            if stride == 1 {
                let places = &mut to[first..first + elements.len()];
                places.iter_mut().zip(elements).for_each(|(place, &element)| put(place, element));
                continue;
            }
            let mut position = first as isize;
            for &element in elements {
                put(&mut to[position as usize], element);
                position += stride;
            }
        }
    }

    /// Where the element of a linear index lies.
    pub fn position(&self, mut index: usize) -> usize {
        let (outermost, inner) = self.axes.split_first().expect("there is an axis");
        let mut position = self.offset as isize;
        for &(size, stride) in inner.iter().rev() {
            position += (index % size) as isize * stride;
            index /= size;
        }
        (position + index as isize * outermost.1) as usize
    }
}

/// The first position and the axes, as in `[0 + 3 by 4 + 2 by 1]`; nothing of contiguous elements.
impl fmt::Display for Walk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.offset == 0 && matches!(self.axes[..], [(_, 1)] | [(1, _)]) {
            return Ok(());
        }
        write!(f, "[{}", self.offset)?;
        self.axes.iter().try_for_each(|(size, stride)| write!(f, " + {size} by {stride}"))?;
        f.write_str("]")
    }
}

/// Reads rows of `n_columns` elements, or a part of one, with strides from row to row and from element to element.
#[inline(always)]
fn read_rows<A: Copy, B: Copy>(
    from: &[A],
    first: usize,
    [row_stride, stride]: [isize; 2],
    n_columns: usize,
    out: &mut [B],
    convert: impl Fn(A) -> B + Copy,
) {
    if row_stride == 0 && out.len() > n_columns {
        read_run(from, first, stride, &mut out[..n_columns], convert);
        return repeat(n_columns, out);
    }
    let mut position = first as isize;
    for row in out.chunks_mut(n_columns) {
        read_run(from, position as usize, stride, row, convert);
        position += row_stride;
    }
}

/// Copies the first `n` elements to all that follow, twice as many each time.
#[inline(always)]
fn repeat<T: Copy>(n: usize, elements: &mut [T]) {
    let mut done = n;
    while done < elements.len() {
        let n = done.min(elements.len() - done);
        elements.copy_within(..n, done);
        done += n;
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
        let from: Vec<usize> = (0..200).collect();
        let expected: Vec<_> = layout.positions(&shape).collect();
        for start in 0..expected.len() {
            for n in [5, 14, expected.len()] {
                let mut out = vec![0; (expected.len() - start).min(n)];
                walk.read(&from, start, &mut out, |element| element);
                assert_eq!(out, expected[start..start + out.len()]);
            }
        }
        let (elements, mut to) = (Vec::from_iter(1..=expected.len()), vec![0; from.len()]);
        walk.write(&elements, &mut to, |place, element| *place = element);
        for (place, element) in to.iter().enumerate() {
            let last = expected.iter().rposition(|&position| position == place);
            assert_eq!(*element, last.map_or(0, |last| elements[last]));
        }
    }

    #[test]
    fn a_walk_visits_the_positions_of_its_layout_from_any_start() {
        check([4, 3], &[3, 1], 0, 1);
        check([4, 3], &[1, 4], 0, 2);
        check([4, 3], &[0, 1], 7, 2);
        check([5, 2], &[0, 1], 7, 2);
        check([5, 2], &[0, -3], 7, 2);
        check([3, 9, 1, 2], &[5, 0, 0, 2], 7, 3);
        check([3, 9, 2], &[-7, 8, 1], 50, 3);
        check([2, 4, 3], &[12, 3, 1], 5, 1);
        check([2, 4, 3], &[-12, 3, 1], 50, 2);
        check([1, 1], &[9, 9], 3, 1);
        check((), &[], 3, 1);
    }
}
