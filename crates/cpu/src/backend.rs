//! The CPU as a backend: tasks compiled to programs, and programs with the memory of their runs.

use std::{sync::Arc, time::Duration};

use retrograd_core::{View, computation::ValueId};
use retrograd_task::{
    Backend, CompileError, Executable, Fault, Instance, LeafData, LeafSlots, Shortage, StepText,
    Task,
};

use crate::{
    compile::compile,
    kernels::{InstructionSet, team::Sharing},
    program::{Memories, Program},
    tuning::Tuning,
};

/// The CPU: fused kernels in one arena, on one or more threads.
///
/// ```
/// use retrograd_core::Graph;
/// use retrograd_cpu::Cpu;
/// use retrograd_task::{Backend, RecordedTask};
///
/// let g = Graph::new();
/// let x = g.constant([1.0, 2.0]);
/// let recorded = RecordedTask::new(&[x.exp().sin() + 1.0], &[], false)?;
/// let executable = Cpu::new().compile(&recorded.task).map_err(|error| recorded.error(error))?;
/// assert_eq!(executable.steps().len(), 1, "all is one kernel");
/// # Ok::<(), retrograd_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Cpu {
    instructions: Option<InstructionSet>,
    tuning: Tuning,
}

impl Cpu {
    /// The CPU with the best instructions that it has.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the instructions of elementwise kernels (default: [`InstructionSet::best`]).
    pub fn instructions(self, instructions: InstructionSet) -> Self {
        Self { instructions: Some(instructions), ..self }
    }

    /// Sets the limits by which the compiler suits a machine (default: [`Tuning::default`]).
    pub fn tuning(self, tuning: Tuning) -> Self {
        Self { tuning, ..self }
    }
}

impl Backend for Cpu {
    fn name(&self) -> String {
        self.instructions.map_or_else(|| "cpu".to_owned(), |set| format!("cpu {}", set.name()))
    }

    fn compile(&self, task: &Task) -> Result<Box<dyn Executable>, CompileError> {
        let program = compile(task, &self.tuning).map_err(CompileError::OutOfMemory)?;
        let instructions = self.instructions.unwrap_or_else(InstructionSet::best);
        Ok(Box::new(CpuExecutable { program: Arc::new(program), instructions }))
    }
}

/// A program, and the instructions of its runs.
struct CpuExecutable {
    program: Arc<Program>,
    instructions: InstructionSet,
}

impl Executable for CpuExecutable {
    fn instance(&self, n_threads: usize) -> Result<Box<dyn Instance>, Shortage> {
        let program = Arc::clone(&self.program);
        let mut memories = program.memories()?;
        memories.team.set_instructions(self.instructions);
        let mut running = Running { memories, program };
        if n_threads > 1 {
            running.set_threads(n_threads);
        }
        Ok(Box::new(running))
    }

    fn steps(&self) -> Vec<StepText> {
        let steps = self.program.steps().iter().zip(self.program.n_bytes_moved());
        steps
            .map(|(step, &n_bytes)| StepText {
                computes: step.computes.to_vec(),
                n_bytes,
                text: self.program.text_of(step),
            })
            .collect()
    }

    fn n_bytes(&self) -> usize {
        self.program.n_bytes().0
    }

    fn n_bytes_live(&self) -> usize {
        self.program.n_bytes().1
    }

    fn largest(&self) -> Option<ValueId> {
        self.program.largest()
    }

    fn is_beside(&self, update: usize) -> bool {
        self.program.is_beside(update)
    }
}

/// A program with its memory.
struct Running {
    program: Arc<Program>,
    memories: Memories,
}

impl Instance for Running {
    fn run(
        &mut self,
        data: &mut LeafSlots<'_>,
        times: Option<&mut Vec<Duration>>,
    ) -> Result<(), Fault> {
        let Self { program, memories } = self;
        memories.times = times.is_some().then(Vec::new);
        let result = program.run(memories, |leaves| {
            for slot in 0..data.len() {
                match data.take(slot) {
                    Some(LeafData::Read(data)) => leaves.set(slot, data),
                    Some(LeafData::Write(data)) => leaves.set_mut(slot, data),
                    None => {}
                }
            }
            Ok::<(), Fault>(())
        });
        if let Some(times) = times {
            times.extend(memories.times.take().unwrap_or_default());
        }
        result
    }

    fn output(&self, k: usize) -> View<'_> {
        self.program.output(&self.memories, k)
    }

    fn set_threads(&mut self, n: usize) {
        let instructions = self.memories.team.instructions();
        self.memories.team =
            self.program.team(Sharing::among(n, self.program.tuning.least_work), instructions);
    }
}
