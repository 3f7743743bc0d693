//! Losses of yes and no: binary cross entropies and their relatives.

use retrograd_core::{Error, Expr, Real as _};

use super::{check_alike, check_broadcast, mean_of_each_example, weigh};

/// Weights of [`binary_cross_entropy_with_logits`](super::Loss::binary_cross_entropy_with_logits).
#[derive(Clone, Copy, Debug, Default)]
pub struct BinaryWeights<'g> {
    /// A factor of the losses, broadcast to their shape.
    pub weight: Option<Expr<'g>>,
    /// A factor of the term of class 1, broadcast to the shape of the losses.
    pub positive: Option<Expr<'g>>,
}

retrograd_core::region::describe_fields! { ['g] BinaryWeights<'g> { weight, positive } }

#[track_caller]
pub(super) fn binary_cross_entropy<'g>(
    logits: Expr<'g>,
    targets: Expr<'g>,
) -> Result<Expr<'g>, Error> {
    check_alike(logits, targets)?;
    mean_of_each_example(entropy(logits, targets, targets)?)
}

/// `−[p ln y + (1 − t) ln(1 − y)]` with `y = σ(logit)`.
#[track_caller]
fn entropy<'g>(logits: Expr<'g>, positive: Expr<'g>, targets: Expr<'g>) -> Result<Expr<'g>, Error> {
    let if_one = weigh(positive, logits.try_log_sigmoid()?)?;
    let if_zero = weigh(1.0 - targets, (-logits).log_sigmoid())?;
    Ok(-(if_one + if_zero))
}

#[track_caller]
pub(super) fn with_logits<'g>(
    logits: Expr<'g>,
    targets: Expr<'g>,
    weights: &BinaryWeights<'g>,
) -> Result<Expr<'g>, Error> {
    check_alike(logits, targets)?;
    for weight in [weights.weight, weights.positive].into_iter().flatten() {
        check_broadcast(&[logits, weight])?;
    }
    let positive = match weights.positive {
        Some(weight) => targets.try_mul(weight)?,
        None => targets,
    };
    let losses = entropy(logits, positive, targets)?;
    match weights.weight {
        Some(weight) => losses.try_mul(weight),
        None => Ok(losses),
    }
}

#[track_caller]
pub(super) fn of_probabilities<'g>(y: Expr<'g>, targets: Expr<'g>) -> Result<Expr<'g>, Error> {
    check_alike(y, targets)?;
    let limited = |log: Expr<'g>| log.lt(-100.0).select(log.lit(-100.0), log);
    let if_one = weigh(targets, limited(y.log()))?;
    let if_zero = weigh(1.0 - targets, limited((-y).log1p()))?;
    Ok(-(if_one + if_zero))
}

#[track_caller]
pub(super) fn multilabel_soft_margin_loss<'g>(
    logits: Expr<'g>,
    targets: Expr<'g>,
    weight: Option<Expr<'g>>,
) -> Result<Expr<'g>, Error> {
    check_alike(logits, targets)?;
    if logits.rank() == 0 {
        return Err(Expr::misfit(&[logits, targets], "scalars have no axis of classes"));
    }
    let losses = entropy(logits, targets, targets)?;
    match weight {
        Some(weight) => {
            check_broadcast(&[logits, weight])?;
            losses.try_mul(weight)?.try_mean_over(-1)
        }
        None => losses.try_mean_over(-1),
    }
}

#[track_caller]
pub(super) fn soft_margin_loss<'g>(y: Expr<'g>, targets: Expr<'g>) -> Result<Expr<'g>, Error> {
    check_broadcast(&[y, targets])?;
    Ok((-targets.try_mul(y)?).softplus())
}
