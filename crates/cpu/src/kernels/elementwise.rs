//! The interpreter of fused code: a register machine whose registers are blocks of numbers small enough for the cache.

use std::{fmt, ops::Range};

use retrograd_core::{DType, Elements, Float, are_finite, computation::ValueId, ops::check_bounds};

use crate::{
    arena::{Memory, Output, Split},
    kernels::{
        InstructionSet,
        code::{
            BlockOperand, Elementwise, Extent, Form, IndexCheck, Instruction, Line, Register,
            Scalar, Store,
        },
        compiled,
        functions::Functions,
        kernel::{Behavior, Refusal, RegisterFile, ValueIds},
        operand::{OperandValues, compare, select, truth},
        row,
        rows::Rows,
        team::Team,
    },
};

/// Registers, allocated once for all kernels of a plan.
pub(crate) struct Scratch<F> {
    pub instructions: InstructionSet,
    /// Whether all has been finite that was stored and tested since this was set.
    pub is_finite: bool,
    registers: Vec<Elements<F>>,
}

impl<F: Float> Scratch<F> {
    /// Memory for some kernels: each register as long as the longest block that one of them keeps in it.
    pub fn new(files: impl Iterator<Item = RegisterFile>) -> Self {
        let mut lengths = Vec::new();
        for RegisterFile { n, n_elements, .. } in files.filter(|file| file.dtype == F::DTYPE) {
            lengths.resize(n.max(lengths.len()), 0);
            lengths[..n].iter_mut().for_each(|length| *length = n_elements.max(*length));
        }
        Self {
            instructions: InstructionSet::best(),
            is_finite: true,
            registers: lengths.into_iter().map(Elements::zeros).collect(),
        }
    }

    /// A register, which leaves the file while it is written; moving it is cheap.
    #[inline(always)]
    fn take(&mut self, register: Register) -> Elements<F> {
        std::mem::take(&mut self.registers[register as usize])
    }
}

impl Behavior for Elementwise {
    fn reads_in_place(&self) -> ValueIds {
        let operands = self.code.iter().flat_map(|line| line.instruction.operands());
        let contiguous = operands.filter_map(|operand| operand.contiguous());
        contiguous.collect()
    }

    fn reads_elsewhere(&self) -> ValueIds {
        let lines = self.prologue.iter().chain(&self.code);
        lines.filter_map(|line| line.instruction.source()).collect()
    }

    fn writes(&self) -> ValueIds {
        self.stores.iter().map(|store| store.to).collect()
    }

    fn is_fused(&self) -> bool {
        true
    }

    fn can_update(&self) -> bool {
        true
    }

    fn can_fail(&self) -> bool {
        !self.checks.is_empty()
    }

    fn tests(&self) -> ValueIds {
        self.stores.iter().filter(|store| store.is_tested).map(|store| store.to).collect()
    }

    /// An instruction on a number, or a store, takes a quarter of a nanosecond.
    fn split(&self) -> Option<Split> {
        let Rows { n_rows, n_columns, .. } = self.rows;
        let n_lines = self.code.len() + self.stores.len();
        let work = (n_rows * n_columns).saturating_mul(n_lines) / 4;
        Some(Split { n_rows, together: self.n_rows_at_once, work })
    }

    fn registers(&self) -> Option<RegisterFile> {
        let Rows { dtype, n_rows, n_columns } = self.rows;
        let n_elements = self.n_rows_at_once.min(n_rows) * n_columns;
        Some(RegisterFile { dtype, n: self.n_registers, n_elements })
    }

    fn check_sizes(&self, n_elements: &dyn Fn(ValueId) -> usize) -> Result<(), String> {
        let rows = self.rows;
        let n = |extent: Extent| match extent {
            Extent::Row => rows.n_rows,
            Extent::Element => rows.n_rows * rows.n_columns,
        };
        for line in &self.code {
            let (read, _) = line.instruction.extents(line.extent);
            let operands = line.instruction.operands().into_iter();
            let mut contiguous = operands.filter_map(|operand| operand.contiguous());
            if let Some(id) = contiguous.find(|&id| n_elements(id) < n(read)) {
                return Err(format!("{id:?} has fewer elements than are read"));
            }
        }
        let n_written = |store: &Store| match store.form {
            Form::Numbers | Form::TruthValues => n(store.extent),
            Form::Sum => rows.n_rows.div_ceil(self.n_rows_at_once),
        };
        match self.stores.iter().find(|store| n_elements(store.to) != n_written(store)) {
            Some(store) => Err(format!("{:?} has another number of elements", store.to)),
            None => Ok(()),
        }
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_code(f)
    }

