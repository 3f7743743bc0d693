//! Instructions that are computed together, in one pass over a block: functions that share an exponential, and two steps
//! of arithmetic of which the second alone needs the result of the first.
//!
//! The code has a register of its own for every result here, and keeps that.

use retrograd_core::ops::{Binary, Unary};
use rustc_hash::FxHashMap;

use crate::kernels::code::{BlockOperand, Instruction, Line, Nested, Register, Store};

/// The code with instructions combined, and dead instructions removed.
pub(crate) fn combine(code: Vec<Line>, stores: &[Store]) -> Vec<Line> {
    let mut combiner = Combiner::new(code, stores);
    combiner.join_tanh_with_slopes();
    combiner.nest_arithmetic();
    combiner.code.into_iter().flatten().collect()
}

struct Combiner {
    /// The line of each result; none where another line has taken it in.
    code: Vec<Option<Line>>,
    /// How many operands and stores need each result.
    n_uses: Vec<u32>,
}

impl Combiner {
    fn new(code: Vec<Line>, stores: &[Store]) -> Self {
        let mut n_uses = vec![0; code.len()];
        let stored = stores.iter().filter_map(|store| store.from.register());
        let used = code.iter().flat_map(Line::reads).chain(stored);
        used.for_each(|result| n_uses[result as usize] += 1);
        Self { code: code.into_iter().map(Some).collect(), n_uses }
    }

    fn line(&self, result: Register) -> Option<&Line> {
        self.code[result as usize].as_ref()
    }

    /// Computes values and slopes of `tanh` at the same numbers together.
    fn join_tanh_with_slopes(&mut self) {
        let mut values = FxHashMap::default();
        for at in 0..self.code.len() {
            let Some(line) = &self.code[at] else { continue };
            let place = |x: BlockOperand| (x, line.extent);
            let Instruction::Unary { op, x } = line.instruction else { continue };
            if op == Unary::Tanh {
                values.insert(place(x), at);
            } else if op == Unary::SechSquared {
                // A line that computes a slope already is taken.
                let Some(value) = values.remove(&place(x)) else { continue };
                let slope = line.register;
                self.replace(value, Instruction::TanhWithSlope { x, slope });
                let alone = self.code[at].take();
                self.release(alone.map(|line| line.instruction));
            }
        }
    }

    /// Computes a result within the line that alone needs it, if both are arithmetic.
    fn nest_arithmetic(&mut self) {
        for at in 0..self.code.len() {
            let Some(line) = &self.code[at] else { continue };
            let Some((outer, x)) = arithmetic(&line.instruction) else { continue };
            let inner = [0, 1].into_iter().find_map(|k| {
                let inner = self.line(x[k].register()?)?;
                // A square needs its operand once, and is a product that needs it twice.
                let is_needed_here_only = self.n_uses[inner.register as usize] == 1 && x[0] != x[1];
                let is_alike = inner.extent == line.extent;
                let (op, operands) = arithmetic(&inner.instruction)?;
                (is_needed_here_only && is_alike).then_some((k, op, operands))
            });
            if let Some((k, inner, [a, b])) = inner {
                let is_second = k == 1 && matches!(outer, Binary::Sub | Binary::Chain);
                let ops = Nested { inner, outer, is_second };
                self.replace(at, Instruction::Nested { ops, a, b, c: x[1 - k] });
            }
        }
    }

    /// Changes an instruction.
    fn replace(&mut self, at: usize, instruction: Instruction) {
        let Some(line) = &mut self.code[at] else { return };
        let reads = instruction.operands().into_iter().filter_map(BlockOperand::register);
        reads.for_each(|result| self.n_uses[result as usize] += 1);
        let replaced = std::mem::replace(&mut line.instruction, instruction);
        self.release(Some(replaced));
    }

    /// Takes out the line of a result, unless something needs another result of it.
    fn take(&mut self, result: Register) -> Option<Line> {
        let results = self.line(result)?.results();
        let is_unneeded = results.iter().all(|&result| self.n_uses[result as usize] == 0);
        is_unneeded.then(|| self.code[result as usize].take())?
    }

    /// Removes an instruction, and its operands that are dead then.
    fn release(&mut self, instruction: Option<Instruction>) {
        let mut unneeded: Vec<_> = instruction.into_iter().collect();
        while let Some(instruction) = unneeded.pop() {
            for result in instruction.operands().into_iter().filter_map(BlockOperand::register) {
                self.n_uses[result as usize] -= 1;
                if self.n_uses[result as usize] == 0 {
                    unneeded.extend(self.take(result).map(|line| line.instruction));
                }
            }
        }
    }
}

/// The operation of an instruction that can be nested, and its operands.
fn arithmetic(instruction: &Instruction) -> Option<(Binary, [BlockOperand; 2])> {
    if let Instruction::Unary { op: Unary::Square, x } = *instruction {
        return Some((Binary::Mul, [x, x]));
    }
    let Instruction::Binary { op, a, b } = *instruction else { return None };
    let can_be_nested = matches!(op, Binary::Add | Binary::Sub | Binary::Mul | Binary::Chain);
    can_be_nested.then_some((op, [a, b]))
}
