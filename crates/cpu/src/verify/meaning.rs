//! The meaning of fused code: the term that each of its stores writes.

use indexmap::IndexSet;
use retrograd_core::ops::{Binary, Unary};
use rustc_hash::FxBuildHasher;

use crate::kernels::code::{Extent, Form, Instruction, Line, Nested, Operand, Register, Store};

/// What the stores of a kernel write, as terms; nothing in builds without debug assertions.
pub(crate) struct Meaning(Option<Stored>);

struct Stored {
    terms: Terms,
    values: Vec<Value>,
}

/// What a store writes: a term, its extent and its form.
type Value = (Register, Extent, Form);

/// All different terms: instructions whose operands are terms, too, by their numbers.
#[derive(Default)]
struct Terms(IndexSet<(Instruction, Extent), FxBuildHasher>);

impl Meaning {
    /// The meaning of code as it is first written.
    ///
    /// # Panics
    /// If the code has none: a fault of the fusion.
    pub fn of(code: &[Line], stores: &[Store]) -> Self {
        Self(cfg!(debug_assertions).then(|| {
            let mut terms = Terms::default();
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

impl Terms {
    /// What the stores write of a block. It is the same of all blocks, since none changes what the prologue has computed,
    /// nor reads what another has left.
    fn stored(
        &mut self,
        [prologue, code]: [&[Line]; 2],
        stores: &[Store],
    ) -> Result<Vec<Value>, String> {
        let mut registers = Registers { terms: self, values: Vec::new() };
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
        let instruction = match instruction {
            Instruction::Nested { ops: Nested { inner, outer, is_second }, a, b, c } => {
                let inner = Instruction::Binary { op: inner, a, b };
                let inner = Operand::Register(self.add(inner, extent));
                let [a, b] = if is_second { [c, inner] } else { [inner, c] };
                return self.add(Instruction::Binary { op: outer, a, b }, extent);
            }
            Instruction::Unary { op: Unary::Square, x } => {
                Instruction::Binary { op: Binary::Mul, a: x, b: x }
            }
            Instruction::Binary { op: op @ (Binary::Add | Binary::Mul), a, b } => {
                Instruction::Binary { op, a: a.min(b), b: a.max(b) }
            }
            other => other,
        };
        self.0.insert_full((instruction, extent)).0 as Register
    }
}

/// Registers that hold terms.
struct Registers<'t> {
    terms: &'t mut Terms,
    values: Vec<Option<Register>>,
}

impl Registers<'_> {
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
    fn read(&self, operand: Operand, extent: Extent) -> Result<Operand, String> {
        let Operand::Register(register) = operand else { return Ok(operand) };
        let value = self.values.get(register as usize).copied().flatten();
        let term = value.ok_or_else(|| format!("register {register} is read unwritten"))?;
        match self.terms.0[term as usize].1 == extent {
            true => Ok(Operand::Register(term)),
            false => {
                Err(format!("register {register} is read with one number for each {extent:?}"))
            }
        }
    }

    fn value(&self, store: &Store) -> Result<Value, String> {
        match self.read(store.from, store.extent)? {
            Operand::Register(term) => Ok((term, store.extent, store.form)),
            Operand::Contiguous(_) => Err(format!("{store:?} stores what is in memory")),
        }
    }
}
