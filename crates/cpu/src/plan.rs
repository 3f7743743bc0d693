//! Plans: what users compile and run.

use std::sync::Arc;

use retrograd_core::{
    Error, Expr, Params, Tensor, View, computation::ValueId, nonfinite::Evaluated, ops::LeafKind,
};
use rustc_hash::FxHashMap;

use crate::{
    arena::Leaves, compile::compile, prepare::Prepared, program::Program, run::Fault,
    signature::Signature, workspace::Workspace,
};

/// Data of an input for one run, by the input's name.
pub type Feed<'a> = (&'a str, View<'a>);

/// The compiled computation of some expressions of a graph: immutable, `Send + Sync`, cheap to clone.
///
/// ```
/// use retrograd_core::{Graph, Params, Tensor};
/// use retrograd_cpu::Plan;
///
/// let g = Graph::new();
/// let x = g.input("x", [3]);
/// let plan = Plan::compile(&[(x * x).sum()], &[])?;
/// let mut workspace = plan.workspace();
/// let data = Tensor::from([1.0f32, 2.0, 3.0]);
/// plan.run(&mut workspace, &Params::new(), &[("x", data.view())])?;
/// assert_eq!(workspace.output(0).to_tensor().item(), 14.0);
/// # Ok::<(), retrograd_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Plan {
    pub(crate) program: Arc<Program>,
    pub(crate) signature: Arc<Signature>,
}

impl Plan {
    /// Compiles `outputs`, and `updates` of parameters and state: pairs of a leaf and its new value.
    ///
    /// # Errors
    /// If expressions of different graphs are mixed, or an update is not of a parameter or state of that shape, or not
    /// the only one of it, or more memory is needed than can be addressed.
    pub fn compile<'g>(
        outputs: &[Expr<'g>],
        updates: &[(Expr<'g>, Expr<'g>)],
    ) -> Result<Plan, Error> {
        Self::of(Prepared::new(outputs, updates, false)?)
    }

    /// Compiles as [`compile`](Self::compile) does a plan that is checked: a run in which an output or a new value is
    /// not finite updates nothing, and its error names the node that made the first such value, forwards or backwards,
    /// as [`Graph::find_non_finite`](retrograd_core::Graph::find_non_finite) does.
    ///
    /// A checked step takes longer, by about a tenth at most, since it tests outputs and new values. Most of these it writes
    /// beside the old ones; its workspace holds the memory for that. A large parameter to which a smaller product is added
    /// is updated in place, if a bound shows beforehand that no element can overflow. If the bound shows nothing, as
    /// with numbers of 10¹⁵ and more in `f32`, the step allocates a copy of the parameter and takes longer.
    ///
    /// ```
    /// use retrograd_core::{Graph, Params, Tensor};
    /// use retrograd_cpu::Plan;
    ///
    /// let g = Graph::new();
    /// let w = g.param("w", [0.5, 0.0]);
    /// let loss = w.square().sqrt().sum();
    /// let plan = Plan::compile_checked(&[loss], &[(w, w - 0.1 * loss.grad(&[w])[0])])?;
    /// let (mut params, mut workspace) = (g.recorded_params(), plan.workspace());
    /// let error = plan.step(&mut workspace, &mut params, &mut Params::new(), &[]).unwrap_err();
    /// assert!(error.to_string().contains("is inf at [1]; 1 of its 2 elements is not finite"));
    /// assert!(error.to_string().contains("in the gradient of `sqrt(square(w))` [2]"));
    /// assert_eq!(params.get("w"), Some(&Tensor::from([0.5f32, 0.0])), "nothing was updated");
    /// # Ok::<(), retrograd_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`compile`](Self::compile).
    pub fn compile_checked<'g>(
        outputs: &[Expr<'g>],
        updates: &[(Expr<'g>, Expr<'g>)],
    ) -> Result<Plan, Error> {
        Self::of(Prepared::new(outputs, updates, true)?)
    }

