//! Losses: ours give a number for each element, and are reduced here as the call says.

use retrograd_core::Expr;
use retrograd_layers::{
    Loss,
    loss::{
        BinaryWeights, Classes, GaussianNll, MultiMargin, PoissonNll, Reduction, TripletMargin,
    },
};

use crate::reference::call::{Adapter, Call, Outputs, Refusal};

/// Targets whose numbers are not known when the loss is recorded, since a parameter is in them. Those of the reference are
/// any numbers, which hold the formula but mean nothing, so that our losses refuse them where they know them.
fn unknown(targets: Expr<'_>) -> Expr<'_> {
    targets * targets.graph().param("one", 1.0)
}

/// The table.
pub const LOSSES: &[(&str, Adapter)] = &[
    ("nn.functional.binary_cross_entropy", |c| {
        let losses = c.x(0)?.try_binary_cross_entropy_of_probabilities(c.x(1)?)?;
        reduced(c, weighted(losses, c.optional((2, "weight"))?)?)
    }),
    ("nn.functional.binary_cross_entropy_with_logits", |c| {
        let weights = BinaryWeights {
            weight: c.optional((2, "weight"))?,
            positive: c.optional("pos_weight")?,
        };
        reduced(c, c.x(0)?.try_binary_cross_entropy_with_logits(c.x(1)?, &weights)?)
    }),
    ("nn.functional.cosine_embedding_loss", |c| {
        let (y, other, targets) = (c.x(0)?, c.x(1)?, c.x(2)?);
        let margin = c.number((3, "margin"), 0.0)?;
        reduced(c, y.try_cosine_embedding_loss(other, targets, margin)?)
    }),
    ("nn.functional.cross_entropy", |c| {
        c.one(c.x(0)?.try_cross_entropy_with(c.x(1)?, &classes(c)?))
    }),
    ("nn.functional.gaussian_nll_loss", |c| {
        let options =
            GaussianNll { full: c.bool((3, "full"), false)?, eps: c.number((4, "eps"), 1e-6)? };
        reduced(c, c.x(0)?.try_gaussian_nll_loss(c.x(1)?, c.x(2)?, &options)?)
    }),
    ("nn.functional.hinge_embedding_loss", |c| {
        reduced(c, c.x(0)?.try_hinge_embedding_loss(c.x(1)?, c.number((2, "margin"), 1.0)?)?)
    }),
    ("nn.functional.huber_loss", |c| {
        reduced(c, c.x(0)?.try_huber_loss(c.x(1)?, c.number("delta", 1.0)?)?)
    }),
    ("nn.functional.kl_div", |c| {
        let y = c.x(0)?;
        let losses = y.try_kl_div(c.x(1)?, c.bool("log_target", false)?)?;
        if c.text("reduction", "mean")? != "batchmean" {
            return reduced(c, losses);
        }
        let n_examples = y.shape().first().copied().unwrap_or(1) as f64;
        c.one(losses.sum() / n_examples)
    }),
    ("nn.functional.l1_loss", |c| {
        let losses = c.x(0)?.try_l1_loss(c.x(1)?)?;
        reduced(c, weighted(losses, c.optional("weight")?)?)
    }),
    ("nn.functional.margin_ranking_loss", |c| {
        let (y, other, targets) = (c.x(0)?, c.x(1)?, unknown(c.x(2)?));
        reduced(c, y.try_margin_ranking_loss(other, targets, c.number((3, "margin"), 0.0)?)?)
    }),
    ("nn.functional.mse_loss", |c| {
        let losses = c.x(0)?.try_mse_loss(c.x(1)?)?;
        reduced(c, weighted(losses, c.optional("weight")?)?)
    }),
    ("nn.functional.multi_margin_loss", |c| {
        let options = MultiMargin {
            p: c.int((2, "p"), 1)? as i32,
            margin: c.number((3, "margin"), 1.0)?,
            weight: c.optional((4, "weight"))?,
        };
        reduced(c, c.x(0)?.try_multi_margin_loss(c.x(1)?, &options)?)
    }),
    ("nn.functional.multilabel_margin_loss", |c| {
        reduced(c, c.x(0)?.try_multilabel_margin_loss(c.x(1)?)?)
    }),
    ("nn.functional.multilabel_soft_margin_loss", |c| {
        let weight = c.optional((2, "weight"))?;
        reduced(c, c.x(0)?.try_multilabel_soft_margin_loss(unknown(c.x(1)?), weight)?)
    }),
    ("nn.functional.nll_loss", |c| c.one(c.x(0)?.try_nll_loss(c.x(1)?, &classes(c)?))),
    ("nn.functional.poisson_nll_loss", |c| {
        let options = PoissonNll {
            log_input: c.bool((2, "log_input"), true)?,
            full: c.bool((3, "full"), false)?,
            eps: c.number("eps", 1e-8)?,
        };
        reduced(c, c.x(0)?.try_poisson_nll_loss(c.x(1)?, &options)?)
    }),
    ("nn.functional.smooth_l1_loss", |c| {
        reduced(c, c.x(0)?.try_smooth_l1_loss(c.x(1)?, c.number("beta", 1.0)?)?)
    }),
    ("nn.functional.soft_margin_loss", |c| {
        reduced(c, c.x(0)?.try_soft_margin_loss(unknown(c.x(1)?))?)
    }),
    ("nn.functional.triplet_margin_loss", |c| {
        let options = TripletMargin {
            margin: c.number((3, "margin"), 1.0)?,
            p: c.number((4, "p"), 2.0)?,
            eps: c.number((5, "eps"), 1e-6)?,
            swap: c.bool((6, "swap"), false)?,
        };
        reduced(c, c.x(0)?.try_triplet_margin_loss(c.x(1)?, c.x(2)?, &options)?)
    }),
];

fn weighted<'g>(losses: Expr<'g>, weight: Option<Expr<'g>>) -> Result<Expr<'g>, Refusal> {
    Ok(match weight {
        Some(weight) => losses.try_mul(weight)?,
        None => losses,
    })
}

fn reduction(c: &Call<'_>) -> Result<Reduction, Refusal> {
    match c.text("reduction", "mean")? {
        "none" => Ok(Reduction::None),
        "mean" => Ok(Reduction::Mean),
        "sum" => Ok(Reduction::Sum),
        other => Err(Refusal::Type(format!("there is no reduction {other:?}"))),
    }
}

fn reduced<'g>(c: &Call<'g>, losses: Expr<'g>) -> Outputs<'g> {
    c.one(match reduction(c)? {
        Reduction::None => losses,
        Reduction::Mean => losses.mean(),
        Reduction::Sum => losses.sum(),
    })
}

/// The reference's classes are axis 1, or the only axis.
fn classes<'g>(c: &Call<'g>) -> Result<Classes<'g>, Refusal> {
    Ok(Classes {
        weight: c.optional((2, "weight"))?,
        ignore: c.int("ignore_index", -100)? as i64,
        smoothing: c.number("label_smoothing", 0.0)?,
        axis: isize::from(c.x(0)?.rank() > 1),
        reduction: reduction(c)?,
    })
}
