//! Layers of networks: convolutions, pooling, normalizations, attention, softmax.

use retrograd_core::functions::{
    Attention, AvgPool, Conv, ConvPadding, ConvTranspose, MaxPool, Norm, Unfold,
};

use crate::reference::{
    call::{Adapter, Call, Refusal, unexpected},
    format::Argument,
};

/// The table.
pub const NEURAL: &[(&str, Adapter)] = &[
    ("log_softmax", |c| c.along(c.x(0)?, |x| Ok(x.try_log_softmax(c.int((1, "dim"), 0)?)?))),
    ("softmax", |c| c.along(c.x(0)?, |x| Ok(x.try_softmax(c.int((1, "dim"), 0)?)?))),
    ("nn.functional.adaptive_avg_pool1d", |c| {
        let [size] = output_sizes(c, [None])?;
        c.one(c.x(0)?.try_adaptive_avg_pool1d(size))
    }),
    ("nn.functional.adaptive_avg_pool2d", |c| {
        let (x, shape) = (c.x(0)?, c.x(0)?.shape());
        let kept = |axis: usize| shape.len().checked_sub(axis).map(|axis| shape[axis]);
        c.one(x.try_adaptive_avg_pool2d(output_sizes(c, [kept(2), kept(1)])?))
    }),
    ("nn.functional.avg_pool1d", |c| c.one(c.x(0)?.try_avg_pool1d(&avg_pool(c)?))),
    ("nn.functional.avg_pool2d", |c| c.one(c.x(0)?.try_avg_pool2d(&avg_pool(c)?))),
    ("nn.functional.batch_norm", |c| {
        let (x, options) = (c.x(0)?, norm(c, (3, "weight"), (4, "bias"), (7, "eps"))?);
        match c.bool((5, "training"), false)? {
            true => c.one(x.try_batch_norm(&options)),
            false => c.one(x.try_batch_norm_by(c.x(1)?, c.x(2)?, &options)),
        }
    }),
    ("nn.functional.bilinear", |c| {
        c.one(c.x(0)?.try_bilinear(c.x(1)?, c.x(2)?, c.optional((3, "bias"))?))
    }),
    ("nn.functional.conv1d", |c| {
        c.one(c.x(0)?.try_conv1d(c.x((1, "weight"))?, c.optional((2, "bias"))?, &conv(c)?))
    }),
    ("nn.functional.conv2d", |c| {
        c.one(c.x(0)?.try_conv2d(c.x((1, "weight"))?, c.optional((2, "bias"))?, &conv(c)?))
    }),
    ("nn.functional.conv_transpose1d", |c| {
        let (weight, bias) = (c.x((1, "weight"))?, c.optional((2, "bias"))?);
        c.one(c.x(0)?.try_conv_transpose1d(weight, bias, &conv_transpose(c)?))
    }),
    ("nn.functional.conv_transpose2d", |c| {
        let (weight, bias) = (c.x((1, "weight"))?, c.optional((2, "bias"))?);
        c.one(c.x(0)?.try_conv_transpose2d(weight, bias, &conv_transpose(c)?))
    }),
    ("nn.functional.cosine_similarity", |c| {
        let (x, z) = (c.x(0)?, c.x(1)?);
        let (axis, eps) = (c.int((2, "dim"), 1)?, c.number((3, "eps"), 1e-8)?);
        if x.rank().max(z.rank()) > 0 {
            return c.one(x.try_cosine_similarity(z, axis, eps));
        }
        c.one(x.unsqueeze(0).try_cosine_similarity(z.unsqueeze(0), axis, eps))
    }),
    ("nn.functional.embedding", |c| {
        refuse_if(c.has("max_norm"), "rows are not rescaled while they are looked up")?;
        let by_count = c.bool("scale_grad_by_freq", false)?;
        refuse_if(by_count, "gradients are not divided by the count of an index")?;
        let rows = c.x(0)?.shape().first().copied().unwrap_or(0) as isize;
        let padding = c.maybe_int((2, "padding_idx"))?;
        let padding = padding.map(|row| if row < 0 { row + rows } else { row } as usize);
        c.one(c.x(0)?.try_embedding(c.x(1)?, padding))
    }),
    ("nn.functional.glu", |c| c.one(c.x(0)?.try_glu(c.int((1, "dim"), -1)?))),
    ("nn.functional.group_norm", |c| {
        let options = norm(c, (2, "weight"), (3, "bias"), (4, "eps"))?;
        c.one(c.x(0)?.try_group_norm(c.size((1, "num_groups"))?, &options))
    }),
    ("nn.functional.instance_norm", |c| {
        let (x, options) = (c.x(0)?, norm(c, (3, "weight"), (4, "bias"), (7, "eps"))?);
        match c.bool((5, "use_input_stats"), true)? {
            true => c.one(x.try_instance_norm(&options)),
            false => {
                let (mean, var) = (c.x((1, "running_mean"))?, c.x((2, "running_var"))?);
                c.one(x.try_batch_norm_by(mean, var, &options))
            }
        }
    }),
    ("nn.functional.layer_norm", |c| {
        let options = norm(c, (2, "weight"), (3, "bias"), (4, "eps"))?;
        c.one(c.x(0)?.try_layer_norm(&c.shape((1, "normalized_shape"), c.x(0)?)?, &options))
    }),
    ("nn.functional.linear", |c| {
        c.one(c.x(0)?.try_linear(c.x((1, "weight"))?, c.optional((2, "bias"))?))
    }),
    ("nn.functional.max_pool1d", |c| {
        let (x, options) = (c.x(0)?, max_pool(c)?);
        if !c.bool("return_indices", false)? {
            return c.one(x.try_max_pool1d(&options));
        }
        let (largest, indices) = x.try_max_pool1d_with_indices(&options)?;
        Ok(vec![largest, indices])
    }),
    ("nn.functional.max_pool2d", |c| {
        let (x, options) = (c.x(0)?, max_pool(c)?);
        if !c.bool("return_indices", false)? {
            return c.one(x.try_max_pool2d(&options));
        }
        let (largest, indices) = x.try_max_pool2d_with_indices(&options)?;
        Ok(vec![largest, indices])
    }),
    ("nn.functional.normalize", |c| {
        let (p, axis) = (c.number((1, "p"), 2.0)?, c.int((2, "dim"), 1)?);
        let eps = c.number((3, "eps"), 1e-12)?;
        c.along(c.x(0)?, |x| Ok(x.try_normalize(p, axis, eps)?))
    }),
    ("nn.functional.pairwise_distance", |c| {
        let (p, eps) = (c.number((2, "p"), 2.0)?, c.number((3, "eps"), 1e-6)?);
        let distance = c.x(0)?.try_pairwise_distance(c.x(1)?, p, eps)?;
        match c.bool((4, "keepdim"), false)? {
            true => c.one(distance.try_unsqueeze(-1)),
            false => c.one(distance),
        }
    }),
    ("nn.functional.rms_norm", |c| {
        let eps = c.number((3, "eps"), f64::EPSILON)?;
        let options = Norm { weight: c.optional((2, "weight"))?, bias: None, eps };
        c.one(c.x(0)?.try_rms_norm(&c.shape((1, "normalized_shape"), c.x(0)?)?, &options))
    }),
    ("nn.functional.scaled_dot_product_attention", |c| {
        refuse_if(c.number("dropout_p", 0.0)? > 0.0, "dropout is random")?;
        let options = Attention {
            mask: c.optional((3, "attn_mask"))?,
            causal: c.bool("is_causal", false)?,
            scale: c.maybe_number("scale")?,
            grouped: c.bool("enable_gqa", false)?,
        };
        c.one(c.x(0)?.try_scaled_dot_product_attention(c.x(1)?, c.x(2)?, &options))
    }),
    ("nn.functional.softmin", |c| c.along(c.x(0)?, |x| Ok(x.try_softmin(c.int((1, "dim"), 0)?)?))),
    ("nn.functional.unfold", |c| {
        let options = Unfold {
            kernel: c.sizes((1, "kernel_size"), [1; 2])?,
            dilation: c.sizes((2, "dilation"), [1; 2])?,
            padding: c.sizes((3, "padding"), [0; 2])?,
            stride: c.sizes((4, "stride"), [1; 2])?,
        };
        c.one(c.x(0)?.try_unfold2d(&options))
    }),
];

