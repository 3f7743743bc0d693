//! Where each value lies: a place in the arena for as long as it is needed, shared over time.

use std::collections::{BTreeMap, BTreeSet};

use retrograd_core::{DType, NodeId};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    arena::{ALIGNMENT, Place},
    step::Step,
};

/// Places of all values, and the size of the arena.
pub(crate) struct Places {
    pub places: Vec<Place>,
    pub n_bytes: usize,
    /// The most bytes that are needed at one time: what a perfect arena would have.
    pub n_bytes_live: usize,
}

/// Plans the arena: walks through the steps, giving each value the best-fitting free range when it is written, or
/// that of an operand it can overwrite, and freeing ranges after their last use. Values of `kept` are never freed;
/// those that have a place already keep it.
pub(crate) fn plan(
    steps: &[Step],
    sizes: &[(DType, usize)],
    kept: &[NodeId],
    places: Vec<Place>,
) -> Places {
    let mut last_use = vec![0; sizes.len()];
    for (at, step) in steps.iter().enumerate() {
        let values = step.reads.iter().chain(&step.writes).chain(&step.scratch);
        values.for_each(|id| last_use[id.index()] = at);
    }
    kept.iter().for_each(|id| last_use[id.index()] = usize::MAX);
    let mut planner = Planner { sizes, places, ranges: Ranges::default(), n_live: 0, most_live: 0 };
    for (at, step) in steps.iter().enumerate() {
        let values = step.reads.iter().chain(&step.writes).chain(&step.scratch).copied();
        let mut dying: Vec<_> = values.filter(|id| last_use[id.index()] == at).collect();
        dying.sort_unstable();
        dying.dedup();
        let is_in_arena = |id: &NodeId| matches!(planner.places[id.index()], Place::Arena { .. });
        // What the step writes has no place yet.
        let in_arena = dying.iter().copied().filter(is_in_arena).collect();
        let mut operands = Operands::new(step, in_arena, sizes);
        step.writes.iter().for_each(|&id| planner.place(id, &mut operands));
        step.scratch.iter().for_each(|&id| planner.place_apart(id));
        operands.taken.sort_unstable();
        dying.retain(|id| operands.taken.binary_search(id).is_err());
        dying.into_iter().for_each(|id| planner.free(id));
    }
    let Planner { places, ranges, most_live, .. } = planner;
    Places { places, n_bytes: ranges.end, n_bytes_live: most_live }
}

/// Has operands computed in the places where results of the same size go: places outside the arena that nothing else
/// uses, each of a pair of `targets`, a result and its place. Of these operands the step that writes the result is the
/// only reader, block by block; `kept` values are none of them.
pub(crate) fn lend(
    steps: &[Step],
    sizes: &[(DType, usize)],
    kept: &[NodeId],
    targets: &[(NodeId, Place)],
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
        for id in &step.writes {
            let Some(&place) = places_of.get(id) else { continue };
            if let Some(operand) = operands.take(sizes[id.index()]) {
                places[operand.index()] = place;
            }
        }
    }
}

struct Planner<'a> {
    sizes: &'a [(DType, usize)],
    places: Vec<Place>,
    ranges: Ranges,
    n_live: usize,
    most_live: usize,
}

impl Planner<'_> {
    /// Gives a value that a step writes a place: that of one of its operands, or a range of its own.
    fn place(&mut self, id: NodeId, operands: &mut Operands) {
        if self.places[id.index()] != Place::Nowhere {
            return;
        }
        if let Some(operand) = operands.take(self.sizes[id.index()]) {
            self.places[id.index()] = self.places[operand.index()];
            return;
        }
        self.place_apart(id);
    }

    /// Gives a value a range of its own.
    fn place_apart(&mut self, id: NodeId) {
        let n_bytes = self.n_bytes(id);
        self.n_live += n_bytes;
        self.most_live = self.most_live.max(self.n_live);
        let n_elements = self.sizes[id.index()].1;
        self.places[id.index()] = Place::Arena { offset: self.ranges.take(n_bytes), n_elements };
    }

    /// Frees the place of a value, if it is in the arena.
    fn free(&mut self, id: NodeId) {
        if let Place::Arena { offset, .. } = self.places[id.index()] {
            self.n_live -= self.n_bytes(id);
            self.ranges.give_back(offset, self.n_bytes(id));
        }
    }

    fn n_bytes(&self, id: NodeId) -> usize {
        let (dtype, n_elements) = self.sizes[id.index()];
        (dtype.n_bytes() * n_elements).next_multiple_of(ALIGNMENT)
    }
}

