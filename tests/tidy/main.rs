//! Holds the sources to the house's rules, so that no one has to hold them by eye: budgets, names, words, imports.

mod budgets;
mod names;
mod rooms;
mod source;
mod words;

/// Fails with a line for each violation: where, what, and above all which rule and what to do.
#[track_caller]
fn check(rule: &str, remedy: &str, violations: Vec<String>) {
    let n = violations.len();
    assert!(violations.is_empty(), "{rule} ({n} violations): {remedy}\n{}", violations.join("\n"));
}
