//! Losses of predictions against targets, and penalties of parameters: expressions, so derivatives follow.
//!
//! A loss has one value for each example or element; `.mean()` makes the scalar to minimize. Its nodes lie in a scope
//! of its name, so that a picture can show the loss as one box.

mod binary;
mod classes;
mod margins;
mod penalties;
mod regression;
mod targets;
#[cfg(test)]
mod tests;

use retrograd_core::{Error, Expr, documented::Documented};

pub use binary::BinaryWeights;
pub use classes::{Classes, Reduction};
pub use margins::{MultiMargin, TripletMargin};
pub use penalties::{l1, l2};
pub use regression::{GaussianNll, PoissonNll};
pub use targets::TargetDomain;

use crate::error::located;

/// Makes the trait of losses, and its implementation by functions that return errors.
///
/// A row reads: documentation, both names, arguments after the predictions, the domains of those that are targets, when
/// it fails, function.
macro_rules! losses {
    ($(#[$trait_doc:meta])* $Loss:ident:
        $( $(#[doc = $doc:literal])+ $name:ident / $try_name:ident($($arg:ident: $type:ty),*),
            takes |$y:ident| { $($target:ident: $domain:expr),* }, $fails:literal, $function:path; )*) => {
        /// All losses, with their documentation.
        pub const LOSSES: &[Documented] = &[$(
            Documented {
                name: stringify!($name),
                doc: concat!($($doc, "\n"),+),
                arguments: &[$( (stringify!($arg), stringify!($type)) ),*],
            },
        )*];

        $(#[$trait_doc])*
        pub trait $Loss<'g>: Copy {
            $(
                $(#[doc = $doc])+
                ///
                /// # Panics
                #[doc = $fails]
                /// Or if targets are known and the loss does not take them: see [`TargetDomain`].
                #[track_caller]
                fn $name(self, $($arg: $type),*) -> Expr<'g> {
                    located(self.$try_name($($arg),*))
                }

                #[doc = concat!("[`", stringify!($name), "`](Self::", stringify!($name), ") that returns what is wrong.")]
                ///
                /// # Errors
                #[doc = $fails]
                /// Or if targets are known and the loss does not take them: see [`TargetDomain`].
                #[track_caller]
                fn $try_name(self, $($arg: $type),*) -> Result<Expr<'g>, Error>;
            )*
        }

        impl<'g> $Loss<'g> for Expr<'g> {
            $(
                #[track_caller]
                fn $try_name(self, $($arg: $type),*) -> Result<Expr<'g>, Error> {
                    let _scope = self.graph().scope(stringify!($name));
                    let call = self.graph().call(stringify!($name)).with("predictions", &self);
                    let call = call$( .with(stringify!($arg), &$arg) )*.open();
                    let losses = $function(self, $($arg),*)?;
                    let $y = self;
                    $( TargetDomain::require($domain, $target)?; )*
                    let _ = $y;
                    Ok(call.returns(losses))
                }
            )*
        }
    };
}

