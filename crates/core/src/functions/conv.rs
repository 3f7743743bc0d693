//! Convolutions and their transposes over one and two axes: windows side by side, times the kernels as matrices.

use crate::{
    data::{
        error::Error,
        shape::Shape,
        size::{Size, n_elements},
    },
    functions::windows::{Sliding, overlap_add, padded, windows},
    graph::{
        Graph,
        expr::{Expr, inputs_of_one_graph},
        methods::functions,
        region::{ArgumentValue, Describe},
    },
};

/// How a convolution over `N` axes slides its kernel.
///
/// ```
/// use retrograd_core::functions::{Conv, ConvPadding};
///
/// let options = Conv { padding: ConvPadding::Same, ..Conv::<2>::default() };
/// assert_eq!(options.stride, [1, 1]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conv<const N: usize> {
    /// Distance between one place of the kernel and the next.
    pub stride: [usize; N],
    /// Zeros around the input.
    pub padding: ConvPadding<N>,
    /// Distance between elements of the kernel.
    pub dilation: [usize; N],
    /// Number of groups of channels, each convolved by itself.
    pub groups: usize,
}

crate::graph::region::describe_fields! { [const N: usize] Conv<N> { stride, padding, dilation, groups } }

/// Zeros around the input of a convolution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ConvPadding<const N: usize> {
    /// None: the kernel stays inside.
    Valid,
    /// As many as keep the sizes, for a stride of 1; the odd one comes after.
    Same,
    /// These numbers of zeros before and after each axis.
    By([usize; N]),
}

impl<const N: usize> Describe for ConvPadding<N> {
    fn describe(&self, graph: &Graph) -> ArgumentValue {
        match self {
            ConvPadding::By(sizes) => sizes.describe(graph),
            ConvPadding::Valid => "Valid".describe(graph),
            ConvPadding::Same => "Same".describe(graph),
        }
    }
}

impl<const N: usize> Default for Conv<N> {
    fn default() -> Self {
        Self { stride: [1; N], padding: ConvPadding::Valid, dilation: [1; N], groups: 1 }
    }
}

/// How a transposed convolution over `N` axes slides its kernel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConvTranspose<const N: usize> {
    /// Distance between one place of the kernel and the next.
    pub stride: [usize; N],
    /// Elements cut off before and after each axis of the output.
    pub padding: [usize; N],
    /// Elements added after each axis of the output, fewer than the stride or the dilation.
    pub output_padding: [usize; N],
    /// Distance between elements of the kernel.
    pub dilation: [usize; N],
    /// Number of groups of channels, each convolved by itself.
    pub groups: usize,
}

crate::graph::region::describe_fields! { [const N: usize] ConvTranspose<N> { stride, padding, output_padding, dilation, groups } }

impl<const N: usize> Default for ConvTranspose<N> {
    fn default() -> Self {
        let (ones, zeros) = ([1; N], [0; N]);
        Self { stride: ones, padding: zeros, output_padding: zeros, dilation: ones, groups: 1 }
    }
}

functions! { "Convolution":
    /// Convolution over one axis (a cross-correlation, as everywhere in machine learning): `y[n, o, i] = b[o] + Σ_{c,
    /// k} w[o, c, k]·x[n, c, i·stride + k·dilation − padding]`, shapes `[n, c, l], [o, c/groups, k], [o] → [n, o, l']`.
    /// The axis of examples may be absent. Source: `torch.nn.functional.conv1d`.
    ///
    /// ```
    /// use retrograd_core::{Graph, functions::Conv};
    ///
    /// let g = Graph::new();
    /// let (x, w) = (g.constant([[1.0, 2.0, 4.0]]), g.full([1, 1, 2], 1.0));
    /// assert_eq!(x.conv1d(w, None, &Conv::default()).value().to_vec::<f64>(), [3.0, 6.0]);
    /// ```
    conv1d / try_conv1d(x, weight: Expr<'g>, bias: Option<Expr<'g>>, options: &Conv<1>) -> Expr<'g>,
    "If shapes or groups do not fit each other, or the kernel does not fit into the input.",
    { convolution(&Convolved::new(x, weight, bias), options) }

    /// Convolution over two axes, as [`conv1d`](Self::conv1d): `[n, c, h, w], [o, c/groups, kh, kw], [o] → [n, o, h',
    /// w']`. The axis of examples may be absent. Source: `torch.nn.functional.conv2d`.
    conv2d / try_conv2d(x, weight: Expr<'g>, bias: Option<Expr<'g>>, options: &Conv<2>) -> Expr<'g>,
    "If shapes or groups do not fit each other, or the kernel does not fit into the input.",
    { convolution(&Convolved::new(x, weight, bias), options) }

    /// Transposed convolution over one axis, the adjoint of [`conv1d`](Self::conv1d) with the same weight: each element
    /// of the input adds a multiple of the kernel to the output. Shapes `[n, c, l], [c, o/groups, k], [o] → [n, o, (l −
    /// 1)·stride + dilation·(k − 1) + 1 + output_padding − 2·padding]`. The axis of examples may be absent. Source:
    /// `torch.nn.functional.conv_transpose1d`.
    conv_transpose1d / try_conv_transpose1d(x, weight: Expr<'g>, bias: Option<Expr<'g>>, options: &ConvTranspose<1>) -> Expr<'g>,
    "If shapes or groups do not fit each other, or the padding leaves nothing.",
    { transposed(&Convolved::new(x, weight, bias), options) }

    /// Transposed convolution over two axes, as [`conv_transpose1d`](Self::conv_transpose1d): `[n, c, h, w], [c,
    /// o/groups, kh, kw], [o] → [n, o, h', w']`. The axis of examples may be absent. Source:
    /// `torch.nn.functional.conv_transpose2d`.
    conv_transpose2d / try_conv_transpose2d(x, weight: Expr<'g>, bias: Option<Expr<'g>>, options: &ConvTranspose<2>) -> Expr<'g>,
    "If shapes or groups do not fit each other, or the padding leaves nothing.",
    { transposed(&Convolved::new(x, weight, bias), options) }
}

