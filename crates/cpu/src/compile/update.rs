//! Updates: where new values of leaves go, and which steps write them there.
//!
//! A program writes them in place of the old ones. A checked program, which keeps these until all has been tested, writes
//! most of the new ones beside them. For a product that is added to a large leaf this would take long: the leaf would be
//! copied first, and looked at afterwards. Such a product stays in place and comes last, when all else has been tested,
//! and a bound has shown that it cannot overflow.

use retrograd_core::{DType, Shape, computation::ValueId, shape::Layout};
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::smallvec;

use crate::{
    compile::lower::Lowered,
    kernels::{kernel::Kernel, plain::CopyView},
    layout::Walk,
    program::Task,
    step::{Sizes, Step, StepId, writers},
};

/// A new value, and the place that it goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NewValue {
    /// The leaf, or the value beside it.
    pub target: ValueId,
    pub value: ValueId,
}

/// The updates of a task.
#[derive(Default)]
pub(crate) struct LeafUpdates {
    /// In the order of the task.
    pub all: Vec<NewValue>,
    /// The updates whose value is computed at its target. Others are copied there.
    pub in_place: Vec<NewValue>,
    /// The values that the last steps compute, once a bound has shown that they are finite.
    pub last: FxHashSet<ValueId>,
    /// Ordering edges `(before, after)`: a step that writes over a leaf waits for the readers of the leaf.
    pub edges: Vec<(StepId, StepId)>,
    /// The steps that copy values to their targets, numbered after the lowered steps.
    pub copies: Vec<Step>,
}

/// Decides how lowered steps update the leaves of a task.
pub(crate) fn update(task: &Task, lowered: &Lowered) -> LeafUpdates {
    let Lowered { steps, leaves, roots, beside, sizes, .. } = lowered;
    let (outputs, values) = roots.split_at(task.n_outputs);
    let pairs = task.targets.iter().zip(values);
    let mut all: Vec<_> =
        pairs.map(|(&slot, &value)| NewValue { target: leaves[slot], value }).collect();
    let last =
        if task.is_checked { bounded(steps, sizes, &all, outputs) } else { FxHashSet::default() };
    for (update, &beside) in all.iter_mut().zip(beside) {
        if !last.contains(&update.value) {
            update.target = beside;
        }
    }
    let mut this = LeafUpdates { all, last, ..LeafUpdates::default() };
    this.find_in_place(steps, outputs);
    let are_there: FxHashSet<_> = this.in_place.iter().map(|update| update.target).collect();
    let copied = this.all.iter().filter(|update| !are_there.contains(&update.target));
    this.copies = copied.map(|&update| copy(update, sizes.of(update.value))).collect();
    this
}

impl LeafUpdates {
    /// Finds the updates that can be written in place. Bounded ones are among them in any case.
    fn find_in_place(&mut self, steps: &[Step], outputs: &[ValueId]) {
        let (bounded, others): (Vec<_>, Vec<_>) =
            self.all.iter().copied().partition(|update| self.last.contains(&update.value));
        let candidates = Candidates::new(steps, &others);
        let mut taken: FxHashSet<_> = outputs.iter().copied().collect();
        for update in others {
            if let Some((writer, earlier)) = candidates.writer(update)
                && taken.insert(update.value)
            {
                self.in_place.push(update);
                self.edges.extend(earlier.into_iter().map(|at| (at, writer)));
            }
        }
        self.in_place.extend(bounded);
    }
}

/// Steps that may write over a leaf.
struct Candidates<'s> {
    steps: &'s [Step],
    writers: FxHashMap<ValueId, StepId>,
    readers: FxHashMap<ValueId, Vec<StepId>>,
    /// The steps that can fail.
    failing: Vec<StepId>,
    /// The steps that write new values.
    updating: FxHashSet<StepId>,
}

