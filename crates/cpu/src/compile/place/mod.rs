//! Where each value lies: a place in the arena for as long as it is needed, shared over time.

mod block;

use retrograd_core::{DType, computation::ValueId};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    arena::{ALIGNMENT, Place},
    compile::{lower::Lowered, update::LeafUpdates},
    program::{Shortage, Task},
    step::{Sizes, Step},
    tuning::Tuning,
};
use block::{LiveRange, TooLarge};

/// Places of all values, and the size of the arena.
pub(crate) struct Places {
    pub places: Vec<Place>,
    pub n_bytes: usize,
    /// The most bytes live at one time: the size of a perfect arena.
    pub n_bytes_live: usize,
    /// The node whose value is the largest in the arena.
    pub largest: Option<ValueId>,
}

/// Finds a place for each value, so that the places of values that are needed at one time are apart. Leaves and updates
/// have places of their own, outputs stay in the arena after the steps.
///
/// # Errors
/// If the arena would be larger than memory can be.
pub(crate) fn place(
    task: &Task,
    lowered: &Lowered,
    updates: &LeafUpdates,
    steps: &[&Step],
    tuning: &Tuning,
) -> Result<Places, Shortage> {
    let (sizes, outputs) = (&lowered.sizes, &lowered.roots[..task.n_outputs]);
    let outside = outside(task, lowered, updates, steps);
    let (mut places, blocks) = in_blocks(steps, sizes, outputs, outside);
    let largest = largest(&places, sizes).and_then(|value| node_of(value, steps, task));
    let (offsets, n_bytes, n_bytes_live) = block::arrange(&blocks, tuning.most_paired)
        .map_err(|TooLarge(n_bytes)| Shortage { n_bytes, largest })?;
    for place in &mut places {
        if let Place::Arena { offset, .. } = place {
            *offset = offsets[*offset];
        }
    }
    Ok(Places { places, n_bytes, n_bytes_live, largest })
}

/// The places outside the arena: of leaves, of updates, and, in a checked program, of operands that are computed there.
fn outside(task: &Task, lowered: &Lowered, updates: &LeafUpdates, steps: &[&Step]) -> Vec<Place> {
    let Lowered { leaves, roots, sizes, .. } = lowered;
    let mut places = vec![Place::Nowhere; sizes.len()];
    // Where a target is the leaf, it has the leaf's slot.
    let targets = updates.all.iter().map(|update| update.target);
    let slots = (leaves.len()..).zip(targets).chain((0..).zip(leaves.iter().copied()));
    slots.for_each(|(slot, id)| places[id.index()] = Place::Leaf { slot });
    let in_place = updates.in_place.iter();
    let in_place: Vec<_> =
        in_place.map(|update| (update.value, places[update.target.index()])).collect();
    in_place.iter().for_each(|&(value, place)| places[value.index()] = place);
    if task.is_checked {
        // Nothing is beside leaves until new values are written there.
        lend(steps, sizes, &roots[..task.n_outputs], &in_place, &mut places);
    }
    places
}

/// The largest value of the arena.
fn largest(places: &[Place], sizes: &Sizes) -> Option<ValueId> {
    let ids = (0..places.len()).map(ValueId::new);
    let in_arena = ids.filter(|id| matches!(places[id.index()], Place::Arena { .. }));
    in_arena.max_by_key(|&id| aligned(sizes.n_bytes(id)))
}

/// The node that a value belongs to: for copies and scratch, one that their step computes.
fn node_of(value: ValueId, steps: &[&Step], task: &Task) -> Option<ValueId> {
    if value.index() < task.computation.nodes.len() {
        return Some(value);
    }
    let is_of = |step: &&&Step| step.writes.contains(&value) || step.scratch == Some(value);
    steps.iter().find(is_of)?.computes.first().copied()
}

/// The bytes that a value takes in the arena; the most that there can be, if they are more still.
fn aligned(n_bytes: usize) -> usize {
    n_bytes.checked_next_multiple_of(ALIGNMENT).unwrap_or(usize::MAX)
}

/// Walks through the steps, giving each value a block of memory when it is written, or that of an operand that it can
/// overwrite. The offset of a place in the arena is the index of the block.
fn in_blocks(
    steps: &[&Step],
    sizes: &Sizes,
    kept: &[ValueId],
    places: Vec<Place>,
) -> (Vec<Place>, Vec<LiveRange>) {
    let mut last_use = vec![0; sizes.len()];
    for (at, step) in (0..).zip(steps) {
        let values = step.reads.iter().chain(&step.writes).chain(&step.scratch);
        values.for_each(|id| last_use[id.index()] = at);
    }
    kept.iter().for_each(|id| last_use[id.index()] = u32::MAX);
    let mut planner = Planner { sizes, last_use, places, blocks: Vec::new() };
    for (at, step) in (0..).zip(steps) {
        let mut operands = planner.operands(at, step);
        step.writes.iter().for_each(|&id| planner.place(id, at, &mut operands));
        step.scratch.iter().for_each(|&id| planner.place_apart(id, at));
    }
    (planner.places, planner.blocks)
}

