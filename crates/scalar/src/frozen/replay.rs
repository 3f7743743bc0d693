//! Replays of a frozen function on new inputs that take the recorded branches.

use std::{error, fmt, panic::Location};

use retrograd_core::{DType, Error, Params, Shape, Slice, View, ops::Comparison};
use retrograd_plan::{Plan, Workspace};

/// A compiled frozen function with its memory. Runs allocate nothing.
///
/// [`Frozen::compile`](super::Frozen::compile) returns a replay, which can outlive the frozen function.
pub struct Replay {
    plan: Plan,
    workspace: Workspace,
    /// The shape of the input.
    shape: Shape,
    n_outputs: usize,
    decisions: Vec<Branch>,
}

/// A comparison whose outcome must be the recorded one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Branch {
    pub comparison: Comparison,
    pub outcome: bool,
    pub location: &'static Location<'static>,
}

/// The reason why a replay has failed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ReplayError {
    /// A comparison has another outcome for this input, so the function could have taken another branch. This is the
    /// first such comparison in the order of recording.
    Changed {
        /// The left operand.
        lhs: f64,
        /// The comparison.
        comparison: Comparison,
        /// The right operand.
        rhs: f64,
        /// The recorded outcome.
        recorded: bool,
        /// The source line of the comparison.
        location: &'static Location<'static>,
    },
    /// The input does not fit the recording.
    Input(Error),
}

impl Replay {
    /// Makes a replay of a plan with `n_outputs` outputs of the caller and, if there are branches, both operands of all
    /// comparisons.
    ///
    /// # Errors
    /// If there is no memory for the workspace.
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
    /// If the input takes another branch than the recorded one, or has another length. The outputs are invalid then.
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
        // The plan has no input if nothing depends on it.
        let feeds = &feeds[..usize::from(self.plan.has_input(super::INPUT))];
        let result = self.plan.run(&mut self.workspace, &Params::new(), feeds);
        result.map_err(ReplayError::Input)?;
        self.check()
    }

    /// Fails if a comparison has another outcome than the recorded one.
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
    /// If there is no such output, or its dtype is not a float.
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
