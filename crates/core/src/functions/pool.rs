//! Pooling over one and two axes: maxima and means of windows.

use std::ops::Range;

use crate::{
    data::{
        dtype::DType,
        error::Error,
        shape::{Shape, keep},
        size::Size,
        tensor::Tensor,
    },
    functions::windows::{Sliding, extent, padded, slide, windows},
    graph::{expr::Expr, methods::functions},
};

/// How max pooling over `N` axes slides its window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MaxPool<const N: usize> {
    /// Sizes of the window.
    pub kernel: [usize; N],
    /// Distance between one place of the window and the next.
    pub stride: [usize; N],
    /// Number of −∞ before and after each axis, at most half of the window.
    pub padding: [usize; N],
    /// Distance between elements of the window.
    pub dilation: [usize; N],
    /// Whether the last window may reach beyond the end.
    pub ceil_mode: bool,
}

crate::graph::region::describe_fields! { [const N: usize] MaxPool<N> { kernel, stride, padding, dilation, ceil_mode } }

impl<const N: usize> MaxPool<N> {
    /// Windows of the given sizes side by side.
    pub fn new(kernel: [usize; N]) -> Self {
        Self { kernel, stride: kernel, padding: [0; N], dilation: [1; N], ceil_mode: false }
    }
}

/// How average pooling over `N` axes slides its window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AvgPool<const N: usize> {
    /// Sizes of the window.
    pub kernel: [usize; N],
    /// Distance between one place of the window and the next.
    pub stride: [usize; N],
    /// Number of zeros before and after each axis, at most half of the window.
    pub padding: [usize; N],
    /// Whether the last window may reach beyond the end.
    pub ceil_mode: bool,
    /// Whether the zeros count as elements.
    pub count_include_pad: bool,
    /// The divisor of sums, instead of the number of elements.
    pub divisor: Option<f64>,
}

crate::graph::region::describe_fields! { [const N: usize] AvgPool<N> { kernel, stride, padding, ceil_mode, count_include_pad, divisor } }

impl<const N: usize> AvgPool<N> {
    /// Windows of the given sizes side by side.
    pub fn new(kernel: [usize; N]) -> Self {
        Self {
            kernel,
            stride: kernel,
            padding: [0; N],
            ceil_mode: false,
            count_include_pad: true,
            divisor: None,
        }
    }
}

