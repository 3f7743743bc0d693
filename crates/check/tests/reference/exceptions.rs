//! Exceptions, each with its reason: faults of the reference, decisions that differ here, and cases that are not compared.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use super::{
    format::{Argument, Case},
    truths::*,
    verdicts::{Part, Verdict, Verdicts},
};

/// Numbers that the reference has wrong, or chooses otherwise at a kink, with the right ones.
pub const FAULTS: &[Verdict] = &[
    (
        &[
            "abs",
            "minimum",
            "nn.functional.relu",
            "nn.functional.selu",
            "nn.functional.celu",
            "nn.functional.softshrink",
            "nn.functional.threshold",
            "nn.functional.prelu",
        ],
        Part::Gradient(0),
        nan_at_nan,
        "the slope at NaN is unknown",
    ),
    (
        &["nn.functional.selu", "nn.functional.celu"],
        Part::Curvature,
        nan_at_nan,
        "the slope at NaN is unknown",
    ),
    (&["acosh"], Part::Gradient(0), nan_below_one, "outside of its domain a function has no slope"),
    (
        &["atanh"],
        Part::Gradient(0),
        nan_beyond_one,
        "outside of its domain a function has no slope",
    ),
    (&["acosh"], Part::Curvature, nan_below_one, "as the first derivative"),
    (&["atanh"], Part::Curvature, nan_beyond_one, "as the first derivative"),
    (&["minimum"], Part::Gradient(1), nan_at_nan, "as by the first input"),
    (
        &["nn.functional.hinge_embedding_loss"],
        Part::Gradient(0),
        nan_at_nan,
        "a hinge is a relu: its slope at NaN is unknown",
    ),
    (
        &["asinh", "atan", "erf", "erfc"],
        Part::Curvature,
        zero_at_infinity,
        "the limit of the formula; the reference has 0·∞",
    ),
    (&["digamma"], Part::Gradient(0), trigamma, "ψ', of which the reference has nine digits"),
    (
        &["digamma"],
        Part::Curvature,
        tetragamma_of_extremes,
        "at a pole it has no sign, at ∞ the limit is 0",
    ),
    (
        &["logit"],
        Part::Gradient(0),
        slope_of_logit,
        "outside of [0, 1] the value is NaN, and the derivative that of the formula, as of log",
    ),
    (&["logit"], Part::Curvature, curvature_of_logit, "as the first derivative"),
    (&["nn.functional.celu"], Part::Gradient(0), slope_of_celu, "e^(x/α), with 1/α in f64"),
    (&["nn.functional.celu"], Part::Curvature, curvature_of_celu, "e^(x/α)/α, with 1/α in f64"),
    (&["nn.functional.hardsigmoid"], Part::Gradient(0), slope_of_hardsigmoid, "1/6 in f64"),
    (
        &["nn.functional.mish", "nn.functional.silu"],
        Part::Value,
        zero_at_minus_infinity,
        "the limit; the reference has −∞·0",
    ),
    (
        &["nn.functional.mish", "nn.functional.silu"],
        Part::Gradient(0),
        slope_of_gated,
        "the limit; the reference has ∞·0",
    ),
    (
        &["nn.functional.mish", "nn.functional.silu"],
        Part::Curvature,
        curvature_of_gated,
        "the limit; the reference has ∞·0",
    ),
    (
        &["special.log_ndtr"],
        Part::Gradient(0),
        slope_of_log_ndtr,
        "−x for large −x, to all digits, and ∞ at −∞, not 0/0",
    ),
    (
        &["special.log_ndtr"],
        Part::Curvature,
        curvature_of_log_ndtr,
        "near −1 for large −x, to all digits; the limits at ±∞, where the reference has 0/0 and ∞·0",
    ),
    (
        &["clamp_min"],
        Part::Gradient(0),
        |p| (p.x[0] == p.x[1]).then_some(1.0),
        "a clamp passes at its bounds; the reference shares with a bound that is a tensor",
    ),
    (&["clamp_min"], Part::Gradient(1), |p| (p.x[0] == p.x[1]).then_some(0.0), "the other share"),
    (
        &["clamp_min"],
        Part::Gradient(0),
        nan_at_nan,
        "the share beside NaN is unknown; the reference passes all to both",
    ),
    (&["clamp_min"], Part::Gradient(1), nan_at_nan, "the other share"),
    (
        &["nn.functional.margin_ranking_loss"],
        Part::Gradient(0),
        slope_of_ranking,
        "0 where the hinge is flat, though a score be infinite; NaN where it is NaN",
    ),
    (
        &["nn.functional.margin_ranking_loss"],
        Part::Gradient(1),
        slope_of_ranking,
        "as by the first score",
    ),
    (
        &["nn.functional.margin_ranking_loss"],
        Part::Gradient(2),
        slope_of_ranking,
        "as by the scores; the reference has 0·∞",
    ),
    (
        &["nn.functional.margin_ranking_loss"],
        Part::Curvature,
        curvature_of_ranking,
        "NaN where the hinge is",
    ),
];

