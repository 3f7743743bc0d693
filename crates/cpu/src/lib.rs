//! The fast road: outputs of a graph compiled into an immutable [`Plan`], which runs in a mutable [`Workspace`].

use retrograd_core::{Error, Expr, Params, View};

/// The compiled computation of some expressions of a graph: immutable, `Send + Sync`, cheap to clone.
#[derive(Clone)]
pub struct Plan;

/// The memory that a plan runs in.
pub struct Workspace;

/// Plans by the structure of their graphs.
#[derive(Default)]
pub struct PlanCache;

/// Data of an input for one run, by the input's name.
pub type Feed<'a> = (&'a str, View<'a>);

impl Plan {
    /// Compiles `outputs`, and `updates` of parameters and state: pairs of a leaf and its new value.
    ///
    /// # Errors
    /// If expressions of different graphs are mixed, or an update is not of a parameter or state of that shape.
    pub fn compile<'g>(
        _outputs: &[Expr<'g>],
        _updates: &[(Expr<'g>, Expr<'g>)],
    ) -> Result<Plan, Error> {
        unimplemented!()
    }

    /// Memory for this plan.
    pub fn workspace(&self) -> Workspace {
        unimplemented!()
    }

    /// Computes the outputs of a plan without updates.
    ///
    /// # Errors
    /// If data are missing or misfit, or an index is out of bounds.
    pub fn run(
        &self,
        _workspace: &mut Workspace,
        _params: &Params,
        _feeds: &[Feed<'_>],
    ) -> Result<(), Error> {
        unimplemented!()
    }

    /// Computes the outputs, then writes the updates into `params` and `state`.
    ///
    /// # Errors
    /// If data are missing or misfit, or an index is out of bounds; then nothing has been updated.
    pub fn step(
        &self,
        _workspace: &mut Workspace,
        _params: &mut Params,
        _state: &mut Params,
        _feeds: &[Feed<'_>],
    ) -> Result<(), Error> {
        unimplemented!()
    }

    /// The state that the plan reads and updates, with the values it was recorded with.
    pub fn initial_state(&self) -> Params {
        unimplemented!()
    }
}

impl Workspace {
    /// Output `k` of the last run.
    pub fn output(&self, _k: usize) -> View<'_> {
        unimplemented!()
    }
}

impl PlanCache {
    /// No plans.
    pub fn new() -> Self {
        Self
    }

    /// The plan of these outputs and updates, compiled only if none of equal structure has been.
    ///
    /// # Errors
    /// As [`Plan::compile`].
    pub fn compile<'g>(
        &mut self,
        _outputs: &[Expr<'g>],
        _updates: &[(Expr<'g>, Expr<'g>)],
    ) -> Result<Plan, Error> {
        unimplemented!()
    }
}
