//! What is not compared, and what the reference has wrong: each with its reason.

/// Operations, or variants of them, that are not run, and why.
pub const SKIPPED: &[(&str, &str)] = &[];

/// Calls that the reference rejects by a rule of its own, and why we need not: the operation, a part of what the
/// reference says, and the reason.
pub const ACCEPTED: &[(&str, &str, &str)] = &[];

/// Keyword arguments that only the reference has: a call that is rejected for them has no counterpart.
pub const FOREIGN: &[&str] = &["dtype", "out"];

/// Why an operation is skipped.
pub fn skipped(name: &str) -> Option<&'static str> {
    SKIPPED.iter().find(|(row, _)| *row == name).map(|&(_, reason)| reason)
}

/// Why a call that the reference rejects with a message need not be rejected.
pub fn accepted(name: &str, message: &str) -> Option<&'static str> {
    let row = ACCEPTED.iter().find(|(row, part, _)| *row == name && message.contains(part));
    row.map(|&(_, _, reason)| reason)
}
