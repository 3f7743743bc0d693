//! Operations on one number each, interpreted one after another, and in rounds that differ by where operands are.

use retrograd_core::{Float, ops::Binary};

use super::{ScalarOperation, Scalars};
use crate::kernels::{InstructionSet, functions::Functions};

/// Computes a number, and the next register if it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Single {
    code: Code,
    operation: ScalarOperation,
    /// Whether anything reads the result but the next instruction, which has it at hand.
    pub is_stored: bool,
    a: u32,
    b: u32,
}

/// The operand of a single instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SingleOperand {
    /// The result of the instruction before.
    Last,
    Register(u32),
}

/// Makes the codes of single instructions from frequent operations: on two registers, with the last result as the first
/// operand, and as the second.
macro_rules! codes {
    ($($Op:ident $LastOp:ident $OpLast:ident,)*) => {
        /// How a single instruction is carried out: one jump leads to each. The last result is at hand, so that chains do not
        /// wait for the memory between their links.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        enum Code {
            $($Op, $LastOp, $OpLast,)*
            Unary,
            UnaryLast,
            Compare,
            /// The places of the operands are in the lists, from `a` on.
            Select,
            OtherBinary,
        }

        impl Code {
            fn new(operation: ScalarOperation, operands: [SingleOperand; 3]) -> Self {
                match (operation, operands) {
                    $((ScalarOperation::Binary(Binary::$Op), [SingleOperand::Last, ..]) => Code::$LastOp,
                    (ScalarOperation::Binary(Binary::$Op), [_, SingleOperand::Last, _]) => Code::$OpLast,
                    (ScalarOperation::Binary(Binary::$Op), _) => Code::$Op,)*
                    (ScalarOperation::Unary(_), [SingleOperand::Last, ..]) => Code::UnaryLast,
                    (ScalarOperation::Unary(_), _) => Code::Unary,
                    (ScalarOperation::Binary(_), _) => Code::OtherBinary,
                    (ScalarOperation::Compare(_), _) => Code::Compare,
                    (ScalarOperation::Select, _) => Code::Select,
                }
            }
        }

        impl ScalarOperation {
            /// Whether the last result can be an operand, once.
            pub fn takes_last(self) -> bool {
                matches!(self, ScalarOperation::Unary(_) $(| ScalarOperation::Binary(Binary::$Op))*)
            }
        }

        impl Single {
            /// The operation, and where its operands are.
            pub fn operands(self, lists: &[u32]) -> (ScalarOperation, [SingleOperand; 3]) {
                let (a, b) = (SingleOperand::Register(self.a), SingleOperand::Register(self.b));
                let operands = match self.code {
                    Code::UnaryLast $(| Code::$LastOp)* => [SingleOperand::Last, b, b],
                    Code::Unary | Code::Compare | Code::OtherBinary $(| Code::$Op)* => [a, b, b],
                    $(Code::$OpLast)|* => [a, SingleOperand::Last, a],
                    Code::Select => {
                        [0, 1, 2].map(|k| SingleOperand::Register(lists[self.a as usize + k]))
                    }
                };
                (self.operation, operands)
            }

            /// The value by a code, where the last instruction has given `last`.
            #[inline(always)]
            fn value<F: Functions>(
                self,
                code: Code,
                program: &Scalars,
                registers: &[F],
                last: F,
                instructions: InstructionSet,
            ) -> F {
                let (a, b) = (|| registers[self.a as usize], || registers[self.b as usize]);
                match code {
                    $(Code::$Op => Binary::$Op.value(a(), b()),
                    Code::$LastOp => link(Binary::$Op, last, b()),
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

        impl Rounds<'_> {
            /// Runs the instructions in some state. Chains of one operation have a loop of their own.
            #[inline(always)]
            pub fn run<F: Functions>(self, state: State<'_, F>) -> (usize, F) {
                match self.code() {
                    $(Some(Code::$LastOp) => self.run_chain(state, Code::$LastOp),
                    Some(Code::$OpLast) => self.run_chain(state, Code::$OpLast),)*
                    _ => {
                        let strides = self.strides.iter().copied();
                        let body = self.singles.iter().copied().zip(strides);
                        state.repeat(body, self.n_rounds, |single| single.code)
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
    Maximum LastMaximum MaximumLast,
}

/// The value of an operation on the last result, the next link of a chain.
#[inline(always)]
fn link<F: Float>(op: Binary, last: F, b: F) -> F {
    // A jump that is rarely taken does not have the next link wait for the test, as a choice of the result would.
    if let Binary::Chain = op
        && last == <F as Float>::lit(0.0)
    {
        return rarely(last);
    }
    op.value(last, b)
}

#[cold]
#[inline(never)]
fn rarely<F>(x: F) -> F {
    x
}

impl Single {
    /// The instruction of an operation that [takes](ScalarOperation::takes_last) its operands from where they are.
    pub fn new(
        operation: ScalarOperation,
        operands: [SingleOperand; 3],
        lists: &mut Vec<u32>,
    ) -> Self {
        let code = Code::new(operation, operands);
        let [a, b, c] = operands.map(|operand| match operand {
            SingleOperand::Last => 0,
            SingleOperand::Register(register) => register,
        });
        let single = Self { code, operation, is_stored: false, a, b };
        if let ScalarOperation::Select = operation {
            let start = lists.len() as u32;
            lists.extend([a, b, c]);
            return Self { a: start, b: start, ..single };
        }
        single
    }

    /// By how much the operands have moved since an instruction that is the same but for that.
    pub fn stride_from(self, before: Self) -> Option<[i32; 2]> {
        let is_same = Self { a: before.a, b: before.b, ..self } == before;
        let stride = |to: u32, from: u32| to.wrapping_sub(from) as i32;
        is_same.then(|| [stride(self.a, before.a), stride(self.b, before.b)])
    }

    /// The instruction of a later round.
    #[inline(always)]
    pub fn after(self, n_rounds: u32, [a, b]: [i32; 2]) -> Self {
        Self {
            a: self.a.wrapping_add(n_rounds.wrapping_mul(a as u32)),
            b: self.b.wrapping_add(n_rounds.wrapping_mul(b as u32)),
            ..self
        }
    }
}

/// Single instructions that run in rounds.
pub(super) struct Rounds<'p> {
    /// Of the first round.
    pub singles: &'p [Single],
    /// By how much the operands of each move from round to round.
    pub strides: &'p [[i32; 2]],
    pub n_rounds: usize,
}

impl Rounds<'_> {
    /// The code of the instructions, if all have the same.
    fn code(&self) -> Option<Code> {
        let code = self.singles.first()?.code;
        self.singles.iter().all(|single| single.code == code).then_some(code)
    }

    /// Runs instructions that all have a code.
    #[inline(always)]
    fn run_chain<F: Functions>(self, state: State<'_, F>, code: Code) -> (usize, F) {
        match self {
            // Facts of one instruction need not be looked up in each round.
            Rounds { singles: &[single], strides: &[stride], n_rounds } => {
                state.repeat(std::iter::once((single, stride)), n_rounds, |_| code)
            }
            Rounds { singles, strides, n_rounds } => {
                let body = singles.iter().copied().zip(strides.iter().copied());
                state.repeat(body, n_rounds, |_| code)
            }
        }
    }
}

/// The state of a run of single instructions.
pub(super) struct State<'r, F> {
    pub program: &'r Scalars,
    pub registers: &'r mut [F],
    /// The next register to be written.
    pub at: usize,
    /// The last result.
    pub last: F,
    pub instructions: InstructionSet,
}

impl<F: Functions> State<'_, F> {
    /// Runs instructions; returns the next register to be written, and the last result.
    #[inline(always)]
    pub fn run(mut self, singles: &[Single]) -> (usize, F) {
        singles.iter().for_each(|single| self.step(*single, single.code));
        (self.at, self.last)
    }

    /// Runs instructions, with their strides and codes, many times.
    #[inline(always)]
    fn repeat(
        mut self,
        body: impl Iterator<Item = (Single, [i32; 2])> + Clone,
        n_rounds: usize,
        code: impl Fn(Single) -> Code,
    ) -> (usize, F) {
        for round in 0..n_rounds as u32 {
            for (single, stride) in body.clone() {
                self.step(single.after(round, stride), code(single));
            }
        }
        (self.at, self.last)
    }

    #[inline(always)]
    fn step(&mut self, single: Single, code: Code) {
        let Self { program, ref registers, last, instructions, .. } = *self;
        self.last = single.value(code, program, registers, last, instructions);
        self.registers[self.at] = self.last;
        self.at += usize::from(single.is_stored);
    }
}
