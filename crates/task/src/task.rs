//! Tasks: a computation, and which of its values are outputs or new values of leaves.

use retrograd_core::{
    Op,
    computation::{Computation, ValueId},
    ops::LeafKind,
};

/// A computation with outputs and updates: its first roots are the outputs, and the others are new values of leaves.
///
/// Tasks of equal structure are equal, and names of leaves do not matter. So programs are cached by their tasks.
///
/// ```
/// use retrograd_core::Graph;
/// use retrograd_task::RecordedTask;
///
/// let g = Graph::new();
/// let (x, w) = (g.input("x", [3]), g.param("w", [1.0, 2.0, 3.0]));
/// let loss = (w * x).sum();
/// let recorded = RecordedTask::new(&[loss], &[(w, w - loss.grad(&[w])[0])], false)?;
/// assert_eq!(recorded.task.verify(), Ok(()));
/// assert_eq!(recorded.task.outputs().len(), 1);
/// let slots: Vec<_> = recorded.task.updates().map(|update| update.slot).collect();
/// assert_eq!(slots, [1], "the slot of `w`");
/// # Ok::<(), retrograd_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Task {
    /// The computation.
    pub computation: Computation,
    /// The number of outputs.
    pub n_outputs: usize,
    /// The slots of the updated leaves, one for each root after the outputs.
    pub targets: Vec<usize>,
    /// Whether a run must fail, and update nothing, if an output or a new value is not finite.
    pub is_checked: bool,
}

/// A leaf, by its slot, and its new value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Update {
    /// The slot of the leaf.
    pub slot: usize,
    /// The new value.
    pub value: ValueId,
}

impl Task {
    /// The values of the outputs.
    pub fn outputs(&self) -> &[ValueId] {
        &self.computation.roots[..self.n_outputs]
    }

    /// The updates, in order.
    pub fn updates(&self) -> impl Iterator<Item = Update> {
        let values = self.computation.roots[self.n_outputs..].iter();
        self.targets.iter().zip(values).map(|(&slot, &value)| Update { slot, value })
    }

    /// The leaf of each slot.
    pub fn leaves(&self) -> impl Iterator<Item = ValueId> {
        // Leaves stand in the order of their slots.
        let nodes = self.computation.nodes.iter().enumerate();
        let leaves = nodes.filter(|(_, node)| matches!(node.op, Op::Leaf(_)));
        leaves.map(|(index, _)| ValueId::new(index))
    }

    /// Checks that the task is sound: so is its computation, and each update replaces another parameter or state by a
    /// value of its shape and dtype.
    ///
    /// # Errors
    /// If the task is invalid, which is a fault of its maker.
    pub fn verify(&self) -> Result<(), String> {
        self.computation.verify()?;
        let n_roots = self.computation.roots.len();
        if self.n_outputs + self.targets.len() != n_roots {
            let (n_outputs, n_updates) = (self.n_outputs, self.targets.len());
            return Err(format!("{n_roots} roots for {n_outputs} outputs and {n_updates} updates"));
        }
        let leaves: Vec<_> = self.leaves().collect();
        let mut is_updated = vec![false; leaves.len()];
        for Update { slot, value } in self.updates() {
            let fault = |reason: &str| Err(format!("update of slot {slot} by {value}: {reason}"));
            let Some(&leaf) = leaves.get(slot) else { return fault("there is no such slot") };
            let (old, new) = (self.node(leaf), self.node(value));
            let kind = old.op.as_leaf().map(|leaf| leaf.kind);
            if !matches!(kind, Some(LeafKind::Param | LeafKind::State)) {
                return fault("the leaf is neither a parameter nor state");
            }
            if (old.dtype, &old.shape) != (new.dtype, &new.shape) {
                return fault("the leaf has another shape or dtype");
            }
            if std::mem::replace(&mut is_updated[slot], true) {
                return fault("the slot is updated twice");
            }
        }
        Ok(())
    }

    fn node(&self, id: ValueId) -> &retrograd_core::Node<ValueId> {
        &self.computation.nodes[id.index()]
    }
}

#[cfg(test)]
mod tests {
    use retrograd_core::{DType, Graph};

    use super::*;
    use crate::RecordedTask;

    /// The fault of a task with a parameter `%1` of slot 1 and an update of it, changed.
    fn fault(change: impl FnOnce(&mut Task)) -> String {
        let g = Graph::new();
        let (x, w) = (g.input("x", [2]), g.param("w", [1.0, 2.0]));
        let recorded = RecordedTask::new(&[(w * x).sum()], &[(w, w - x)], false);
        let mut task = (*recorded.expect("it is sound").task).clone();
        assert_eq!(task.verify(), Ok(()));
        change(&mut task);
        task.verify().expect_err("it is not sound any more")
    }

    #[test]
    fn unsound_tasks_are_found() {
        assert!(fault(|task| task.n_outputs = 0).contains("2 roots for 0 outputs and 1 updates"));
        assert!(fault(|task| task.targets[0] = 2).contains("no such slot"));
        assert!(fault(|task| task.targets[0] = 0).contains("neither a parameter nor state"));
        assert!(
            fault(|task| task.computation.roots[1] = task.computation.roots[0])
                .contains("another shape")
        );
        let twice = |task: &mut Task| {
            task.targets.push(1);
            task.computation.roots = [&*task.computation.roots, &[ValueId::new(0)]].concat().into();
        };
        assert!(fault(twice).contains("updated twice"));
        assert!(fault(|task| task.computation.nodes[1].dtype = DType::F64).contains("dtype"));
    }
}
