//! Normalizations of activations: less the mean, divided by the deviation, over axes that differ by name.

use crate::{
    data::{
        error::{Error, list},
        shape::{AxisSet, Shape, keep},
        size::n_elements,
    },
    graph::{
        expr::{Expr, inputs_of_one_graph},
        methods::functions,
    },
};

/// Options that normalizations have in common: scale and shift afterwards, and `ε` against division by 0.
#[derive(Clone, Copy, Debug)]
pub struct Norm<'g> {
    /// The scale of results: one number for each channel or normalized element.
    pub weight: Option<Expr<'g>>,
    /// The shift that is added then, of the same shape.
    pub bias: Option<Expr<'g>>,
    /// Added to the variance, or mean square, before its root is taken.
    pub eps: f64,
}

crate::graph::region::describe_fields! { ['g] Norm<'g> { weight, bias, eps } }

impl Default for Norm<'_> {
    fn default() -> Self {
        Self { weight: None, bias: None, eps: 1e-5 }
    }
}

functions! { "Normalization":
    /// Batch normalization in training, `(x − μ)/√(σ² + ε)·w + b` with mean and biased variance of each channel over
    /// the batch and all places: `[n, c, …] → [n, c, …]`. Source: Ioffe & Szegedy 2015, arXiv:1502.03167.
    ///
    /// ```
    /// use retrograd_core::{Graph, functions::Norm};
    ///
    /// let g = Graph::new();
    /// let y = g.constant([[1.0], [3.0]]).batch_norm(&Norm { eps: 0.0, ..Norm::default() });
    /// assert_eq!(y.value().to_vec::<f64>(), [-1.0, 1.0]);
    /// ```
    batch_norm / try_batch_norm(x, options: &Norm<'g>) -> Expr<'g>,
    "If there are no channels (axis 1) or not more than one value in each, or weight and bias do not fit them.",
    { batch_norm(x, options) }

    /// Batch normalization in use, by a mean and a variance of each channel that training has found: `[n, c, …], [c],
    /// [c] → [n, c, …]`. Source: `torch.nn.functional.batch_norm`.
    batch_norm_by / try_batch_norm_by(
        x, mean: Expr<'g>, variance: Expr<'g>, options: &Norm<'g>
    ) -> Expr<'g>,
    "If there are no channels (axis 1), or mean, variance, weight and bias do not fit them.",
    { batch_norm_by(x, mean, variance, options) }

    /// Layer normalization over the last axes, of shape `sizes`, in each example by itself; weight and bias have that
    /// shape. Shapes `[…, sizes…] → […, sizes…]`. Source: Ba et al. 2016, arXiv:1607.06450.
    layer_norm / try_layer_norm(x, sizes: &[usize], options: &Norm<'g>) -> Expr<'g>,
    "If the last axes are not of these sizes, or weight and bias do not fit them.",
    { layer_norm(x, sizes, options) }

    /// Division by the root of the mean square over the last axes, of shape `sizes`, `x/√(mean x² + ε)·w`. Shapes `[…,
    /// sizes…] → […, sizes…]`. Source: Zhang & Sennrich 2019, arXiv:1910.07467.
    rms_norm / try_rms_norm(x, sizes: &[usize], options: &Norm<'g>) -> Expr<'g>,
    "If the last axes are not of these sizes, or weight and bias do not fit them.",
    { rms_norm(x, sizes, options) }

    /// Group normalization: mean and variance of each example over groups of consecutive channels, `[n, c, …] → [n, c,
    /// …]`. Source: Wu & He 2018, arXiv:1803.08494.
    group_norm / try_group_norm(x, n_groups: usize, options: &Norm<'g>) -> Expr<'g>,
    "If the groups do not divide the channels or have not more than one value, or weight and bias do not fit.",
    { group_norm(x, n_groups, options) }

    /// Instance normalization: mean and variance of each channel of each example, `[n, c, …] → [n, c, …]`. Source:
    /// Ulyanov et al. 2016, arXiv:1607.08022.
    instance_norm / try_instance_norm(x, options: &Norm<'g>) -> Expr<'g>,
    "If there are no places (axis 2) or not more than one, or weight and bias do not fit the channels.",
    { instance_norm(x, options) }
}

/// A normalization.
struct Normalization<'a, 'g> {
    x: Expr<'g>,
    options: &'a Norm<'g>,
}

impl<'g> Normalization<'_, 'g> {
    fn misfit(&self, reason: impl Into<String>) -> Error {
        let Norm { weight, bias, eps: _ } = *self.options;
        let operands: Vec<_> = [self.x].into_iter().chain(weight).chain(bias).collect();
        Expr::misfit(&operands, reason)
    }

    /// The input, whose channels are axis 1.
    fn with_channels(&self) -> Result<usize, Error> {
        self.x.require_float()?;
        match self.x.shape().get(1) {
            Some(&channels) => Ok(channels),
            None => Err(self.misfit("the channels must be axis 1")),
        }
    }

    /// Whether there is more than one value to take a variance of, though there may be no examples.
    fn require_values(&self, n_values: usize) -> Result<(), Error> {
        match n_values {
            0 | 1 => Err(self.misfit("a variance needs more than one value")),
            _ => Ok(()),
        }
    }

    /// `y` with weight and bias of shape `given`, which stand along axes of shape `aligned`.
    #[track_caller]
    fn finished(&self, y: Expr<'g>, given: &[usize], aligned: &Shape) -> Result<Expr<'g>, Error> {
        let Norm { weight, bias, eps: _ } = *self.options;
        let mut y = y;
        for (factor, is_weight) in [(weight, true), (bias, false)] {
            let Some(factor) = factor else { continue };
            inputs_of_one_graph(&[self.x, factor])?;
            if factor.shape()[..] != *given || factor.dtype() != y.dtype() {
                let reason = format!("weight and bias must be {} {given:?}", y.dtype());
                return Err(self.misfit(reason));
            }
            let factor = factor.reshape(aligned);
            y = if is_weight { y * factor } else { y + factor };
        }
        Ok(y)
    }

    /// [`finished`](Self::finished) with a weight and a bias for each channel.
    #[track_caller]
    fn finished_by_channel(&self, y: Expr<'g>) -> Result<Expr<'g>, Error> {
        let channels = self.x.shape()[1];
        self.finished(y, &[channels], &along_channels(self.x, channels))
    }

    /// The last axes, if they are of these sizes.
    fn last_axes(&self, sizes: &[usize]) -> Result<AxisSet, Error> {
        self.x.require_float()?;
        if sizes.is_empty() || !self.x.shape().ends_with(sizes) {
            return Err(self.misfit(format!("the last axes are not of the sizes {}", list(sizes))));
        }
        let first = self.x.rank() - sizes.len();
        Ok((first..self.x.rank()).fold(AxisSet::default(), AxisSet::with))
    }
}

/// A shape that aligns `channels` numbers with axis 1 of `x`.
fn along_channels(x: Expr<'_>, channels: usize) -> Shape {
    [channels].into_iter().chain(std::iter::repeat_n(1, x.rank() - 2)).collect()
}

/// `(x − μ)/√(σ² + ε)` over axes.
#[track_caller]
fn standardized<'g>(x: Expr<'g>, axes: AxisSet, eps: f64) -> Expr<'g> {
    let (deviations, per_scale) = x.moments(axes).scaled_deviations(least_scale(eps));
    deviations * root_mean_square(deviations, axes, eps, per_scale).reciprocal()
}

/// `√(mean x² + ε)` of numbers along axes, which are in a scale, with one divided by it.
#[track_caller]
fn root_mean_square<'g>(x: Expr<'g>, axes: AxisSet, eps: f64, per_scale: Expr<'g>) -> Expr<'g> {
    let mean_square = x.square().mean_over(keep(axes));
    let eps = per_scale * eps * per_scale;
    (mean_square + eps).sqrt()
}

/// The scale below which numbers do not matter beside `ε`.
fn least_scale(eps: f64) -> f64 {
    eps.max(0.0).sqrt()
}

/// The axes that are not among some.
fn other_axes(x: Expr<'_>, among: &[usize]) -> AxisSet {
    (0..x.rank()).filter(|axis| !among.contains(axis)).fold(AxisSet::default(), AxisSet::with)
}

#[track_caller]
fn batch_norm<'g>(x: Expr<'g>, options: &Norm<'g>) -> Result<Expr<'g>, Error> {
    let call = Normalization { x, options };
    let channels = call.with_channels()?;
    call.require_values(x.shape().n_elements() / channels.max(1))?;
    call.finished_by_channel(standardized(x, other_axes(x, &[1]), options.eps))
}

#[track_caller]
fn batch_norm_by<'g>(
    x: Expr<'g>,
    mean: Expr<'g>,
    variance: Expr<'g>,
    options: &Norm<'g>,
) -> Result<Expr<'g>, Error> {
    let call = Normalization { x, options };
    let channels = call.with_channels()?;
    let operands = [x, mean, variance];
    inputs_of_one_graph(&operands)?;
    if [mean, variance].iter().any(|of| of.shape()[..] != [channels] || of.dtype() != x.dtype()) {
        let reason = "there must be one mean and one variance for each channel";
        return Err(Expr::misfit(&operands, reason));
    }
    let aligned = along_channels(x, channels);
    let deviation = (variance + options.eps).sqrt().reshape(&aligned);
    call.finished_by_channel((x - mean.reshape(aligned)) / deviation)
}

#[track_caller]
fn layer_norm<'g>(x: Expr<'g>, sizes: &[usize], options: &Norm<'g>) -> Result<Expr<'g>, Error> {
    let call = Normalization { x, options };
    let y = standardized(x, call.last_axes(sizes)?, options.eps);
    call.finished(y, sizes, &sizes.into())
}

#[track_caller]
fn rms_norm<'g>(x: Expr<'g>, sizes: &[usize], options: &Norm<'g>) -> Result<Expr<'g>, Error> {
    let call = Normalization { x, options };
    let (axes, eps) = (call.last_axes(sizes)?, options.eps);
    if axes.n_elements(&x.shape()) == 0 {
        return call.finished(x, sizes, &sizes.into());
    }
    let per_scale = x.scale_along(axes, least_scale(eps)).reciprocal();
    let scaled = x * per_scale;
    let y = scaled * root_mean_square(scaled, axes, eps, per_scale).reciprocal();
    call.finished(y, sizes, &sizes.into())
}

#[track_caller]
fn group_norm<'g>(x: Expr<'g>, n_groups: usize, options: &Norm<'g>) -> Result<Expr<'g>, Error> {
    let call = Normalization { x, options };
    let (channels, shape) = (call.with_channels()?, x.shape());
    if n_groups == 0 || channels % n_groups != 0 {
        return Err(call.misfit(format!("{n_groups} groups do not divide {channels} channels")));
    }
    let n_values = n_elements(&shape[1..]) / n_groups;
    call.require_values(n_values.saturating_mul(shape[0].max(1)))?;
    let groups = x.try_reshape([shape[0], n_groups, n_values])?;
    call.finished_by_channel(
        standardized(groups, other_axes(groups, &[0, 1]), options.eps).reshape(shape),
    )
}

#[track_caller]
fn instance_norm<'g>(x: Expr<'g>, options: &Norm<'g>) -> Result<Expr<'g>, Error> {
    let call = Normalization { x, options };
    call.with_channels()?;
    call.require_values(if x.rank() > 2 { n_elements(&x.shape()[2..]) } else { 0 })?;
    call.finished_by_channel(standardized(x, other_axes(x, &[0, 1]), options.eps))
}
