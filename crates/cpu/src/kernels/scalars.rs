//! Programs on single numbers: what computes graphs of scalars, where a kernel on blocks would have one number in each.
//!
//! All numbers of a program are in one file of registers, each written once: literals, then what is loaded, then results
//! in the order in which they are computed. Operations on many numbers at once write neighboring registers, by the loops
//! that elementwise kernels use; those on one number each run in a loop of their own.

use retrograd_core::{
    DType, Float, NodeId,
    ops::{Binary, Comparison, Unary},
};

use crate::{
    arena::{Beside, Memory},
    kernels::{
        InstructionSet, dispatched,
        functions::Functions,
        operand::{Source, compare, of_two, select, truth},
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
    pub file: NodeId,
    pub n_registers: usize,
    /// What the first registers hold.
    pub literals: Vec<f64>,
    pub loads: Vec<Load>,
    pub code: Vec<Instruction>,
    pub singles: Vec<Single>,
    /// Registers in no regular order.
    pub lists: Vec<u32>,
    pub stores: Vec<Store>,
}

/// Reads equally spaced elements of a value.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    pub of: NodeId,
    /// Whether they are truth values.
    pub is_mask: bool,
    pub start: usize,
    pub stride: isize,
    pub n: usize,
}

/// Writes the elements of a value.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    pub to: NodeId,
    pub n: usize,
    pub is_mask: bool,
    pub from: Registers,
}

/// Where some numbers are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Registers {
    /// From one register on, at equal distances.
    Spaced { start: u32, stride: i32 },
    /// In the registers from one place of the lists on.
    Listed { start: u32 },
}

/// What can be computed of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Operation {
    Unary(Unary),
    Binary(Binary),
    Compare(Comparison),
    Select,
}

/// Computes the next registers.
#[derive(Clone, Debug)]
pub(crate) enum Instruction {
    /// Of many numbers at once.
    Each { operation: Operation, n: usize, operands: [Registers; 3] },
    /// One by one, by so many of the single instructions.
    Singles { n: usize },
}

/// Computes the next register.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Single {
    code: Code,
    operation: Operation,
    a: u32,
    b: u32,
}

/// Makes the codes of single instructions from arithmetic operations: on two registers, with the last result as the
/// first operand, and as the second.
macro_rules! codes {
    ($($Op:ident $LastOp:ident $OpLast:ident,)*) => {
        /// How a single instruction is carried out: one jump leads to each. The last result is at hand, so that chains do not
        /// wait for the memory between their links.
        #[derive(Clone, Copy, Debug)]
        enum Code {
            $($Op, $LastOp, $OpLast,)*
            Unary,
            UnaryLast,
            Compare,
            /// The places of the operands are in the lists, from `a` on.
            Select,
            OtherBinary,
        }

        impl Single {
            /// The instruction of an operation that is neither unary nor a choice, after one that has written `last`.
            fn of_two(operation: Operation, [a, b]: [u32; 2], last: Option<u32>) -> Self {
                let code = match operation {
                    $(Operation::Binary(Binary::$Op) if last == Some(a) => Code::$LastOp,
                    Operation::Binary(Binary::$Op) if last == Some(b) => Code::$OpLast,
                    Operation::Binary(Binary::$Op) => Code::$Op,)*
                    Operation::Binary(_) => Code::OtherBinary,
                    Operation::Compare(_) => Code::Compare,
                    Operation::Unary(_) | Operation::Select => unreachable!("it has not two operands"),
                };
                Self { code, operation, a, b }
            }

            /// The value, where the last instruction has given `last`.
            #[inline(always)]
            fn value<F: Functions>(
                self,
                program: &Scalars,
                registers: &[F],
                last: F,
                instructions: InstructionSet,
            ) -> F {
                let (a, b) = (|| registers[self.a as usize], || registers[self.b as usize]);
                match self.code {
                    $(Code::$Op => Binary::$Op.value(a(), b()),
                    Code::$LastOp => Binary::$Op.value(last, b()),
                    Code::$OpLast => Binary::$Op.value(a(), last),)*
                    Code::Unary => self.operation.of_one(a(), instructions),
                    Code::UnaryLast => self.operation.of_one(last, instructions),
                    Code::OtherBinary | Code::Compare => self.operation.of_two(a(), b()),
                    Code::Select => {
                        let operand = |k: usize| registers[program.lists[self.a as usize + k] as usize];
                        if operand(0) != <F as Float>::lit(0.0) { operand(1) } else { operand(2) }
                    }
                }
            }
        }
    };
}

codes! {
    Add LastAdd AddLast,
    Sub LastSub SubLast,
    Mul LastMul MulLast,
    Div LastDiv DivLast,
    Chain LastChain ChainLast,
}

impl Single {
    /// The instruction of an operation on some registers, after one that has written `last`.
    pub fn new(
        operation: Operation,
        operands: [u32; 3],
        last: Option<u32>,
        lists: &mut Vec<u32>,
    ) -> Self {
        let [a, b, _] = operands;
        match operation {
            Operation::Unary(_) => {
                let code = if last == Some(a) { Code::UnaryLast } else { Code::Unary };
                Self { code, operation, a, b: a }
            }
            Operation::Select => {
                let start = lists.len() as u32;
                lists.extend(operands);
                Self { code: Code::Select, operation, a: start, b: start }
            }
            Operation::Binary(_) | Operation::Compare(_) => Self::of_two(operation, [a, b], last),
        }
    }
}

