//! What is not compared, and what the reference has wrong: each with its reason.

/// Calls that are not compared: the operation, a part of the message by which it is refused (none: all its calls are
/// left out), and why.
pub const SKIPPED: &[(&str, &str, &str)] = &[
    (
        "nn.functional.scaled_dot_product_attention",
        "dropout is random",
        "dropout draws random numbers, and ours are others",
    ),
    ("norm", "nuclear norm", "it takes a decomposition in singular values, which we do not have"),
    (
        "linalg.matrix_norm",
        "nuc",
        "it takes a decomposition in singular values, which we do not have",
    ),
    ("nn.functional.batch_norm", "the channels must be axis 1", "a vector has no axis of channels"),
];

/// Calls that the reference rejects by a rule of its own, and why we need not: the operation, a part of what the
/// reference says, and the reason.
pub const ACCEPTED: &[(&str, &str, &str)] =
    &[("scatter", "dtype", "the reference's two types of elements are one here")];

/// Keyword arguments that only the reference has: a call that is rejected for them has no counterpart.
pub const FOREIGN: &[&str] = &["dtype", "out"];

/// A number that the reference has wrong: the operation, the order of differentiation, which pairs of our number and
/// the reference's are its fault, and what is true.
pub type Fault = (&'static str, usize, fn(f64, f64) -> bool, &'static str);

/// The table.
pub const FAULTS: &[Fault] = &[
    ("abs", 1, |ours, theirs| ours.is_nan() && theirs == 0.0, "the derivative at NaN is NaN"),
    ("erf", 2, |ours, theirs| ours == 0.0 && theirs.is_nan(), "at ±∞ it is 0, not 0·∞"),
];

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