/// The operands that a step reads for the last time where it writes, just before: results of the same size can take
/// their places.
#[derive(Default)]
struct Operands {
    /// By dtype and number of elements, the last recorded first.
    free: FxHashMap<(DType, usize), Vec<NodeId>>,
    taken: Vec<NodeId>,
}

impl Operands {
    /// The operands of `step` that are among `candidates`, in ascending order.
    fn new(step: &Step, candidates: Vec<NodeId>, sizes: &[(DType, usize)]) -> Self {
        let mut this = Self::default();
        if candidates.is_empty() {
            return this;
        }
        let in_step: FxHashSet<_> = step.reads_in_step().into_iter().collect();
        if in_step.is_empty() {
            return this;
        }
        let elsewhere: FxHashSet<_> = step.reads_elsewhere().into_iter().collect();
        let overwritable = |id: &NodeId| in_step.contains(id) && !elsewhere.contains(id);
        for id in candidates.into_iter().rev().filter(overwritable) {
            this.free.entry(sizes[id.index()]).or_default().push(id);
        }
        this
    }

    /// Takes an operand of this size.
    fn take(&mut self, size: (DType, usize)) -> Option<NodeId> {
        let operand = self.free.get_mut(&size)?.pop()?;
        self.taken.push(operand);
        Some(operand)
    }
}

/// Free ranges of the arena, never touching each other.
#[derive(Default)]
struct Ranges {
    /// Size of each, by offset.
    free: BTreeMap<usize, usize>,
    /// Size and offset of each.
    by_size: BTreeSet<(usize, usize)>,
    end: usize,
}

impl Ranges {
    /// Takes the smallest free range that fits, or else grows the arena.
    fn take(&mut self, n_bytes: usize) -> usize {
        let fitting = self.by_size.range((n_bytes, 0)..).next().copied();
        if let Some((size, offset)) = fitting {
            self.remove(offset, size);
            if size > n_bytes {
                self.insert(offset + n_bytes, size - n_bytes);
            }
            return offset;
        }
        // The last free range may reach the end: then only the rest is new.
        let last = self.free.last_key_value().map(|(&offset, &size)| (offset, size));
        let offset = match last {
            Some((offset, size)) if offset + size == self.end => {
                self.remove(offset, size);
                offset
            }
            _ => self.end,
        };
        self.end = offset + n_bytes;
        offset
    }

    /// Frees a range, joined with the free ranges beside it.
    fn give_back(&mut self, mut offset: usize, mut n_bytes: usize) {
        if n_bytes == 0 {
            return;
        }
        if let Some(&size) = self.free.get(&(offset + n_bytes)) {
            self.remove(offset + n_bytes, size);
            n_bytes += size;
        }
        let before = self.free.range(..offset).next_back().map(|(&before, &size)| (before, size));
        if let Some((before, size)) = before
            && before + size == offset
        {
            self.remove(before, size);
            offset = before;
            n_bytes += size;
        }
        self.insert(offset, n_bytes);
    }

    fn insert(&mut self, offset: usize, size: usize) {
        self.free.insert(offset, size);
        self.by_size.insert((size, offset));
    }

    fn remove(&mut self, offset: usize, size: usize) {
        self.free.remove(&offset);
        self.by_size.remove(&(size, offset));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn freed_ranges_are_joined_and_used_again() {
        let mut ranges = Ranges::default();
        let [a, b, c] = [ranges.take(64), ranges.take(128), ranges.take(64)];
        assert_eq!([a, b, c, ranges.end], [0, 64, 192, 256]);
        ranges.give_back(a, 64);
        ranges.give_back(b, 128);
        assert_eq!(ranges.take(192), 0);
        ranges.give_back(c, 64);
        assert_eq!((ranges.take(128), ranges.end), (192, 320));
    }
}