    fn run(&self, memory: &mut Memory<'_>, team: &mut Team) -> Result<(), Refusal> {
        self.check(memory)?;
        let split = self.split().expect("elementwise kernels can be split");
        team.compute(memory, split, self.outputs(), |memory, rows, own| match self.rows.dtype {
            DType::F32 => self.compute(memory, &mut own.single, rows),
            DType::F64 => self.compute(memory, &mut own.double, rows),
            DType::I64 | DType::Bool => unreachable!("blocks are of floating-point numbers"),
        });
        Ok(())
    }
}

impl Elementwise {
    /// The results, as several threads write them.
    fn outputs(&self) -> impl Iterator<Item = Output> {
        self.stores.iter().map(|&Store { to: id, form, .. }| {
            let (dtype, n_rows_each) = match form {
                Form::Numbers => (self.rows.dtype, 1),
                Form::TruthValues => (DType::Bool, 1),
                Form::Sum => (self.rows.dtype, self.n_rows_at_once),
            };
            Output { id, dtype, n_rows_each }
        })
    }

    /// Fails if an index is out of bounds.
    fn check(&self, memory: &Memory<'_>) -> Result<(), Refusal> {
        self.checks.iter().try_for_each(|&IndexCheck { node, index, axis }| {
            let index = &memory.read::<i64>(index)[..self.rows.n_rows];
            check_bounds(index, axis, self.rows.n_columns)
                .map_err(|reason| Refusal { node, reason })
        })
    }

    /// Computes a range of rows, block by block.
    fn compute<F: Functions>(
        &self,
        memory: &mut Memory<'_>,
        scratch: &mut Scratch<F>,
        rows: Range<usize>,
    ) {
        let (instructions, n_rows) = (scratch.instructions, self.n_rows_at_once.min(rows.len()));
        let part = |start, n_rows| RowBlock::new(start, n_rows, self);
        compute(instructions, &self.prologue, memory, scratch, &part(rows.start, n_rows));
        for start in rows.clone().step_by(n_rows.max(1)) {
            let part = part(start, n_rows.min(rows.end - start));
            compute(instructions, &self.code, memory, scratch, &part);
            keep(instructions, &self.stores, memory, scratch, &part);
        }
    }
}

impl Scalar {
    /// The number.
    pub fn settle<F: Float>(self, memory: &Memory<'_>) -> F {
        match self {
            Scalar::Literal(literal) => <F as Float>::lit(literal.value()),
            Scalar::Element { of, dtype: DType::Bool, position } => {
                truth(memory.read::<bool>(of)[position])
            }
            Scalar::Element { of, position, .. } => memory.read::<F>(of)[position],
        }
    }
}

/// The rows of a block, and their elements.
struct RowBlock {
    n_columns: usize,
    /// Its number among all blocks.
    block: usize,
    rows: Range<usize>,
    /// Where their elements lie among those of a value.
    elements: Range<usize>,
}

impl RowBlock {
    fn new(start: usize, n_rows: usize, kernel: &Elementwise) -> Self {
        let (rows, n_columns) = (start..start + n_rows, kernel.rows.n_columns);
        let elements = rows.start * n_columns..rows.end * n_columns;
        Self { n_columns, block: start / kernel.n_rows_at_once, elements, rows }
    }

    /// Where its numbers lie among those of a value.
    #[inline(always)]
    fn range(&self, extent: Extent) -> Range<usize> {
        match extent {
            Extent::Row => self.rows.clone(),
            Extent::Element => self.elements.clone(),
        }
    }
}

compiled! {
    /// Computes a block. It is told of it by reference, so that its lengths are read and not found anew for every vector.
    fn compute<F: Functions>(
        code: &[Line],
        memory: &Memory<'_>,
        scratch: &mut Scratch<F>,
        part: &RowBlock,
    ) {
        for &Line { ref instruction, register, extent } in code {
            let n = part.range(extent).len();
            let mut y = scratch.take(register);
            if let Instruction::TanhWithSlope { x, slope: second } = *instruction {
                let mut slope = scratch.take(second);
                let x = BlockInterpreter { memory, scratch, part, extent }.numbers(x);
                F::map_tanh_with_slope(scratch.instructions, x, &mut y[..n], &mut slope[..n]);
                scratch.registers[second as usize] = slope;
            } else {
                BlockInterpreter { memory, scratch, part, extent }.execute(instruction, &mut y[..n]);
            }
            scratch.registers[register as usize] = y;
        }
    }
}

