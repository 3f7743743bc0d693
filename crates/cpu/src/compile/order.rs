//! The order of the steps, and which of them write a parameter's new value in place.

use std::{cmp::Reverse, collections::BinaryHeap};

use retrograd_core::NodeId;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::step::Step;

/// Puts steps in an order in which values are written before they are read, close to that of recording.
///
/// `after` lists further pairs of steps, the first of which comes before the second. Steps that write only in place, of
/// the values `in_place`, come as early as they can: they need no memory, and free the gradients that they read.
pub(crate) fn in_order(
    steps: Vec<Step>,
    after: &[(usize, usize)],
    in_place: &[(NodeId, NodeId)],
) -> Vec<Step> {
    let writers = writers(&steps);
    let mut n_awaited = vec![0usize; steps.len()];
    let mut followers: Vec<Vec<usize>> = vec![Vec::new(); steps.len()];
    let reads = steps
        .iter()
        .enumerate()
        .flat_map(|(at, step)| step.reads.iter().map(move |read| (read, at)));
    let edges = reads.filter_map(|(read, at)| writers.get(read).map(|&writer| (writer, at)));
    for (before, at) in edges.chain(after.iter().copied()) {
        followers[before].push(at);
        n_awaited[at] += 1;
    }
    let in_place: FxHashSet<_> = in_place.iter().map(|&(value, _)| value).collect();
    let priority = |at: usize| {
        let takes_memory = steps[at].writes.iter().any(|id| !in_place.contains(id));
        Reverse((takes_memory, steps[at].writes.iter().max().copied(), at))
    };
    let mut ready: BinaryHeap<_> =
        (0..steps.len()).filter(|&at| n_awaited[at] == 0).map(priority).collect();
    let mut order = Vec::with_capacity(steps.len());
    while let Some(Reverse((.., at))) = ready.pop() {
        order.push(at);
        for &follower in &followers[at] {
            n_awaited[follower] -= 1;
            if n_awaited[follower] == 0 {
                ready.push(priority(follower));
            }
        }
    }
    assert_eq!(
        order.len(),
        steps.len(),
        "steps depend on each other in a cycle: a fault of the grouping"
    );
    let mut steps: Vec<_> = steps.into_iter().map(Some).collect();
    order.into_iter().map(|at| steps[at].take().expect("each step comes once")).collect()
}

/// The step that writes each value.
pub(crate) fn writers(steps: &[Step]) -> FxHashMap<NodeId, usize> {
    let writes =
        steps.iter().enumerate().flat_map(|(at, step)| step.writes.iter().map(move |&id| (id, at)));
    writes.collect()
}

/// New values of leaves that their kernels write straight to the leaf, and the pairs of steps that this orders.
#[derive(Default)]
pub(crate) struct InPlace {
    /// Value and the leaf whose place it takes.
    pub values: Vec<(NodeId, NodeId)>,
    /// Steps that must come before others.
    pub after: Vec<(usize, usize)>,
}

impl InPlace {
    /// Finds the updates, pairs of a leaf and its new value, that can be written in place: computed elementwise or by a
    /// product, with every other reader of the leaf, and every step that can fail, sure to come before.
    pub fn find(steps: &[Step], updates: &[(NodeId, NodeId)], outputs: &[NodeId]) -> Self {
        let writers = writers(steps);
        let mut readers: FxHashMap<NodeId, Vec<usize>> = FxHashMap::default();
        for (at, step) in steps.iter().enumerate() {
            step.reads.iter().for_each(|&read| readers.entry(read).or_default().push(at));
        }
        let behavior = |at: usize| steps[at].kernel.behavior();
        let failing: Vec<_> = (0..steps.len()).filter(|&at| behavior(at).can_fail()).collect();
        let updating: FxHashSet<_> =
            updates.iter().filter_map(|(_, value)| writers.get(value).copied()).collect();
        let mut read_elsewhere: FxHashSet<(usize, NodeId)> = FxHashSet::default();
        for &at in &updating {
            read_elsewhere
                .extend(behavior(at).reads_elsewhere().into_iter().map(|read| (at, read)));
        }

        let mut this = Self::default();
        let mut taken: FxHashSet<_> = outputs.iter().copied().collect();
        for &(leaf, value) in updates {
            let Some(&writer) = writers.get(&value).filter(|_| !taken.contains(&value)) else {
                continue;
            };
            if !behavior(writer).can_update() || read_elsewhere.contains(&(writer, leaf)) {
                continue;
            }
            let earlier = readers.get(&leaf).into_iter().flatten().chain(&failing).copied();
            let earlier: Vec<_> = earlier.filter(|&at| at != writer).collect();
            // Nothing of a lower level depends on the writer, nor do steps of its own level, except that elementwise
            // kernels may read a product, and steps that update leaves may have to wait for each other.
            let comes_before = |&at: &usize| {
                let (level, own) = (steps[at].level, steps[writer].level);
                let may_wait = updating.contains(&at)
                    || behavior(at).is_fused() && !behavior(writer).is_fused();
                level < own || level == own && !may_wait
            };
            if earlier.iter().all(comes_before) {
                this.values.push((value, leaf));
                taken.insert(value);
                this.after.extend(earlier.into_iter().map(|at| (at, writer)));
            }
        }
        this
    }
}
