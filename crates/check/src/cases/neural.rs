//! Cases of the parts of networks: maps, convolution, pooling, normalization, attention, embedding.

use retrograd_core::{
    Expr, Tensor,
    functions::{Attention, AvgPool, Conv, ConvPadding, ConvTranspose, MaxPool, Norm, Unfold},
};

use super::{Case, integers, numbers};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = maps();
    cases.extend(similarities());
    cases.extend(convolutions());
    cases.extend(largest());
    cases.extend(averages());
    cases.extend(normalizations());
    cases.extend(attention());
    cases
}

fn maps() -> Vec<Case> {
    let x = || numbers([2, 3, 4], 1);
    let table = || [numbers([4, 3], 1), integers([2, 2], &[3, 0, 3, 1])];
    vec![
        Case::new("linear", [x(), numbers([2, 4], 2), numbers([2], 3)], |x| {
            x[0].linear(x[1], Some(x[2])).sin()
        }),
        Case::new("linear by a row", [x(), numbers([4], 2)], |x| x[0].linear(x[1], None).sin()),
        Case::new(
            "bilinear",
            [numbers([3, 2], 1), numbers([3, 4], 2), numbers([2, 2, 4], 3), numbers([2], 4)],
            |x| x[0].bilinear(x[1], x[2], Some(x[3])).sin(),
        ),
        Case::new("glu", [x()], |x| x[0].glu(-1).exp()),
        Case::new("softmin", [x()], |x| x[0].softmin(1)),
        Case::new("argmin", [x()], |x| x[0].exp().gather(1, x[0].argmin(1).unsqueeze(1))),
        Case::new("nonzero", [numbers([4], 1)], |x| x[0].gather(0, x[0].step().nonzero()).exp()),
        Case::new("embedding", table(), |x| x[0].exp().embedding(x[1], None)),
        Case::new("embedding that is constant at 0", [numbers([4, 3], 1)], |x| {
            // Differences see a dependence that padding hides: so the row is not looked up.
            let index = x[0].graph().constant([1i64, 3, 1]);
            x[0].exp().embedding(index, Some(0))
        }),
    ]
}

fn similarities() -> Vec<Case> {
    let pair = || [numbers([2, 3], 1), numbers([2, 3], 2)];
    vec![
        Case::new("normalize", [numbers([2, 3], 1)], |x| x[0].normalize(2.0, 1, 1e-12).exp()),
        Case::new("normalize by another norm", [numbers([2, 3], 1)], |x| {
            x[0].normalize(3.0, 0, 1e-12).exp()
        }),
        Case::new("cosine_similarity", pair(), |x| x[0].cosine_similarity(x[1], 1, 1e-8).exp()),
        Case::new("pairwise_distance", pair(), |x| x[0].pairwise_distance(x[1], 2.0, 1e-6).exp()),
    ]
}

fn convolutions() -> Vec<Case> {
    let line = |weight: [usize; 3]| [numbers([2, 2, 5], 1), numbers(weight, 2), numbers([2], 3)];
    let image =
        |weight: [usize; 4]| [numbers([1, 2, 4, 3], 1), numbers(weight, 2), numbers([2], 3)];
    let strided =
        Conv { stride: [2], padding: ConvPadding::By([1]), dilation: [2], ..Conv::default() };
    let grouped = Conv { groups: 2, padding: ConvPadding::Same, ..Conv::default() };
    let spread =
        ConvTranspose { stride: [2], padding: [1], output_padding: [1], dilation: [2], groups: 1 };
    let unfolded = Unfold { padding: [1, 0], stride: [2, 1], ..Unfold::new([2, 2]) };
    vec![
        Case::new("conv1d", line([2, 2, 3]), |x| {
            x[0].conv1d(x[1], Some(x[2]), &Conv::default()).sin()
        }),
        Case::new("conv1d with strides and gaps", line([2, 2, 2]), move |x| {
            x[0].conv1d(x[1], None, &strided).sin()
        }),
        Case::new("conv2d", image([2, 2, 2, 2]), |x| {
            x[0].conv2d(x[1], Some(x[2]), &Conv::default()).sin()
        }),
        Case::new("conv2d of groups", image([2, 1, 2, 3]), move |x| {
            x[0].conv2d(x[1], None, &grouped).sin()
        }),
        Case::new("conv_transpose1d", line([2, 2, 3]), move |x| {
            x[0].conv_transpose1d(x[1], Some(x[2]), &spread).sin()
        }),
        Case::new("conv_transpose2d", image([2, 2, 2, 2]), |x| {
            x[0].conv_transpose2d(x[1], Some(x[2]), &ConvTranspose::default()).sin()
        }),
        Case::new("unfold2d", [numbers([1, 2, 3, 3], 1)], move |x| x[0].unfold2d(&unfolded).exp()),
    ]
}

