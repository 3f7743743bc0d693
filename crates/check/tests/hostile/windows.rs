//! Margins, sliding windows, convolution and pooling: every option that is a size.

use retrograd_core::{
    PadMode,
    functions::{AvgPool, Conv, ConvPadding, ConvTranspose, MaxPool, Unfold},
};

use crate::call::{Hostile, calls};

/// `[1, 1, l']` for a convolution over `size` elements; no shape where the window does not fit.
fn slid(size: i128, [kernel, dilation, stride]: [i128; 3]) -> Option<Vec<i128>> {
    let extent = dilation * (kernel - 1) + 1;
    let fits = kernel > 0 && dilation > 0 && stride > 0 && extent <= size;
    fits.then(|| vec![1, 1, (size - extent) / stride + 1])
}

/// The shape of a transposed convolution over 5 elements with a kernel of 3.
fn spread([stride, dilation, padding, more]: [i128; 4]) -> Option<Vec<i128>> {
    let size = 4 * stride + 2 * dilation + 1 + more - 2 * padding;
    let is_right = stride > 0 && dilation > 0 && more < stride.max(dilation) && size > 0;
    is_right.then(|| vec![1, 1, size])
}

/// The shape of a vector of 3 elements with a margin.
fn margin(before: i128, after: i128) -> Option<Vec<i128>> {
    let taken = (-before).max(0) + (-after).max(0);
    (taken <= 3).then(|| vec![3 + before + after])
}

/// The shape of a vector of 3 elements with margins of which none is larger than a limit.
fn limited_margin(n: Hostile, limit: i128) -> Option<Vec<i128>> {
    let n = n.wide_offset();
    if n > limit { None } else { margin(n, 0) }
}

/// `[1, 1, l']` for pooling over 7 elements.
fn pooled([kernel, dilation, stride, padding]: [i128; 4]) -> Option<Vec<i128>> {
    let extent = dilation * (kernel - 1).max(0) + 1;
    if padding > extent / 2 { None } else { slid(7 + 2 * padding, [kernel, dilation, stride]) }
}

