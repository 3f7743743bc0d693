//! A run of a program's steps.

pub(crate) mod check;
pub(crate) mod profile;
mod required;
pub(crate) mod team;
pub(crate) mod workspace;

use std::time::{Duration, Instant};

use retrograd_core::{DType, NodeId, Tensor};
use rustc_hash::FxHashMap;

use crate::{
    arena::Memory,
    run::team::Team,
    step::{Kernel, Step},
};

/// Why a run has stopped.
pub(crate) enum Fault {
    /// The operation of a node cannot work on the data.
    Data { node: NodeId, reason: String },
    /// Something that must be finite is not. With it the values that the run has stored, and those of
    /// the leaves.
    NonFinite(FxHashMap<NodeId, Tensor>),
}

/// A run under way.
pub(crate) struct Run<'r> {
    pub memory: Memory<'r>,
    pub team: &'r mut Team,
    /// What is told how long each step has taken, if somebody wants to know.
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
        let Self { memory, team, .. } = self;
        match &step.kernel {
            Kernel::Elementwise(kernel) => {
                kernel.check(memory).map_err(|(node, reason)| Fault::Data { node, reason })?;
                team.compute(memory, kernel.split(), kernel.writes(), |memory, rows, own| {
                    match kernel.rows.dtype {
                        DType::F32 => kernel.run(memory, &mut own.single, rows),
                        _ => kernel.run(memory, &mut own.double, rows),
                    }
                });
            }
            Kernel::Scalars(program) => match program.dtype {
                DType::F32 => program.run::<f32>(memory, team.instructions()),
                _ => program.run::<f64>(memory, team.instructions()),
            },
            Kernel::Product(product) => {
                team.compute(memory, product.split(), product.writes(), |memory, rows, own| {
                    product.run(memory, own.single.instructions, rows);
                });
            }
            Kernel::Reduce(reduce) => reduce.run(memory),
            Kernel::Copy(copy) => copy.run(memory),
            Kernel::Embed(embed) => embed.run(memory),
            Kernel::Plain(plain) => {
                let refused = |reason| Fault::Data { node: plain.out, reason };
                plain.run(memory).map_err(refused)?;
            }
        }
        Ok(())
    }
}
