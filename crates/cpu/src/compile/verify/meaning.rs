//! The meaning of fused code: the term that each of its stores writes.

use indexmap::IndexSet;
use retrograd_core::ops::{Binary, Unary};
use rustc_hash::FxBuildHasher;

use crate::kernels::code::{
    BlockOperand, Extent, Form, Instruction, Line, Nested, Register, Store,
};

/// The values that the stores of a kernel write, as terms; nothing in builds without debug assertions.
pub(crate) struct Meaning(Option<Stored>);

struct Stored {
    terms: CodeTerms,
    values: Vec<StoredTerm>,
}

/// The value that a store writes: a term, its extent and its form.
type StoredTerm = (Register, Extent, Form);

/// All different terms: instructions whose operands are terms, too, by their numbers.
#[derive(Default)]
struct CodeTerms(IndexSet<(Instruction, Extent), FxBuildHasher>);

impl Meaning {
    /// The meaning of code as it is first written.
    ///
    /// # Panics
    /// If the code has none: a fault of the fusion.
    pub fn of(code: &[Line], stores: &[Store]) -> Self {
        Self(cfg!(debug_assertions).then(|| {
            let mut terms = CodeTerms::default();
            let values = terms.stored([&[], code], stores);
            let values = values.unwrap_or_else(|fault| panic!("fused code: {fault}"));
            Stored { terms, values }
        }))
    }

    /// Checks that a prologue and code, which a stage has made, still mean the same.
    ///
    /// # Panics
    /// If they do not: a fault of the stage.
    pub fn check(&mut self, stage: &str, code: [&[Line]; 2], stores: &[Store]) {
        let Some(Stored { terms, values }) = &mut self.0 else { return };
        match terms.stored(code, stores) {
            Ok(stored) if stored == *values => {}
            Ok(stored) => {
                let place = stored.iter().zip(&*values).position(|(own, meant)| own != meant);
                panic!("{stage}: store {place:?} is of another value")
            }
            Err(fault) => panic!("{stage}: {fault}"),
        }
    }
}

impl CodeTerms {
    /// The values that the stores write of a block. They are the same of all blocks, since none changes what the prologue has computed,
    /// nor reads what another has left.
    fn stored(
        &mut self,
        [prologue, code]: [&[Line]; 2],
        stores: &[Store],
    ) -> Result<Vec<StoredTerm>, String> {
        let mut registers = TermRegisters { terms: self, values: Vec::new() };
        prologue.iter().try_for_each(|line| registers.run(line))?;
        let shared = registers.values.clone();
        code.iter().try_for_each(|line| registers.run(line))?;
        let is_kept = |(before, after): (&Option<_>, _)| before.is_none() || *before == after;
        match shared.iter().zip(registers.values.iter().copied()).all(is_kept) {
            true => stores.iter().map(|store| registers.value(store)).collect(),
            false => Err("a block overwrites what the prologue has computed for all".to_owned()),
        }
    }

    /// The number of a term. Instructions that compute two steps at once are two terms.
    fn add(&mut self, instruction: Instruction, extent: Extent) -> Register {
        let mut instruction = instruction;
        if let Instruction::Nested { ops: Nested { inner, outer, is_second }, a, b, c } =
            instruction
        {
            let inner = Instruction::Binary { op: inner, a, b };
            let inner = BlockOperand::Register(self.add(inner, extent));
            let [a, b] = if is_second { [c, inner] } else { [inner, c] };
            return self.add(Instruction::Binary { op: outer, a, b }, extent);
        }
        if let Instruction::Unary { op: Unary::Square, x } = instruction {
            instruction = Instruction::Binary { op: Binary::Mul, a: x, b: x };
        }
        if let Instruction::Binary { op: Binary::Add | Binary::Mul, a, b } = &mut instruction {
            (*a, *b) = (*a.min(b), *a.max(b));
        }
        self.0.insert_full((instruction, extent)).0 as Register
    }
}

/// Registers that hold terms.
struct TermRegisters<'t> {
    terms: &'t mut CodeTerms,
    values: Vec<Option<Register>>,
}

impl TermRegisters<'_> {
    fn run(&mut self, line: &Line) -> Result<(), String> {
        let Line { instruction, register, extent } = line;
        let (read, computed) = instruction.extents(*extent);
        if computed != *extent {
            return Err(format!("{instruction:?} has one number for each {extent:?}"));
        }
        let results = line.results();
        let is_alone = |result: &Register| {
            results.iter().filter(|other| *other == result).count() == 1
                && line.reads().all(|read| read != *result)
        };
        if !results.iter().all(is_alone) {
            return Err(format!("{line:?} writes a register twice, or one that it reads"));
        }
        let mut instruction = instruction.clone();
        for operand in instruction.operands_mut() {
            *operand = self.read(*operand, read)?;
        }
        if let Instruction::TanhWithSlope { x, slope } = instruction {
            self.write(slope, Instruction::Unary { op: Unary::SechSquared, x }, *extent);
            instruction = Instruction::Unary { op: Unary::Tanh, x };
        }
        self.write(*register, instruction, *extent);
        Ok(())
    }

    fn write(&mut self, register: Register, instruction: Instruction, extent: Extent) {
        let at = register as usize;
        self.values.resize(self.values.len().max(at + 1), None);
        self.values[at] = Some(self.terms.add(instruction, extent));
    }

    /// An operand as a term, which must be of some extent.
    fn read(&self, operand: BlockOperand, extent: Extent) -> Result<BlockOperand, String> {
        let BlockOperand::Register(register) = operand else { return Ok(operand) };
        let value = self.values.get(register as usize).copied().flatten();
        let term = value.ok_or_else(|| format!("register {register} is read unwritten"))?;
        match self.terms.0[term as usize].1 == extent {
            true => Ok(BlockOperand::Register(term)),
            false => {
                Err(format!("register {register} is read with one number for each {extent:?}"))
            }
        }
    }

    fn value(&self, store: &Store) -> Result<StoredTerm, String> {
        match self.read(store.from, store.extent)? {
            BlockOperand::Register(term) => Ok((term, store.extent, store.form)),
            BlockOperand::Contiguous(_) => Err(format!("{store:?} stores what is in memory")),
        }
    }
}

