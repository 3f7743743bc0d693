//! A program: the steps of a computation in order, with a place for every value.

use std::{thread, time::Duration};

use retrograd_core::{DType, Shape, View, computation::ValueId};

pub(crate) use retrograd_task::{Shortage, Task};

use crate::{
    arena::{Arena, LeafTable, Leaves, Memory, Place, read_output},
    kernels::{
        InstructionSet,
        kernel::Kernel,
        team::{Sharing, Team},
    },
    run::{Fault, Run, check::Check},
    step::Step,
    tuning::Tuning,
};

/// A compiled task. It is immutable; everything that a run changes is in [`Memories`].
pub(crate) struct Program {
    pub steps: Vec<Step>,
    /// The tests of a checked program.
    pub check: Option<Check>,
    /// Bytes that each step reads and writes, each value once.
    pub n_bytes_moved: Vec<usize>,
    pub places: Vec<Place>,
    pub outputs: Vec<(ValueId, DType, Shape)>,
    pub n_bytes: usize,
    pub n_bytes_live: usize,
    pub n_slots: usize,
    /// The node whose value is the largest in the arena.
    pub largest: Option<ValueId>,
    /// For each target, whether its further slot is written instead.
    pub are_beside: Vec<bool>,
    pub tuning: Tuning,
}

/// The memory of a program's runs.
pub(crate) struct Memories {
    arena: Arena,
    pub leaves: LeafTable,
    pub team: Team,
    /// How long each step of the last run took, if that is asked for.
    pub times: Option<Vec<Duration>>,
}

impl Program {
    /// Fresh memory for runs of this program.
    ///
    /// # Errors
    /// If there is not so much.
    pub fn memories(&self) -> Result<Memories, Shortage> {
        let shortage = |_| Shortage { n_bytes: self.n_bytes as u128, largest: self.largest };
        Ok(Memories {
            arena: Arena::new(self.n_bytes).map_err(shortage)?,
            leaves: LeafTable::default(),
            team: self.team(Sharing::among(1, self.tuning.least_work), InstructionSet::best()),
            times: None,
        })
    }

    /// The text of a step, and below it the place of each result.
    pub fn text_of(&self, step: &Step) -> String {
        let place = |&id: &ValueId| format!("\n    {id} {}", self.places[id.index()]);
        step.writes.iter().map(place).fold(step.to_string(), |text, place| text + &place)
    }

    /// The node whose value is the largest in the arena.
    pub fn largest(&self) -> Option<ValueId> {
        self.largest
    }

    /// Threads for runs of this program.
    pub fn team(&self, sharing: Sharing, instructions: InstructionSet) -> Team {
        Team::new(kernels(&self.steps), sharing, instructions)
    }

    /// Whether the new value of a target is written to its further slot.
    pub fn is_beside(&self, target: usize) -> bool {
        self.are_beside[target]
    }

    /// Runs all steps on the data of the leaves, which `bind` sets. If a step fails or panics, the arena is cleared: the
    /// places of outputs may hold elements of other types then.
    pub fn run<'d, E: From<Fault>>(
        &self,
        memories: &'d mut Memories,
        bind: impl FnOnce(&mut Leaves<'d>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Memories { arena, leaves, team, times } = memories;
        let mut leaves = Leaves::new(leaves, self.n_slots);
        bind(&mut leaves)?;
        let mut attempt = Attempt { arena, team, steps: &self.steps, has_succeeded: false };
        let memory = Memory::new(attempt.arena, &leaves, &self.places);
        let mut run = Run { memory, team: attempt.team, times };
        match &self.check {
            Some(check) => check.run(&self.steps, &mut run),
            None => run.steps(&self.steps),
        }?;
        attempt.has_succeeded = true;
        Ok(())
    }

    /// The steps, in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Bytes that each step reads and writes, each value once.
    pub fn n_bytes_moved(&self) -> &[usize] {
        &self.n_bytes_moved
    }

    /// Bytes of the arena, and the most that are needed at one time.
    pub fn n_bytes(&self) -> (usize, usize) {
        (self.n_bytes, self.n_bytes_live)
    }

    /// Output `k` of the last run.
    pub fn output<'a>(&'a self, memories: &'a Memories, k: usize) -> View<'a> {
        let (id, dtype, shape) = &self.outputs[k];
        read_output(&memories.arena, self.places[id.index()], *dtype, shape)
    }
}

/// A run of some steps that may fail or panic, and then leaves memory as it was made.
struct Attempt<'r> {
    arena: &'r mut Arena,
    team: &'r mut Team,
    steps: &'r [Step],
    has_succeeded: bool,
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if !self.has_succeeded {
            self.arena.clear();
            if thread::panicking() {
                self.team.renew(kernels(self.steps));
            }
        }
    }
}

fn kernels(steps: &[Step]) -> impl Iterator<Item = &Kernel> + Clone {
    steps.iter().map(|step| &step.kernel)
}

#[cfg(test)]
mod tests {
    use retrograd_check::{Options, random_graph};
    use retrograd_core::computation::Computation;

    use super::*;
    use crate::compile::compile;

    #[test]
    fn what_is_computed_again_waits_for_its_cotangent() {
        let mut n_waiting = 0;
        for seed in 0..1000 {
            let random = random_graph(seed, &Options { order: 1, ..Options::default() });
            let regions: Vec<_> =
                random.graph().regions().iter().map(|region| region.id()).collect();
            regions
                .into_iter()
                .skip(seed as usize % 3)
                .step_by(1 + seed as usize % 2)
                .for_each(|id| random.graph().checkpoint_region(id));
            let outputs = random.outputs();
            let computation = Computation::of(&outputs).computation;
            let task =
                Task { computation, n_outputs: outputs.len(), targets: vec![], is_checked: false };
            let program = compile(&task, &Tuning::default()).expect("it is small");
            let step_of = |id: ValueId| program.steps.iter().position(|s| s.computes.contains(&id));
            for (index, awaited) in task.computation.awaited.iter().enumerate() {
                // Views have no step.
                let steps = [*awaited, Some(ValueId::new(index))].map(|id| step_of(id?));
                if let [Some(awaited), Some(own)] = steps {
                    assert!(awaited < own, "seed {seed}: node {index} comes too early");
                    n_waiting += 1;
                }
            }
        }
        assert!(n_waiting > 100, "{n_waiting}");
    }
}
