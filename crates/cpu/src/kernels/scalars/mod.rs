//! Programs of scalars: the kernel of graphs of scalars, where each block of a fused kernel would hold one scalar.
//!
//! The numbers of a program are in one file of registers: literals, then what is loaded, then results in the order in which
//! they are computed, but for those that only the next instruction needs. Operations on many numbers at once write
//! neighboring registers, by the loops that elementwise kernels use; those on one number each are interpreted one by one,
//! and rounds of them that differ only by where operands are, are stored once.

mod operation;
mod registers;
mod single;

use std::fmt;

use retrograd_core::{DType, Float, computation::ValueId};

use self::single::{Rounds, State};
pub(crate) use self::{
    operation::ScalarOperation,
    registers::RegisterList,
    single::{Single, SingleOperand},
};
use crate::{
    arena::{Beside, Memory},
    kernels::{
        InstructionSet, dispatched,
        functions::Functions,
        kernel::{Behavior, Refusal, ValueIds},
        operand::truth,
        team::Team,
    },
};

/// The number of operands that are put side by side at a time.
const BLOCK: usize = 128;

/// A program on single numbers.
#[derive(Clone, Debug)]
pub(crate) struct Scalars {
    /// The type of the numbers.
    pub dtype: DType,
    /// The value whose elements are the registers.
    pub file: ValueId,
    pub n_registers: usize,
    /// The numbers in the first registers.
    pub literals: Vec<f64>,
    pub loads: Vec<ScalarLoad>,
    pub code: Vec<ScalarInstruction>,
    pub singles: Vec<Single>,
    /// By how much the operands of single instructions move from round to round, for those that run in rounds.
    pub strides: Vec<[i32; 2]>,
    /// Registers in no regular order.
    pub lists: Vec<u32>,
    pub stores: Vec<ScalarStore>,
}

/// Reads equally spaced elements of a value.
#[derive(Clone, Debug)]
pub(crate) struct ScalarLoad {
    pub of: ValueId,
    /// Whether they are truth values.
    pub is_mask: bool,
    pub start: usize,
    pub stride: isize,
    pub n: usize,
}

/// Writes the elements of a value.
#[derive(Clone, Debug)]
pub(crate) struct ScalarStore {
    pub to: ValueId,
    pub n: usize,
    pub is_mask: bool,
    pub from: RegisterList,
}

/// Computes the next registers.
#[derive(Clone, Debug)]
pub(crate) enum ScalarInstruction {
    /// Of many numbers at once.
    Each { operation: ScalarOperation, n: usize, operands: [RegisterList; 3] },
    /// One by one, by so many of the single instructions.
    Singles { n: usize },
    /// The same many times, each time with other operands.
    Rounds { n: usize, n_rounds: usize },
}

impl Behavior for Scalars {
    fn reads_elsewhere(&self) -> ValueIds {
        self.loads.iter().map(|load| load.of).collect()
    }

    fn writes(&self) -> ValueIds {
        self.stores.iter().map(|store| store.to).collect()
    }

    fn is_fused(&self) -> bool {
        true
    }

    fn scratch(&self) -> Option<ValueId> {
        Some(self.file)
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (n, n_registers) = (self.code.len(), self.n_registers);
        write!(f, "program of {n} instructions on {n_registers} {} registers", self.dtype)?;
        self.stores
            .iter()
            .try_for_each(|store| write!(f, "\n    {} <- {} registers", store.to, store.n))
    }

    fn run(&self, memory: &mut Memory<'_>, team: &mut Team) -> Result<(), Refusal> {
        match self.dtype {
            DType::F32 => self.compute::<f32>(memory, team.instructions()),
            DType::F64 => self.compute::<f64>(memory, team.instructions()),
            DType::I64 | DType::Bool => unreachable!("registers hold floating-point numbers"),
        }
        Ok(())
    }
}

impl Scalars {
    /// Computes all scalars, and writes the stored ones.
    fn compute<F: Functions>(&self, memory: &mut Memory<'_>, instructions: InstructionSet) {
        let (registers, rest) = memory.write_part_beside::<F>(self.file, 0..self.n_registers);
        let (literals, loaded) = registers.split_at_mut(self.literals.len());
        for (register, &literal) in literals.iter_mut().zip(&self.literals) {
            *register = <F as Float>::lit(literal);
        }
        let mut start = 0;
        for load in &self.loads {
            load.run(rest, &mut loaded[start..start + load.n]);
            start += load.n;
        }
        compute(self, literals.len() + start, registers, instructions);
        self.stores.iter().for_each(|store| store.run::<F>(self, memory));
    }

