//! Replays of a recorded function on new inputs that take the same branches.

use std::{error, fmt, panic::Location};

use retrograd_core::{DType, Error, Params, Shape, Slice, View, ops::Comparison};
use retrograd_plan::{Plan, Workspace};

/// A compiled recording with its memory. Runs allocate nothing.
///
/// [`Frozen::compile`](super::Frozen::compile) makes a replay, which outlives the recording.
pub struct Replay {
    plan: Plan,
    workspace: Workspace,
    /// Of the input.
    shape: Shape,
    n_outputs: usize,
    decisions: Vec<Branch>,
}

/// A comparison that must go as it went when it was recorded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Branch {
    pub comparison: Comparison,
    pub outcome: bool,
    pub location: &'static Location<'static>,
}

/// Why a recording could not be replayed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ReplayError {
    /// A comparison goes the other way for this input, so that the function may have taken another branch. It is the
    /// first one that does, in the order of recording.
    Changed {
        /// The number on the left.
        lhs: f64,
        /// The comparison.
        comparison: Comparison,
        /// The number on the right.
        rhs: f64,
        /// The answer at the time of recording.
        recorded: bool,
        /// The line that compared.
        location: &'static Location<'static>,
    },
    /// The input does not fit the recording.
    Input(Error),
}

impl Replay {
    /// Whose outputs are `n_outputs` of the caller's, and, if there are branches, both sides of all comparisons.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub(super) fn new(
        plan: Plan,
        shape: Shape,
        n_outputs: usize,
        decisions: Vec<Branch>,
    ) -> Result<Self, Error> {
        Ok(Self { workspace: plan.try_workspace()?, plan, shape, n_outputs, decisions })
    }

    /// Computes all outputs for the input `x`.
    ///
    /// # Errors
    /// If the input takes another branch than the recorded one, or has another length. Then the outputs mean nothing.
    pub fn run(&mut self, x: &[f64]) -> Result<(), ReplayError> {
        let shape = Shape::from([x.len()]);
        if shape != self.shape {
            return Err(ReplayError::Input(Error::Binding {
                leaf: super::INPUT.to_owned(),
                declared: Box::new((DType::F64, self.shape.clone())),
                given: Box::new((DType::F64, shape)),
            }));
        }
        let view = View::new(&shape, Slice::F64(x)).map_err(ReplayError::Input)?;
        let feeds = [(super::INPUT, view)];
        // An input that nothing depends on is not one of the plan.
        let feeds = &feeds[..usize::from(self.plan.has_input(super::INPUT))];
        let result = self.plan.run(&mut self.workspace, &Params::new(), feeds);
        result.map_err(ReplayError::Input)?;
        self.check()
    }

    /// Fails if a comparison has gone the other way.
    fn check(&self) -> Result<(), ReplayError> {
        if self.decisions.is_empty() {
            return Ok(());
        }
        let [lhs, rhs] = [0, 1].map(|side| self.elements(self.n_outputs + side));
        let mut decisions = self.decisions.iter().zip(lhs.iter().zip(rhs));
        let changed = decisions.find(|(decision, (lhs, rhs))| {
            decision.comparison.value(**lhs, **rhs) != decision.outcome
        });
        let Some((&Branch { comparison, outcome, location }, (&lhs, &rhs))) = changed else {
            return Ok(());
        };
        Err(ReplayError::Changed { lhs, comparison, rhs, recorded: outcome, location })
    }

    /// The elements of output `k` of the last run, in row-major order.
    ///
    /// # Panics
    /// If there is no such output, or its elements are not floating-point numbers.
    pub fn output(&self, k: usize) -> &[f64] {
        assert!(
            k < self.n_outputs,
            "output: there are {} of them, and no number {k}",
            self.n_outputs
        );
        self.elements(k)
    }

    fn elements(&self, k: usize) -> &[f64] {
        self.workspace.output(k).elements()
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReplayError::Changed { lhs, comparison, rhs, recorded, location } => write!(
                f,
                "the recording does not hold for this input: {lhs} {} {rhs} is {} at {location}, and was {recorded} \
                 when it was recorded",
                comparison.symbol(),
                !recorded
            ),
            ReplayError::Input(error) => error.fmt(f),
        }
    }
}

impl error::Error for ReplayError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            ReplayError::Changed { .. } => None,
            ReplayError::Input(error) => Some(error),
        }
    }
}
