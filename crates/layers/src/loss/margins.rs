//! Losses with margins: a prediction beyond the margin on the right side costs nothing.

use retrograd_core::{DType, Error, Expr, Real as _, Shape};

use super::{TargetDomain, check_broadcast, weigh};

/// Choices of [`multi_margin_loss`](super::Loss::multi_margin_loss).
#[derive(Clone, Copy, Debug)]
pub struct MultiMargin<'g> {
    /// The power of each hinge, 1 or 2.
    pub p: i32,
    /// How far the score of the label must be above the others.
    pub margin: f64,
    /// A weight for each class, `[k]`.
    pub weight: Option<Expr<'g>>,
}

retrograd_core::region::describe_fields! { ['g] MultiMargin<'g> { p, margin, weight } }

impl Default for MultiMargin<'_> {
    fn default() -> Self {
        Self { p: 1, margin: 1.0, weight: None }
    }
}

/// Choices of [`triplet_margin_loss`](super::Loss::triplet_margin_loss).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TripletMargin {
    /// How much farther the negative must be than the positive.
    pub margin: f64,
    /// The order of the norm.
    pub p: f64,
    /// Added to differences.
    pub eps: f64,
    /// Whether the distance from positive to negative counts where it is less than that of the anchor.
    pub swap: bool,
}

retrograd_core::region::describe_fields! { [] TripletMargin { margin, p, eps, swap } }

impl Default for TripletMargin {
    fn default() -> Self {
        Self { margin: 1.0, p: 2.0, eps: 1e-6, swap: false }
    }
}

#[track_caller]
pub(super) fn multi_margin_loss<'g>(
    y: Expr<'g>,
    labels: Expr<'g>,
    options: &MultiMargin<'g>,
) -> Result<Expr<'g>, Error> {
    let misfit = |reason: &str| Expr::misfit(&[y, labels], reason);
    if options.p != 1 && options.p != 2 {
        return Err(misfit("p is neither 1 nor 2"));
    }
    if labels.dtype() != DType::I64 || !y.dtype().is_float() {
        return Err(misfit("the labels must be integers, the predictions floating-point numbers"));
    }
    // A label of one example may have an axis or not.
    let is_one = y.rank() < 2 && labels.shape().n_elements() == 1;
    let given = labels;
    let labels = if is_one { labels.try_reshape(Shape::scalar())? } else { labels };
    let examples = y.rank().saturating_sub(1);
    if y.rank() > 2 || labels.shape()[..] != y.shape()[..examples] {
        return Err(misfit("the shapes must be [n, k] and [n], or [k] and []"));
    }
    let rows = if y.rank() == 0 { y.unsqueeze(0) } else { y };
    let (n_classes, index) = (rows.shape()[rows.rank() - 1], labels.unsqueeze(-1));
    let hinges = (options.margin - rows.try_gather(-1, index)? + rows).relu();
    let hinges = if options.p == 2 { hinges.square() } else { hinges };
    let is_label = labels.try_one_hot(n_classes)?.cast(y.dtype());
    let losses = weigh(1.0 - is_label, hinges)?.try_sum_over(-1)? / n_classes as f64;
    let (losses, labels) = (losses.try_reshape(given.shape())?, given);
    let Some(weight) = options.weight else { return Ok(losses) };
    if weight.shape()[..] != [n_classes] || weight.dtype() != y.dtype() {
        return Err(misfit("there must be one weight for each class"));
    }
    let weights = weight.try_gather(0, labels.flatten())?.try_reshape(labels.shape())?;
    losses.try_mul(weights)
}