    fn of(prepared: Prepared<'_>) -> Result<Plan, Error> {
        let program = compile(&prepared.task);
        let program = program.map_err(|shortage| prepared.out_of_memory(shortage))?;
        Ok(prepared.into_plan(Arc::new(program)))
    }

    fn is_checked(&self) -> bool {
        self.program.checked().is_some()
    }

    /// Whether the plan reads an input of this name: data can be fed to no other.
    pub fn has_input(&self, name: &str) -> bool {
        self.signature.slot(LeafKind::Input, name, 0).is_some()
    }

    /// Number of steps of a run.
    pub fn n_steps(&self) -> usize {
        self.program.steps().len()
    }

    /// Bytes of the arena that a run works in.
    pub fn arena_bytes(&self) -> usize {
        self.program.n_bytes().0
    }

    /// The least bytes that any arena would need for these steps in this order.
    pub fn live_bytes(&self) -> usize {
        self.program.n_bytes().1
    }

    /// Computes the outputs of a plan without updates.
    ///
    /// # Errors
    /// If the plan has updates, data are missing or misfit, or an operation has no answer for them, such as an index
    /// out of bounds, or a checked plan finds an output that is not finite.
    ///
    /// # Panics
    /// If the workspace is of another plan.
    #[track_caller]
    pub fn run(
        &self,
        workspace: &mut Workspace,
        params: &Params,
        feeds: &[Feed<'_>],
    ) -> Result<(), Error> {
        if let Some(updated) = self.signature.leaves.iter().find(|leaf| leaf.update.is_some()) {
            let reason =
                "the plan updates this; run it by `step`, with parameters that can be written"
                    .to_owned();
            return Err(Error::Operands {
                op: "run".to_owned(),
                operands: vec![updated.description.clone()],
                reason,
            });
        }
        self.execute(workspace, feeds, |leaves| {
            for (slot, leaf) in self.signature.leaves.iter().enumerate() {
                if let Some(view) = leaf.held(params, None)? {
                    leaves.set(slot, view.data());
                }
            }
            self.feed(leaves, feeds)
        })
    }

    /// Computes the outputs, then writes the updates into `params` and `state`.
    ///
    /// # Errors
    /// If data are missing or misfit, an operation has no answer for them, such as an index out of bounds, or a checked
    /// plan finds something that is not finite; then nothing has been updated.
    ///
    /// # Panics
    /// If the workspace is of another plan.
    #[track_caller]
    pub fn step(
        &self,
        workspace: &mut Workspace,
        params: &mut Params,
        state: &mut Params,
        feeds: &[Feed<'_>],
    ) -> Result<(), Error> {
        let result = self.execute(workspace, feeds, |leaves| {
            self.feed(leaves, feeds)?;
            self.bind(leaves, LeafKind::Param, params)?;
            self.bind(leaves, LeafKind::State, state)?;
            let unbound = (0..self.signature.leaves.len()).find(|&slot| !leaves.is_set(slot));
            unbound.map_or(Ok(()), |slot| Err(self.signature.leaves[slot].unbound()))
        });
        if let Err(error) = result {
            // If something is missing in a map, say what is in it.
            self.signature
                .leaves
                .iter()
                .try_for_each(|leaf| leaf.held(params, Some(state)).map(drop))?;
            return Err(error);
        }
        if self.is_checked() {
            self.exchange(LeafKind::Param, params, &mut workspace.next);
            self.exchange(LeafKind::State, state, &mut workspace.next);
        }
        Ok(())
    }

    /// Binds inputs to the data fed for them, and those that there are none for, and constants, to what they were
    /// recorded with.
    fn feed<'d>(&'d self, leaves: &mut Leaves<'d>, feeds: &[Feed<'d>]) -> Result<(), Error> {
        let mut guess = 0;
        for &(name, view) in feeds {
            let Some(slot) = self.signature.slot(LeafKind::Input, name, guess) else {
                let known = self.signature.names(LeafKind::Input);
                return Err(Error::UnknownName { name: name.to_owned(), kind: "input", known });
            };
            guess = slot + 1;
            if leaves.is_set(slot) {
                return Err(Error::BoundTwice { leaf: name.to_owned(), how: "given" });
            }
            leaves.set(slot, self.signature.leaves[slot].checked(view)?.data());
        }
        for (slot, leaf) in self.signature.leaves.iter().enumerate() {
            if let LeafKind::Input | LeafKind::Constant = leaf.kind
                && !leaves.is_set(slot)
            {
                leaves.set(slot, leaf.recorded()?.data());
            }
        }
        Ok(())
    }