/// A refusal of arguments, if there is a reason.
fn refuse_if(is_refused: bool, why: &str) -> Result<(), Refusal> {
    if is_refused { Err(Refusal::Argument(why.to_owned())) } else { Ok(()) }
}

/// The sizes of an output, where `None` keeps the size of the input.
fn output_sizes<const N: usize>(
    c: &Call<'_>,
    kept: [Option<usize>; N],
) -> Result<[usize; N], Refusal> {
    let place = (1, "output_size");
    let Some(Argument::List(items)) = c.get(place) else { return c.sizes(place, [1; N]) };
    if items.len() != N {
        return Err(Refusal::Type(format!("this is not a `[usize; {N}]`")));
    }
    let mut sizes = [0; N];
    for (k, item) in items.iter().enumerate() {
        sizes[k] = match (item, kept[k]) {
            (Argument::None, Some(size)) => size,
            (Argument::Int(size), _) if *size >= 0 => *size as usize,
            (Argument::Int(size), _) => {
                return Err(Refusal::Type(format!("{size} is not a `usize`")));
            }
            _ => return Err(unexpected("a size", item)),
        };
    }
    Ok(sizes)
}

fn norm<'g>(
    c: &Call<'g>,
    weight: (usize, &'static str),
    bias: (usize, &'static str),
    eps: (usize, &'static str),
) -> Result<Norm<'g>, Refusal> {
    let (weight, bias) = (c.optional(weight)?, c.optional(bias)?);
    Ok(Norm { weight, bias, eps: c.number(eps, 1e-5)? })
}

fn conv<const N: usize>(c: &Call<'_>) -> Result<Conv<N>, Refusal> {
    let padding = match c.get((4, "padding")) {
        Some(Argument::Text(text)) if text == "same" => ConvPadding::Same,
        Some(Argument::Text(text)) if text == "valid" => ConvPadding::Valid,
        Some(other @ Argument::Text(_)) => return Err(unexpected("a padding", other)),
        _ => ConvPadding::By(c.sizes((4, "padding"), [0; N])?),
    };
    Ok(Conv {
        stride: c.sizes((3, "stride"), [1; N])?,
        padding,
        dilation: c.sizes((5, "dilation"), [1; N])?,
        groups: groups(c, (6, "groups"))?,
    })
}

fn conv_transpose<const N: usize>(c: &Call<'_>) -> Result<ConvTranspose<N>, Refusal> {
    Ok(ConvTranspose {
        stride: c.sizes((3, "stride"), [1; N])?,
        padding: c.sizes((4, "padding"), [0; N])?,
        output_padding: c.sizes((5, "output_padding"), [0; N])?,
        groups: groups(c, (6, "groups"))?,
        dilation: c.sizes((7, "dilation"), [1; N])?,
    })
}

fn groups(c: &Call<'_>, place: (usize, &'static str)) -> Result<usize, Refusal> {
    Ok(c.sizes(place, [1])?[0])
}