/// The operands of a convolution.
struct Convolved<'g> {
    x: Expr<'g>,
    weight: Expr<'g>,
    bias: Option<Expr<'g>>,
}

impl<'g> Convolved<'g> {
    fn new(x: Expr<'g>, weight: Expr<'g>, bias: Option<Expr<'g>>) -> Self {
        Self { x, weight, bias }
    }

    fn misfit(&self, reason: impl Into<String>) -> Error {
        let operands: Vec<_> = [self.x, self.weight].into_iter().chain(self.bias).collect();
        Expr::misfit(&operands, reason)
    }

    /// Checks ranks, dtypes and groups; returns the input with an axis of examples.
    #[track_caller]
    fn checked(&self, n_axes: usize, groups: usize) -> Result<Expr<'g>, Error> {
        let operands: Vec<_> = [self.x, self.weight].into_iter().chain(self.bias).collect();
        inputs_of_one_graph(&operands)?;
        let dtype = self.x.dtype();
        if !dtype.is_float() || operands.iter().any(|operand| operand.dtype() != dtype) {
            return Err(self.misfit("the operands must be of one floating-point type"));
        }
        let rank = self.x.rank();
        if self.weight.rank() != n_axes + 2 || (rank != n_axes + 1 && rank != n_axes + 2) {
            let reason =
                format!("the weight needs {} axes, the input as many or one less", n_axes + 2);
            return Err(self.misfit(reason));
        }
        let x = if rank == n_axes + 1 { self.x.try_unsqueeze(0)? } else { self.x };
        let (channels, kernels) = (x.shape()[1], self.weight.shape()[0]);
        if groups == 0 || channels % groups != 0 || kernels % groups != 0 {
            let reason =
                format!("{groups} groups do not divide {channels} channels and {kernels} kernels");
            return Err(self.misfit(reason));
        }
        Ok(x)
    }

    /// For each element of the kernel of a transposed convolution, in row-major order, its products with the input: `[n,
    /// o, places…]`.
    #[track_caller]
    fn spread(&self, x: Expr<'g>, groups: usize) -> Result<Vec<Expr<'g>>, Error> {
        let (shape, kernels) = (x.shape(), self.weight.shape());
        let misfit = |reason| self.misfit(reason);
        let n_of_kernel = Size::from(n_elements(&kernels[2..]));
        let n_of_kernel = n_of_kernel.few("elements of a kernel").map_err(misfit)?;
        let n_channels = (Size::from(kernels[1]) * groups).get().map_err(misfit)?;
        let (n, by_group) = (shape[0], kernels[0] / groups);
        let matrices = self.weight.try_reshape([groups, by_group, n_elements(&kernels[1..])])?;
        let columns = x.try_reshape([n, groups, by_group, n_elements(&shape[2..])])?;
        let products = matrices.try_transpose(-1, -2)?.try_matmul(columns)?;
        let sizes = [n, n_channels, n_of_kernel].into_iter().chain(shape[2..].iter().copied());
        let products = products.try_reshape(sizes.collect::<Shape>())?;
        // A loop, since a closure would hide the line that called.
        let mut parts = Vec::with_capacity(n_of_kernel);
        for k in 0..n_of_kernel {
            parts.push(products.try_slice(2, k..k + 1)?.try_squeeze(2)?);
        }
        Ok(parts)
    }

    /// The output with its bias, without the axis of examples if the input has none.
    #[track_caller]
    fn finished(&self, y: Expr<'g>) -> Result<Expr<'g>, Error> {
        let channels = y.shape()[1];
        let y = if self.x.rank() < y.rank() { y.try_squeeze(0)? } else { y };
        let Some(bias) = self.bias else { return Ok(y) };
        if bias.shape()[..] != [channels] {
            return Err(self.misfit(format!("the bias must have the shape [{channels}]")));
        }
        let n_axes = self.weight.rank() - 2;
        let sizes = [channels].into_iter().chain(std::iter::repeat_n(1, n_axes));
        y.try_add(bias.try_reshape(sizes.collect::<Shape>())?)
    }
}

#[track_caller]
fn convolution<'g, const N: usize>(
    operands: &Convolved<'g>,
    options: &Conv<N>,
) -> Result<Expr<'g>, Error> {
    let groups = options.groups;
    let mut x = operands.checked(N, groups)?;
    let (shape, kernels) = (x.shape(), operands.weight.shape());
    if Size::from(kernels[1]) * groups != Size::from(shape[1]) {
        let reason = format!(
            "kernels of {} channels in {groups} groups do not fit {} channels",
            kernels[1], shape[1]
        );
        return Err(operands.misfit(reason));
    }
    let mut slidings = Vec::new();
    for k in 0..N {
        let window = [kernels[2 + k], options.dilation[k], options.stride[k]];
        let (before, after) = options.zeros(k, kernels[2 + k]).map_err(|r| operands.misfit(r))?;
        let size = (Size::from(shape[2 + k]) + before + after).get();
        let sliding = size.and_then(|size| Sliding::over(size, window));
        slidings.push(sliding.map_err(|reason| operands.misfit(reason))?);
        x = padded(x, 2 + k, (before, after), 0.0)?;
    }
    let columns = x.graph().try_stack(&windows(x, &slidings)?, 2)?;
    let places = slidings.iter().map(|sliding| sliding.n_places);
    // Of tensors that there are, no product of some sizes wraps.
    let (n, n_places) = (shape[0], places.clone().product());
    let inner = n_elements(&kernels[1..]);
    let columns = columns.try_reshape([n, groups, inner, n_places])?;
    let matrices = operands.weight.try_reshape([groups, kernels[0] / groups, inner])?;
    let y = matrices.try_matmul(columns)?;
    let sizes = [n, kernels[0]].into_iter().chain(places);
    operands.finished(y.try_reshape(sizes.collect::<Shape>())?)
}

