//! Where each value lies: a place in the arena for as long as it is needed, shared over time.

use std::collections::BTreeMap;

use retrograd_core::{DType, NodeId};
use rustc_hash::FxHashMap;

use crate::{
    arena::{ALIGNMENT, Place},
    step::{Kernel, Step},
};

/// Places of all values, and the size of the arena.
pub(crate) struct Places {
    pub places: Vec<Place>,
    pub n_bytes: usize,
    /// The most bytes that are needed at one time, had every value exactly its size.
    pub n_bytes_live: usize,
}

/// Plans the arena: walks through the steps, giving each value the best-fitting free range when it is written, or
/// that of an operand it can overwrite, and freeing ranges after their last use. Values of `kept` are never freed;
/// those that have a place already keep it.
pub(crate) fn plan(
    steps: &[Step],
    sizes: &[(DType, usize)],
    kept: &[NodeId],
    mut places: Vec<Place>,
) -> Places {
    let mut last_use: FxHashMap<NodeId, usize> = FxHashMap::default();
    for (at, step) in steps.iter().enumerate() {
        last_use.extend(step.reads.iter().chain(&step.writes).map(|&id| (id, at)));
    }
    last_use.extend(kept.iter().map(|&id| (id, usize::MAX)));
    let mut ranges = Ranges::default();
    let (mut live, mut most_live) = (0, 0);
    for (at, step) in steps.iter().enumerate() {
        let dies_here = |id: &NodeId| last_use[id] == at;
        let mut dying: Vec<_> =
            step.reads.iter().chain(&step.writes).copied().filter(dies_here).collect();
        dying.sort_unstable();
        dying.dedup();
        for &id in &step.writes {
            if places[id.index()] != Place::Nowhere {
                continue;
            }
            let (dtype, n_elements) = sizes[id.index()];
            let n_bytes = dtype.n_bytes() * n_elements;
            let overwritten = overwritable(step, sizes[id.index()], &dying, sizes, &places);
            let offset = match overwritten {
                Some(operand) => {
                    dying.retain(|&dead| dead != operand);
                    let Place::Arena { offset, .. } = places[operand.index()] else { continue };
                    offset
                }
                None => {
                    live += padded(n_bytes);
                    ranges.take(padded(n_bytes))
                }
            };
            places[id.index()] = Place::Arena { offset, n_elements };
        }
        most_live = most_live.max(live);
        for id in dying {
            if let Place::Arena { offset, n_elements } = places[id.index()] {
                let n_bytes = padded(sizes[id.index()].0.n_bytes() * n_elements);
                live -= n_bytes;
                ranges.give_back(offset, n_bytes);
            }
        }
    }
    Places { places, n_bytes: ranges.end, n_bytes_live: most_live }
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

fn padded(n_bytes: usize) -> usize {
    n_bytes.next_multiple_of(ALIGNMENT)
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