fn largest() -> Vec<Case> {
    let (line, image) = (|| [numbers([2, 2, 6], 1)], || [numbers([2, 4, 5], 1)]);
    let overlapping = MaxPool { stride: [1], padding: [1], ..MaxPool::new([3]) };
    let apart = MaxPool { dilation: [2, 1], ceil_mode: true, ..MaxPool::new([2, 2]) };
    vec![
        Case::new("max_pool1d", line(), move |x| x[0].max_pool1d(&overlapping).exp()),
        Case::new("max_pool2d", image(), move |x| x[0].max_pool2d(&apart).exp()),
        Case::new("max_pool1d_with_indices", line(), |x| {
            x[0].max_pool1d_with_indices(&MaxPool::new([2])).0.exp()
        }),
        Case::new("max_pool2d_with_indices", image(), |x| {
            x[0].max_pool2d_with_indices(&MaxPool::new([2, 3])).0.exp()
        }),
    ]
}

fn averages() -> Vec<Case> {
    let (line, image) = (|| [numbers([2, 2, 7], 1)], || [numbers([2, 4, 5], 1)]);
    let uncounted = AvgPool { padding: [1], count_include_pad: false, ..AvgPool::new([3]) };
    let divided = AvgPool { divisor: Some(3.0), ceil_mode: true, ..AvgPool::new([2, 2]) };
    vec![
        Case::new("avg_pool1d", line(), move |x| x[0].avg_pool1d(&uncounted).exp()),
        Case::new("avg_pool2d", image(), move |x| x[0].avg_pool2d(&divided).exp()),
        Case::new("adaptive_avg_pool1d", line(), |x| x[0].adaptive_avg_pool1d(3).exp()),
        Case::new("adaptive_avg_pool2d", image(), |x| x[0].adaptive_avg_pool2d([3, 2]).exp()),
    ]
}

/// A normalization with weight and bias, which are the last inputs.
fn affine<'g>(x: &[Expr<'g>]) -> Norm<'g> {
    let [.., weight, bias] = x else { return Norm::default() };
    Norm { weight: Some(*weight), bias: Some(*bias), ..Norm::default() }
}

fn normalizations() -> Vec<Case> {
    let x = || numbers([3, 2, 4], 1);
    let channels = || [x(), numbers([2], 2), numbers([2], 3)];
    let last = || [x(), numbers([4], 2), numbers([4], 3)];
    let found =
        || [x(), numbers([2], 4), Tensor::from([0.7, 1.9]), numbers([2], 2), numbers([2], 3)];
    vec![
        Case::new("batch_norm", channels(), |x| x[0].batch_norm(&affine(x)).sin()),
        Case::new("batch_norm_by", found(), |x| x[0].batch_norm_by(x[1], x[2], &affine(x)).sin()),
        Case::new("layer_norm", last(), |x| x[0].layer_norm(&[4], &affine(x)).sin()),
        Case::new("layer_norm over two axes", [x()], |x| {
            x[0].layer_norm(&[2, 4], &Norm::default()).sin()
        }),
        Case::new("rms_norm", last(), |x| {
            x[0].rms_norm(&[4], &Norm { bias: None, ..affine(x) }).sin()
        }),
        Case::new("group_norm", channels(), |x| x[0].group_norm(2, &affine(x)).sin()),
        Case::new("instance_norm", channels(), |x| x[0].instance_norm(&affine(x)).sin()),
    ]
}

fn attention() -> Vec<Case> {
    let of = |heads: usize| {
        [numbers([4, 3, 2], 1), numbers([heads, 5, 2], 2), numbers([heads, 5, 3], 3)]
    };
    let case = |name: &str, heads, options: Attention<'static>| {
        Case::new(name, of(heads), move |x| {
            x[0].scaled_dot_product_attention(x[1], x[2], &options).sin()
        })
    };
    vec![
        case("scaled_dot_product_attention", 4, Attention::default()),
        case(
            "scaled_dot_product_attention, causal",
            4,
            Attention { causal: true, scale: Some(0.7), ..Attention::default() },
        ),
        case(
            "scaled_dot_product_attention of groups",
            2,
            Attention { grouped: true, ..Attention::default() },
        ),
    ]
}