functions! { "Pooling":
    /// Largest element of each window, `[…, c, l] → […, c, l']`. The gradient goes to the first largest element.
    /// Source: `torch.nn.functional.max_pool1d`.
    max_pool1d / try_max_pool1d(x, options: &MaxPool<1>) -> Expr<'g>,
    "If the shape is not [n, c, l] or [c, l], or the window does not fit.",
    { max_pool1d(x, options) }

    /// Largest element of each window, `[…, c, h, w] → […, c, h', w']`. The gradient goes to the first largest element
    /// in row-major order. Source: `torch.nn.functional.max_pool2d`.
    ///
    /// ```
    /// use retrograd_core::{Graph, functions::MaxPool};
    ///
    /// let g = Graph::new();
    /// let x = g.constant([[1.0, 5.0], [5.0, 2.0]]).unsqueeze(0).named("x");
    /// let y = x.max_pool2d(&MaxPool::new([2, 2]));
    /// assert_eq!(y.sum().grad(&[x])[0].value().to_vec::<f64>(), [0.0, 1.0, 0.0, 0.0]);
    /// ```
    max_pool2d / try_max_pool2d(x, options: &MaxPool<2>) -> Expr<'g>,
    "If the shape is not [n, c, h, w] or [c, h, w], or the window does not fit.",
    { max_pool2d(x, options) }

    /// [`max_pool1d`](Self::max_pool1d), and the index of each largest element along its axis. Shapes `[…, c, l] → […,
    /// c, l'], […, c, l']`. Source: `torch.nn.functional.max_pool1d`.
    max_pool1d_with_indices / try_max_pool1d_with_indices(x, options: &MaxPool<1>) -> (Expr<'g>, Expr<'g>),
    "If the shape is not [n, c, l] or [c, l], or the window does not fit.",
    { max_pool1d_with_indices(x, options) }

    /// [`max_pool2d`](Self::max_pool2d), and the row-major index of each largest element in its image. Shapes `[…, c,
    /// h, w] → […, c, h', w'], […, c, h', w']`. Source: `torch.nn.functional.max_pool2d`.
    max_pool2d_with_indices / try_max_pool2d_with_indices(x, options: &MaxPool<2>) -> (Expr<'g>, Expr<'g>),
    "If the shape is not [n, c, h, w] or [c, h, w], or the window does not fit.",
    { max_pool2d_with_indices(x, options) }

    /// Mean of each window, `[…, c, l] → […, c, l']`. Source: `torch.nn.functional.avg_pool1d`.
    avg_pool1d / try_avg_pool1d(x, options: &AvgPool<1>) -> Expr<'g>,
    "If the shape is not [n, c, l] or [c, l], or the window does not fit.",
    { avg_pool1d(x, options) }

    /// Mean of each window, `[…, c, h, w] → […, c, h', w']`. Source: `torch.nn.functional.avg_pool2d`.
    avg_pool2d / try_avg_pool2d(x, options: &AvgPool<2>) -> Expr<'g>,
    "If the shape is not [n, c, h, w] or [c, h, w], or the window does not fit.",
    { avg_pool2d(x, options) }

    /// Means of `size` parts of the last axis, `[…, c, l] → […, c, size]`: part `i` is `⌊i·l/size⌋ .. ⌈(i +
    /// 1)·l/size⌉`. Source: `torch.nn.functional.adaptive_avg_pool1d`.
    adaptive_avg_pool1d / try_adaptive_avg_pool1d(x, size: usize) -> Expr<'g>,
    "If the shape is not [n, c, l] or [c, l], or empty but for n.",
    { adaptive_avg_pool1d(x, size) }

    /// Means of parts of images, `[…, c, h, w] → […, c, sizes…]`, as [`adaptive_avg_pool1d`](Self::adaptive_avg_pool1d)
    /// along each axis. Source: `torch.nn.functional.adaptive_avg_pool2d`.
    adaptive_avg_pool2d / try_adaptive_avg_pool2d(x, sizes: [usize; 2]) -> Expr<'g>,
    "If the shape is not [n, c, h, w] or [c, h, w], or empty but for n.",
    { adaptive_avg_pool2d(x, sizes) }
}

#[track_caller]
fn max_pool1d<'g>(x: Expr<'g>, options: &MaxPool<1>) -> Result<Expr<'g>, Error> {
    Ok(max_pool(x, options)?.largest)
}

#[track_caller]
fn max_pool2d<'g>(x: Expr<'g>, options: &MaxPool<2>) -> Result<Expr<'g>, Error> {
    Ok(max_pool(x, options)?.largest)
}

#[track_caller]
fn max_pool1d_with_indices<'g>(
    x: Expr<'g>,
    options: &MaxPool<1>,
) -> Result<(Expr<'g>, Expr<'g>), Error> {
    max_pool(x, options)?.with_indices(x)
}

#[track_caller]
fn max_pool2d_with_indices<'g>(
    x: Expr<'g>,
    options: &MaxPool<2>,
) -> Result<(Expr<'g>, Expr<'g>), Error> {
    max_pool(x, options)?.with_indices(x)
}

#[track_caller]
fn avg_pool1d<'g>(x: Expr<'g>, options: &AvgPool<1>) -> Result<Expr<'g>, Error> {
    avg_pool(x, options)
}

#[track_caller]
fn avg_pool2d<'g>(x: Expr<'g>, options: &AvgPool<2>) -> Result<Expr<'g>, Error> {
    avg_pool(x, options)
}

#[track_caller]
fn adaptive_avg_pool1d<'g>(x: Expr<'g>, size: usize) -> Result<Expr<'g>, Error> {
    check_shape(x, 1)?;
    mean_of_parts(x, x.rank() - 1, size)
}

#[track_caller]
fn adaptive_avg_pool2d<'g>(x: Expr<'g>, sizes: [usize; 2]) -> Result<Expr<'g>, Error> {
    check_shape(x, 2)?;
    let rows = mean_of_parts(x, x.rank() - 2, sizes[0])?;
    mean_of_parts(rows, x.rank() - 1, sizes[1])
}