    /// The single instructions of a part of the code, in the order in which they run, as `singles` and `strides` have
    /// them in front.
    pub fn unrolled<'p>(
        instruction: &ScalarInstruction,
        singles: &mut &'p [Single],
        strides: &mut &'p [[i32; 2]],
    ) -> impl Iterator<Item = Single> + use<'p> {
        let (n, n_rounds) = match *instruction {
            ScalarInstruction::Each { .. } => (0, 1),
            ScalarInstruction::Singles { n } => (n, 1),
            ScalarInstruction::Rounds { n, n_rounds } => (n, n_rounds),
        };
        let own = singles.split_off(..n).expect("each has its instructions");
        let is_loop = matches!(instruction, ScalarInstruction::Rounds { .. });
        let moves = strides.split_off(..if is_loop { n } else { 0 });
        let moves = moves.expect("each has its strides");
        (0..n_rounds as u32).flat_map(move |round| {
            let stride = |k: usize| moves.get(k).copied().unwrap_or_default();
            own.iter().enumerate().map(move |(k, single)| single.after(round, stride(k)))
        })
    }
}

impl ScalarLoad {
    fn run<F: Float>(&self, memory: Beside<'_>, registers: &mut [F]) {
        match self.is_mask {
            true => self.read(memory.read::<bool>(self.of), registers, truth),
            false => self.read(memory.read::<F>(self.of), registers, |x| x),
        }
    }

    fn read<A: Copy, F: Copy>(&self, from: &[A], registers: &mut [F], convert: impl Fn(A) -> F) {
        if self.stride == 1 {
            let from = &from[self.start..self.start + self.n];
            return registers.iter_mut().zip(from).for_each(|(x, &from)| *x = convert(from));
        }
        let mut position = self.start as isize;
        for register in registers {
            *register = convert(from[position as usize]);
            position += self.stride;
        }
    }
}

impl ScalarStore {
    fn run<F: Functions>(&self, program: &Scalars, memory: &mut Memory<'_>) {
        let (file, n) = (program.file, program.n_registers);
        if self.is_mask {
            let (out, rest) = memory.write_part_beside::<bool>(self.to, 0..self.n);
            let registers = rest.read_part::<F>(file, 0..n);
            let zero = <F as Float>::lit(0.0);
            return self.from.each(program, registers, out, |x| x != zero);
        }
        let (out, rest) = memory.write_part_beside::<F>(self.to, 0..self.n);
        self.from.each(program, rest.read_part::<F>(file, 0..n), out, |x| x);
    }
}

dispatched! {
    /// Computes the registers from `start` on.
    fn compute<F: Functions>(
        program: &Scalars,
        start: usize,
        registers: &mut [F],
        instructions: InstructionSet,
    ) {
        let mut staged = [[<F as Float>::lit(0.0); BLOCK]; 3];
        let (mut singles, mut strides) = (&program.singles[..], &program.strides[..]);
        let (mut at, mut last) = (start, <F as Float>::lit(0.0));
        for instruction in &program.code {
            match *instruction {
                ScalarInstruction::Each { operation, n, operands } => {
                    let (before, results) = registers.split_at_mut(at);
                    let results = &mut results[..n];
                    operation.each(program, operands, before, results, &mut staged, instructions);
                    at += n;
                }
                ScalarInstruction::Singles { n } => {
                    let own = singles.split_off(..n).expect("each has its instructions");
                    let state = State { program, registers, at, last, instructions };
                    (at, last) = state.run(own);
                }
                ScalarInstruction::Rounds { n, n_rounds } => {
                    let rounds = Rounds {
                        singles: singles.split_off(..n).expect("each has its instructions"),
                        strides: strides.split_off(..n).expect("each has its strides"),
                        n_rounds,
                    };
                    let state = State { program, registers, at, last, instructions };
                    (at, last) = rounds.run(state);
                }
            }
        }
    }
}
