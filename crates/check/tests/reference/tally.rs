//! Counts of what passed, failed and was skipped.

use std::{collections::BTreeMap, fmt, ops::AddAssign};

/// The outcome of a case.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It agrees.
    Passed,
    /// It does not, in this way.
    Failed(String),
    /// Not compared, for this reason.
    Skipped(String),
}

impl From<Result<(), String>> for Outcome {
    fn from(result: Result<(), String>) -> Self {
        result.map_or_else(Outcome::Failed, |()| Outcome::Passed)
    }
}

/// Counts of outcomes.
#[derive(Clone, Default, Debug)]
pub struct Tally {
    /// Number of cases that agree.
    pub n_passed: usize,
    /// The cases that do not.
    pub failures: Vec<String>,
    /// Number of cases that are not compared, for each reason.
    pub skipped: BTreeMap<String, usize>,
}

impl Tally {
    /// Counts a case of some name.
    pub fn count(&mut self, name: impl fmt::Display, outcome: Outcome) {
        match outcome {
            Outcome::Passed => self.n_passed += 1,
            Outcome::Failed(how) => self.failures.push(format!("{name}: {how}")),
            Outcome::Skipped(why) => *self.skipped.entry(why).or_default() += 1,
        }
    }

    fn n_skipped(&self) -> usize {
        self.skipped.values().sum()
    }
}

impl AddAssign<&Tally> for Tally {
    fn add_assign(&mut self, other: &Tally) {
        self.n_passed += other.n_passed;
        self.failures.extend_from_slice(&other.failures);
        for (why, n) in &other.skipped {
            *self.skipped.entry(why.clone()).or_default() += n;
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (passed, failed, skipped) = (self.n_passed, self.failures.len(), self.n_skipped());
        write!(f, "{passed} passed, {failed} failed, {skipped} skipped")
    }
}