/// Whether this is a batch of channels, or one example, with elements; else an error of the function `name`.
fn check_shape(x: Expr<'_>, n_axes: usize) -> Result<(), Error> {
    x.require_float()?;
    if x.rank() != n_axes + 1 && x.rank() != n_axes + 2 {
        let reason = format!("it must have {} axes, or {} for one example", n_axes + 2, n_axes + 1);
        return Err(Expr::misfit(&[x], reason));
    }
    if x.shape()[x.rank() - n_axes - 1..].contains(&0) {
        return Err(Expr::misfit(&[x], "only the axis of examples may be empty"));
    }
    Ok(())
}

/// The places of a window along an axis, and how many elements must be added after it.
struct WindowPlaces {
    sliding: Sliding,
    before: usize,
    after: usize,
}

/// Places a window along an axis of `size` elements with `padding` more on both sides.
fn places(
    size: usize,
    [kernel, dilation, stride]: [usize; 3],
    padding: usize,
    ceil_mode: bool,
) -> Result<WindowPlaces, String> {
    let window = [kernel, dilation, stride];
    let extent = extent(window)?;
    if Size::from(padding) > extent / 2 {
        return Err(format!("the padding {padding} is more than half of the window, {extent}"));
    }
    let whole = (Size::from(size) + padding + padding).get()?;
    let mut sliding = Sliding::over(whole, window)?;
    // One more, if it begins in the input or the padding before it.
    let next = Size::from(sliding.n_places) * stride;
    if ceil_mode && sliding.reach() < whole && next < Size::from(size) + padding {
        sliding = Sliding::at_places(window, sliding.n_places + 1)?;
    }
    let beyond = (Size::from(sliding.reach()) + padding - whole).max(Size::from(padding));
    Ok(WindowPlaces { sliding, before: padding, after: beyond.get()? })
}

/// The largest elements of windows, and which of a window they are.
struct Largest<'g, const N: usize> {
    largest: Expr<'g>,
    which: Expr<'g>,
    places: [WindowPlaces; N],
}

#[track_caller]
fn max_pool<'g, const N: usize>(
    x: Expr<'g>,
    options: &MaxPool<N>,
) -> Result<Largest<'g, N>, Error> {
    check_shape(x, N)?;
    let (shape, first) = (x.shape(), x.rank() - N);
    let mut places_of = Vec::new();
    for k in 0..N {
        let window = [options.kernel[k], options.dilation[k], options.stride[k]];
        let places = places(shape[first + k], window, options.padding[k], options.ceil_mode);
        places_of.push(places.map_err(|reason| Expr::misfit(&[x], reason))?);
    }
    let Ok(places) = <[WindowPlaces; N]>::try_from(places_of) else {
        unreachable!("there is one for each axis")
    };
    let stacked = stacked_windows(x, &places, f64::NEG_INFINITY)?;
    let which = stacked.try_argmax(first as isize)?.try_unsqueeze(first as isize)?;
    let largest = stacked.try_gather(first as isize, which)?.try_squeeze(first)?;
    Ok(Largest { largest, which, places })
}

/// The windows over the last axes, on a new axis in front of these.
#[track_caller]
fn stacked_windows<'g>(
    x: Expr<'g>,
    places: &[WindowPlaces],
    value: f64,
) -> Result<Expr<'g>, Error> {
    let first = x.rank() - places.len();
    let mut whole = x;
    for (k, places) in places.iter().enumerate() {
        whole = padded(whole, first + k, (places.before, places.after), value)?;
    }
    let slidings: Vec<_> = places.iter().map(|places| places.sliding).collect();
    x.graph().try_stack(&windows(whole, &slidings)?, first as isize)
}

impl<'g, const N: usize> Largest<'g, N> {
    /// The largest elements, and their row-major indices in the last axes of `x`.
    #[track_caller]
    fn with_indices(self, x: Expr<'g>) -> Result<(Expr<'g>, Expr<'g>), Error> {
        let (shape, first) = (x.shape(), x.rank() - N);
        let image: Shape = shape[first..].iter().copied().collect();
        let indices = x.graph().try_arange(image.n_elements())?.try_reshape(image)?;
        let stacked = stacked_windows(indices, &self.places, 0.0)?;
        let places = stacked.shape();
        let sizes = shape[..first].iter().chain(places.iter()).copied();
        let stacked = stacked.try_broadcast_to(sizes.collect::<Shape>())?;
        let indices = stacked.try_gather(first as isize, self.which)?.try_squeeze(first)?;
        Ok((self.largest, indices))
    }
}

