//! Whom we follow at kinks and extremes: PyTorch, unless a row says otherwise.

use super::{
    truths::*,
    verdicts::{Part, Verdict},
};

/// The table.
pub const FOLLOWED: &[Verdict] = &[
    (&["sign"], Part::Value, nan_at_nan, "as JAX: NaN has no sign"),
    (
        &["abs", "relu", "elu", "selu", "celu", "hardswish"],
        Part::Gradient(0),
        nan_at_nan,
        "the slope at NaN is unknown; JAX says so, too, but for abs and relu",
    ),
    (&["max"], Part::Gradient(0), nan_at_nan, "as JAX, and as PyTorch's amax: NaN is no maximum"),
    (
        &["clamp_-1_1"],
        Part::Gradient(0),
        |p| (p.x[0].abs() == 1.0).then_some(1.0),
        "a clamp passes at its bounds, so that what has been cut to a bound can leave it; JAX has 1/2",
    ),
    (
        &["median"],
        Part::Gradient(0),
        is_median,
        "the gradient follows the index, as for sort; JAX's median of an even number is a mean",
    ),
    (&["hardsigmoid"], Part::Gradient(0), slope_of_hardsigmoid, "as JAX: PyTorch has 1/6 in f32"),
    (
        &["digamma"],
        Part::Gradient(0),
        trigamma,
        "as JAX: PyTorch has nine digits, and finite numbers at poles",
    ),
    (
        &["silu", "gelu", "gelu_tanh", "mish", "hardswish"],
        Part::Value,
        zero_at_minus_infinity,
        "the limit; the others have −∞·0",
    ),
    (
        &["silu", "gelu", "gelu_tanh", "mish"],
        Part::Gradient(0),
        slope_of_gated,
        "the limit; the others have ∞·0, or a cube that overflows",
    ),
    (
        &["softsign"],
        Part::Value,
        |p| p.x[0].is_infinite().then(|| p.x[0].signum()),
        "the limit; the others have ∞/∞",
    ),
    (&["softsign"], Part::Gradient(0), zero_at_infinity, "the limit; the others have ∞/∞"),
    (
        &["hypot"],
        Part::Gradient(0),
        flat_at_origin,
        "as the norm of a vector of zeros; PyTorch has 0/0, JAX 1/2",
    ),
    (&["hypot"], Part::Gradient(1), flat_at_origin, "as by the first input"),
    (
        &["atan2"],
        Part::Gradient(0),
        atan2_by_a,
        "as JAX: PyTorch's squares underflow, and there is no angle at (0, 0)",
    ),
    (&["atan2"], Part::Gradient(1), atan2_by_b, "as by the first input"),
    (
        &["xlogy"],
        Part::Gradient(1),
        slope_of_nothing,
        "0·ln y is 0 for every y; the others have 0/0",
    ),
    (&["norm2"], Part::Value, length, "|x|, where squares over- or underflow, too"),
    (
        &["norm2"],
        Part::Gradient(0),
        direction,
        "x/|x|, where squares over- or underflow, too, and its limit at ∞; the others have ∞/∞",
    ),
    (
        &["logsumexp"],
        Part::Gradient(0),
        softmax,
        "the softmax, and its limit for one infinite element; of equal infinite ones, a share as of the maximum; the \
         others have ∞ − ∞",
    ),
    (
        &["softmax"],
        Part::Value,
        |p| (p.x.contains(&f64::INFINITY) && p.x[p.element].is_finite()).then_some(0.0),
        "a finite number beside +∞ has no weight",
    ),
    (
        &["bce_with_logits"],
        Part::Value,
        entropy_on_logits,
        "a certain answer costs 0 if it is right, ∞ if not; PyTorch has ∞ − ∞",
    ),
    (
        &["bce"],
        Part::Gradient(0),
        slope_of_entropy,
        "the slope of the documented formula, whose logarithms end at −100; PyTorch divides by max(y(1 − y), 10⁻¹²)",
    ),
    (
        &["kl_div"],
        Part::Value,
        |p| (p.x[1] == 0.0).then_some(0.0),
        "what has no probability costs nothing; PyTorch has 0·∞",
    ),
];
