//! Verification of the placed steps: in their order, with values in their places, they compute the task.

use std::collections::BTreeMap;

use retrograd_core::computation::ValueId;
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use crate::{
    arena::Place,
    compile::{
        lower::Lowered,
        place::Places,
        update::{LeafUpdates, NewValue},
    },
    program::Task,
    step::{Sizes, Step},
};

/// Values with their places, and the names stored there.
struct Placed<'p> {
    pub places: &'p [Place],
    /// Dtype and number of elements of each value.
    pub sizes: &'p Sizes,
    pub leaves: &'p [ValueId],
    /// Values that must be in the arena after the steps.
    pub outputs: &'p [ValueId],
    /// New values that must be in the places of their targets after the steps.
    pub updates: &'p [NewValue],
}

impl Places {
    /// Checks that each step finds its operands in their places.
    pub fn verify(
        &self,
        task: &Task,
        lowered: &Lowered,
        updates: &LeafUpdates,
        steps: &[&Step],
    ) -> Result<(), String> {
        let Lowered { leaves, roots, sizes, .. } = lowered;
        let (outputs, updates) = (&roots[..task.n_outputs], &updates.all);
        verify_steps(steps, &Placed { places: &self.places, sizes, leaves, outputs, updates })
    }
}

/// Runs steps on the names of values, and checks that each step finds its operands, which no step has overwritten.
///
/// # Errors
/// If one does not, or an output or a new value is not there after the last: a fault of the order or of the places.
fn verify_steps(steps: &[&Step], placed: &Placed<'_>) -> Result<(), String> {
    let mut contents = Contents { placed, leaves: FxHashMap::default(), arena: BTreeMap::new() };
    placed.leaves.iter().try_for_each(|&leaf| contents.write(leaf).map(drop))?;
    let mut written = FxHashSet::default();
    for (at, step) in steps.iter().enumerate() {
        let result = contents.run(step);
        result
            .map_err(|fault| format!("step {at}, which computes {:?}: {fault}", step.computes))?;
        written.extend(step.writes.iter().copied());
    }
    placed.outputs.iter().try_for_each(|&id| contents.check(id))?;
    for &NewValue { target, value } in placed.updates {
        // The new value is computed at its target, or copied there.
        let is_copied = written.contains(&target) && contents.check(target).is_ok();
        if !is_copied && placed.places[target.index()] != placed.places[value.index()] {
            return Err(format!("the new value {value:?} is not where {target:?} is"));
        }
        contents.check(if is_copied { target } else { value })?;
    }
    Ok(())
}

/// Which value is in which place.
struct Contents<'p> {
    placed: &'p Placed<'p>,
    leaves: FxHashMap<usize, ValueId>,
    /// End and value of each range of the arena, by its start.
    arena: BTreeMap<usize, (usize, ValueId)>,
}

/// The bytes of a value in the arena, or the slot of a leaf.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Where {
    Slot(usize),
    Bytes { start: usize, end: usize },
}

