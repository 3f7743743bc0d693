//! The threads of a workspace, and which steps they share.

#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::{
    arena::{Memory, Output, Split, Threads, Written},
    kernels::{InstructionSet, elementwise::Scratch, kernel::Kernel},
};

/// The threads that compute steps, with their scratch buffers.
pub(crate) struct Team {
    sharing: Sharing,
    /// The threads besides the current one; none, unless a step is worth it.
    others: Option<Threads>,
    /// Of each thread, the current one first.
    registers: Vec<ThreadRegisters>,
    written: Written,
}

/// Registers of one thread.
pub(crate) struct ThreadRegisters {
    pub single: Scratch<f32>,
    pub double: Scratch<f64>,
}

/// When a step is shared, and among how many threads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sharing {
    n_threads: usize,
    /// Nanoseconds of work for a thread.
    least_work: usize,
}

impl Sharing {
    /// Among so many threads, if each has `least_work` nanoseconds of work.
    pub fn among(n_threads: usize, least_work: usize) -> Self {
        Self { n_threads, least_work }
    }

    /// In how many parts rows are computed.
    fn n_parts(self, split: Split) -> usize {
        let most = (split.work / self.least_work).min(self.n_threads);
        if most > 1 { most.min(split.n_rows / split.together).max(1) } else { 1 }
    }
}

impl ThreadRegisters {
    /// As many and as long as some kernels need.
    fn of<'k>(kernels: impl Iterator<Item = &'k Kernel> + Clone) -> Self {
        let files = || kernels.clone().filter_map(|kernel| kernel.behavior().registers());
        Self { single: Scratch::new(files()), double: Scratch::new(files()) }
    }
}

impl Team {
    /// As many threads as some kernels have use for.
    pub fn new<'k>(
        kernels: impl Iterator<Item = &'k Kernel> + Clone,
        sharing: Sharing,
        instructions: InstructionSet,
    ) -> Self {
        let splits = kernels.clone().filter_map(|kernel| kernel.behavior().split());
        let n_threads = splits.map(|split| sharing.n_parts(split)).max().unwrap_or(1);
        let mut this = Self {
            sharing: Sharing { n_threads, ..sharing },
            others: (n_threads > 1).then(|| Threads::new(n_threads - 1)),
            registers: (0..n_threads).map(|_| ThreadRegisters::of(kernels.clone())).collect(),
            written: Written::default(),
        };
        this.set_instructions(instructions);
        this
    }

    /// Makes the registers anew, as for a team of some kernels: a panic can have left them incomplete.
    pub fn renew<'k>(&mut self, kernels: impl Iterator<Item = &'k Kernel> + Clone) {
        let instructions = self.instructions();
        self.registers
            .iter_mut()
            .for_each(|registers| *registers = ThreadRegisters::of(kernels.clone()));
        self.set_instructions(instructions);
    }

    /// The instructions of elementwise kernels.
    pub fn instructions(&self) -> InstructionSet {
        self.registers[0].single.instructions
    }

    /// Lets elementwise kernels use some instructions.
    pub fn set_instructions(&mut self, instructions: InstructionSet) {
        for ThreadRegisters { single, double } in &mut self.registers {
            (single.instructions, double.instructions) = (instructions, instructions);
        }
    }

    /// Forgets the results of earlier tests for finite values.
    pub fn forget_finite(&mut self) {
        for ThreadRegisters { single, double } in &mut self.registers {
            (single.is_finite, double.is_finite) = (true, true);
        }
    }

    /// Whether all has been finite that any thread has tested since.
    pub fn is_finite(&self) -> bool {
        let is_finite =
            |registers: &ThreadRegisters| registers.single.is_finite && registers.double.is_finite;
        self.registers.iter().all(is_finite)
    }

    /// Computes the rows that a step writes, in one thread or, if that pays, in several.
    pub fn compute(
        &mut self,
        memory: &mut Memory<'_>,
        split: Split,
        writes: impl Iterator<Item = Output>,
        compute: impl Fn(&mut Memory<'_>, Range<usize>, &mut ThreadRegisters) + Sync,
    ) {
        match (self.sharing.n_parts(split), &mut self.others) {
            (n @ 2.., Some(others)) => {
                let team = (others, &mut self.registers[..n]);
                memory.split(split, writes, &mut self.written, team, compute);
            }
            _ => compute(memory, split.all(), &mut self.registers[0]),
        }
    }
}