    /// Binds the leaves of a kind to the tensors of their names.
    fn bind<'d>(
        &self,
        leaves: &mut Leaves<'d>,
        kind: LeafKind,
        map: &'d mut Params,
    ) -> Result<(), Error> {
        let mut guess = 0;
        for (name, tensor) in map.iter_mut() {
            let Some(slot) = self.signature.slot(kind, name, guess) else { continue };
            guess = slot + 1;
            let leaf = &self.signature.leaves[slot];
            leaf.checked(tensor.view())?;
            let is_in_place = leaf.update.is_some_and(|update| !self.program.is_beside(update));
            match is_in_place {
                true => leaves.set_mut(slot, tensor.as_mut_slice()),
                false => leaves.set(slot, tensor.as_slice()),
            }
        }
        Ok(())
    }

    /// Has what a checked plan has written take the place of what it has read.
    fn exchange(&self, kind: LeafKind, map: &mut Params, next: &mut [Option<Tensor>]) {
        let mut guess = 0;
        for (name, tensor) in map.iter_mut() {
            let Some(slot) = self.signature.slot(kind, name, guess) else { continue };
            guess = slot + 1;
            let update = self.signature.leaves[slot].update;
            if let Some(next) = update.and_then(|update| next[update].as_mut()) {
                std::mem::swap(tensor, next);
            }
        }
    }

    fn execute<'d>(
        &self,
        workspace: &'d mut Workspace,
        feeds: &[Feed<'_>],
        bind: impl FnOnce(&mut Leaves<'d>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        assert!(
            Arc::ptr_eq(&self.program, &workspace.program),
            "a plan runs in a workspace of its own making"
        );
        self.require(feeds)?;
        let Workspace { memories, next, .. } = workspace;
        let result = self.program.run(memories, |leaves| {
            let n_leaves = self.signature.leaves.len();
            for (k, value) in next.iter_mut().enumerate() {
                if let Some(value) = value {
                    leaves.set_mut(n_leaves + k, value.as_mut_slice());
                }
            }
            bind(leaves).map_err(Failure::Binding)
        });
        result.map_err(|failure| match failure {
            Failure::Binding(error) => error,
            Failure::Run(Fault::Data { node, reason }) => self.refused(node, reason, feeds),
            Failure::Run(Fault::NonFinite(values)) => self.traced(&values),
        })
    }

    /// The error that names the node that made the first value that is not finite. Inside kernels the oracle finds it,
    /// from what they have read.
    fn traced(&self, values: &FxHashMap<ValueId, Tensor>) -> Error {
        let computation = self.program.checked().expect("only checked programs test their values");
        let site = |id: ValueId| self.signature.sites[id.index()].clone();
        let evaluated = match Evaluated::new(computation, |id| values.get(&id).cloned(), site) {
            Ok(evaluated) => evaluated,
            Err(error) => return error,
        };
        let (id, flaw) = evaluated.behind_roots().expect("a root is not finite");
        evaluated.report(id, flaw, site).into()
    }

    /// The state that the plan reads and updates, with the values it was recorded with.
    pub fn initial_state(&self) -> Params {
        let mut state = Params::new();
        for leaf in self.signature.leaves.iter().filter(|leaf| leaf.kind == LeafKind::State) {
            let data = leaf.data.clone().expect("state is recorded with its initial value");
            state.insert(&*leaf.description.name, data);
        }
        state
    }
}

enum Failure {
    Binding(Error),
    Run(Fault),
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Failure::Run(fault)
    }
}
