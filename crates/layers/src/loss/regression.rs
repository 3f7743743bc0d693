//! Losses of regression: squared and absolute errors, and likelihoods of distributions.

use std::f64::consts::TAU;

use retrograd_core::{Error, Expr, Real as _};

use super::{TargetDomain, check_alike, check_broadcast, mean_of_each_example, weigh};

/// Choices of [`poisson_nll_loss`](super::Loss::poisson_nll_loss).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PoissonNll {
    /// Whether the predictions are logarithms of rates.
    pub log_input: bool,
    /// Whether Stirling's approximation of `ln t!` is added.
    pub full: bool,
    /// Added to a rate before its logarithm is taken.
    pub eps: f64,
}

retrograd_core::region::describe_fields! { [] PoissonNll { log_input, full, eps } }

impl Default for PoissonNll {
    fn default() -> Self {
        Self { log_input: true, full: false, eps: 1e-8 }
    }
}

/// Choices of [`gaussian_nll_loss`](super::Loss::gaussian_nll_loss).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GaussianNll {
    /// Whether the constant `½ ln 2π` is added.
    pub full: bool,
    /// The least variance.
    pub eps: f64,
}

retrograd_core::region::describe_fields! { [] GaussianNll { full, eps } }

impl Default for GaussianNll {
    fn default() -> Self {
        Self { full: false, eps: 1e-6 }
    }
}

#[track_caller]
pub(super) fn mse<'g>(y: Expr<'g>, targets: Expr<'g>) -> Result<Expr<'g>, Error> {
    check_alike(y, targets)?;
    mean_of_each_example(y.try_sub(targets)?.square())
}

#[track_caller]
pub(super) fn mse_loss<'g>(y: Expr<'g>, targets: Expr<'g>) -> Result<Expr<'g>, Error> {
    check_alike(y, targets)?;
    Ok(y.try_sub(targets)?.square())
}

#[track_caller]
pub(super) fn l1_loss<'g>(y: Expr<'g>, targets: Expr<'g>) -> Result<Expr<'g>, Error> {
    check_alike(y, targets)?;
    Ok(y.try_sub(targets)?.abs())
}

#[track_caller]
pub(super) fn smooth_l1_loss<'g>(
    y: Expr<'g>,
    targets: Expr<'g>,
    beta: f64,
) -> Result<Expr<'g>, Error> {
    check_alike(y, targets)?;
    if beta.is_nan() || beta < 0.0 {
        let reason = format!("beta is {beta}, which is negative");
        return Err(Expr::misfit(&[y, targets], reason));
    }
    let error = y.try_sub(targets)?;
    let size = error.abs();
    if beta == 0.0 {
        return Ok(size);
    }
    size.lt(beta).try_select(error.square() * (0.5 / beta), size - 0.5 * beta)
}

#[track_caller]
pub(super) fn huber_loss<'g>(
    y: Expr<'g>,
    targets: Expr<'g>,
    delta: f64,
) -> Result<Expr<'g>, Error> {
    check_alike(y, targets)?;
    if delta.is_nan() || delta <= 0.0 {
        let reason = format!("delta is {delta}, which is not positive");
        return Err(Expr::misfit(&[y, targets], reason));
    }
    let error = y.try_sub(targets)?;
    let size = error.abs();
    size.le(delta).try_select(0.5 * error.square(), delta * (size - 0.5 * delta))
}

#[track_caller]
pub(super) fn poisson_nll_loss<'g>(
    y: Expr<'g>,
    targets: Expr<'g>,
    options: &PoissonNll,
) -> Result<Expr<'g>, Error> {
    check_broadcast(&[y, targets])?;
    let loss = match options.log_input {
        true => y.exp().try_sub(targets.try_mul(y)?)?,
        false => y.try_sub(targets.try_mul((y + options.eps).log())?)?,
    };
    if !options.full {
        return Ok(loss);
    }
    let is_large = targets.gt(1.0);
    let t = is_large.select(targets, targets.lit(1.0));
    let stirling = t * t.log() - t + 0.5 * (TAU * t).log();
    loss.try_add(is_large.try_select(stirling, stirling.lit(0.0))?)
}

#[track_caller]
pub(super) fn gaussian_nll_loss<'g>(
    y: Expr<'g>,
    targets: Expr<'g>,
    variance: Expr<'g>,
    options: &GaussianNll,
) -> Result<Expr<'g>, Error> {
    let misfit = |reason| Expr::misfit(&[y, targets, variance], reason);
    check_broadcast(&[y, targets])?;
    let (shape, rank) = (y.shape(), y.rank());
    let fits =
        variance.shape() == shape || (rank > 0 && variance.shape() == shape.with_size(rank - 1, 1));
    let variance = match variance.shape()[..] == shape[..rank.saturating_sub(1)] && !fits {
        true => variance.try_unsqueeze(-1)?,
        false if fits => variance,
        false => return Err(misfit("the variances do not have the shape of the predictions")),
    };
    if variance.dtype() != y.dtype() {
        return Err(misfit("the variances must have the dtype of the predictions"));
    }
    let error = y.try_sub(targets)?;
    let variance = variance.lt(options.eps).select(variance.lit(options.eps), variance);
    let loss = 0.5 * variance.log().try_add(error.square().try_div(variance)?)?;
    Ok(if options.full { loss + 0.5 * TAU.ln() } else { loss })
}

#[track_caller]
pub(super) fn kl_div<'g>(
    y: Expr<'g>,
    targets: Expr<'g>,
    log_targets: bool,
) -> Result<Expr<'g>, Error> {
    check_broadcast(&[y, targets])?;
    if log_targets {
        let difference = targets.try_sub(y)?;
        return weigh(targets.exp().try_broadcast_to(difference.shape())?, difference);
    }
    let difference = targets.log().try_sub(y)?;
    weigh(targets.try_broadcast_to(difference.shape())?, difference)
}

/// The probabilities, or their logarithms, that [`kl_div`] takes.
pub(super) fn kl_domain(log_targets: bool) -> TargetDomain {
    if log_targets { TargetDomain::LogProbabilities } else { TargetDomain::Probabilities }
}
