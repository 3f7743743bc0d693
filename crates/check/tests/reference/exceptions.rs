//! What is not compared, and what the reference has wrong: each with its reason.

/// Calls that are not compared: the operation, a part of the message by which it is refused (none: all its calls are
/// left out), and why.
pub const SKIPPED: &[(&str, &str, &str)] = &[
    (
        "nn.functional.scaled_dot_product_attention",
        "dropout is random",
        "dropout draws random numbers, and ours are others",
    ),
    ("nn.functional.batch_norm", "the channels must be axis 1", "a vector has no axis of channels"),
    ("clamp", "the dtypes differ", "bounds of whole numbers are to be cast"),
    (
        "clamp_min",
        "gradient by input",
        "a tie with the bound goes to x, and the reference shares it",
    ),
    ("clamp_min", "output 0: element 2 is inf", "beside a bound that is NaN, ours is x"),
    (
        "logit",
        "second derivative by",
        "the derivative is that of the formula, also outside of [0, 1]",
    ),
    ("logit", "output 0", "bounds that cross, of eps > 1/2, are taken in another order"),
    (
        "nan_to_num",
        "3.4028234663852886e38",
        "the largest number of f32 is another than that of f64",
    ),
    (
        "special.log_ndtr",
        "second derivative, ",
        "the second derivative cancels in f32 for large −x",
    ),
];

/// Calls that the reference rejects by a rule of its own, and why we need not: the operation, a part of what the
/// reference says, and the reason.
pub const ACCEPTED: &[(&str, &str, &str)] = &[
    ("nn.functional.hardtanh", "min_val", "bounds may cross, as those of clamp in the reference"),
    ("scatter", "dtype", "the reference's two types of elements are one here"),
];

/// Keyword arguments that only the reference has: a call that is rejected for them has no counterpart.
pub const FOREIGN: &[&str] = &["dtype", "out"];

/// A number that the reference has wrong: the operation, the order of differentiation, which pairs of our number and
/// the reference's are its fault, and what is true.
pub type Fault = (&'static str, usize, fn(f64, f64) -> bool, &'static str);

/// The table.
pub const FAULTS: &[Fault] = &[
    ("abs", 1, is_nan, "the derivative at NaN is NaN"),
    ("acosh", 1, is_nan, "it is NaN where the value is"),
    ("acosh", 2, is_nan, "it is NaN where the value is"),
    ("asinh", 2, is_limit, "at ±∞ it is 0, not 0·∞"),
    ("atan", 2, is_limit, "at ±∞ it is 0, not 0·∞"),
    ("atanh", 2, is_limit, "at ±∞ it is 0, not 0·∞"),
    (
        "digamma",
        1,
        |ours, theirs| is_about(ours, theirs, 2e-9),
        "ψ', of which the reference has 9 digits",
    ),
    ("digamma", 1, |ours, theirs| ours.is_infinite() && theirs.abs() > 1e20, "at a pole it is ∞"),
    ("digamma", 2, |ours, _| ours.is_nan(), "at a pole it has no sign"),
    ("digamma", 2, is_limit, "at ∞ it is 0, not 0·∞"),
    ("erf", 2, is_limit, "at ±∞ it is 0, not 0·∞"),
    ("erfc", 2, is_limit, "at ±∞ it is 0, not 0·∞"),
    ("logit", 1, is_limit, "1/(x(1 − x)), also where the value is NaN"),
    (
        "nn.functional.celu",
        1,
        |ours, theirs| is_about(ours, theirs, 1e-7),
        "e^(x/α), with 1/α in f64",
    ),
    ("nn.functional.celu", 2, |ours, theirs| is_about(ours, theirs, 1e-7), "e^(x/α)/α, in f64"),
    ("nn.functional.celu", 2, is_nan, "the derivative at NaN is NaN"),
    ("nn.functional.celu", 1, is_nan, "the derivative at NaN is NaN"),
    ("nn.functional.hardsigmoid", 1, |ours, theirs| is_about(ours, theirs, 1e-7), "1/6 in f64"),
    ("nn.functional.mish", 0, is_limit, "at −∞ it is 0, not −∞·0"),
    ("nn.functional.mish", 1, is_limit, "at ±∞ it is finite"),
    ("nn.functional.mish", 2, is_limit, "at ±∞ it is 0"),
    ("nn.functional.relu", 1, is_nan, "the derivative at NaN is NaN"),
    ("nn.functional.selu", 1, is_nan, "the derivative at NaN is NaN"),
    ("nn.functional.selu", 2, is_nan, "the derivative at NaN is NaN"),
    ("nn.functional.silu", 0, is_limit, "at −∞ it is 0, not −∞·0"),
    ("nn.functional.silu", 1, is_limit, "at ±∞ it is finite"),
    ("nn.functional.silu", 2, is_limit, "at ±∞ it is 0"),
    ("special.log_ndtr", 1, |_, theirs| theirs.is_nan(), "at −∞ it is ∞, not 0/0"),
    (
        "special.log_ndtr",
        1,
        |ours, theirs| is_about(ours, theirs, 1e-9),
        "−x for large −x, to all digits",
    ),
    ("special.log_ndtr", 2, |_, theirs| theirs.is_nan(), "at −∞ it is −1"),
];

/// Ours is NaN where the reference is not.
fn is_nan(ours: f64, theirs: f64) -> bool {
    ours.is_nan() && theirs.is_finite()
}

/// Ours is a limit where the reference's formula is NaN.
fn is_limit(ours: f64, theirs: f64) -> bool {
    ours.is_finite() && theirs.is_nan()
}

/// The reference has few digits.
fn is_about(ours: f64, theirs: f64, tolerance: f64) -> bool {
    (ours - theirs).abs() <= tolerance * ours.abs().max(1e-3)
}

/// Whether the reference's number is known to be wrong, and ours to be true.
pub fn is_fault(name: &str, order: usize, ours: f64, theirs: f64) -> bool {
    FAULTS.iter().any(|(row, of, covers, _)| *row == name && *of == order && covers(ours, theirs))
}

/// Why a call that is refused with a message is skipped.
pub fn skipped(name: &str, message: &str) -> Option<&'static str> {
    let row = SKIPPED.iter().find(|(row, part, _)| *row == name && message.contains(part));
    row.map(|&(_, _, reason)| reason)
}

/// Why a call that the reference rejects with a message need not be rejected.
pub fn accepted(name: &str, message: &str) -> Option<&'static str> {
    let row = ACCEPTED.iter().find(|(row, part, _)| *row == name && message.contains(part));
    row.map(|&(_, _, reason)| reason)
}