impl Scalars {
    /// Computes all numbers, and writes those that are wanted.
    pub fn run<F: Functions>(&self, memory: &mut Memory<'_>, instructions: InstructionSet) {
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

    /// The values that it reads.
    pub fn reads(&self) -> impl Iterator<Item = NodeId> {
        self.loads.iter().map(|load| load.of)
    }
}

impl Load {
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

impl Store {
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

impl Registers {
    /// These from the `k`-th on.
    fn after(self, k: usize) -> Self {
        match self {
            Registers::Spaced { start, stride } => {
                let start = i64::from(start) + i64::from(stride) * k as i64;
                Registers::Spaced { start: start as u32, stride }
            }
            Registers::Listed { start } => Registers::Listed { start: start + k as u32 },
        }
    }

    /// Whether they are one register, or neighbors in order.
    fn is_at_hand(self) -> bool {
        matches!(self, Registers::Spaced { stride: 0 | 1, .. })
    }

    /// Writes the first of these numbers side by side.
    #[inline(always)]
    fn each<F: Copy, B>(
        self,
        program: &Scalars,
        registers: &[F],
        out: &mut [B],
        convert: impl Fn(F) -> B,
    ) {
        match self {
            Registers::Spaced { start, stride } => {
                let mut register = start as i32;
                for out in out {
                    *out = convert(registers[register as usize]);
                    register += stride;
                }
            }
            Registers::Listed { start } => {
                let list = &program.lists[start as usize..start as usize + out.len()];
                for (out, &register) in out.iter_mut().zip(list) {
                    *out = convert(registers[register as usize]);
                }
            }
        }
    }

    /// The first `n` of these numbers, put side by side in `staged` if they are not at hand.
    #[inline(always)]
    fn source<'a, F: Copy>(
        self,
        n: usize,
        program: &Scalars,
        registers: &'a [F],
        staged: &'a mut [F; BLOCK],
    ) -> Source<'a, F> {
        match self {
            Registers::Spaced { start, stride: 0 } => Source::One(registers[start as usize]),
            Registers::Spaced { start, stride: 1 } => {
                Source::Block(&registers[start as usize..start as usize + n])
            }
            Registers::Spaced { .. } | Registers::Listed { .. } => {
                self.each(program, registers, &mut staged[..n], |x| x);
                Source::Block(&staged[..n])
            }
        }
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
        let (mut at, mut singles) = (start, &program.singles[..]);
        for instruction in &program.code {
            let n = match *instruction {
                Instruction::Each { operation, n, operands } => {
                    let (before, results) = registers.split_at_mut(at);
                    let results = &mut results[..n];
                    operation.each(program, operands, before, results, &mut staged, instructions);
                    n
                }
                Instruction::Singles { n } => {
                    let (own, rest) = singles.split_at(n);
                    singles = rest;
                    let mut last = <F as Float>::lit(0.0);
                    for (k, single) in own.iter().enumerate() {
                        last = single.value(program, registers, last, instructions);
                        registers[at + k] = last;
                    }
                    n
                }
            };
            at += n;
        }
    }
}

impl Operation {
    /// The number of operands.
    pub fn n_operands(self) -> usize {
        match self {
            Operation::Unary(_) => 1,
            Operation::Binary(_) | Operation::Compare(_) => 2,
            Operation::Select => 3,
        }
    }

    /// The value of a unary operation.
    #[inline(always)]
    fn of_one<F: Functions>(self, x: F, instructions: InstructionSet) -> F {
        match self {
            Operation::Unary(op) => F::value(instructions, op, x),
            Operation::Binary(_) | Operation::Compare(_) | Operation::Select => {
                unreachable!("it has not one operand")
            }
        }
    }

    /// The value of an operation on two numbers.
    #[inline(never)]
    fn of_two<F: Functions>(self, a: F, b: F) -> F {
        match self {
            Operation::Binary(op) => op.value(a, b),
            Operation::Compare(op) => truth(op.value(a, b)),
            Operation::Unary(_) | Operation::Select => unreachable!("it has not two operands"),
        }
    }

    /// Computes many results.
    #[inline(always)]
    fn each<F: Functions>(
        self,
        program: &Scalars,
        operands: [Registers; 3],
        registers: &[F],
        results: &mut [F],
        staged: &mut [[F; BLOCK]; 3],
        instructions: InstructionSet,
    ) {
        let are_at_hand = operands[..self.n_operands()].iter().all(|x| x.is_at_hand());
        let n_together = if are_at_hand { results.len() } else { BLOCK };
        let [of_a, of_b, of_c] = staged;
        for (k, y) in results.chunks_mut(n_together).enumerate() {
            let [a, b, c] = operands.map(|operand| operand.after(k * n_together));
            let a = a.source(y.len(), program, registers, of_a);
            match self {
                Operation::Unary(op) => match a {
                    Source::Block(x) => F::map(instructions, op, x, y),
                    Source::One(x) => y.fill(F::value(instructions, op, x)),
                },
                Operation::Binary(op) => {
                    of_two(op, a, b.source(y.len(), program, registers, of_b), y);
                }
                Operation::Compare(op) => {
                    compare(op, a, b.source(y.len(), program, registers, of_b), y);
                }
                Operation::Select => {
                    let b = b.source(y.len(), program, registers, of_b);
                    select(a, b, c.source(y.len(), program, registers, of_c), y);
                }
            }
        }
    }
}
