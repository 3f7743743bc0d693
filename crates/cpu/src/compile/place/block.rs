//! Placement of live ranges: blocks whose live ranges overlap do not overlap in memory.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap},
};

/// The live range of a block of memory: the steps from the first to the last that need it, both included.
#[derive(Clone, Copy, Debug)]
pub(super) struct LiveRange {
    pub n_bytes: usize,
    pub first: u32,
    pub last: u32,
}

/// Blocks whose bytes are too many to be counted: so many are needed at one time.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLarge(pub u128);

/// The offsets of blocks, given in the order of their first steps; how far they reach, and the least that any arrangement
/// could: the most bytes that are needed at one time.
///
/// # Errors
/// If all of them, one behind the other, would reach further than memory can. All sums of sizes and offsets are less.
pub(super) fn arrange(
    blocks: &[LiveRange],
    most_paired: usize,
) -> Result<(Vec<usize>, usize, usize), TooLarge> {
    let n_bytes: u128 = blocks.iter().map(|block| block.n_bytes as u128).sum();
    if n_bytes > isize::MAX as u128 {
        return Err(TooLarge(most_live(blocks)));
    }
    let (offsets, n_bytes, n_bytes_live) = in_order(blocks);
    if n_bytes > n_bytes_live && blocks.len() <= most_paired {
        let (by_size, n_bytes_by_size) = by_size(blocks);
        if n_bytes_by_size < n_bytes {
            return Ok((by_size, n_bytes_by_size, n_bytes_live));
        }
    }
    Ok((offsets, n_bytes, n_bytes_live))
}

/// The most bytes that are needed at one time, however many.
fn most_live(blocks: &[LiveRange]) -> u128 {
    let (mut n_live, mut most_live) = (0u128, 0);
    let mut ending = BinaryHeap::new();
    for block in blocks {
        while let Some(&Reverse((last, n_bytes))) = ending.peek()
            && last < block.first
        {
            ending.pop();
            n_live -= n_bytes as u128;
        }
        ending.push(Reverse((block.last, block.n_bytes)));
        n_live += block.n_bytes as u128;
        most_live = most_live.max(n_live);
    }
    most_live
}

/// Gives each block the best-fitting range that is free when its time comes.
fn in_order(blocks: &[LiveRange]) -> (Vec<usize>, usize, usize) {
    let (mut ranges, mut n_live, mut most_live) = (Ranges::default(), 0, 0);
    let mut ending = BinaryHeap::new();
    let mut offsets = Vec::with_capacity(blocks.len());
    for (index, block) in (0u32..).zip(blocks) {
        while let Some(&Reverse((last, ended))) = ending.peek()
            && last < block.first
        {
            ending.pop();
            let ended = ended as usize;
            ranges.give_back(offsets[ended], blocks[ended].n_bytes);
            n_live -= blocks[ended].n_bytes;
        }
        ending.push(Reverse((block.last, index)));
        offsets.push(ranges.take(block.n_bytes));
        n_live += block.n_bytes;
        most_live = most_live.max(n_live);
    }
    (offsets, ranges.end, most_live)
}

/// Gives each block, the largest first, the lowest place that no block of an overlapping live range has.
fn by_size(blocks: &[LiveRange]) -> (Vec<usize>, usize) {
    let mut order: Vec<_> = (0..blocks.len()).collect();
    order.sort_by_key(|&index| Reverse(blocks[index].n_bytes));
    let mut offsets = vec![0; blocks.len()];
    // The blocks that have a place, by their offsets.
    let mut placed: Vec<usize> = Vec::with_capacity(blocks.len());
    let mut n_bytes = 0;
    for index in order {
        let block = blocks[index];
        let of_its_time = |&&other: &&usize| {
            blocks[other].first <= block.last && block.first <= blocks[other].last
        };
        let mut offset = 0;
        for &other in placed.iter().filter(of_its_time) {
            if offset + block.n_bytes <= offsets[other] {
                break;
            }
            offset = offset.max(offsets[other] + blocks[other].n_bytes);
        }
        offsets[index] = offset;
        n_bytes = n_bytes.max(offset + block.n_bytes);
        placed.insert(placed.partition_point(|&other| offsets[other] <= offset), index);
    }
    (offsets, n_bytes)
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
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

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

    /// Checks that blocks of one time are apart, and reach no further than they say.
    fn check(blocks: &[LiveRange], offsets: &[usize], n_bytes: usize) {
        for (k, (a, at)) in blocks.iter().zip(offsets).enumerate() {
            assert!(at + a.n_bytes <= n_bytes);
            for (b, bt) in blocks.iter().zip(offsets).skip(k + 1) {
                let is_empty = a.n_bytes == 0 || b.n_bytes == 0;
                let meet = a.first <= b.last && b.first <= a.last && !is_empty;
                assert!(!meet || at + a.n_bytes <= *bt || bt + b.n_bytes <= *at, "{a:?}, {b:?}");
            }
        }
    }

    #[test]
    fn blocks_that_memory_cannot_hold_are_refused() {
        let half = isize::MAX as usize / 2 + 1;
        let block = |n_bytes, first, last| LiveRange { n_bytes, first, last };
        let two = [block(half, 0, 1), block(half, 1, 2)];
        assert_eq!(arrange(&two, 2000), Err(TooLarge(1 << 63)));
        // Sizes that would wrap around to nothing.
        assert_eq!(arrange(&[block(1 << 63, 0, 1); 2], 2000), Err(TooLarge(1 << 64)));
        assert!(arrange(&[block(half - 64, 0, 1), block(half - 64, 1, 2)], 2000).is_ok());
    }

    #[test]
    fn blocks_of_one_time_are_apart() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut n_better = 0;
        for _ in 0..500 {
            let mut firsts: Vec<_> = (0..40).map(|_| rng.random_range(0..30)).collect();
            firsts.sort_unstable();
            let block = |first| {
                let last = first + rng.random_range(0..8);
                LiveRange { n_bytes: 64 * rng.random_range(0..10), first, last }
            };
            let blocks: Vec<_> = firsts.into_iter().map(block).collect();
            let (in_order, n_in_order, n_live) = in_order(&blocks);
            let (by_size, n_by_size) = by_size(&blocks);
            check(&blocks, &in_order, n_in_order);
            check(&blocks, &by_size, n_by_size);
            let (_, n_bytes, n_least) = arrange(&blocks, 2000).expect("they are small");
            assert_eq!(most_live(&blocks), n_live as u128);
            assert_eq!((n_bytes, n_least), (n_in_order.min(n_by_size), n_live));
            assert!(n_live <= n_bytes);
            n_better += usize::from(n_by_size < n_in_order);
        }
        assert!(n_better > 100, "{n_better}");
    }
}