/// A stride, which is the size of the window if it is left out or empty.
fn pool_stride<const N: usize>(c: &Call<'_>, kernel: [usize; N]) -> Result<[usize; N], Refusal> {
    match c.get((2, "stride")) {
        Some(Argument::List(items)) if items.is_empty() => Ok(kernel),
        _ => c.sizes((2, "stride"), kernel),
    }
}

fn max_pool<const N: usize>(c: &Call<'_>) -> Result<MaxPool<N>, Refusal> {
    let kernel = c.sizes((1, "kernel_size"), [1; N])?;
    Ok(MaxPool {
        kernel,
        stride: pool_stride(c, kernel)?,
        padding: c.sizes((3, "padding"), [0; N])?,
        dilation: c.sizes((4, "dilation"), [1; N])?,
        ceil_mode: c.bool((5, "ceil_mode"), false)?,
    })
}

fn avg_pool<const N: usize>(c: &Call<'_>) -> Result<AvgPool<N>, Refusal> {
    let kernel = c.sizes((1, "kernel_size"), [1; N])?;
    Ok(AvgPool {
        kernel,
        stride: pool_stride(c, kernel)?,
        padding: c.sizes((3, "padding"), [0; N])?,
        ceil_mode: c.bool((4, "ceil_mode"), false)?,
        count_include_pad: c.bool((5, "count_include_pad"), true)?,
        divisor: c.maybe_number((6, "divisor_override"))?,
    })
}
