//! Functions that move, split, join and stretch.

use retrograd_core::Shape;

use crate::call::calls;

/// The sizes, unless one is negative.
fn sizes<const N: usize>(sizes: [i128; N]) -> Option<Vec<i128>> {
    sizes.iter().all(|&size| size >= 0).then(|| sizes.to_vec())
}

calls! {
    "flip", "f2,3", |x, _n| x[0].try_flip([0, 1]);
    "flip.axes", "f2,3", |x, n| x[0].try_flip(n.offset());
    "flip.axes", "f2,3", |x, n| x[0].try_flip(n.size()) => |n| (n.wide() < 2).then(|| vec![2, 3]);
    "roll", "f2,3", |x, _n| x[0].try_roll(1, 1);
    "roll.shift", "f2,3", |x, n| x[0].try_roll(n.offset(), 1) => |_n| Some(vec![2, 3]);
    "roll.axis", "f2,3", |x, n| x[0].try_roll(1, n.offset());
    "movedim", "f2,3", |x, _n| x[0].try_movedim(&[0], &[-1]);
    "movedim.source", "f2,3", |x, n| x[0].try_movedim(&[n.offset()], &[0]);
    "movedim.destination", "f2,3", |x, n| x[0].try_movedim(&[0], &[n.offset()]);
    "narrow", "f2,3", |x, _n| x[0].try_narrow(1, -1, 1);
    "narrow.axis", "f2,3", |x, n| x[0].try_narrow(n.offset(), 0, 1);
    "narrow.start", "f2,3", |x, n| x[0].try_narrow(1, n.offset(), 1)
        => |n| (-3..3).contains(&n.wide_offset()).then(|| vec![2, 1]);
    "narrow.length", "f2,3", |x, n| x[0].try_narrow(1, 0, n.size()) => |n| (n.wide() <= 3).then(|| vec![2, n.wide()]);
    "narrow.length", "f2,3", |x, n| x[0].try_narrow(1, 2, n.size()) => |n| (n.wide() <= 1).then(|| vec![2, n.wide()]);
    "select_index", "f2,3", |x, _n| x[0].try_select_index(1, -1);
    "select_index.axis", "f2,3", |x, n| x[0].try_select_index(n.offset(), 0);
    "select_index.index", "f2,3", |x, n| x[0].try_select_index(1, n.offset())
        => |n| (-3..3).contains(&n.wide_offset()).then(|| vec![2]);
    "unbind", "f2,3", |x, _n| x[0].try_unbind(1);
    "unbind.axis", "f2,3", |x, n| x[0].try_unbind(n.offset());
    "split_with_sizes", "f2,3", |x, _n| x[0].try_split_with_sizes(1, &[1, 2]);
    "split_with_sizes.axis", "f2,3", |x, n| x[0].try_split_with_sizes(n.offset(), &[1, 2]);
    "split_with_sizes.sizes", "f2,3", |x, n| x[0].try_split_with_sizes(1, &[n.size(), 2])
        => |n| (n.wide() == 1).then(|| vec![2, 1]);
    "split_with_sizes.sizes", "f2,3", |x, n| x[0].try_split_with_sizes(1, &[3, n.size(), n.size()])
        => |n| (n.wide() == 0).then(|| vec![2, 3]);
    "split", "f2,3", |x, _n| x[0].try_split(1, 1);
    "split.axis", "f2,3", |x, n| x[0].try_split(n.offset(), 2);
    "split.size", "f2,3", |x, n| x[0].try_split(1, n.size()) => |n| (n.wide() > 0).then(|| vec![2, n.wide().min(3)]);
    "chunk", "f2,3", |x, _n| x[0].try_chunk(1, 2);
    "chunk.axis", "f2,3", |x, n| x[0].try_chunk(n.offset(), 2);
    "chunk.n", "f2,3", |x, n| x[0].try_chunk(1, n.size())
        => |n| (n.wide() > 0).then(|| vec![2, (3 + n.wide() - 1) / n.wide()]);
    "tile", "f2,3", |x, _n| x[0].try_tile(&[2, 2]);
    "tile.repeats", "f2,3", |x, n| x[0].try_tile(&[1, n.size()]) => |n| Some(vec![2, 3 * n.wide()]);
    "tile.repeats", "f2,3", |x, n| x[0].try_tile(&[n.size(), n.size()])
        => |n| Some(vec![2 * n.wide(), 3 * n.wide()]);
    "tile.repeats", "f2,0", |x, n| x[0].try_tile(&[n.size(), n.size(), 1]);
    "tile.repeats", "f2", |x, n| x[0].try_tile(&vec![1; n.size().min(100_000)]);
    "unflatten", "f2,3", |x, _n| x[0].try_unflatten(1, &[3, 1]);
    "unflatten.axis", "f2,3", |x, n| x[0].try_unflatten(n.offset(), &[3, 1]);
    "unflatten.sizes", "f2,3", |x, n| x[0].try_unflatten(1, &[3, n.size()])
        => |n| (n.wide() == 1).then(|| vec![2, 3, 1]);
    "unflatten.sizes", "f2,0", |x, n| x[0].try_unflatten(1, &[n.size(), n.size(), 0]);
    "unflatten.sizes", "f2,3", |x, n| x[0].try_unflatten(1, &[n.size(), n.size(), 4]) => |_n| None;
    "flatten_axes", "f2,3,4", |x, _n| x[0].try_flatten_axes(0, 1);
    "flatten_axes.first", "f2,3,4", |x, n| x[0].try_flatten_axes(n.offset(), 2);
    "flatten_axes.last", "f2,3,4", |x, n| x[0].try_flatten_axes(0, n.offset());
    "flatten", "f2,3", |x, _n| x[0].try_flatten();
    "reshape", "f2,3", |x, _n| x[0].try_reshape(x[0].shape().with_axis(0, 1));
    "reshape.shape", "f2,3", |x, n| x[0].try_reshape([n.size(), 2]) => |n| (n.wide() == 3).then(|| vec![3, 2]);
    "reshape.shape", "f0,3", |x, n| x[0].try_reshape([n.size(), n.size(), 0]);
    "reshape.shape", "f1", |x, n| x[0].try_reshape(&vec![1; n.size().min(100_000)][..]);
    "unsqueeze", "f2,3", |x, _n| x[0].try_unsqueeze(0);
    "unsqueeze.axis", "f2,3", |x, n| x[0].try_unsqueeze(n.offset());
    "squeeze", "f2,1", |x, _n| x[0].try_squeeze(-1);
    "squeeze.axes", "f2,1", |x, n| x[0].try_squeeze(n.offset());
    "squeeze.axes", "f2,1", |x, n| x[0].try_squeeze(n.size()) => |n| (n.wide() == 1).then(|| vec![2]);
    "permute", "f2,3", |x, _n| x[0].try_permute(&[1, 0]);
    "permute.axes", "f2,3", |x, n| x[0].try_permute(&[n.offset(), 0]);
    "permute.axes", "f2", |x, n| x[0].try_permute(&vec![0; n.size().min(100_000)]);
    "transpose", "f2,3", |x, _n| x[0].try_transpose(0, 1);
    "transpose.a", "f2,3", |x, n| x[0].try_transpose(n.offset(), 0);
    "transpose.b", "f2,3", |x, n| x[0].try_transpose(0, n.offset());
    "t", "f2,3", |x, _n| x[0].try_t();
    "broadcast_to", "f2,3", |x, n| x[0].try_broadcast_to(x[0].shape().with_axis(0, n.size()));
    "broadcast_to.shape", "f3", |x, n| x[0].try_broadcast_to([n.size(), 3]) => |n| sizes([n.wide(), 3]);
    "broadcast_to.shape", "f1", |x, n| x[0].try_broadcast_to([n.size(), n.size()]) => |n| sizes([n.wide(), n.wide()]);
    "broadcast_to.shape", "f1", |x, n| x[0].try_broadcast_to(&vec![1; n.size().min(100_000)][..]);
    "slice", "f2,3", |x, _n| x[0].try_slice(1, 1..);
    "slice.axis", "f2,3", |x, n| x[0].try_slice(n.offset(), 1..);
    "slice.range", "f2,3", |x, n| x[0].try_slice(1, n.size()..) => |n| sizes([2, 3 - n.wide()]);
    "slice.range", "f2,3", |x, n| x[0].try_slice(1, ..n.size()) => |n| (n.wide() <= 3).then(|| vec![2, n.wide()]);
    "slice.range", "f2,3", |x, n| x[0].try_slice(1, 1..=n.size())
        => |n| (0..3).contains(&n.wide()).then(|| vec![2, n.wide()]);
    "slice.range", "f2,3", |x, n| x[0].try_slice(1, (std::ops::Bound::Excluded(n.size()), std::ops::Bound::Unbounded))
        => |n| sizes([2, 2 - n.wide()]);
    "slice_by", "f2,3", |x, _n| x[0].try_slice_by(1, .., -1);
    "slice_by.axis", "f2,3", |x, n| x[0].try_slice_by(n.offset(), .., 2);
    "slice_by.range", "f2,3", |x, n| x[0].try_slice_by(1, n.size().., -2) => |n| sizes([2, (4 - n.wide()) / 2])
        .filter(|_| n.wide() <= 3);
    "slice_by.step", "f2,3", |x, n| x[0].try_slice_by(1, .., n.offset())
        => |n| (n.0 != 0).then(|| vec![2, 1 + 2 / n.wide_offset().abs()]);
    "concat", "f2,3 f2,3", |x, _n| x[0].graph().try_concat(x, 0);
    "concat", "f2,3 f2,3", |x, _n| x[0].graph().try_concat(&[x, x, x, x].concat(), 1);
    "concat.axis", "f2,3 f2,3", |x, n| x[0].graph().try_concat(x, n.offset());
    "stack", "f2,3 f2,3", |x, _n| x[0].graph().try_stack(x, 0);
    "stack", "f2,3", |x, _n| x[0].graph().try_stack(&[x[0]; 40], -1);
    "stack.axis", "f2,3 f2,3", |x, n| x[0].graph().try_stack(x, n.offset());
    "hstack", "f2,3 f2,3", |x, _n| x[0].graph().try_hstack(x);
    "vstack", "f3 f3", |x, _n| x[0].graph().try_vstack(x);
    "meshgrid", "f2 f3", |x, _n| x[0].graph().try_meshgrid(x);
    "meshgrid", "f2", |x, _n| x[0].graph().try_meshgrid(&[x[0]; 40]);
    "tril", "f3,4", |x, _n| x[0].try_tril(0);
    "tril.diagonal", "f3,4", |x, n| x[0].try_tril(n.offset()) => |_n| Some(vec![3, 4]);
    "triu", "f3,4", |x, _n| x[0].try_triu(0);
    "triu.diagonal", "f3,4", |x, n| x[0].try_triu(n.offset()) => |_n| Some(vec![3, 4]);
    "diagonal", "f3,4", |x, _n| x[0].try_diagonal(0, 0, 1);
    "diagonal.offset", "f3,4", |x, n| x[0].try_diagonal(n.offset(), 0, 1)
        => |n| Some(vec![(4 - n.wide_offset()).min(3 + n.wide_offset()).clamp(0, 3)]);
    "diagonal.a", "f3,4", |x, n| x[0].try_diagonal(0, n.offset(), 1);
    "diagonal.b", "f3,4", |x, n| x[0].try_diagonal(0, 0, n.offset());
    "diag_embed", "f2,3", |x, _n| x[0].try_diag_embed(0, 0, 1);
    "diag_embed.offset", "f3", |x, n| x[0].try_diag_embed(n.offset(), 0, 1)
        => |n| sizes([3 + n.wide_offset().abs(), 3 + n.wide_offset().abs()]);
    "diag_embed.a", "f2,3", |x, n| x[0].try_diag_embed(0, n.offset(), 1);
    "diag_embed.b", "f2,3", |x, n| x[0].try_diag_embed(0, 0, n.offset());
    "diag", "f3", |x, _n| x[0].try_diag(1);
    "diag.offset", "f3", |x, n| x[0].try_diag(n.offset())
        => |n| sizes([3 + n.wide_offset().abs(), 3 + n.wide_offset().abs()]);
    "diag.offset", "f3,4", |x, n| x[0].try_diag(n.offset())
        => |n| Some(vec![(4 - n.wide_offset()).min(3 + n.wide_offset()).clamp(0, 3)]);
    "trace", "f3,4", |x, _n| x[0].try_trace();
    "select", "b2,1 f3 f2,3", |x, _n| x[0].try_select(x[1], x[2]);
    "select", "b2,1 f3", |x, _n| x[0].try_select(x[1], 1.0);
    "reshape.shape", "f2,3", |x, n| x[0].try_reshape(Shape::from([n.size(), n.size()])) => |_n| None;
}
