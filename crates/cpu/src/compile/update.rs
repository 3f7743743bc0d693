//! New values of leaves: where they go, and which steps write them there.
//!
//! A program writes them in place of the old ones. A checked program, which keeps these until all has been tested, writes
//! most of the new ones beside them. For a product that is added to a large leaf this would take long: the leaf would be
//! copied first, and looked at afterwards. Such a product stays in place and comes last, when all else has been tested,
//! and a bound has shown that it cannot overflow.

use retrograd_core::{DType, NodeId, Shape, shape::Layout};
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::smallvec;

use crate::{
    compile::order::{InPlace, in_order},
    kernels::{kernel::Kernel, plain::Copy},
    layout::Walk,
    program::Task,
    step::Step,
};

/// The updates of a task.
pub(crate) struct Updates {
    /// Pairs of a target and its new value, in the order of the task. The target is the leaf, or a number beyond those of
    /// all values for what goes beside it.
    pub targets: Vec<(NodeId, NodeId)>,
    /// The values that are computed at their targets. Others are copied there.
    in_place: InPlace,
    /// The values that the last steps compute, once a bound has shown that they are finite.
    last: FxHashSet<NodeId>,
}

impl Updates {
    /// Decides how some steps update `leaves`, so that `roots` are outputs, then new values.
    pub fn new(
        task: &Task,
        leaves: &[NodeId],
        roots: &[NodeId],
        steps: &[Step],
        sizes: &mut Vec<(DType, usize)>,
    ) -> Self {
        let (outputs, values) = roots.split_at(task.n_outputs);
        let updated = task.targets.iter().map(|&slot| leaves[slot]);
        let mut targets: Vec<_> = updated.zip(values.iter().copied()).collect();
        let mut last = FxHashSet::default();
        if task.is_checked {
            last = bounded(steps, sizes, &targets, outputs);
            for (target, value) in targets.iter_mut().filter(|(_, value)| !last.contains(value)) {
                sizes.push(sizes[value.index()]);
                *target = NodeId::new(sizes.len() - 1);
            }
        }
        let (bounded, others): (Vec<_>, Vec<_>) =
            targets.iter().copied().partition(|(_, value)| last.contains(value));
        let mut in_place = InPlace::find(steps, &others, outputs);
        in_place.values.extend(bounded.into_iter().map(|(leaf, value)| (value, leaf)));
        Self { targets, in_place, last }
    }

    /// Puts steps in order, with those that copy new values. `after` lists pairs of which the first comes before the
    /// second.
    pub fn order(
        &self,
        steps: Vec<Step>,
        mut after: Vec<(usize, usize)>,
        sizes: &[(DType, usize)],
    ) -> Vec<Step> {
        after.extend(&self.in_place.after);
        let mut steps = in_order(steps, &after, &self.in_place.values);
        let are_there: FxHashSet<_> = self.in_place.values.iter().map(|&(_, to)| to).collect();
        let copied = self.targets.iter().filter(|(target, _)| !are_there.contains(target));
        steps.extend(copied.map(|&(target, value)| copy(value, target, sizes[value.index()])));
        // No other step depends on these.
        steps.sort_by_key(|step| step.writes.iter().any(|id| self.last.contains(id)));
        steps
    }

    /// The values that are computed at their targets, and these.
    pub fn in_place(&self) -> &[(NodeId, NodeId)] {
        &self.in_place.values
    }

    /// How many steps, the last ones, need a bound that shows that what they write is finite.
    pub fn n_last(&self) -> usize {
        self.last.len()
    }
}

/// The values that a checked program computes last and in place, of those that update leaves: sums of the leaf and a
/// product of operands with fewer elements, so that all three are looked at sooner than the leaf is copied. Nothing
/// else reads such a value, nor do other such sums read the leaf; all other steps come before.
fn bounded(
    steps: &[Step],
    sizes: &[(DType, usize)],
    updates: &[(NodeId, NodeId)],
    outputs: &[NodeId],
) -> FxHashSet<NodeId> {
    let leaf_of: FxHashMap<_, _> = updates.iter().map(|&(leaf, value)| (value, leaf)).collect();
    let n_elements = |id: NodeId| sizes[id.index()].1;
    let sum = |step: &Step| {
        let (kernel, value) = (step.kernel.behavior(), step.writes[0]);
        let leaf = *leaf_of.get(&value)?;
        let n_read = kernel.reads_elsewhere().into_iter().map(n_elements).sum::<usize>();
        let is_sum = kernel.has_bound() && kernel.reads_in_place().contains(&leaf);
        (is_sum && n_read < n_elements(leaf)).then_some((value, leaf))
    };
    let sums = steps.iter().filter_map(|step| Some((step, sum(step)?)));
    let sums: Vec<_> = sums.collect();
    let mut n_uses: FxHashMap<NodeId, usize> = FxHashMap::default();
    let read = steps.iter().flat_map(|step| step.reads.iter().copied());
    let written = updates.iter().map(|&(_, value)| value).chain(outputs.iter().copied());
    read.chain(written).for_each(|id| *n_uses.entry(id).or_default() += 1);
    let read_by_sums: FxHashSet<_> =
        sums.iter().flat_map(|(step, _)| step.kernel.behavior().reads_elsewhere()).collect();
    let is_apart =
        |(value, leaf): &(NodeId, NodeId)| n_uses[value] == 1 && !read_by_sums.contains(leaf);
    sums.into_iter().map(|(_, sum)| sum).filter(is_apart).map(|(value, _)| value).collect()
}

/// The step that copies a new value to its target.
fn copy(value: NodeId, target: NodeId, (dtype, n_elements): (DType, usize)) -> Step {
    let shape = Shape::from([n_elements]);
    let walk = Walk::new(&Layout::contiguous(&shape), &shape);
    let kernel = Kernel::Copy(Copy { from: value, walk, to: target, dtype });
    Step::new(kernel, smallvec![], u32::MAX)
}
