//! Windows that slide along axes, from which convolution and pooling are made, and their adjoint.

use crate::{
    data::{error::Error, shape::Shape, size::Size},
    graph::{
        expr::Expr,
        methods::functions,
        ops::{Window, Windows},
    },
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
    pub fn over(size: usize, window: [usize; 3]) -> Result<Self, String> {
        let [_, _, stride] = window;
        let extent = extent(window)?;
        if extent > Size::from(size) {
            return Err(format!("a window of {extent} elements does not fit into {size}"));
        }
        let n_places = ((Size::from(size) - extent) / stride + 1usize).get()?;
        Self::at_places(window, n_places)
    }

    /// A window at so many places, of which there is one; else the reason why no axis has them.
    ///
    /// Then no product of a distance with an index along the window or along its places wraps, since all of these are
    /// less than [`reach`](Self::reach): where there is only one element, or one place, there is no distance to the next.
    pub fn at_places(
        [kernel, dilation, stride]: [usize; 3],
        n_places: usize,
    ) -> Result<Self, String> {
        let extent = extent([kernel, dilation, stride])?;
        let last = Size::from(n_places) - 1usize;
        (last * stride + extent).get()?;
        let dilation = if kernel > 1 { dilation } else { 1 };
        let stride = if n_places > 1 { stride } else { 1 };
        Ok(Self { kernel, dilation, stride, n_places })
    }

    /// The number of elements that the window touches.
    pub fn reach(self) -> usize {
        (self.n_places - 1) * self.stride + self.dilation * (self.kernel - 1) + 1
    }
}

/// The number of elements from the first of a window to its last, if there are any.
pub(super) fn extent([kernel, dilation, stride]: [usize; 3]) -> Result<Size, String> {
    if kernel == 0 || dilation == 0 || stride == 0 {
        return Err("kernel, stride and dilation must be at least 1".to_owned());
    }
    Ok((Size::from(kernel) - 1usize) * dilation + 1usize)
}

/// For each element of the window, the elements of `axis` that it meets at the places of the window.
///
/// # Errors
/// If the window has too many elements to record each.
#[track_caller]
pub(super) fn slide<'g>(
    x: Expr<'g>,
    axis: usize,
    sliding: Sliding,
) -> Result<Vec<Expr<'g>>, Error> {
    let n = Size::from(sliding.kernel).few("elements of a window");
    let n = n.map_err(|reason| Expr::misfit(&[x], reason))?;
    let mut parts = Vec::with_capacity(n);
    for k in 0..n {
        let start = k * sliding.dilation;
        let end = start + (sliding.n_places - 1) * sliding.stride + 1;
        parts.push(x.try_slice_by(axis as isize, start..end, sliding.stride as isize)?);
    }
    Ok(parts)
}

/// For each element of a window over the last axes, in row-major order, the elements that it meets: `[…, places…]`.
///
/// # Errors
/// If the window has too many elements to record each.
#[track_caller]
pub(super) fn windows<'g>(x: Expr<'g>, slidings: &[Sliding]) -> Result<Vec<Expr<'g>>, Error> {
    let first = x.rank() - slidings.len();
    let one = Size::from(1usize);
    let n = slidings.iter().fold(one, |n, sliding| n * sliding.kernel);
    let misfit = |reason| Expr::misfit(&[x], reason);
    n.few("elements of a window").map_err(misfit)?;
    let mut parts = vec![x];
    for (k, &sliding) in slidings.iter().enumerate() {
        let mut next = Vec::with_capacity(parts.len() * sliding.kernel);
        for part in parts {
            next.extend(slide(part, first + k, sliding)?);
        }
        parts = next;
    }
    Ok(parts)
}

/// The adjoint of [`windows`]: each part at the places of its element, added up in axes of the given sizes.
///
/// # Errors
/// If no tensor can have these sizes.
#[track_caller]
pub(super) fn overlap_add<'g>(
    mut parts: Vec<Expr<'g>>,
    slidings: &[Sliding],
    sizes: &[usize],
) -> Result<Expr<'g>, Error> {
    let first = parts[0].rank() - slidings.len();
    for (k, (sliding, &size)) in slidings.iter().zip(sizes).enumerate().rev() {
        let at_places = |j: usize, part: Expr<'g>| {
            let window = Window { start: j * sliding.dilation, step: sliding.stride as isize };
            let whole = Window { start: 0, step: 1 };
            let axes = (0..part.rank()).map(|axis| if axis == first + k { window } else { whole });
            part.try_among_zeros(&Windows::new(axes), part.shape().with_size(first + k, size))
        };
        let mut sums = Vec::with_capacity(parts.len() / sliding.kernel);
        for chunk in parts.chunks(sliding.kernel) {
            let mut sum = at_places(0, chunk[0])?;
            for (j, &part) in chunk.iter().enumerate().skip(1) {
                sum = sum.try_add(at_places(j, part)?)?;
            }
            sums.push(sum);
        }
        parts = sums;
    }
    Ok(parts[0])
}

/// `value` put before and after the elements of an axis.
///
/// # Errors
/// If no tensor can have the shape.
#[track_caller]
pub(super) fn padded<'g>(
    x: Expr<'g>,
    axis: usize,
    (before, after): (usize, usize),
    value: f64,
) -> Result<Expr<'g>, Error> {
    let filled = |n| x.graph().try_literal(value, x.shape().with_size(axis, n), x.dtype());
    let mut parts = vec![x];
    if before > 0 {
        parts.insert(0, filled(before)?);
    }
    if after > 0 {
        parts.push(filled(after)?);
    }
    if parts.len() == 1 { Ok(x) } else { x.graph().try_concat(&parts, axis as isize) }
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

crate::graph::region::describe_fields! { [] Unfold { kernel, dilation, padding, stride } }

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
    "If this is not a batch of images, the window does not fit into them, or no tensor can have the shape.",
    { unfold2d(x, options) }
}

#[track_caller]
fn unfold2d<'g>(x: Expr<'g>, options: &Unfold) -> Result<Expr<'g>, Error> {
    let misfit = |reason: String| Expr::misfit(&[x], reason);
    if x.rank() != 3 && x.rank() != 4 {
        return Err(misfit("the shape must be [n, c, h, w] or [c, h, w]".to_owned()));
    }
    let shape = x.shape();
    let first = x.rank() - 2;
    let (mut image, mut slidings) = (x, Vec::new());
    for k in 0..2 {
        let padding = options.padding[k];
        let size = (Size::from(shape[first + k]) + padding + padding).get().map_err(misfit)?;
        let window = [options.kernel[k], options.dilation[k], options.stride[k]];
        slidings.push(Sliding::over(size, window).map_err(misfit)?);
        image = padded(image, first + k, (padding, padding), 0.0)?;
    }
    let columns = x.graph().try_stack(&windows(image, &slidings)?, first as isize)?;
    // Of a tensor that there is, no product of some sizes wraps.
    let n_places: usize = slidings.iter().map(|sliding| sliding.n_places).product();
    let n_rows = shape[first - 1] * options.kernel.iter().product::<usize>();
    columns.try_reshape(
        shape[..first - 1].iter().copied().chain([n_rows, n_places]).collect::<Shape>(),
    )
}