#[track_caller]
pub(super) fn multilabel_margin_loss<'g>(y: Expr<'g>, labels: Expr<'g>) -> Result<Expr<'g>, Error> {
    let misfit = |reason| Expr::misfit(&[y, labels], reason);
    if labels.dtype() != DType::I64 || !y.dtype().is_float() || y.shape() != labels.shape() {
        return Err(misfit("the labels must be integers of the shape of the predictions"));
    }
    if y.rank() == 0 {
        return multilabel_margin_loss(y.unsqueeze(0), labels.unsqueeze(0));
    }
    let (g, n_classes) = (y.graph(), y.shape()[y.rank() - 1]);
    let n_ends = labels.lt(0).cast(y.dtype()).try_cumsum(-1)?;
    let is_label = n_ends.eq(0.0);
    let index = is_label.try_select(labels, g.arange(1).squeeze(0))?;
    let weight = is_label.cast(y.dtype()).unsqueeze(-1);
    let chosen = weigh(
        weight.broadcast_to(labels.shape().with_axis(y.rank(), n_classes)),
        index.try_one_hot(n_classes)?.cast(y.dtype()),
    )?;
    let is_chosen = chosen.try_sum_over(-2)?.gt(0.0).cast(y.dtype());
    let hinges = 1.0 - y.try_gather(-1, index)?.unsqueeze(-1) + y.unsqueeze(-2);
    let pairs = weight.try_mul(1.0 - is_chosen.unsqueeze(-2))?;
    Ok(weigh(pairs, hinges.relu())?.try_sum_over([-1, -2])? / n_classes as f64)
}

/// The labels of several classes at once.
pub(super) fn label_sets(y: Expr<'_>) -> TargetDomain {
    TargetDomain::LabelSets { n_classes: y.shape().last().copied().unwrap_or(1) }
}

#[track_caller]
pub(super) fn hinge_embedding_loss<'g>(
    y: Expr<'g>,
    targets: Expr<'g>,
    margin: f64,
) -> Result<Expr<'g>, Error> {
    check_broadcast(&[y, targets])?;
    let hinges = (margin - y).relu();
    let nothing = y.lit(0.0);
    let if_unlike = targets.ne(1.0).try_select(hinges, nothing)?;
    if_unlike.try_add(targets.ne(-1.0).try_select(y, nothing)?)
}

#[track_caller]
pub(super) fn margin_ranking_loss<'g>(
    y: Expr<'g>,
    other: Expr<'g>,
    targets: Expr<'g>,
    margin: f64,
) -> Result<Expr<'g>, Error> {
    check_broadcast(&[y, other, targets])?;
    Ok((margin - targets.try_mul(y.try_sub(other)?)?).relu())
}

#[track_caller]
pub(super) fn cosine_embedding_loss<'g>(
    y: Expr<'g>,
    other: Expr<'g>,
    targets: Expr<'g>,
    margin: f64,
) -> Result<Expr<'g>, Error> {
    let misfit = |reason| Expr::misfit(&[y, other, targets], reason);
    check_broadcast(&[y, other])?;
    if y.rank() == 0 || other.rank() == 0 || targets.dtype() != y.dtype() {
        return Err(misfit("vectors need an axis, and targets their dtype"));
    }
    // Squares of lengths are kept from 0, as the reference keeps them.
    let [y_square, other_square] = [y, other].map(|x| x.square().sum_over(-1) + 1e-12);
    let cosine = y.try_mul(other)?.sum_over(-1) / y_square.try_mul(other_square)?.sqrt();
    if targets.shape().broadcast(&cosine.shape()).is_none() {
        return Err(misfit("there must be one target for each pair of vectors"));
    }
    let nothing = cosine.lit(0.0);
    let if_like = targets.eq(1.0).try_select(1.0 - cosine, nothing)?;
    if_like.try_add(targets.eq(-1.0).try_select((cosine - margin).relu(), nothing)?)
}

#[track_caller]
pub(super) fn triplet_margin_loss<'g>(
    anchor: Expr<'g>,
    positive: Expr<'g>,
    negative: Expr<'g>,
    options: &TripletMargin,
) -> Result<Expr<'g>, Error> {
    let operands = [anchor, positive, negative];
    check_broadcast(&operands)?;
    if anchor.rank() == 0 || operands.iter().any(|operand| operand.rank() != anchor.rank()) {
        let reason = "anchors, positives and negatives need the same axes, at least one";
        return Err(Expr::misfit(&operands, reason));
    }
    let distance = |a: Expr<'g>, b: Expr<'g>| a.try_pairwise_distance(b, options.p, options.eps);
    let to_positive = distance(anchor, positive)?;
    let mut to_negative = distance(anchor, negative)?;
    if options.swap {
        to_negative = to_negative.try_minimum(distance(positive, negative)?)?;
    }
    Ok((options.margin + to_positive.try_sub(to_negative)?).relu())
}
