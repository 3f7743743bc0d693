//! Losses of classes that exclude each other: cross entropy, and negative log-likelihood.

use retrograd_core::{
    DType, Error, Expr, Graph, Real as _, Shape,
    region::{ArgumentValue, Describe},
};

use super::{TargetDomain, check_alike, weigh};

/// Choices of [`cross_entropy_with`](super::Loss::cross_entropy_with) and [`nll_loss`](super::Loss::nll_loss).
///
/// ```
/// use retrograd_core::Graph;
/// use retrograd_layers::{Loss, loss::{Classes, Reduction}};
///
/// let g = Graph::new();
/// let (logits, labels) = (g.constant([[0.0, 0.0], [5.0, 1.0]]), g.constant([0i64, -100]));
/// let options = Classes { reduction: Reduction::Mean, ..Classes::default() };
/// let loss = logits.cross_entropy_with(labels, &options);
/// assert!((loss.value().item() - std::f64::consts::LN_2).abs() < 1e-6);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Classes<'g> {
    /// A weight for each class, `[k]`; the mean is then a weighted mean.
    pub weight: Option<Expr<'g>>,
    /// The label of examples that cost nothing.
    pub ignore: i64,
    /// The probability that is spread evenly over the classes, from 0 to 1.
    pub smoothing: f64,
    /// The axis of the classes.
    pub axis: isize,
    /// The reduction of the losses.
    pub reduction: Reduction,
}

retrograd_core::region::describe_fields! { ['g] Classes<'g> { weight, ignore, smoothing, axis, reduction } }

impl Default for Classes<'_> {
    fn default() -> Self {
        let reduction = Reduction::None;
        Self { weight: None, ignore: -100, smoothing: 0.0, axis: -1, reduction }
    }
}

/// The reduction of a tensor of losses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reduction {
    /// No reduction: one loss for each label.
    #[default]
    None,
    /// The mean; with weights, the sum of the losses divided by the sum of the labels' weights.
    Mean,
    /// The sum.
    Sum,
}

impl Describe for Reduction {
    fn describe(&self, _: &Graph) -> ArgumentValue {
        ArgumentValue::word(self)
    }
}

#[track_caller]
pub(super) fn cross_entropy<'g>(logits: Expr<'g>, targets: Expr<'g>) -> Result<Expr<'g>, Error> {
    if targets.dtype() != DType::I64 {
        if targets.rank() + 1 == logits.rank() {
            let reason = "labels of classes are integers; cast the targets, or give a probability of each class";
            return Err(Expr::misfit(&[logits, targets], reason));
        }
        check_alike(logits, targets)?;
        let log_probabilities = logits.try_log_softmax(-1)?;
        return Ok(-weigh(targets, log_probabilities)?.sum_over(-1));
    }
    check_labels(logits, targets, -1)?;
    let picked = logits.try_log_softmax(-1)?.try_gather(-1, targets.unsqueeze(-1))?;
    Ok(-picked.squeeze(-1))
}

/// The labels or probabilities that a loss of predictions with classes along an axis takes.
pub(super) fn domain(
    predictions: Expr<'_>,
    targets: Expr<'_>,
    axis: isize,
    ignored: Option<i64>,
) -> TargetDomain {
    let shape = predictions.shape();
    let from_front = if axis < 0 { axis + shape.rank() as isize } else { axis };
    let axis = usize::try_from(from_front).unwrap_or_default();
    match targets.dtype() {
        DType::I64 => {
            TargetDomain::Classes { n_classes: shape.get(axis).copied().unwrap_or(1), ignored }
        }
        DType::F32 | DType::F64 | DType::Bool => TargetDomain::Distributions { shape, axis },
    }
}

/// The axis of the classes from the front, if there is one and the labels fit the other axes.
fn check_labels<'g>(predictions: Expr<'g>, labels: Expr<'g>, axis: isize) -> Result<usize, Error> {
    let axis = class_axis(predictions, labels, axis)?;
    let (shape, operands) = (predictions.shape(), [predictions, labels]);
    let examples: Vec<usize> = [&shape[..axis], &shape[axis + 1..]].concat();
    if labels.dtype() != DType::I64 {
        return Err(Expr::misfit(&operands, "the labels are not integers"));
    }
    if labels.shape()[..] != examples {
        let reason = format!(
            "integer labels name one class for each example, so their shape is {examples:?}"
        );
        return Err(Expr::misfit(&operands, reason));
    }
    Ok(axis)
}

fn class_axis<'g>(predictions: Expr<'g>, targets: Expr<'g>, axis: isize) -> Result<usize, Error> {
    let rank = predictions.rank();
    let from_front = if axis < 0 { axis + rank as isize } else { axis };
    match usize::try_from(from_front) {
        Ok(axis) if axis < rank && predictions.dtype().is_float() => Ok(axis),
        _ => {
            let reason = format!("the predictions need classes along axis {axis}");
            Err(Expr::misfit(&[predictions, targets], reason))
        }
    }
}