#[track_caller]
fn avg_pool<'g, const N: usize>(x: Expr<'g>, options: &AvgPool<N>) -> Result<Expr<'g>, Error> {
    check_shape(x, N)?;
    if options.divisor == Some(0.0) {
        return Err(Expr::misfit(&[x], "the divisor is 0"));
    }
    let (shape, first) = (x.shape(), x.rank() - N);
    // Sums over one axis after the other, and how many elements they have.
    let (mut sums, mut counts) = (x, Vec::new());
    for k in 0..N {
        let size = shape[first + k];
        let window = [options.kernel[k], 1, options.stride[k]];
        let places = places(size, window, options.padding[k], options.ceil_mode)
            .map_err(|reason| Expr::misfit(&[x], reason))?;
        let whole = padded(sums, first + k, (places.before, places.after), 0.0)?;
        let parts = slide(whole, first + k, places.sliding)?;
        sums = parts[0];
        for &part in &parts[1..] {
            sums = sums.try_add(part)?;
        }
        counts.push(Counts::new(&places, size, options.count_include_pad));
    }
    if let Some(divisor) = options.divisor {
        return sums.try_div(divisor);
    }
    let alike: Option<f64> = counts.iter().map(Counts::if_alike).product();
    if let Some(count) = alike {
        return sums.try_div(count);
    }
    let sizes: Shape = sums.shape()[first..].iter().copied().collect();
    let counts = Counts::products(&counts, sizes)?.cast(x.dtype());
    sums.try_div(x.graph().constant(counts))
}

/// How many elements of the input a window meets at each place along an axis.
struct Counts {
    sliding: Sliding,
    counted: Range<usize>,
}

impl Counts {
    /// Of a window along an axis of `size` elements, where the padding counts or not.
    fn new(places: &WindowPlaces, size: usize, with_padding: bool) -> Self {
        let padding = places.before;
        let counted = if with_padding { 0..size + 2 * padding } else { padding..size + padding };
        Self { sliding: places.sliding, counted }
    }

    /// The number of elements at a place.
    fn at(&self, place: usize) -> f64 {
        let start = place * self.sliding.stride;
        let end = (start + self.sliding.kernel).min(self.counted.end);
        end.saturating_sub(start.max(self.counted.start)) as f64
    }

    /// The number of elements at all places, if it is one. It grows, stays and falls from place to place; so three are
    /// alike only if all are.
    fn if_alike(&self) -> Option<f64> {
        let n = self.sliding.n_places;
        let [first, middle, last] = [0, n / 2, n - 1].map(|place| self.at(place));
        (first == middle && middle == last).then_some(first)
    }

    /// The numbers of elements of windows over several axes.
    fn products(along: &[Self], sizes: Shape) -> Result<Tensor, Error> {
        let mut products = Tensor::try_full(DType::F64, sizes, 1.0)?;
        let numbers = products.view_mut().elements::<f64>();
        let mut n_inner = 1;
        for counts in along.iter().rev() {
            let n_places = counts.sliding.n_places;
            for (run, numbers) in numbers.chunks_exact_mut(n_inner).enumerate() {
                let count = counts.at(run % n_places);
                numbers.iter_mut().for_each(|number| *number *= count);
            }
            n_inner *= n_places;
        }
        Ok(products)
    }
}

/// Means of `n_parts` parts of an axis, which overlap by one element where the sizes do not divide.
#[track_caller]
fn mean_of_parts<'g>(x: Expr<'g>, axis: usize, n_parts: usize) -> Result<Expr<'g>, Error> {
    let along = axis as isize;
    if n_parts == 0 {
        return x.try_slice(along, 0..0);
    }
    let size = x.shape()[axis];
    let misfit = |reason| Expr::misfit(&[x], reason);
    let n_parts = Size::from(n_parts).few("parts").map_err(misfit)?;
    let mut means = Vec::with_capacity(n_parts);
    for part in 0..n_parts {
        let start = Size::from(part) * size / n_parts;
        let end = (Size::from(part + 1) * size + (n_parts - 1)) / n_parts;
        let (start, end) = (start.get().map_err(misfit)?, end.get().map_err(misfit)?);
        means.push(x.try_slice(along, start..end)?.try_mean_over(keep(along))?);
    }
    x.graph().try_concat(&means, along)
}
