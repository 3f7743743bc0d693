//! Windows that slide along axes: what convolution and pooling are made of, and their adjoint.

use crate::{
    error::Error,
    expr::Expr,
    functions::functions,
    ops::{Window, Windows},
    shape::Shape,
};

/// How a window slides along one axis.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sliding {
    /// Number of elements of the window.
    pub kernel: usize,
    /// Distance between elements of the window.
    pub dilation: usize,
    /// Distance between one place of the window and the next.
    pub stride: usize,
    /// Number of places.
    pub n_places: usize,
}

impl Sliding {
    /// A window that slides over `size` elements as far as it fits; else the reason why it does not fit at all.
    pub fn over(size: usize, [kernel, dilation, stride]: [usize; 3]) -> Result<Self, String> {
        if kernel == 0 || dilation == 0 || stride == 0 {
            return Err("kernel, stride and dilation must be at least 1".to_owned());
        }
        let extent = dilation * (kernel - 1) + 1;
        if extent > size {
            return Err(format!("a window of {extent} elements does not fit into {size}"));
        }
        Ok(Self { kernel, dilation, stride, n_places: (size - extent) / stride + 1 })
    }

    /// The number of elements that the window touches.
    pub fn reach(self) -> usize {
        (self.n_places - 1) * self.stride + self.dilation * (self.kernel - 1) + 1
    }
}

/// For each element of the window, the elements of `axis` that it meets at the places of the window.
#[track_caller]
pub(super) fn slide<'g>(x: Expr<'g>, axis: usize, sliding: Sliding) -> Vec<Expr<'g>> {
    let element = |k: usize| {
        let start = k * sliding.dilation;
        let end = start + (sliding.n_places - 1) * sliding.stride + 1;
        x.slice_by(axis as isize, start..end, sliding.stride as isize)
    };
    (0..sliding.kernel).map(element).collect()
}

/// For each element of a window over the last axes, in row-major order, what it meets: `[…, places…]`.
#[track_caller]
pub(super) fn windows<'g>(x: Expr<'g>, slidings: &[Sliding]) -> Vec<Expr<'g>> {
    let first = x.rank() - slidings.len();
    let mut parts = vec![x];
    for (k, &sliding) in slidings.iter().enumerate() {
        parts = parts.into_iter().flat_map(|part| slide(part, first + k, sliding)).collect();
    }
    parts
}

/// The adjoint of [`windows`]: each part at the places of its element, added up in axes of the given sizes.
#[track_caller]
pub(super) fn overlap_add<'g>(
    mut parts: Vec<Expr<'g>>,
    slidings: &[Sliding],
    sizes: &[usize],
) -> Expr<'g> {
    let first = parts[0].rank() - slidings.len();
    for (k, (sliding, &size)) in slidings.iter().zip(sizes).enumerate().rev() {
        let at_places = |(j, part): (usize, &Expr<'g>)| {
            let window = Window { start: j * sliding.dilation, step: sliding.stride as isize };
            let whole = Window { start: 0, step: 1 };
            let axes = (0..part.rank()).map(|axis| if axis == first + k { window } else { whole });
            part.among_zeros(&Windows::new(axes), part.shape().with_size(first + k, size))
        };
        let added = |chunk: &[Expr<'g>]| {
            let placed = chunk.iter().enumerate().map(at_places);
            placed.reduce(|a, b| a + b).expect("a window has at least one element")
        };
        parts = parts.chunks(sliding.kernel).map(added).collect();
    }
    parts[0]
}

/// `value` put before and after the elements of an axis.
#[track_caller]
pub(super) fn padded<'g>(
    x: Expr<'g>,
    axis: usize,
    (before, after): (usize, usize),
    value: f64,
) -> Expr<'g> {
    let filled = |n| x.graph().literal(value, x.shape().with_size(axis, n), x.dtype());
    let mut parts = vec![x];
    if before > 0 {
        parts.insert(0, filled(before));
    }
    if after > 0 {
        parts.push(filled(after));
    }
    if parts.len() == 1 { x } else { x.graph().concat(&parts, axis as isize) }
}

/// How [`Expr::unfold2d`] slides its window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unfold {
    /// Sizes of the window.
    pub kernel: [usize; 2],
    /// Distance between elements of the window.
    pub dilation: [usize; 2],
    /// Number of zeros before and after each axis.
    pub padding: [usize; 2],
    /// Distance between one place of the window and the next.
    pub stride: [usize; 2],
}

impl Unfold {
    /// A window of the given sizes at every place of an image.
    pub fn new(kernel: [usize; 2]) -> Self {
        Self { kernel, dilation: [1; 2], padding: [0; 2], stride: [1; 2] }
    }
}

functions! { "Padding and windows":
    /// The windows of images as columns (im2col): `[n, c, h, w] → [n, c·k, places]` for a window of `k` elements, where
    /// row `c·k + j` holds what element `j` of the window meets in channel `c`. The first axis may be absent. Source:
    /// `torch.nn.functional.unfold`.
    unfold2d / try_unfold2d(x, options: &Unfold) -> Expr<'g>,
    "If this is not a batch of images, or the window does not fit into them.",
    { unfold2d(x, options) }
}

#[track_caller]
fn unfold2d<'g>(x: Expr<'g>, options: &Unfold) -> Result<Expr<'g>, Error> {
    let misfit = |reason: String| Expr::misfit("unfold2d", &[x], reason);
    if x.rank() != 3 && x.rank() != 4 {
        return Err(misfit("the shape must be [n, c, h, w] or [c, h, w]".to_owned()));
    }
    let shape = x.shape();
    let first = x.rank() - 2;
    let (mut image, mut slidings) = (x, Vec::new());
    for k in 0..2 {
        let size = shape[first + k] + 2 * options.padding[k];
        let window = [options.kernel[k], options.dilation[k], options.stride[k]];
        slidings.push(Sliding::over(size, window).map_err(misfit)?);
        image = padded(image, first + k, (options.padding[k], options.padding[k]), 0.0);
    }
    let columns = x.graph().stack(&windows(image, &slidings), first as isize);
    let n_places: usize = slidings.iter().map(|sliding| sliding.n_places).product();
    let n_rows = shape[first - 1] * options.kernel.iter().product::<usize>();
    columns.try_reshape(
        shape[..first - 1].iter().copied().chain([n_rows, n_places]).collect::<Shape>(),
    )
}
