//! Order: the sequence in which the steps run.

use std::{cmp::Reverse, collections::BinaryHeap};

use rustc_hash::FxHashSet;

use crate::{
    compile::{lower::Lowered, update::LeafUpdates},
    step::{Step, StepId, writers},
};

/// The sequence of the steps: the lowered steps, then the copies of updates.
pub(crate) struct Order {
    pub sequence: Vec<StepId>,
}

/// Orders steps so that values are written before they are read, close to the order of recording.
///
/// Steps that write only in place come as early as they can: they need no memory, and free the gradients that they read.
/// Steps that a bound must precede come last.
pub(crate) fn order(lowered: &Lowered, updates: &LeafUpdates) -> Order {
    let steps = &lowered.steps;
    let mut sequence = in_order(steps, &[&lowered.edges[..], &updates.edges].concat(), updates);
    let copies = (0..updates.copies.len()).map(|k| StepId::new(steps.len() + k));
    sequence.extend(copies);
    // No other step depends on these.
    let is_last = |id: &StepId| {
        let step = steps.get(id.index());
        step.is_some_and(|step| step.writes.iter().any(|id| updates.last.contains(id)))
    };
    sequence.sort_by_key(is_last);
    Order { sequence }
}

impl Order {
    /// The steps in order.
    pub fn steps<'s>(&self, lowered: &'s Lowered, updates: &'s LeafUpdates) -> Vec<&'s Step> {
        let all: Vec<_> = lowered.steps.iter().chain(&updates.copies).collect();
        self.sequence.iter().map(|id| all[id.index()]).collect()
    }
}

fn in_order(steps: &[Step], edges: &[(StepId, StepId)], updates: &LeafUpdates) -> Vec<StepId> {
    let writers = writers(steps);
    let mut n_awaited = vec![0usize; steps.len()];
    let mut followers: Vec<Vec<StepId>> = vec![Vec::new(); steps.len()];
    let ids = (0..steps.len()).map(StepId::new);
    let reads = ids.clone().zip(steps);
    let reads = reads.flat_map(|(id, step)| step.reads.iter().map(move |read| (read, id)));
    let dependencies = reads.filter_map(|(read, id)| Some((*writers.get(read)?, id)));
    for (before, after) in dependencies.chain(edges.iter().copied()) {
        followers[before.index()].push(after);
        n_awaited[after.index()] += 1;
    }
    let in_place: FxHashSet<_> = updates.in_place.iter().map(|update| update.value).collect();
    let priority = |id: StepId| {
        let writes = &steps[id.index()].writes;
        let takes_memory = writes.iter().any(|id| !in_place.contains(id));
        Reverse((takes_memory, writes.iter().max().copied(), id))
    };
    let mut ready: BinaryHeap<_> =
        ids.filter(|id| n_awaited[id.index()] == 0).map(priority).collect();
    let mut sequence = Vec::with_capacity(steps.len());
    while let Some(Reverse((.., id))) = ready.pop() {
        sequence.push(id);
        for &follower in &followers[id.index()] {
            n_awaited[follower.index()] -= 1;
            if n_awaited[follower.index()] == 0 {
                ready.push(priority(follower));
            }
        }
    }
    let is_complete = sequence.len() == steps.len();
    assert!(is_complete, "steps depend on each other in a cycle: a fault of the grouping");
    sequence
}