/// Calls that are not compared, or need not be rejected: the operation, a part of the message by which ours refuses it
/// or the reference does, and why.
pub type Exception = (&'static str, &'static str, &'static str);

/// Calls that are not compared, by a part of our message.
pub const SKIPPED: &[Exception] = &[
    (
        "nn.functional.scaled_dot_product_attention",
        "dropout is random",
        "dropout draws random numbers, and ours are others",
    ),
    ("nn.functional.batch_norm", "the channels must be axis 1", "a vector has no axis of channels"),
];

/// Calls that the reference rejects by a rule of its own, by a part of its message.
pub const ACCEPTED: &[Exception] = &[
    ("nn.functional.hardtanh", "min_val", "bounds may cross, as those of clamp in the reference"),
    ("scatter", "dtype", "the reference's two types of elements are one here"),
    (
        "t",
        "expects a tensor with <= 2",
        "the last two axes change places, of every matrix of a batch",
    ),
];

/// Keyword arguments that only the reference has, for which it rejects a call.
pub const FOREIGN: &[(&str, &str)] = &[
    ("dtype", "the argument `dtype`: types of elements are changed by `cast` alone"),
    ("out", "the argument `out`: expressions have no memory that results could be written to"),
];

/// Calls with numbers in place of tensors, which the reference rejects.
const NUMBERS_ONLY: &str = "a call with numbers only is one of `f64`, not of a graph";

/// All tables, and which of their rows have been of use.
pub struct Exceptions {
    /// The faults.
    pub faults: Verdicts,
    used: Mutex<BTreeSet<(&'static str, &'static str)>>,
}

impl Default for Exceptions {
    fn default() -> Self {
        Self { faults: Verdicts::new(FAULTS), used: Mutex::default() }
    }
}

impl Exceptions {
    /// Why a call that is refused with a message, or disagrees so, is skipped.
    pub fn skipped(&self, name: &str, message: &str) -> Option<&'static str> {
        self.reason(SKIPPED, name, message)
    }

    /// Why a call that the reference rejects with a message need not be rejected.
    pub fn accepted(&self, name: &str, message: &str) -> Option<&'static str> {
        self.reason(ACCEPTED, name, message)
    }

    /// Why a call that the reference rejects cannot be made here.
    pub fn foreign(&self, case: &Case) -> Option<&'static str> {
        if let Some(&(name, why)) = FOREIGN.iter().find(|(name, _)| case.kwargs.contains_key(*name))
        {
            self.mark((name, name));
            return Some(why);
        }
        let is_number =
            |given: &Argument<_>| matches!(given, Argument::Int(_) | Argument::Float(_));
        case.args.iter().all(is_number).then_some(NUMBERS_ONLY)
    }

    /// The rows of all tables that have not been of use.
    pub fn stale(&self) -> Vec<String> {
        let rows = SKIPPED.iter().chain(ACCEPTED).map(|&(name, part, _)| (name, part));
        let rows = rows.chain(FOREIGN.iter().map(|&(name, _)| (name, name)));
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let stale =
            rows.filter(|row| !used.contains(row)).map(|(name, part)| format!("{name}: {part}"));
        self.faults.stale().into_iter().chain(stale).collect()
    }

    fn reason(
        &self,
        table: &'static [Exception],
        name: &str,
        message: &str,
    ) -> Option<&'static str> {
        let row = table.iter().find(|(row, part, _)| *row == name && message.contains(part));
        let &(name, part, why) = row?;
        self.mark((name, part));
        Some(why)
    }

    fn mark(&self, row: (&'static str, &'static str)) {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).insert(row);
    }
}