calls! {
    "pad", "f2,3", |x, _n| x[0].try_pad(&[(1, 1), (2, 2)], PadMode::Constant(0.0));
    "pad", "f2,3", |x, _n| x[0].try_pad(&[(1, 1), (2, 2)], PadMode::Replicate);
    "pad.pairs", "f3", |x, n| x[0].try_pad(&[(n.offset(), 0)], PadMode::Constant(0.0))
        => |n| margin(n.wide_offset(), 0);
    "pad.pairs", "f3", |x, n| x[0].try_pad(&[(0, n.offset())], PadMode::Constant(1.5))
        => |n| margin(0, n.wide_offset());
    "pad.pairs", "f3", |x, n| x[0].try_pad(&[(n.offset(), n.offset())], PadMode::Constant(0.0))
        => |n| margin(n.wide_offset(), n.wide_offset());
    "pad.pairs", "f3", |x, n| x[0].try_pad(&[(n.offset(), n.offset())], PadMode::Replicate)
        => |n| margin(n.wide_offset(), n.wide_offset());
    "pad.pairs", "f3", |x, n| x[0].try_pad(&[(n.offset(), isize::MAX)], PadMode::Constant(1.0))
        => |n| margin(n.wide_offset(), isize::MAX as i128);
    "pad.pairs", "f3", |x, n| x[0].try_pad(&[(n.offset(), 0)], PadMode::Reflect) => |n| limited_margin(n, 2);
    "pad.pairs", "f3", |x, n| x[0].try_pad(&[(n.offset(), 0)], PadMode::Circular) => |n| limited_margin(n, 3);
    "pad.pairs", "f3", |x, n| x[0].try_pad(&vec![(0, 0); n.size().min(100_000)], PadMode::Constant(0.0));
    "unfold", "f2,5", |x, _n| x[0].try_unfold(1, 2, 1);
    "unfold", "f2,5", |x, _n| x[0].try_unfold(1, x[0].shape()[1], 1);
    "unfold", "f2,5", |x, _n| x[0].try_unfold(1, 0, 1);
    "unfold.axis", "f2,5", |x, n| x[0].try_unfold(n.offset(), 2, 1);
    "unfold.size", "f2,5", |x, n| x[0].try_unfold(1, n.size(), 1)
        => |n| (n.wide() <= 5).then(|| vec![2, 6 - n.wide(), n.wide()]);
    "unfold.step", "f2,5", |x, n| x[0].try_unfold(1, 2, n.size())
        => |n| (n.wide() > 0).then(|| vec![2, 3 / n.wide() + 1, 2]);
    "unfold2d", "f2,5,6", |x, _n| x[0].try_unfold2d(&Unfold::new([2, 3]));
    "unfold2d", "f2,5,6", |x, _n| x[0].try_unfold2d(&Unfold::new([x[0].shape()[1], 3]));
    "unfold2d.options", "f2,5,6", |x, n| x[0].try_unfold2d(&Unfold::new([n.size(), 2]));
    "unfold2d.options", "f2,5,6", |x, n| x[0].try_unfold2d(&Unfold { dilation: [1, n.size()], ..Unfold::new([1, 2]) });
    "unfold2d.options", "f2,5,6", |x, n| x[0].try_unfold2d(&Unfold { dilation: [1, n.size()], ..Unfold::new([1, 1]) })
        => |n| (n.wide() > 0).then(|| vec![2, 30]);
    "unfold2d.options", "f2,5,6", |x, n| x[0].try_unfold2d(&Unfold { stride: [n.size(), 1], ..Unfold::new([2, 2]) })
        => |n| (n.wide() > 0).then(|| vec![8, (3 / n.wide() + 1) * 5]);
    "unfold2d.options", "f2,5,6", |x, n| x[0].try_unfold2d(&Unfold { padding: [n.size(), 0], ..Unfold::new([2, 2]) })
        => |n| Some(vec![8, (4 + 2 * n.wide()) * 5]);
    "conv1d", "f5,2,7 f4,2,3 f4", |x, _n| x[0].try_conv1d(x[1], Some(x[2]), &Conv::default());
    "conv1d", "f1,1,7 f1,1,7", |x, _n| x[0].try_conv1d(x[1], None, &Conv::default());
    "conv1d.options", "f1,1,7 f1,1,3", |x, n| x[0].try_conv1d(x[1], None, &Conv { stride: [n.size()], ..Conv::default() })
        => |n| slid(7, [3, 1, n.wide()]);
    "conv1d.options", "f1,1,7 f1,1,3", |x, n| x[0].try_conv1d(x[1], None, &Conv { dilation: [n.size()], ..Conv::default() })
        => |n| slid(7, [3, n.wide(), 1]);
    "conv1d.options", "f1,1,7 f1,1,1", |x, n| x[0].try_conv1d(x[1], None, &Conv { dilation: [n.size()], ..Conv::default() })
        => |n| slid(7, [1, n.wide(), 1]);
    "conv1d.options", "f1,1,7 f1,1,3", |x, n| {
        x[0].try_conv1d(x[1], None, &Conv { padding: ConvPadding::By([n.size()]), ..Conv::default() })
    } => |n| slid(7 + 2 * n.wide(), [3, 1, 1]);
    "conv1d.options", "f1,1,7 f1,1,3", |x, n| {
        x[0].try_conv1d(x[1], None, &Conv { padding: ConvPadding::Same, dilation: [n.size()], ..Conv::default() })
    } => |n| (1..1 << 58).contains(&n.wide()).then(|| vec![1, 1, 7]);
    "conv1d.options", "f1,1,7 f1,1,3", |x, n| x[0].try_conv1d(x[1], None, &Conv { groups: n.size(), ..Conv::default() });
    "conv1d.options", "f1,0,7 f0,1,3", |x, n| x[0].try_conv1d(x[1], None, &Conv { groups: n.size(), ..Conv::default() });
    "conv2d", "f5,2,7,8 f4,2,3,3 f4", |x, _n| x[0].try_conv2d(x[1], Some(x[2]), &Conv::default());
    "conv2d.options", "f1,1,7,8 f1,1,3,2", |x, n| {
        x[0].try_conv2d(x[1], None, &Conv { stride: [1, n.size()], dilation: [n.size(), 1], ..Conv::default() })
    };
    "conv2d.options", "f1,1,7,8 f1,1,3,2", |x, n| {
        x[0].try_conv2d(x[1], None, &Conv { padding: ConvPadding::By([n.size(), 1]), ..Conv::default() })
    };
    "conv_transpose1d", "f5,2,7 f2,4,3 f4", |x, _n| x[0].try_conv_transpose1d(x[1], Some(x[2]), &ConvTranspose::default());
    "conv_transpose1d.options", "f1,1,5 f1,1,3", |x, n| {
        x[0].try_conv_transpose1d(x[1], None, &ConvTranspose { stride: [n.size()], ..ConvTranspose::default() })
    } => |n| spread([n.wide(), 1, 0, 0]);
    "conv_transpose1d.options", "f1,1,5 f1,1,3", |x, n| {
        x[0].try_conv_transpose1d(x[1], None, &ConvTranspose { dilation: [n.size()], ..ConvTranspose::default() })
    } => |n| spread([1, n.wide(), 0, 0]);
    "conv_transpose1d.options", "f1,1,5 f1,1,3", |x, n| {
        x[0].try_conv_transpose1d(x[1], None, &ConvTranspose { padding: [n.size()], ..ConvTranspose::default() })
    } => |n| spread([1, 1, n.wide(), 0]);
    "conv_transpose1d.options", "f1,1,5 f1,1,3", |x, n| {
        let options = ConvTranspose { stride: [1 << 40], output_padding: [n.size()], ..ConvTranspose::default() };
        x[0].try_conv_transpose1d(x[1], None, &options)
    } => |n| spread([1 << 40, 1, 0, n.wide()]);
    "conv_transpose1d.options", "f1,1,1 f1,1,1", |x, n| {
        let options = ConvTranspose { stride: [n.size()], dilation: [n.size()], ..ConvTranspose::default() };
        x[0].try_conv_transpose1d(x[1], None, &options)
    } => |n| (n.wide() > 0).then(|| vec![1, 1, 1]);
    "conv_transpose1d.options", "f1,1,5 f1,1,3", |x, n| {
        x[0].try_conv_transpose1d(x[1], None, &ConvTranspose { groups: n.size(), ..ConvTranspose::default() })
    };
    "conv_transpose2d", "f5,2,7,8 f2,4,3,3 f4", |x, _n| x[0].try_conv_transpose2d(x[1], Some(x[2]), &ConvTranspose::default());
    "conv_transpose2d.options", "f1,1,5,4 f1,1,3,2", |x, n| {
        let options = ConvTranspose { stride: [1, n.size()], dilation: [n.size(), 1], ..ConvTranspose::default() };
        x[0].try_conv_transpose2d(x[1], None, &options)
    };
    "conv_transpose2d.options", "f1,1,5,4 f1,1,3,2", |x, n| {
        let options = ConvTranspose { padding: [n.size(), 0], groups: 1, ..ConvTranspose::default() };
        x[0].try_conv_transpose2d(x[1], None, &options)
    };
    "max_pool1d", "f5,2,7", |x, _n| x[0].try_max_pool1d(&MaxPool::new([2]));
    "max_pool1d", "f5,2,7", |x, _n| x[0].try_max_pool1d(&MaxPool::new([x[0].shape()[2]]));
    "max_pool1d.options", "f1,1,7", |x, n| x[0].try_max_pool1d(&MaxPool::new([n.size()]))
        => |n| pooled([n.wide(), 1, n.wide(), 0]);
    "max_pool1d.options", "f1,1,7", |x, n| x[0].try_max_pool1d(&MaxPool { stride: [n.size()], ..MaxPool::new([2]) })
        => |n| pooled([2, 1, n.wide(), 0]);
    "max_pool1d.options", "f1,1,7", |x, n| x[0].try_max_pool1d(&MaxPool { dilation: [n.size()], ..MaxPool::new([2]) })
        => |n| pooled([2, n.wide(), 2, 0]);
    "max_pool1d.options", "f1,1,7", |x, n| x[0].try_max_pool1d(&MaxPool { padding: [n.size()], ..MaxPool::new([3]) })
        => |n| pooled([3, 1, 3, n.wide()]);
    "max_pool1d.options", "f1,1,7", |x, n| {
        let options = MaxPool { dilation: [n.size()], padding: [n.size() / 2], ceil_mode: true, ..MaxPool::new([2]) };
        x[0].try_max_pool1d(&options)
    };
    "max_pool1d.options", "f1,1,7", |x, n| {
        x[0].try_max_pool1d(&MaxPool { stride: [n.size()], ceil_mode: true, ..MaxPool::new([2]) })
    };
    "max_pool2d", "f5,2,7,8", |x, _n| x[0].try_max_pool2d(&MaxPool::new([2, 2]));
    "max_pool2d.options", "f1,7,8", |x, n| {
        x[0].try_max_pool2d(&MaxPool { stride: [n.size(), 1], dilation: [1, n.size()], ..MaxPool::new([2, 1]) })
    };
    "max_pool1d_with_indices", "f5,2,7", |x, _n| x[0].try_max_pool1d_with_indices(&MaxPool::new([2]));
    "max_pool1d_with_indices.options", "f1,1,7", |x, n| {
        x[0].try_max_pool1d_with_indices(&MaxPool { stride: [n.size()], ceil_mode: true, ..MaxPool::new([2]) })
    };
    "max_pool2d_with_indices", "f5,2,7,8", |x, _n| x[0].try_max_pool2d_with_indices(&MaxPool::new([2, 2]));
    "max_pool2d_with_indices.options", "f1,7,8", |x, n| x[0].try_max_pool2d_with_indices(&MaxPool::new([n.size(), 1]));
    "avg_pool1d", "f5,2,7", |x, _n| x[0].try_avg_pool1d(&AvgPool::new([2]));
    "avg_pool1d", "f5,2,7", |x, _n| {
        x[0].try_avg_pool1d(&AvgPool { stride: [1], padding: [1], count_include_pad: false, ..AvgPool::new([3]) })
    };
    "avg_pool1d.options", "f1,1,7", |x, n| x[0].try_avg_pool1d(&AvgPool::new([n.size()]))
        => |n| pooled([n.wide(), 1, n.wide(), 0]);
    "avg_pool1d.options", "f1,1,7", |x, n| x[0].try_avg_pool1d(&AvgPool { stride: [n.size()], ..AvgPool::new([2]) })
        => |n| pooled([2, 1, n.wide(), 0]);
    "avg_pool1d.options", "f1,1,7", |x, n| x[0].try_avg_pool1d(&AvgPool { padding: [n.size()], ..AvgPool::new([3]) })
        => |n| pooled([3, 1, 3, n.wide()]);
    "avg_pool1d.options", "f1,1,7", |x, n| {
        x[0].try_avg_pool1d(&AvgPool { stride: [n.size()], ceil_mode: true, ..AvgPool::new([2]) })
    };
    "avg_pool2d", "f5,2,7,8", |x, _n| x[0].try_avg_pool2d(&AvgPool::new([2, 2]));
    "avg_pool2d", "f2,7,8", |x, _n| {
        let options = AvgPool { stride: [1; 2], padding: [1; 2], count_include_pad: false, ..AvgPool::new([3; 2]) };
        x[0].try_avg_pool2d(&options)
    };
    "avg_pool2d.options", "f1,7,8", |x, n| x[0].try_avg_pool2d(&AvgPool { stride: [n.size(), 1], ..AvgPool::new([2, 2]) });
    "adaptive_avg_pool1d", "f5,2,7", |x, _n| x[0].try_adaptive_avg_pool1d(3);
    "adaptive_avg_pool1d.size", "f1,1,7", |x, n| x[0].try_adaptive_avg_pool1d(n.size())
        => |n| Some(vec![1, 1, n.wide()]);
    "adaptive_avg_pool2d", "f5,2,7,8", |x, _n| x[0].try_adaptive_avg_pool2d([3, 2]);
    "adaptive_avg_pool2d.sizes", "f1,7,8", |x, n| x[0].try_adaptive_avg_pool2d([2, n.size()])
        => |n| Some(vec![1, 2, n.wide()]);
    "adaptive_avg_pool2d.sizes", "f1,7,8", |x, n| x[0].try_adaptive_avg_pool2d([n.size(), n.size()]);
}
