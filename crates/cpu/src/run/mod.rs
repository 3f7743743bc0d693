//! A run of a program's steps.

pub(crate) mod check;

use std::time::{Duration, Instant};

pub(crate) use retrograd_task::Fault;

use crate::{
    arena::Memory,
    kernels::{kernel::Refusal, team::Team},
    step::Step,
};

/// A run under way.
pub(crate) struct Run<'r> {
    pub memory: Memory<'r>,
    pub team: &'r mut Team,
    /// The time of each step so far, if somebody wants to know.
    pub times: &'r mut Option<Vec<Duration>>,
}

impl Run<'_> {
    /// Runs steps until one cannot work on the data.
    pub fn steps(&mut self, steps: &[Step]) -> Result<(), Fault> {
        match self.times {
            None => steps.iter().try_for_each(|step| self.step(step)),
            Some(_) => self.timed_steps(steps),
        }
    }

    fn timed_steps(&mut self, steps: &[Step]) -> Result<(), Fault> {
        steps.iter().try_for_each(|step| {
            let start = Instant::now();
            self.step(step)?;
            self.times.get_or_insert_default().push(start.elapsed());
            Ok(())
        })
    }

    /// Runs a step.
    pub fn step(&mut self, step: &Step) -> Result<(), Fault> {
        step.kernel.behavior().run(&mut self.memory, self.team)?;
        Ok(())
    }
}

impl From<Refusal> for Fault {
    fn from(Refusal { node, reason }: Refusal) -> Self {
        Fault::Data { node, reason }
    }
}