/// Has operands computed in the places where results of the same size go: places outside the arena that nothing else
/// uses, each of a pair of `targets`, a result and its place. Of these operands the step that writes the result is the
/// only reader, block by block; `kept` values are none of them.
fn lend(
    steps: &[&Step],
    sizes: &Sizes,
    kept: &[ValueId],
    targets: &[(ValueId, Place)],
    places: &mut [Place],
) {
    let mut n_readers = vec![0usize; sizes.len()];
    let reads = steps.iter().flat_map(|step| &step.reads);
    reads.chain(kept).for_each(|id| n_readers[id.index()] += 1);
    let places_of: FxHashMap<_, _> = targets.iter().copied().collect();
    for step in steps {
        let once = step
            .reads
            .iter()
            .copied()
            .filter(|id| n_readers[id.index()] == 1 && places[id.index()] == Place::Nowhere);
        let mut operands = Operands::new(step, once.collect(), sizes);
        for &id in &step.writes {
            let Some(&place) = places_of.get(&id) else { continue };
            if let Some(operand) = operands.take(sizes.of(id)) {
                places[operand.index()] = place;
            }
        }
    }
}

struct Planner<'a> {
    sizes: &'a Sizes,
    last_use: Vec<u32>,
    places: Vec<Place>,
    blocks: Vec<LiveRange>,
}

impl Planner<'_> {
    /// The operands in the arena that a step is the last to read.
    fn operands(&self, at: u32, step: &Step) -> Operands {
        let is_dying = |id: &ValueId| {
            let is_in_arena = matches!(self.places[id.index()], Place::Arena { .. });
            is_in_arena && self.last_use[id.index()] == at
        };
        let mut dying: Vec<_> = step.reads.iter().copied().filter(is_dying).collect();
        dying.sort_unstable();
        dying.dedup();
        Operands::new(step, dying, self.sizes)
    }

    /// Gives a value that a step writes a block: that of one of its operands, or a new one.
    fn place(&mut self, id: ValueId, at: u32, operands: &mut Operands) {
        if self.places[id.index()] != Place::Nowhere {
            return;
        }
        let Some(operand) = operands.take(self.sizes.of(id)) else {
            return self.place_apart(id, at);
        };
        self.places[id.index()] = self.places[operand.index()];
        if let Place::Arena { offset: block, .. } = self.places[id.index()] {
            self.blocks[block].last = self.last_use[id.index()];
        }
    }

    /// Gives a value a new block.
    fn place_apart(&mut self, id: ValueId, at: u32) {
        let (n_bytes, n_elements) = (aligned(self.sizes.n_bytes(id)), self.sizes.n_elements(id));
        self.places[id.index()] = Place::Arena { offset: self.blocks.len(), n_elements };
        self.blocks.push(LiveRange { n_bytes, first: at, last: self.last_use[id.index()] });
    }
}

/// The operands that a step reads for the last time where it writes, just before: results of the same size can take
/// their places.
#[derive(Default)]
struct Operands {
    /// By dtype and number of elements, the last recorded first.
    free: FxHashMap<(DType, usize), Vec<ValueId>>,
}

impl Operands {
    /// The operands of `step` that are among `candidates`, in ascending order.
    fn new(step: &Step, candidates: Vec<ValueId>, sizes: &Sizes) -> Self {
        let mut this = Self::default();
        if candidates.is_empty() {
            return this;
        }
        let in_step: FxHashSet<_> = step.kernel.behavior().reads_in_place().into_iter().collect();
        if in_step.is_empty() {
            return this;
        }
        let elsewhere: FxHashSet<_> =
            step.kernel.behavior().reads_elsewhere().into_iter().collect();
        let overwritable = |id: &ValueId| in_step.contains(id) && !elsewhere.contains(id);
        for id in candidates.into_iter().rev().filter(overwritable) {
            this.free.entry(sizes.of(id)).or_default().push(id);
        }
        this
    }

    /// Takes an operand of this size.
    fn take(&mut self, size: (DType, usize)) -> Option<ValueId> {
        self.free.get_mut(&size)?.pop()
    }
}