impl Contents<'_> {
    fn place(&self, id: ValueId) -> Result<Where, String> {
        let (dtype, n_elements) = self.placed.sizes.of(id);
        match self.placed.places[id.index()] {
            Place::Nowhere => Err(format!("{id:?} has no place")),
            Place::Leaf { slot } => Ok(Where::Slot(slot)),
            Place::Arena { offset, n_elements: own } if own == n_elements => {
                Ok(Where::Bytes { start: offset, end: offset + dtype.n_bytes() * n_elements })
            }
            Place::Arena { n_elements: own, .. } => {
                Err(format!("{id:?} has {n_elements} elements, and a place for {own}"))
            }
        }
    }

    /// Puts a value in its place; returns the values of which something was there.
    fn write(&mut self, id: ValueId) -> Result<SmallVec<[ValueId; 2]>, String> {
        let (start, end) = match self.place(id)? {
            Where::Slot(slot) => return Ok(self.leaves.insert(slot, id).into_iter().collect()),
            Where::Bytes { start, end } => (start, end),
        };
        let mut overwritten = SmallVec::new();
        if start < end {
            let before = self.arena.range(..start).next_back();
            let before = before.filter(|(_, (end, _))| *end > start).map(|(&at, _)| at);
            let within = self.arena.range(start..end).map(|(&at, _)| at);
            let all: SmallVec<[usize; 2]> = before.into_iter().chain(within).collect();
            let removed = all.into_iter().filter_map(|at| self.arena.remove(&at));
            overwritten.extend(removed.map(|(_, id)| id));
            self.arena.insert(start, (end, id));
        }
        Ok(overwritten)
    }

    /// Checks that a value is in its place.
    fn check(&self, id: ValueId) -> Result<(), String> {
        let found = match self.place(id)? {
            Where::Slot(slot) => self.leaves.get(&slot).copied(),
            Where::Bytes { start, end } if start == end => return Ok(()),
            Where::Bytes { start, .. } => self.arena.get(&start).map(|&(_, id)| id),
        };
        match found {
            Some(found) if found == id => Ok(()),
            found => Err(format!("in the place of {id:?} is {found:?}")),
        }
    }

    /// Runs a step: it must find its operands, write over no operand that it has still to read, and write nothing twice.
    fn run(&mut self, step: &Step) -> Result<(), String> {
        step.reads.iter().try_for_each(|&id| self.check(id))?;
        let kernel = step.kernel.behavior();
        kernel.check_sizes(&|id| self.placed.sizes.n_elements(id))?;
        let set = |ids: &[ValueId]| ids.iter().copied().collect::<FxHashSet<_>>();
        let (reads, elsewhere) = (set(&step.reads), set(&kernel.reads_elsewhere()));
        let in_step = set(&kernel.reads_in_place());
        if let Some(id) = in_step.union(&elsewhere).find(|id| !reads.contains(id)) {
            return Err(format!("{id:?} is not among what it reads"));
        }
        let mut results = FxHashSet::default();
        for &result in step.writes.iter().chain(&step.scratch) {
            let Placed { places, sizes, .. } = *self.placed;
            let can_replace = |read: ValueId| {
                in_step.contains(&read)
                    && !elsewhere.contains(&read)
                    && Some(result) != step.scratch
                    && sizes.of(read) == sizes.of(result)
                    && places[read.index()] == places[result.index()]
            };
            for other in self.write(result)? {
                if results.contains(&other) || reads.contains(&other) && !can_replace(other) {
                    return Err(format!("{result:?} is written over {other:?}"));
                }
            }
            results.insert(result);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use retrograd_core::{Graph, computation::Computation};

    use super::*;
    use crate::{
        compile::{order::order, place::place, stages::lowered},
        tuning::Tuning,
    };

    /// Steps in order, with their places.
    struct Planned {
        lowered: Lowered,
        steps: Vec<Step>,
        outputs: Vec<ValueId>,
        places: Vec<Place>,
    }

    impl Planned {
        /// Of two outputs, each after steps in a row.
        fn new() -> Self {
            let g = Graph::new();
            let x = g.input("x", [8]);
            let y = x.flip(0).cumsum(0);
            let roots = [y.matmul(y), y.flip(0).cumsum(0)];
            let computation = Computation::of(&roots).computation;
            let task = Task { computation, n_outputs: 2, targets: vec![], is_checked: false };
            let (lowered, updates) = (lowered(&task), LeafUpdates::default());
            let order = order(&lowered, &updates);
            let steps = order.steps(&lowered, &updates);
            let places = place(&task, &lowered, &updates, &steps, &Tuning::default())
                .expect("it is small")
                .places;
            let steps = steps.into_iter().cloned().collect();
            Self { outputs: lowered.roots.clone(), lowered, steps, places }
        }

        /// The verdict on some steps in some places.
        fn verdict(&self, steps: &[Step], places: &[Place]) -> Result<(), String> {
            let Self { lowered: Lowered { sizes, leaves, .. }, outputs, .. } = self;
            let steps: Vec<_> = steps.iter().collect();
            verify_steps(&steps, &Placed { places, sizes, leaves, outputs, updates: &[] })
        }
    }

    #[test]
    fn each_step_is_needed_and_in_its_place() {
        let planned = Planned::new();
        let Planned { steps, places, .. } = &planned;
        assert_eq!(planned.verdict(steps, places), Ok(()));
        for at in 0..steps.len() {
            let mut fewer = steps.clone();
            fewer.remove(at);
            assert!(planned.verdict(&fewer, places).is_err(), "without step {at}");
        }
        let backwards: Vec<_> = steps.iter().rev().cloned().collect();
        assert!(planned.verdict(&backwards, places).is_err());
    }

    #[test]
    fn values_that_are_needed_at_one_time_have_places_of_their_own() {
        let planned = Planned::new();
        let Planned { lowered, steps, outputs, places } = &planned;
        let verdict = |ids: &[ValueId], offset: usize, n_elements: Option<usize>| {
            let mut places = places.clone();
            for id in ids {
                let n_elements = n_elements.unwrap_or(lowered.sizes.n_elements(*id));
                places[id.index()] = Place::Arena { offset, n_elements };
            }
            planned.verdict(steps, &places)
        };
        assert!(verdict(outputs, 0, None).expect_err("they meet").contains("in the place of"));
        assert_eq!(verdict(&outputs[..1], 1 << 20, None), Ok(()), "nothing is there");
        let short = verdict(&outputs[1..], 1 << 20, Some(0));
        assert!(short.expect_err("it is too short").contains("and a place for 0"));
    }
}