compiled! {
    /// Writes the stored results of a block.
    fn keep<F: Float>(
        stores: &[Store],
        memory: &mut Memory<'_>,
        scratch: &mut Scratch<F>,
        part: &RowBlock,
    ) {
        for store in stores {
            let range = part.range(store.extent);
            let BlockOperand::Register(register) = store.from else {
                unreachable!("a value that is stored has been computed or loaded")
            };
            let x = &scratch.registers[register as usize][..range.len()];
            if store.is_tested {
                scratch.is_finite &= are_finite(x);
            }
            match store.form {
                Form::Numbers => memory.write::<F>(store.to, range).copy_from_slice(x),
                Form::TruthValues => {
                    let zero = <F as Float>::lit(0.0);
                    for (kept, &x) in memory.write::<bool>(store.to, range).iter_mut().zip(x) {
                        *kept = x != zero;
                    }
                }
                Form::Sum => {
                    let sum = memory.write::<F>(store.to, part.block..part.block + 1);
                    row::sum(x, x.len(), sum);
                }
            }
        }
    }
}

/// The interpreter of an instruction on a block, with the operands at hand.
struct BlockInterpreter<'a, F> {
    memory: &'a Memory<'a>,
    scratch: &'a Scratch<F>,
    part: &'a RowBlock,
    /// Of its result.
    extent: Extent,
}

impl<'a, F: Functions> BlockInterpreter<'a, F> {
    #[inline(always)]
    fn execute(&self, instruction: &Instruction, y: &mut [F]) {
        let (instructions, n_columns) = (self.scratch.instructions, self.part.n_columns);
        let start = self.part.range(self.extent).start;
        match *instruction {
            Instruction::Fill { scalar } => y.fill(scalar.settle(self.memory)),
            Instruction::Load { from, ref walk } => {
                walk.read(self.memory.read::<F>(from), start, y, |x| x);
            }
            Instruction::LoadMask { from, ref walk } => {
                walk.read(self.memory.read::<bool>(from), start, y, truth);
            }
            Instruction::Unary { op, x } => F::map(instructions, op, self.numbers(x), y),
            Instruction::TanhWithSlope { .. } => unreachable!("it writes two registers"),
            Instruction::Binary { op, a, b } => op.map(self.numbers(a), self.numbers(b), y),
            Instruction::Nested { ops, a, b, c } => {
                ops.map(self.numbers(a), self.numbers(b), self.numbers(c), y);
            }
            Instruction::Compare { op, a, b } => compare(op, self.source(a), self.source(b), y),
            Instruction::Select { mask, a, b } => {
                select(self.source(mask), self.source(a), self.source(b), y);
            }
            Instruction::Sum { x } => row::sum(self.elements(x), n_columns, y),
            Instruction::Max { x } => row::max(self.elements(x), n_columns, y),
            Instruction::Spread { x } => row::spread(self.rows(x), n_columns, y),
            Instruction::Pick { x, index } => {
                row::pick(self.elements(x), self.index(index), n_columns, y);
            }
            Instruction::Put { x, index } => {
                row::put(self.rows(x), self.index(index), n_columns, y)
            }
        }
    }

    /// An operand of the extent of the result.
    #[inline(always)]
    fn numbers(&self, operand: BlockOperand) -> &'a [F] {
        self.read(operand, self.extent)
    }

    #[inline(always)]
    fn source(&self, operand: BlockOperand) -> OperandValues<'a, F> {
        OperandValues::Block(self.numbers(operand))
    }

    /// An operand with one number for each element.
    #[inline(always)]
    fn elements(&self, operand: BlockOperand) -> &'a [F] {
        self.read(operand, Extent::Element)
    }

    /// An operand with one number for each row.
    #[inline(always)]
    fn rows(&self, operand: BlockOperand) -> &'a [F] {
        self.read(operand, Extent::Row)
    }

    /// An operand, of a length that compilers see to be that of others: so loops need not look for the shortest.
    #[inline(always)]
    fn read(&self, operand: BlockOperand, extent: Extent) -> &'a [F] {
        let range = self.part.range(extent);
        let n = range.len();
        match operand {
            BlockOperand::Register(register) => &self.scratch.registers[register as usize][..n],
            BlockOperand::Contiguous(id) => &self.memory.read_part::<F>(id, range)[..n],
        }
    }

    fn index(&self, index: ValueId) -> &'a [i64] {
        &self.memory.read::<i64>(index)[self.part.range(Extent::Row)]
    }
}