losses! {
    /// Losses as methods of predictions.
    ///
    /// Cross entropies take logits, not probabilities, so that they are finite and exact for logits of any size. Names
    /// that end in `_loss`, and those that PyTorch has, are PyTorch's functions with `reduction="none"`.
    ///
    /// Each loss takes targets of a [domain](TargetDomain): classes, probabilities, −1 and 1, counts. Data that are known
    /// when the loss is recorded are checked then; data given later are checked by evaluation and by checked plans, and
    /// all data of a [`Fit`](crate::Fit) before its first step. Plans that are not checked spend no time on it.
    ///
    /// ```
    /// use retrograd_core::Graph;
    /// use retrograd_layers::Loss;
    ///
    /// let g = Graph::with_dtype(retrograd_core::DType::F64);
    /// let logits = g.param("logits", [[1000.0, 0.0], [0.0, 1000.0]]);
    /// let labels = g.constant([0i64, 0]);
    /// let losses = logits.cross_entropy(labels);
    /// assert_eq!(losses.value().to_vec::<f64>(), [0.0, 1000.0]);
    /// // The gradient is softmax − one-hot, with no formula for it anywhere.
    /// let gradient = losses.sum().grad(&[logits])[0];
    /// assert_eq!(gradient.value().to_vec::<f64>(), [0.0, 0.0, -1.0, 1.0]);
    /// ```
    Loss:

    /// Mean squared error of each example, `1/k Σ (y − t)²` over its `k` outputs: `[n, …], [n, …] → [n]`. Source:
    /// `torch.nn.MSELoss`.
    mse / try_mse(targets: Expr<'g>),
    takes |_y| { targets: TargetDomain::Numbers },
    "If targets and predictions differ in shape or dtype.", regression::mse;

    /// Squared error of each element, `(y − t)²`: `[…], […] → […]`. Source: `torch.nn.functional.mse_loss`.
    mse_loss / try_mse_loss(targets: Expr<'g>),
    takes |_y| { targets: TargetDomain::Numbers },
    "If targets and predictions differ in shape or dtype.", regression::mse_loss;

    /// Absolute error of each element, `|y − t|`: `[…], […] → […]`. The derivative where they are equal is 0. Source:
    /// `torch.nn.functional.l1_loss`.
    l1_loss / try_l1_loss(targets: Expr<'g>),
    takes |_y| { targets: TargetDomain::Numbers },
    "If targets and predictions differ in shape or dtype.", regression::l1_loss;

    /// Absolute error, rounded off near 0, of each element: with `d = |y − t|`, `d²/2β` where `d < β`, else `d − β/2`;
    /// with `β = 0`, the absolute error. Shapes `[…], […] → […]`. Source: Girshick 2015, arXiv:1504.08083.
    smooth_l1_loss / try_smooth_l1_loss(targets: Expr<'g>, beta: f64),
    takes |_y| { targets: TargetDomain::Numbers },
    "If targets and predictions differ in shape or dtype, or `beta` is negative.", regression::smooth_l1_loss;

    /// Huber's loss of each element: with `d = |y − t|`, `d²/2` where `d ≤ δ`, else `δ·(d − δ/2)`. Shapes `[…], […] →
    /// […]`. Source: Huber 1964, doi:10.1214/aoms/1177703732.
    huber_loss / try_huber_loss(targets: Expr<'g>, delta: f64),
    takes |_y| { targets: TargetDomain::Numbers },
    "If targets and predictions differ in shape or dtype, or `delta` is not positive.", regression::huber_loss;

    /// Negative log-likelihood of counts under a Poisson distribution, of each element: `eʸ − t·y` for predictions of
    /// the logarithm of the rate, or `y − t·ln(y + ε)`; in full with Stirling's `t ln t − t + ½ ln 2πt` where `t > 1`.
    /// Shapes `[…], […] → […]`. Source: `torch.nn.functional.poisson_nll_loss`.
    poisson_nll_loss / try_poisson_nll_loss(targets: Expr<'g>, options: &PoissonNll),
    takes |_y| { targets: TargetDomain::NonNegative },
    "If targets and predictions differ in dtype, or do not broadcast.", regression::poisson_nll_loss;

    /// Negative log-likelihood under normal distributions with the given variances, of each element: `½·(ln v + (y −
    /// t)²/v)` with `v = max(variance, ε)`; in full with `½ ln 2π`. The variances have the shape of the predictions, or
    /// that without the last axis, or with a last axis of size 1. Shapes `[…, k], […, k], […, k] → […, k]`. Source:
    /// `torch.nn.functional.gaussian_nll_loss`.
    gaussian_nll_loss / try_gaussian_nll_loss(targets: Expr<'g>, variance: Expr<'g>, options: &GaussianNll),
    takes |_y| { targets: TargetDomain::Numbers, variance: TargetDomain::NonNegative },
    "If the shapes do not fit each other.", regression::gaussian_nll_loss;

    /// Divergence of Kullback and Leibler, of each element: `t·(ln t − y)` for predictions `y` of logarithms of
    /// probabilities, and 0 where `t = 0`; or `eᵗ·(t − y)` if the targets are logarithms, too. Shapes `[…], […] → […]`.
    /// Source: `torch.nn.functional.kl_div`.
    kl_div / try_kl_div(targets: Expr<'g>, log_targets: bool),
    takes |_y| { targets: regression::kl_domain(log_targets) },
    "If targets and predictions differ in dtype, or do not broadcast.", regression::kl_div;

    /// Binary cross entropy of each example on logits: `−[t ln y + (1 − t) ln(1 − y)]` with `y = σ(logit)`, the mean
    /// over outputs if there are several: `[n, …], [n, …] → [n]`. Targets are probabilities of class 1: 0, 1 or
    /// between. Source: `torch.nn.BCEWithLogitsLoss`.
    ///
    /// Written with `ln σ`, it loses no digit to `ln(1 − y)` where `y` is near 1; a logit that is infinite on the
    /// right side costs 0. Its gradient is `y − t`.
    binary_cross_entropy / try_binary_cross_entropy(targets: Expr<'g>),
    takes |_y| { targets: TargetDomain::Probabilities },
    "If targets and logits differ in shape or dtype.", binary::binary_cross_entropy;

    /// Binary cross entropy of each element on logits, with weights: `−w·[p·t ln y + (1 − t) ln(1 − y)]` with `y =
    /// σ(logit)`: `[…], […] → […]`. Source: `torch.nn.functional.binary_cross_entropy_with_logits`.
    binary_cross_entropy_with_logits / try_binary_cross_entropy_with_logits(
        targets: Expr<'g>, weights: &BinaryWeights<'g>
    ),
    takes |_y| { targets: TargetDomain::Probabilities },
    "If targets and logits differ in shape or dtype, or weights do not broadcast.", binary::with_logits;

    /// Binary cross entropy of each element on probabilities, `−[t ln y + (1 − t) ln(1 − y)]` with logarithms not below
    /// −100: `[…], […] → […]`. Prefer logits where there are some. The derivative is that of this formula: 0 where a
    /// logarithm is cut off, so that a certain mistake (`y = 0` for `t = 1`) teaches nothing, while PyTorch divides by
    /// `max(y(1 − y), 10⁻¹²)` everywhere. Source: `torch.nn.functional.binary_cross_entropy`.
    binary_cross_entropy_of_probabilities / try_binary_cross_entropy_of_probabilities(targets: Expr<'g>),
    takes |_y| { targets: TargetDomain::Probabilities },
    "If targets and probabilities differ in shape or dtype.", binary::of_probabilities;

    /// Binary cross entropy on logits, the mean over the last axis, of labels that do not exclude each other: `[…, k],
    /// […, k] → […]`, times a weight of each class if given. Source: `torch.nn.functional.multilabel_soft_margin_loss`.
    multilabel_soft_margin_loss / try_multilabel_soft_margin_loss(targets: Expr<'g>, weight: Option<Expr<'g>>),
    takes |_y| { targets: TargetDomain::Probabilities },
    "If targets and logits differ in shape or dtype, or have no axis.", binary::multilabel_soft_margin_loss;

    /// Logistic loss of each element for targets −1 and 1, `ln(1 + e^{−t·y})`: `[…], […] → […]`. Source:
    /// `torch.nn.functional.soft_margin_loss`.
    soft_margin_loss / try_soft_margin_loss(targets: Expr<'g>),
    takes |_y| { targets: TargetDomain::Signs },
    "If targets and predictions differ in dtype, or do not broadcast.", binary::soft_margin_loss;

    /// Cross entropy of each example on logits, `−Σₖ tₖ ln yₖ` with `y = softmax(logits)` over the last axis. Shapes
    /// `[n, k], [n] → [n], or [n, k], [n, k] → [n]`. Source: `torch.nn.functional.cross_entropy`.
    ///
    /// Targets are either integer labels, `[n, k], [n] → [n]`, or probabilities such as one-hot rows,
    /// `[n, k], [n, k] → [n]`; their dtype tells which. A class of probability 0 costs nothing, also where its logit
    /// is −∞. The gradient is `y − t`. A label that is not a class is an error, of the run that meets it at the latest.
    cross_entropy / try_cross_entropy(targets: Expr<'g>),
    takes |y| { targets: classes::domain(y, targets, -1, None) },
    "If the logits have no axis, or targets of that dtype do not fit them.", classes::cross_entropy;

    /// [`cross_entropy`](Self::cross_entropy) along any axis, with weights of classes, a label to ignore, label
    /// smoothing and a reduction: see [`Classes`]. Shapes `[n, k, …], [n, …] → [n, …]`. Source:
    /// `torch.nn.functional.cross_entropy`.
    cross_entropy_with / try_cross_entropy_with(targets: Expr<'g>, options: &Classes<'g>),
    takes |y| { targets: classes::domain(y, targets, options.axis, Some(options.ignore)) },
    "If there is no such axis, or targets or weights do not fit the logits.", classes::cross_entropy_with;

    /// Negative logarithms of the probabilities that predictions, which are logarithms, give to integer labels:
    /// `−w_t·y[t]`, shapes `[n, k], [n] → [n]`, along any axis, with the choices of [`Classes`]. Source:
    /// `torch.nn.functional.nll_loss`.
    nll_loss / try_nll_loss(labels: Expr<'g>, options: &Classes<'g>),
    takes |y| { labels: classes::domain(y, labels, options.axis, Some(options.ignore)) },
    "If there is no such axis, or labels or weights do not fit the predictions.", classes::nll_loss;

    /// Hinge loss of each example over classes, `w_t/k·Σ_{j≠t} max(0, margin − y[t] + y[j])ᵖ`: `[n, k], [n] → [n]`, or
    /// `[k], [] → []`. The derivative at a hinge is 0. Source: `torch.nn.functional.multi_margin_loss`.
    multi_margin_loss / try_multi_margin_loss(labels: Expr<'g>, options: &MultiMargin<'g>),
    takes |y| { labels: classes::domain(y, labels, -1, None) },
    "If the shapes do not fit each other, or `p` is neither 1 nor 2.", margins::multi_margin_loss;

    /// Hinge loss of each example over its labels `t`, the integers of a row up to the first that is negative:
    /// `1/k·Σ_{t} Σ_{j not among them} max(0, 1 − y[t] + y[j])`: `[n, k], [n, k] → [n]`, or `[k], [k] → []`. Source:
    /// `torch.nn.functional.multilabel_margin_loss`.
    multilabel_margin_loss / try_multilabel_margin_loss(labels: Expr<'g>),
    takes |y| { labels: margins::label_sets(y) },
    "If the labels are not integers of the shape of the predictions.", margins::multilabel_margin_loss;

    /// Hinge loss of each distance: `y` where the target is 1, `max(0, margin − y)` where it is −1. The derivative at a
    /// hinge is 0. Shapes `[…], […] → […]`. Source: `torch.nn.functional.hinge_embedding_loss`.
    hinge_embedding_loss / try_hinge_embedding_loss(targets: Expr<'g>, margin: f64),
    takes |_y| { targets: TargetDomain::Signs },
    "If targets and predictions differ in dtype, or do not broadcast.", margins::hinge_embedding_loss;

    /// Hinge loss of each pair of scores, `max(0, margin − t·(y − z))`: for target 1 the first should be larger, for −1
    /// the second. The derivative at a hinge is 0. Shapes `[…], […], […] → […]`. Source:
    /// `torch.nn.functional.margin_ranking_loss`.
    margin_ranking_loss / try_margin_ranking_loss(other: Expr<'g>, targets: Expr<'g>, margin: f64),
    takes |_y| { targets: TargetDomain::Signs },
    "If the operands differ in dtype, or do not broadcast.", margins::margin_ranking_loss;

    /// Loss of each pair of vectors along the last axis, with `c` the cosine of the angle between them: `1 − c` where
    /// the target is 1, `max(0, c − margin)` where it is −1: `[…, k], […, k], […] → […]`. The derivative at a hinge is 0.
    /// Source: `torch.nn.functional.cosine_embedding_loss`.
    cosine_embedding_loss / try_cosine_embedding_loss(other: Expr<'g>, targets: Expr<'g>, margin: f64),
    takes |_y| { targets: TargetDomain::Signs },
    "If the shapes do not fit each other.", margins::cosine_embedding_loss;

    /// Hinge loss of each anchor, `max(0, margin + d(a, positive) − d(a, negative))` with the distance `‖a − b + ε‖ₚ`
    /// along the last axis: `[…, k], […, k], […, k] → […]`. The derivative at a hinge is 0. Source:
    /// `torch.nn.functional.triplet_margin_loss`.
    triplet_margin_loss / try_triplet_margin_loss(
        positive: Expr<'g>, negative: Expr<'g>, options: &TripletMargin
    ),
    takes |_y| {},
    "If the shapes do not fit each other.", margins::triplet_margin_loss;
}

/// Whether targets have the dtype and shape of the predictions; else an error of the loss called `loss`.
fn check_alike<'g>(predictions: Expr<'g>, targets: Expr<'g>) -> Result<(), Error> {
    let misfit = |reason: &str| Err(Expr::misfit(&[predictions, targets], reason));
    if predictions.dtype() != targets.dtype() || !predictions.dtype().is_float() {
        return misfit(
            "targets and predictions must be of one floating-point dtype; cast the targets",
        );
    }
    if predictions.shape() != targets.shape() {
        return misfit("targets need the shape of the predictions");
    }
    Ok(())
}

/// Whether operands have one floating-point dtype and broadcast; else an error of the loss called `loss`.
fn check_broadcast(operands: &[Expr<'_>]) -> Result<(), Error> {
    let dtype = operands[0].dtype();
    if !dtype.is_float() || operands.iter().any(|operand| operand.dtype() != dtype) {
        let reason = "the operands must be of one floating-point dtype; cast some of them";
        return Err(Expr::misfit(operands, reason));
    }
    let mut shape = operands[0].shape();
    for operand in &operands[1..] {
        match shape.broadcast(&operand.shape()) {
            Some(common) => shape = common,
            None => return Err(Expr::misfit(operands, "the shapes do not broadcast")),
        }
    }
    Ok(())
}

/// `weight·x`, but 0 where the weight is 0, though `x` be infinite.
#[track_caller]
fn weigh<'g>(weight: Expr<'g>, x: Expr<'g>) -> Result<Expr<'g>, Error> {
    weight.try_chain(x)
}

/// Mean over all axes but the first.
#[track_caller]
fn mean_of_each_example(x: Expr<'_>) -> Result<Expr<'_>, Error> {
    let outputs: Vec<isize> = (1..x.rank() as isize).collect();
    if outputs.is_empty() { Ok(x) } else { x.try_mean_over(&outputs[..]) }
}
