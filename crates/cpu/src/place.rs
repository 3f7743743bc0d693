//! Where each value lies: a place in the arena for as long as it is needed, shared over time.

use std::collections::BTreeMap;

use retrograd_core::{DType, NodeId};

use crate::{
    arena::{ALIGNMENT, Place},
    step::{Kernel, Step},
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
        step.reads.iter().chain(&step.writes).for_each(|id| last_use[id.index()] = at);
    }
    kept.iter().for_each(|id| last_use[id.index()] = usize::MAX);
    let mut planner = Planner { sizes, places, ranges: Ranges::default(), n_live: 0, most_live: 0 };
    for (at, step) in steps.iter().enumerate() {
        let values = step.reads.iter().chain(&step.writes).copied();
        let mut dying: Vec<_> = values.filter(|id| last_use[id.index()] == at).collect();
        dying.sort_unstable();
        dying.dedup();
        step.writes.iter().for_each(|&id| planner.place(id, step, &mut dying));
        dying.into_iter().for_each(|id| planner.free(id));
    }
    let Planner { places, ranges, most_live, .. } = planner;
    Places { places, n_bytes: ranges.end, n_bytes_live: most_live }
}

struct Planner<'a> {
    sizes: &'a [(DType, usize)],
    places: Vec<Place>,
    ranges: Ranges,
    n_live: usize,
    most_live: usize,
}

impl Planner<'_> {
    /// Gives a value that `step` writes a place: that of one of the `dying` operands, or a range of its own.
    fn place(&mut self, id: NodeId, step: &Step, dying: &mut Vec<NodeId>) {
        if self.places[id.index()] != Place::Nowhere {
            return;
        }
        if let Some(operand) =
            overwritable(step, self.sizes[id.index()], dying, self.sizes, &self.places)
        {
            dying.retain(|&dead| dead != operand);
            self.places[id.index()] = self.places[operand.index()];
            return;
        }
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

/// An operand that an elementwise kernel reads for the last time, block by block, and whose place a result of the
/// same size can take.
fn overwritable(
    step: &Step,
    size: (DType, usize),
    dying: &[NodeId],
    sizes: &[(DType, usize)],
    places: &[Place],
) -> Option<NodeId> {
    let Kernel::Elementwise(kernel) = &step.kernel else { return None };
    let is_in_arena = |id: &NodeId| matches!(places[id.index()], Place::Arena { .. });
    kernel.reads_in_step().find(|id| {
        dying.contains(id)
            && !step.writes.contains(id)
            && sizes[id.index()] == size
            && is_in_arena(id)
            && !kernel.reads_elsewhere().any(|other| other == *id)
    })
}

/// Free ranges of the arena: by offset, never touching each other.
#[derive(Default)]
struct Ranges {
    free: BTreeMap<usize, usize>,
    end: usize,
}

impl Ranges {
    /// Takes the smallest free range that fits, or else grows the arena.
    fn take(&mut self, n_bytes: usize) -> usize {
        let fitting = self.free.iter().filter(|&(_, &size)| size >= n_bytes);
        if let Some((&offset, &size)) = fitting.min_by_key(|&(_, &size)| size) {
            self.free.remove(&offset);
            if size > n_bytes {
                self.free.insert(offset + n_bytes, size - n_bytes);
            }
            return offset;
        }
        // The last free range may reach the end: then only the rest is new.
        let last = self.free.last_key_value().map(|(&offset, &size)| (offset, size));
        let offset = match last {
            Some((offset, size)) if offset + size == self.end => {
                self.free.remove(&offset);
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
        if let Some(size) = self.free.remove(&(offset + n_bytes)) {
            n_bytes += size;
        }
        if let Some((&before, &size)) = self.free.range(..offset).next_back()
            && before + size == offset
        {
            self.free.remove(&before);
            offset = before;
            n_bytes += size;
        }
        self.free.insert(offset, n_bytes);
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