#[cfg(test)]
mod tests {
    use retrograd_core::{computation::ValueId, ops::Literal};

    use super::*;
    use crate::kernels::code::Scalar;

    fn memory(index: usize) -> BlockOperand {
        BlockOperand::Contiguous(ValueId::new(index))
    }

    fn line(instruction: Instruction, register: Register) -> Line {
        Line { instruction, register, extent: Extent::Element }
    }

    fn unary(op: Unary, x: BlockOperand, register: Register) -> Line {
        line(Instruction::Unary { op, x }, register)
    }

    fn sum(a: Register, b: Register, register: Register) -> Line {
        let [a, b] = [a, b].map(BlockOperand::Register);
        line(Instruction::Binary { op: Binary::Add, a, b }, register)
    }

    fn store(from: Register) -> Store {
        let (to, from) = (ValueId::new(9), BlockOperand::Register(from));
        Store { to, from, extent: Extent::Element, form: Form::Numbers, is_tested: false }
    }

    /// `exp(a) + sin(b)`, in registers of their own.
    fn code() -> Vec<Line> {
        vec![unary(Unary::Exp, memory(0), 0), unary(Unary::Sin, memory(1), 1), sum(0, 1, 2)]
    }

    fn fault(code: [&[Line]; 2], from: Register) -> String {
        CodeTerms::default().stored(code, &[store(from)]).expect_err("the code is wrong")
    }

    #[test]
    fn code_in_other_registers_means_the_same() {
        let (mut terms, code) = (CodeTerms::default(), code());
        let meant = terms.stored([&[], &code], &[store(2)]).expect("it is right");
        let [a, b, _] = &code[..] else { unreachable!("there are three lines") };
        let swapped = [b.clone(), a.clone(), sum(1, 0, 5)];
        assert_eq!(terms.stored([&[], &swapped], &[store(5)]), Ok(meant.clone()));
        let shared = [a.clone(), unary(Unary::Sin, memory(1), 0), sum(0, 0, 1)];
        assert_ne!(terms.stored([&[], &shared], &[store(1)]), Ok(meant), "the first is lost");
    }

    #[test]
    fn what_is_read_unwritten_is_found() {
        let code = code();
        assert!(fault([&[], &code[1..]], 2).contains("register 0 is read unwritten"));
        assert!(fault([&[], &code], 3).contains("register 3 is read unwritten"));
        assert!(fault([&[], &[sum(0, 0, 0)]], 0).contains("that it reads"));
        let twice = Instruction::TanhWithSlope { x: memory(0), slope: 1 };
        assert!(fault([&[], &[line(twice, 1)]], 1).contains("a register twice"));
    }

    #[test]
    fn a_slope_that_is_overwritten_is_found() {
        let slopes = [
            unary(Unary::Tanh, memory(0), 0),
            unary(Unary::SechSquared, memory(0), 1),
            sum(0, 1, 2),
        ];
        let (mut terms, stores) = (CodeTerms::default(), [store(2)]);
        let meant = terms.stored([&[], &slopes], &stores);
        let with_slope = |slope| line(Instruction::TanhWithSlope { x: memory(0), slope }, 0);
        assert_eq!(terms.stored([&[], &[with_slope(1), sum(0, 1, 2)]], &stores), meant);
        let lost = terms.stored([&[], &[with_slope(3), sum(0, 1, 2)]], &stores);
        assert!(lost.expect_err("nobody writes it").contains("register 1 is read unwritten"));
    }

    #[test]
    fn a_prologue_that_is_overwritten_is_found() {
        let scalar = Scalar::Literal(Literal::new(2.0));
        let prologue = [line(Instruction::Fill { scalar }, 0)];
        let code =
            [unary(Unary::Exp, BlockOperand::Register(0), 1), unary(Unary::Sin, memory(0), 0)];
        assert!(fault([&prologue, &code], 1).contains("for all"));
    }

    #[test]
    fn numbers_of_rows_are_not_read_as_elements() {
        let of_rows = Instruction::Sum { x: memory(0) };
        assert!(fault([&[], &[line(of_rows.clone(), 0)]], 0).contains("for each Element"));
        let row = Line { instruction: of_rows, register: 0, extent: Extent::Row };
        assert!(fault([&[], &[row.clone(), sum(0, 0, 1)]], 1).contains("for each Element"));
        assert!(fault([&[], &[row]], 0).contains("for each Element"));
    }
}
