//! Runs of plans: data are found by name, checked and bound to slots, then an instance runs.

use std::{sync::Arc, time::Duration};

use retrograd_core::{
    Error, Params, Tensor, computation::ValueId, nonfinite::Evaluated, ops::LeafKind,
};
use retrograd_task::{Fault, LeafSlots};
use rustc_hash::FxHashMap;

use crate::{
    plan::{Feed, Plan},
    workspace::Workspace,
};

impl Plan {
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
        self.execute(workspace, feeds, None, |leaves| {
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
        self.timed_step(workspace, params, state, feeds, None)
    }

    /// Makes a step, and pushes the time of each of its parts to `times`, if they are asked for.
    #[track_caller]
    pub(crate) fn timed_step(
        &self,
        workspace: &mut Workspace,
        params: &mut Params,
        state: &mut Params,
        feeds: &[Feed<'_>],
        times: Option<&mut Vec<Duration>>,
    ) -> Result<(), Error> {
        let result = self.execute(workspace, feeds, times, |leaves| {
            self.feed(leaves, feeds)?;
            self.bind(leaves, LeafKind::Param, params)?;
            self.bind(leaves, LeafKind::State, state)?;
            let unbound = (0..self.signature.leaves.len()).find(|&slot| !leaves.is_set(slot));
            unbound.map_or(Ok(()), |slot| Err(self.signature.leaves[slot].unbound()))
        });
        if let Err(error) = result {
            // If a name is missing in a map, the error lists the map's names.
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
    fn feed<'d>(&'d self, leaves: &mut LeafSlots<'d>, feeds: &[Feed<'d>]) -> Result<(), Error> {
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
        leaves: &mut LeafSlots<'d>,
        kind: LeafKind,
        map: &'d mut Params,
    ) -> Result<(), Error> {
        let mut guess = 0;
        for (name, tensor) in map.iter_mut() {
            let Some(slot) = self.signature.slot(kind, name, guess) else { continue };
            guess = slot + 1;
            let leaf = &self.signature.leaves[slot];
            leaf.checked(tensor.view())?;
            let is_in_place =
                leaf.update.is_some_and(|update| !self.compiled.executable.is_beside(update));
            match is_in_place {
                true => leaves.set_mut(slot, tensor.as_mut_slice()),
                false => leaves.set(slot, tensor.as_slice()),
            }
        }
        Ok(())
    }

    /// Replaces the old values by the new ones that a checked plan has written.
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
        times: Option<&mut Vec<Duration>>,
        bind: impl FnOnce(&mut LeafSlots<'d>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        assert!(
            Arc::ptr_eq(&self.compiled, &workspace.compiled),
            "a plan runs in a workspace of its own making"
        );
        self.require(feeds)?;
        let Workspace { instance, next, slots, .. } = workspace;
        let n_leaves = self.signature.leaves.len();
        let mut leaves = LeafSlots::reusing(std::mem::take(slots), n_leaves + next.len());
        for (k, value) in next.iter_mut().enumerate() {
            if let Some(value) = value {
                leaves.set_mut(n_leaves + k, value.as_mut_slice());
            }
        }
        let result = bind(&mut leaves).map(|()| instance.run(&mut leaves, times));
        *slots = LeafSlots::reusing(leaves, 0);
        result?.map_err(|fault| match fault {
            Fault::Data { node, reason } => self.refused(node, reason, feeds),
            Fault::NonFinite(values) => self.traced(&values),
        })
    }

    /// The error that names the node that made the first value that is not finite. Inside kernels the oracle finds it,
    /// from what they have read.
    fn traced(&self, values: &FxHashMap<ValueId, Tensor>) -> Error {
        let task = self.compiled.checked.as_ref();
        let task = task.expect("only checked programs test their values");
        let site = |id: ValueId| self.signature.sites[id.index()].clone();
        let evaluated = match Evaluated::new(&task.computation, |id| values.get(&id).cloned(), site)
        {
            Ok(evaluated) => evaluated,
            Err(error) => return error,
        };
        let (id, flaw) = evaluated.behind_roots().expect("a root is not finite");
        evaluated.report(id, flaw, site).into()
    }
}
