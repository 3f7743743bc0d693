//! The tests of a checked program: outputs and new values of leaves are finite before it updates anything.

use retrograd_core::{
    DType, Op, Tensor, View,
    computation::{Computation, ValueId},
    with_elements,
};
use rustc_hash::FxHashMap;

use crate::{
    kernels::finite::is_finite,
    run::{Fault, Run},
    step::Step,
};

/// The tests of a checked program.
pub(crate) struct Check {
    pub computation: Computation,
    /// The values that are looked at after the steps, since no kernel has tested them.
    pub rest: Vec<(ValueId, DType)>,
    /// The number of steps, the last ones, that update leaves in place: products, which refuse no data.
    pub n_updating: usize,
}

impl Check {
    /// Runs the steps. If an output or new value is not finite, fails and leaves all leaves as they were.
    pub fn run(&self, steps: &[Step], run: &mut Run<'_>) -> Result<(), Fault> {
        let (computing, updating) = self.split(steps);
        run.team.forget_finite();
        run.steps(computing)?;
        let holds = |&(id, dtype): &(ValueId, DType)| is_finite(&run.memory, id, dtype);
        if !(run.team.is_finite() && self.rest.iter().all(holds)) {
            return Err(Fault::NonFinite(self.stored(steps, run)?));
        }
        if updating.iter().all(|step| is_sure_to_be_finite(step, run)) {
            return run.steps(updating);
        }
        let old = self.written(updating, run);
        run.steps(updating)?;
        if old.iter().all(|(id, value)| is_finite(&run.memory, *id, value.dtype())) {
            return Ok(());
        }
        restore(&old, run);
        Err(Fault::NonFinite(self.stored(steps, run)?))
    }

    /// The steps before the first update of a leaf, and the rest.
    fn split<'s>(&self, steps: &'s [Step]) -> (&'s [Step], &'s [Step]) {
        steps.split_at(steps.len() - self.n_updating)
    }

    /// The data of leaves, and all that the steps write when they run again; then leaves are as they were before.
    fn stored(
        &self,
        steps: &[Step],
        run: &mut Run<'_>,
    ) -> Result<FxHashMap<ValueId, Tensor>, Fault> {
        let nodes = self.computation.nodes.iter().enumerate();
        let leaves = nodes.filter(|(_, node)| matches!(node.op, Op::Leaf(_)));
        let value = |id: ValueId, run: &Run<'_>| (id, self.view(id, run).to_tensor());
        let mut values: FxHashMap<_, _> =
            leaves.map(|(index, _)| value(ValueId::new(index), run)).collect();
        let old = self.written(self.split(steps).1, run);
        for step in steps {
            run.step(step)?;
            // Copies of roots, and new values of leaves, are no nodes.
            let nodes = step.writes.iter().filter(|id| id.index() < self.computation.nodes.len());
            values.extend(nodes.map(|&id| value(id, run)));
        }
        restore(&old, run);
        Ok(values)
    }

    /// The values in the places that some steps write.
    fn written(&self, steps: &[Step], run: &Run<'_>) -> Vec<(ValueId, Tensor)> {
        let ids = steps.iter().flat_map(|step| &step.writes);
        ids.map(|&id| (id, self.view(id, run).to_tensor())).collect()
    }

    /// The value of a node, or the bytes in its place.
    fn view<'a>(&'a self, id: ValueId, run: &'a Run<'_>) -> View<'a> {
        let node = &self.computation.nodes[id.index()];
        run.memory.view(id, node.dtype, &node.shape)
    }
}

/// Whether a bound shows that the results of a step are finite.
fn is_sure_to_be_finite(step: &Step, run: &Run<'_>) -> bool {
    step.kernel.behavior().is_sure_to_be_finite(&run.memory)
}

/// Puts values back to their places.
fn restore(values: &[(ValueId, Tensor)], run: &mut Run<'_>) {
    for (id, value) in values {
        with_elements!(Slice, value.as_slice(), elements => {
            run.memory.write(*id, 0..elements.len()).copy_from_slice(elements);
        });
    }
}