impl<'s> Candidates<'s> {
    fn new(steps: &'s [Step], updates: &[NewValue]) -> Self {
        let (writers, ids) = (writers(steps), (0..steps.len()).map(StepId::new));
        let mut readers: FxHashMap<_, Vec<_>> = FxHashMap::default();
        for (id, step) in ids.clone().zip(steps) {
            step.reads.iter().for_each(|&read| readers.entry(read).or_default().push(id));
        }
        let can_fail = |id: &StepId| steps[id.index()].kernel.behavior().can_fail();
        let updating = updates.iter().filter_map(|update| writers.get(&update.value).copied());
        let updating = updating.collect();
        Self { steps, writers, readers, failing: ids.filter(can_fail).collect(), updating }
    }

    /// The step that can write an update in place, and those that must come before: every other reader of the leaf, and
    /// every step that can fail. `None` unless they are sure to.
    fn writer(&self, NewValue { target, value }: NewValue) -> Option<(StepId, Vec<StepId>)> {
        let writer = *self.writers.get(&value)?;
        let step = &self.steps[writer.index()];
        let kernel = step.kernel.behavior();
        if !kernel.can_update() || kernel.reads_elsewhere().contains(&target) {
            return None;
        }
        let readers = self.readers.get(&target).into_iter().flatten();
        let earlier = readers.chain(&self.failing).copied().filter(|&id| id != writer);
        // Nothing of a lower level depends on the writer, nor do steps of its own level, except that fused kernels may
        // read a product, and steps that update leaves may have to wait for each other.
        let comes_before = |id: &StepId| {
            let other = &self.steps[id.index()];
            let may_read = other.kernel.behavior().is_fused() && !kernel.is_fused();
            let may_wait = self.updating.contains(id) || may_read;
            other.level < step.level || other.level == step.level && !may_wait
        };
        let earlier: Vec<_> = earlier.collect();
        earlier.iter().all(comes_before).then_some((writer, earlier))
    }
}

/// The values that a checked program computes last and in place, of those that update leaves: sums of the leaf and a
/// product of operands with fewer elements, so that all three are looked at sooner than the leaf is copied. Nothing
/// else reads such a value, nor do other such sums read the leaf; all other steps come before.
fn bounded(
    steps: &[Step],
    sizes: &Sizes,
    updates: &[NewValue],
    outputs: &[ValueId],
) -> FxHashSet<ValueId> {
    let leaf_of = updates.iter().map(|update| (update.value, update.target));
    let leaf_of: FxHashMap<_, _> = leaf_of.collect();
    let sum = |step: &Step| {
        let (kernel, value) = (step.kernel.behavior(), step.writes[0]);
        let leaf = *leaf_of.get(&value)?;
        let read = kernel.reads_elsewhere().into_iter().map(|id| sizes.n_elements(id));
        let is_sum = kernel.has_bound() && kernel.reads_in_place().contains(&leaf);
        (is_sum && read.sum::<usize>() < sizes.n_elements(leaf)).then_some((value, leaf))
    };
    let sums: Vec<_> = steps.iter().filter_map(|step| Some((step, sum(step)?))).collect();
    let mut n_uses: FxHashMap<ValueId, usize> = FxHashMap::default();
    let read = steps.iter().flat_map(|step| step.reads.iter().copied());
    let written = updates.iter().map(|update| update.value).chain(outputs.iter().copied());
    read.chain(written).for_each(|id| *n_uses.entry(id).or_default() += 1);
    let read_by_sums: FxHashSet<_> =
        sums.iter().flat_map(|(step, _)| step.kernel.behavior().reads_elsewhere()).collect();
    let is_apart =
        |(value, leaf): &(ValueId, ValueId)| n_uses[value] == 1 && !read_by_sums.contains(leaf);
    sums.into_iter().map(|(_, sum)| sum).filter(is_apart).map(|(value, _)| value).collect()
}

/// The step that copies a new value to its target.
fn copy(NewValue { target, value }: NewValue, (dtype, n_elements): (DType, usize)) -> Step {
    let shape = Shape::from([n_elements]);
    let walk = Walk::new(&Layout::contiguous(&shape), &shape);
    let kernel = Kernel::Copy(CopyView { from: value, walk, to: target, dtype });
    Step::new(kernel, smallvec![], u32::MAX)
}