#[track_caller]
pub(super) fn cross_entropy_with<'g>(
    logits: Expr<'g>,
    targets: Expr<'g>,
    options: &Classes<'g>,
) -> Result<Expr<'g>, Error> {
    if !(0.0..=1.0).contains(&options.smoothing) {
        let reason = format!("label smoothing by {} is not in 0..=1", options.smoothing);
        return Err(Expr::misfit(&[logits, targets], reason));
    }
    if targets.dtype() == DType::I64 {
        let labels = Labels::new(logits, targets, options)?;
        return labels.losses(logits.try_log_softmax(options.axis)?, options.smoothing);
    }
    check_alike(logits, targets)?;
    let axis = class_axis(logits, targets, options.axis)?;
    let n_classes = logits.shape()[axis] as f64;
    let (log_probabilities, smoothing) = (logits.try_log_softmax(options.axis)?, options.smoothing);
    let targets = match smoothing == 0.0 {
        true => targets,
        false => targets * (1.0 - smoothing) + smoothing / n_classes,
    };
    let mut losses = weigh(targets, log_probabilities)?;
    if let Some(weight) = aligned_weight(logits, options.weight, axis)? {
        losses = losses.try_mul(weight)?;
    }
    let losses = -losses.try_sum_over(options.axis)?;
    Ok(match options.reduction {
        Reduction::None => losses,
        Reduction::Mean => losses.mean(),
        Reduction::Sum => losses.sum(),
    })
}

#[track_caller]
pub(super) fn nll_loss<'g>(
    log_probabilities: Expr<'g>,
    labels: Expr<'g>,
    options: &Classes<'g>,
) -> Result<Expr<'g>, Error> {
    let labels = Labels::new(log_probabilities, labels, options)?;
    labels.losses(log_probabilities, 0.0)
}

/// The weights of classes, aligned with their axis of the predictions.
#[track_caller]
fn aligned_weight<'g>(
    predictions: Expr<'g>,
    weight: Option<Expr<'g>>,
    axis: usize,
) -> Result<Option<Expr<'g>>, Error> {
    let Some(weight) = weight else { return Ok(None) };
    let n_classes = predictions.shape()[axis];
    if weight.shape()[..] != [n_classes] || weight.dtype() != predictions.dtype() {
        let reason = "there must be one weight for each class, of the dtype of the predictions";
        return Err(Expr::misfit(&[predictions, weight], reason));
    }
    let after = std::iter::repeat_n(1, predictions.rank() - axis - 1);
    Ok(Some(weight.reshape([n_classes].into_iter().chain(after).collect::<Shape>())))
}

/// Integer labels, with their weights.
struct Labels<'a, 'g> {
    /// A class for each example, 0 where the label is ignored; with an axis of size 1 for the classes.
    index: Expr<'g>,
    /// Where labels are ignored.
    is_ignored: Expr<'g>,
    /// The weight of each example, 0 where its label is ignored.
    weight: Expr<'g>,
    /// The weights of classes, aligned with their axis.
    class_weight: Option<Expr<'g>>,
    axis: isize,
    options: &'a Classes<'g>,
}

impl<'a, 'g> Labels<'a, 'g> {
    #[track_caller]
    fn new(
        predictions: Expr<'g>,
        labels: Expr<'g>,
        options: &'a Classes<'g>,
    ) -> Result<Self, Error> {
        let axis = check_labels(predictions, labels, options.axis)?;
        let class_weight = aligned_weight(predictions, options.weight, axis)?;
        let is_ignored = labels.eq(options.ignore as f64);
        let first_class = labels.graph().arange(1).squeeze(0);
        let index = is_ignored.try_select(first_class, labels)?;
        let weight = match options.weight {
            Some(weight) => {
                let picked = weight.try_gather(0, index.flatten())?;
                picked.try_reshape(labels.shape())?
            }
            None => labels.graph().full(labels.shape(), 1.0).cast(predictions.dtype()),
        };
        let weight = is_ignored.try_select(weight.lit(0.0), weight)?;
        let (axis, index) = (axis as isize, index.try_unsqueeze(axis as isize)?);
        Ok(Self { index, is_ignored, weight, class_weight, axis, options })
    }

    /// The losses, reduced.
    #[track_caller]
    fn losses(&self, log_probabilities: Expr<'g>, smoothing: f64) -> Result<Expr<'g>, Error> {
        let picked = log_probabilities.try_gather(self.axis, self.index)?.squeeze(self.axis);
        let mut losses = -weigh(self.weight, picked)?;
        if smoothing > 0.0 {
            let n_classes = log_probabilities.shape()[self.axis as usize] as f64;
            let weighted = match self.class_weight {
                Some(weight) => weight.try_mul(log_probabilities)?,
                None => log_probabilities,
            };
            let even = weighted.try_sum_over(self.axis)? * (-smoothing / n_classes);
            let even = self.is_ignored.try_select(even.lit(0.0), even)?;
            losses = losses * (1.0 - smoothing) + even;
        }
        Ok(match self.options.reduction {
            Reduction::None => losses,
            Reduction::Mean => losses.sum() / self.weight.sum(),
            Reduction::Sum => losses.sum(),
        })
    }
}