impl<const N: usize> Conv<N> {
    /// The numbers of zeros before and after axis `k`.
    fn zeros(&self, k: usize, kernel: usize) -> Result<(usize, usize), String> {
        match self.padding {
            ConvPadding::Valid => Ok((0, 0)),
            ConvPadding::By(padding) => Ok((padding[k], padding[k])),
            ConvPadding::Same if self.stride[k] != 1 => {
                Err("padding that keeps the sizes needs a stride of 1".to_owned())
            }
            ConvPadding::Same => {
                let total = Size::from(self.dilation[k]) * kernel.saturating_sub(1);
                let total = total.get()?;
                Ok((total / 2, total - total / 2))
            }
        }
    }
}

#[track_caller]
fn transposed<'g, const N: usize>(
    operands: &Convolved<'g>,
    options: &ConvTranspose<N>,
) -> Result<Expr<'g>, Error> {
    let groups = options.groups;
    let x = operands.checked(N, groups)?;
    let (shape, kernels) = (x.shape(), operands.weight.shape());
    if kernels[0] != shape[1] {
        let reason = format!("{} kernels do not fit {} channels", kernels[0], shape[1]);
        return Err(operands.misfit(reason));
    }
    let slidings = (0..N)
        .map(|k| options.sliding(k, kernels[2 + k], shape[2 + k]))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|reason| operands.misfit(reason))?;
    let sizes = (0..N)
        .map(|k| (Size::from(slidings[k].reach()) + options.output_padding[k]).get())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|reason| operands.misfit(reason))?;
    for (size, padding) in sizes.iter().zip(options.padding) {
        if Size::from(*size) <= Size::from(padding) + padding {
            return Err(operands.misfit(format!("a padding of {padding} leaves nothing of {size}")));
        }
    }
    let parts = operands.spread(x, groups)?;
    let mut y = overlap_add(parts, &slidings, &sizes)?;
    for (k, (&size, padding)) in sizes.iter().zip(options.padding).enumerate() {
        y = y.try_slice((2 + k) as isize, padding..size - padding)?;
    }
    operands.finished(y)
}

impl<const N: usize> ConvTranspose<N> {
    /// How the kernel slides over the output along axis `k`.
    fn sliding(&self, k: usize, kernel: usize, n_places: usize) -> Result<Sliding, String> {
        let (stride, dilation) = (self.stride[k], self.dilation[k]);
        if kernel == 0 || stride == 0 || dilation == 0 || n_places == 0 {
            return Err("input, kernel, stride and dilation must be at least 1".to_owned());
        }
        if self.output_padding[k] >= stride.max(dilation) {
            return Err("the output padding must be less than stride or dilation".to_owned());
        }
        Sliding::at_places([kernel, dilation, stride], n_places)
    }
}
