//! Elements in other places: axes and elements moved, parts taken, copies made.

use crate::{
    data::{
        error::{Error, list},
        shape::{Axes, AxisSet, Shape, resolve_axis},
        size::{Size, n_elements},
    },
    graph::{expr::Expr, methods::functions},
};

functions! { "Shapes":
    /// The elements of each of the axes in reverse order. Shapes `[…] → […]`. Source: `torch.flip`.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// assert_eq!(g.arange(3).flip(0).value().to_vec::<i64>(), [2, 1, 0]);
    /// ```
    flip / try_flip(x, axes => Axes) -> Self,
    "If an axis does not exist, or is named twice.",
    {
        let axes = axes.resolve(x.rank()).map_err(|reason| Self::misfit(&[x], reason))?;
        axes.iter().try_fold(x, |x, axis| x.try_slice_by(axis as isize, .., -1))
    }

    /// The elements moved along an axis by `shift` places, where those that leave at one end enter at the other. Shapes
    /// `[…] → […]`. Source: `torch.roll`.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// assert_eq!(g.arange(4).roll(1, 0).value().to_vec::<i64>(), [3, 0, 1, 2]);
    /// ```
    roll / try_roll(x, shift: isize, axis: isize) -> Self,
    "If the axis does not exist.",
    {
        let along = resolve_axis(axis, x.rank()).map_err(|reason| Self::misfit(&[x], reason))?;
        let size = x.shape()[along];
        let shift = if size == 0 { 0 } else { shift.rem_euclid(size as isize) as usize };
        if shift == 0 {
            return Ok(x);
        }
        let parts = [x.try_slice(axis, size - shift..)?, x.try_slice(axis, ..size - shift)?];
        x.graph().try_concat(&parts, axis)
    }

    /// Axis `source[k]` moved to place `destination[k]` of the result; the others keep their order. Shapes `[…, n, …] →
    /// […, …, n]`. Source: `torch.movedim`.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// assert_eq!(g.full([2, 3, 4], 0.0).movedim(&[0], &[-1]).shape(), [3, 4, 2].into());
    /// ```
    movedim / try_movedim(x, source: &[isize], destination: &[isize]) -> Self,
    "If an axis does not exist, is named twice, or there are not as many places as axes.",
    {
        let misfit = |reason: String| Self::misfit(&[x], reason);
        if source.len() != destination.len() {
            let (from, to) = (source.len(), destination.len());
            return Err(misfit(format!("{from} axes do not go to {to} places")));
        }
        for axes in [source, destination] {
            Axes::from(axes).resolve(x.rank()).map_err(misfit)?;
        }
        let resolved = |axes: &[isize]| -> Result<Vec<usize>, Error> {
            axes.iter().map(|&axis| resolve_axis(axis, x.rank()).map_err(misfit)).collect()
        };
        let (source, destination) = (resolved(source)?, resolved(destination)?);
        let mut others = (0..x.rank()).filter(|axis| !source.contains(axis));
        let order: Vec<_> = (0..x.rank())
            .map(|place| match destination.iter().position(|&to| to == place) {
                Some(k) => source[k] as isize,
                None => others.next().expect("places and axes are as many") as isize,
            })
            .collect();
        x.try_permute(&order)
    }

    /// `length` elements of an axis from `start`, which counts from the end if it is negative. Shapes `[…, n, …] → […,
    /// length, …]`. Source: `torch.narrow`.
    narrow / try_narrow(x, axis: isize, start: isize, length: usize) -> Self,
    "If the axis does not exist, or the range reaches beyond it.",
    {
        let misfit = |reason: String| Self::misfit(&[x], reason);
        let along = resolve_axis(axis, x.rank()).map_err(misfit)?;
        let size = x.shape()[along];
        let first = if start < 0 { start + size as isize } else { start };
        match usize::try_from(first) {
            Ok(first) if first <= size && length <= size - first => {
                x.try_slice(axis, first..first + length)
            }
            _ => Err(misfit(format!("axis {along} has {size} elements, not {length} from {start}"))),
        }
    }

    /// The part at one index of an axis, which is removed; a negative index counts from the end. (PyTorch's `select`, a
    /// name that is taken by the choice between values.). Shapes `[…, n, …] → […, …]`. Source: `torch.select`.
    select_index / try_select_index(x, axis: isize, index: isize) -> Self,
    "If the axis does not exist, or has no such index.",
    {
        let misfit = |reason: String| Self::misfit(&[x], reason);
        let along = resolve_axis(axis, x.rank()).map_err(misfit)?;
        let size = x.shape()[along];
        let first = if index < 0 { index + size as isize } else { index };
        match usize::try_from(first) {
            Ok(first) if first < size => x.try_slice(axis, first..=first)?.try_squeeze(axis),
            _ => Err(misfit(format!("index {index} is out of bounds for axis {along} of size {size}"))),
        }
    }

    /// The parts at all indices of an axis, which is removed. Shapes `[…, n, …] → n × […, …]`. Source: `torch.unbind`.
    unbind / try_unbind(x, axis: isize) -> Vec<Self>,
    "If the axis does not exist, or there are more than 2²² parts.",
    {
        let misfit = |reason: String| Self::misfit(&[x], reason);
        let along = resolve_axis(axis, x.rank()).map_err(misfit)?;
        let n = Size::from(x.shape()[along]).few("parts").map_err(misfit)?;
        (0..n as isize).map(|index| x.try_select_index(axis, index)).collect()
    }

    /// Parts of the given sizes, one after the other along an axis. Shapes `[…, n, …] → […, size, …] for each size`.
    /// Source: `torch.split`.
    split_with_sizes / try_split_with_sizes(x, axis: isize, sizes: &[usize]) -> Vec<Self>,
    "If the axis does not exist, or the sizes do not add up to its size.",
    {
        let misfit = |reason: String| Self::misfit(&[x], reason);
        let along = resolve_axis(axis, x.rank()).map_err(misfit)?;
        let size = x.shape()[along];
        let total = sizes.iter().fold(Size::from(0usize), |total, &size| total + size);
        if total != Size::from(size) {
            let sum = total.get().map_err(misfit)?;
            let reason = format!("{} adds up to {sum}, and axis {along} has {size} elements", list(sizes));
            return Err(misfit(reason));
        }
        let mut start = 0;
        let part = |&size: &usize| {
            start += size;
            x.try_slice(axis, start - size..start)
        };
        sizes.iter().map(part).collect()
    }

    /// Parts of `size` elements along an axis; the last may have fewer. Shapes `[…, n, …] → ⌈n/size⌉ × […, size, …]`.
    /// Source: `torch.split`.
    split / try_split(x, axis: isize, size: usize) -> Vec<Self>,
    "If the axis does not exist, `size` is 0, or there are more than 2²² parts.",
    {
        let misfit = |reason: String| Self::misfit(&[x], reason);
        let along = resolve_axis(axis, x.rank()).map_err(misfit)?;
        if size == 0 {
            return Err(misfit("parts of size 0 never end".to_owned()));
        }
        let length = x.shape()[along];
        if length == 0 {
            return Ok(vec![x]);
        }
        let n = Size::from(length.div_ceil(size)).few("parts").map_err(misfit)?;
        // A loop, since a closure would hide the line that called.
        let mut parts = Vec::with_capacity(n);
        for start in (0..length).step_by(size) {
            parts.push(x.try_slice(axis, start..start + size.min(length - start))?);
        }
        Ok(parts)
    }

    /// At most `n` parts along an axis, all of one size but for the last. Shapes `[…, m, …] → n × […, ⌈m/n⌉, …]`.
    /// Source: `torch.chunk`.
    chunk / try_chunk(x, axis: isize, n: usize) -> Vec<Self>,
    "If the axis does not exist, `n` is 0, or there are more than 2²² parts.",
    {
        let misfit = |reason: String| Self::misfit(&[x], reason);
        let along = resolve_axis(axis, x.rank()).map_err(misfit)?;
        if n == 0 {
            return Err(misfit("there are no 0 parts".to_owned()));
        }
        x.try_split(axis, x.shape()[along].div_ceil(n).max(1))
    }

    /// Copies side by side: `repeats[k]` of them along axis `k`. There may be more repeats than axes: the axes are
    /// aligned at the last. Shapes `[…, n] → […, repeats·n]`. Source: `torch.tile`.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// assert_eq!(g.arange(2).tile(&[2, 2]).value().to_vec::<i64>(), [0, 1, 0, 1, 0, 1, 0, 1]);
    /// ```
    tile / try_tile(x, repeats: &[usize]) -> Self,
    "If no tensor can have the shape. Missing repeats are 1, and missing axes are added in front.",
    {
        let misfit = |reason: String| Self::misfit(&[x], reason);
        let rank = x.rank().max(repeats.len());
        if rank > AxisSet::LIMIT {
            return Err(misfit(format!("{rank} axes are more than a tensor can have, {}", AxisSet::LIMIT)));
        }
        let own: Vec<_> = std::iter::repeat_n(1, rank - x.rank()).chain(x.shape().iter().copied()).collect();
        let times = |axis: usize| match (axis + repeats.len()).checked_sub(rank) {
            Some(k) => repeats[k],
            None => 1,
        };
        let apart: Shape = own.iter().flat_map(|&size| [1, size]).collect();
        let copies: Shape = own.iter().enumerate().flat_map(|(axis, &size)| [times(axis), size]).collect();
        let tiled = own.iter().enumerate().map(|(axis, &size)| (Size::from(size) * times(axis)).get());
        let tiled: Shape = tiled.collect::<Result<_, _>>().map_err(misfit)?;
        x.try_reshape(apart)?.try_broadcast_to(copies)?.try_reshape(tiled)
    }

    /// An axis split into several of the given sizes. Shapes `[…, n, …] → […, sizes…, …]`. Source: `torch.unflatten`.
    unflatten / try_unflatten(x, axis: isize, sizes: &[usize]) -> Self,
    "If the axis does not exist, or has another number of elements.",
    {
        let misfit = |reason: String| Self::misfit(&[x], reason);
        let (shape, along) = (x.shape(), resolve_axis(axis, x.rank()).map_err(misfit)?);
        if n_elements(sizes) != shape[along] {
            let (sizes, n) = (list(sizes), shape[along]);
            return Err(misfit(format!("{sizes} does not have the {n} elements of axis {along}")));
        }
        let (before, after) = (&shape[..along], &shape[along + 1..]);
        x.try_reshape(before.iter().chain(sizes).chain(after).copied().collect::<Shape>())
    }

    /// The axes from `first` to `last`, both included, joined into one; a scalar becomes a vector. Shapes `[…, m, …, n,
    /// …] → […, m·…·n, …]`. Source: `torch.flatten`.
    flatten_axes / try_flatten_axes(x, first: isize, last: isize) -> Self,
    "If an axis does not exist, or the last comes before the first.",
    {
        let misfit = |reason: String| Self::misfit(&[x], reason);
        let (shape, rank) = (x.shape(), x.rank().max(1));
        let first = resolve_axis(first, rank).map_err(misfit)?;
        let last = resolve_axis(last, rank).map_err(misfit)?;
        if first > last {
            return Err(misfit(format!("axis {last} comes before axis {first}")));
        }
        if x.rank() == 0 {
            return x.try_reshape([1]);
        }
        let joined = n_elements(&shape[first..=last]);
        let sizes = shape[..first].iter().copied().chain([joined]);
        x.try_reshape(sizes.chain(shape[last + 1..].iter().copied()).collect::<Shape>())
    }
}

impl<'g> Expr<'g> {
    /// This value with the axes of `axes` last and joined into one, and the shape of the others.
    #[track_caller]
    pub(super) fn joined_last(self, axes: &Axes) -> Result<(Self, Shape), Error> {
        let set = axes.resolve(self.rank()).map_err(|reason| Self::misfit(&[self], reason))?;
        let shape = self.shape();
        let others = (0..self.rank()).filter(|&axis| !set.contains(axis));
        let order: Vec<_> = others.chain(set.iter()).map(|axis| axis as isize).collect();
        let outer = set.removed(&shape);
        let joined = outer.with_axis(outer.rank(), set.n_elements(&shape));
        Ok((self.try_permute(&order)?.try_reshape(joined)?, outer))
    }

    /// A reduction of this value over `axes`, put back into the rank of this value if they are to be kept.
    #[track_caller]
    pub(super) fn keeping(self, axes: &Axes, reduced: Self) -> Result<Self, Error> {
        if !axes.kept() {
            return Ok(reduced);
        }
        let set = axes.resolve(self.rank()).map_err(|reason| Self::misfit(&[self], reason))?;
        reduced.try_reshape(set.kept(&self.shape()))
    }
}
