//! What runs fused code: a register machine whose registers are blocks of numbers small enough for the cache.

use std::ops::Range;

use retrograd_core::{
    DType, Float, NodeId, are_finite,
    ops::{Binary, Comparison, check_bounds},
};

use crate::{
    arena::{Memory, Split},
    kernels::{
        InstructionSet,
        code::{Elementwise, Extent, Instruction, Line, Operand, Scalar, Store},
        dispatched,
        functions::Functions,
        row,
    },
    rows::Rows,
};

/// Numbers in a block: 2 KB of `f32`, so that a dozen registers fit the first-level cache.
pub(crate) const BLOCK: usize = 512;

/// The longest row that a kernel takes as a whole, longer than a block if need be.
pub(crate) const MAX_ROW: usize = 4096;

/// Registers and scalars, allocated once for all kernels of a plan.
pub(crate) struct Scratch<F> {
    pub instructions: InstructionSet,
    /// Whether all has been finite that was stored and tested since this was set.
    pub is_finite: bool,
    registers: Vec<Box<[F]>>,
    scalars: Vec<F>,
}

impl<F: Float> Scratch<F> {
    /// Memory for some kernels: each register as long as the longest block that one of them keeps in it.
    pub fn new<'k>(kernels: impl Iterator<Item = &'k Elementwise>) -> Self {
        let zero = <F as Float>::lit(0.0);
        let (mut lengths, mut n_scalars) = (Vec::new(), 0);
        for kernel in kernels.filter(|kernel| kernel.rows.dtype == F::DTYPE) {
            lengths.resize(kernel.n_registers.max(lengths.len()), 0);
            let block = kernel.rows_of_block().min(kernel.rows.n_rows) * kernel.rows.n_columns;
            lengths[..kernel.n_registers]
                .iter_mut()
                .for_each(|length| *length = block.max(*length));
            n_scalars = n_scalars.max(kernel.scalars.len());
        }
        let registers = lengths.into_iter().map(|length| vec![zero; length].into_boxed_slice());
        Self {
            instructions: InstructionSet::best(),
            is_finite: true,
            registers: registers.collect(),
            scalars: vec![zero; n_scalars],
        }
    }
}

impl Elementwise {
    /// How its rows can be split. An instruction on a number, or a store, takes a quarter of a nanosecond.
    pub fn split(&self) -> Split {
        let Rows { n_rows, n_columns, .. } = self.rows;
        let work = n_rows * n_columns * (self.code.len() + self.stores.len()) / 4;
        Split { n_rows, together: self.rows_of_block(), work }
    }

    /// Fails if an index is out of bounds, with the node that reads it and the reason.
    pub fn check(&self, memory: &Memory<'_>) -> Result<(), (NodeId, String)> {
        self.checks.iter().try_for_each(|check| {
            let index = &memory.read::<i64>(check.index)[..self.rows.n_rows];
            check_bounds(index, check.axis, self.rows.n_columns)
                .map_err(|reason| (check.node, reason))
        })
    }

    /// Computes a range of rows.
    pub fn run<F: Functions>(
        &self,
        memory: &mut Memory<'_>,
        scratch: &mut Scratch<F>,
        rows: Range<usize>,
    ) {
        for (value, scalar) in scratch.scalars.iter_mut().zip(&self.scalars) {
            *value = scalar.settle(memory);
        }
        run_blocks(self, memory, scratch, rows);
    }

    fn rows_of_block(&self) -> usize {
        (BLOCK / self.rows.n_columns.max(1)).max(1)
    }
}

impl Scalar {
    /// The number.
    pub fn settle<F: Float>(self, memory: &Memory<'_>) -> F {
        match self {
            Scalar::Literal(value) => <F as Float>::lit(value),
            Scalar::Element { of, dtype: DType::Bool, position } => {
                truth(memory.read::<bool>(of)[position])
            }
            Scalar::Element { of, position, .. } => memory.read::<F>(of)[position],
        }
    }
}

dispatched! {
    fn run_blocks<F: Functions>(
        kernel: &Elementwise,
        memory: &mut Memory<'_>,
        scratch: &mut Scratch<F>,
        rows: Range<usize>,
    ) {
        let n_columns = kernel.rows.n_columns;
        let mut start = rows.start;
        while start < rows.end {
            let n = kernel.rows_of_block().min(rows.end - start);
            let part = Part { start, n, n_columns };
            for line in &kernel.code {
                // The register leaves the file while it is written; moving its box is cheap.
                let mut y = std::mem::take(&mut scratch.registers[line.register as usize]);
                let block = Block { memory: &*memory, scratch: &*scratch, part };
                block.execute(line, &mut y[..part.range(line.extent).len()]);
                scratch.registers[line.register as usize] = y;
            }
            for store in &kernel.stores {
                store.keep(memory, scratch, part.range(store.extent));
            }
            start += n;
        }
    }
}

/// The rows of a block.
#[derive(Clone, Copy)]
struct Part {
    start: usize,
    n: usize,
    n_columns: usize,
}

impl Part {
    /// Where its numbers lie among those of a value.
    #[inline(always)]
    fn range(self, extent: Extent) -> Range<usize> {
        let n = match extent {
            Extent::Row => 1,
            Extent::Element => self.n_columns,
        };
        self.start * n..(self.start + self.n) * n
    }
}

impl Store {
    /// Writes a block.
    #[inline(always)]
    fn keep<F: Float>(
        &self,
        memory: &mut Memory<'_>,
        scratch: &mut Scratch<F>,
        range: Range<usize>,
    ) {
        let x = match self.from {
            Operand::Register(register) => {
                Source::Block(&scratch.registers[register as usize][..range.len()])
            }
            Operand::Scalar(scalar) => Source::One(scratch.scalars[scalar as usize]),
            Operand::Contiguous(_) => {
                unreachable!("a value that is stored has been computed or loaded")
            }
        };
        if self.is_tested {
            scratch.is_finite &= match x {
                Source::Block(x) => are_finite(x),
                Source::One(x) => are_finite(&[x]),
            };
        }
        if self.is_mask {
            let zero = <F as Float>::lit(0.0);
            return unary(x, memory.write::<bool>(self.to, range), |x| x != zero);
        }
        unary(x, memory.write::<F>(self.to, range), |x| x);
    }
}

/// A truth value as a number.
#[inline(always)]
pub(super) fn truth<F: Float>(value: bool) -> F {
    <F as Float>::lit(f64::from(u8::from(value)))
}

/// What instructions read while a block is computed.
struct Block<'a, F> {
    memory: &'a Memory<'a>,
    scratch: &'a Scratch<F>,
    part: Part,
}

/// The numbers of an operand.
#[derive(Clone, Copy)]
pub(super) enum Source<'a, F> {
    Block(&'a [F]),
    One(F),
}

impl<'a, F: Functions> Block<'a, F> {
    #[inline(always)]
    fn source(&self, operand: Operand, extent: Extent) -> Source<'a, F> {
        let range = self.part.range(extent);
        match operand {
            Operand::Register(register) => {
                Source::Block(&self.scratch.registers[register as usize][..range.len()])
            }
            Operand::Contiguous(id) => Source::Block(self.memory.read_part::<F>(id, range)),
            Operand::Scalar(scalar) => Source::One(self.scratch.scalars[scalar as usize]),
        }
    }

    #[inline(always)]
    fn execute(&self, line: &Line, y: &mut [F]) {
        let (extent, start) = (line.extent, self.part.range(line.extent).start);
        let source = |operand| self.source(operand, extent);
        let n_columns = self.part.n_columns;
        match line.instruction {
            Instruction::Load { from, ref walk } => {
                walk.read(self.memory.read::<F>(from), start, y, |x| x);
            }
            Instruction::LoadMask { from, ref walk } => {
                walk.read(self.memory.read::<bool>(from), start, y, truth);
            }
            Instruction::Unary { op, x } => match source(x) {
                Source::Block(x) => F::map(self.scratch.instructions, op, x, y),
                Source::One(x) => y.fill(F::value(self.scratch.instructions, op, x)),
            },
            Instruction::Binary { op, a, b } => of_two(op, source(a), source(b), y),
            Instruction::Compare { op, a, b } => compare(op, source(a), source(b), y),
            Instruction::Select { mask, a, b } => select(source(mask), source(a), source(b), y),
            Instruction::Sum { x } => match self.source(x, Extent::Element) {
                Source::Block(x) => row::sum(x, n_columns, y),
                Source::One(x) => y.fill(<F as Float>::lit(x.to_f64() * n_columns as f64)),
            },
            Instruction::Max { x } => match self.source(x, Extent::Element) {
                Source::Block(x) => row::max(x, n_columns, y),
                Source::One(x) => y.fill(x),
            },
            Instruction::Spread { x } => match self.source(x, Extent::Row) {
                Source::Block(x) => row::spread(x, n_columns, y),
                Source::One(x) => y.fill(x),
            },
            Instruction::Pick { x, index } => match self.source(x, Extent::Element) {
                Source::Block(x) => row::pick(x, self.index(index), n_columns, y),
                Source::One(x) => y.fill(x),
            },
            Instruction::Put { x, index } => {
                let x = self.source(x, Extent::Row);
                row::put(|k| x.at(k), self.index(index), n_columns, y);
            }
        }
    }

    fn index(&self, index: NodeId) -> &'a [i64] {
        &self.memory.read::<i64>(index)[self.part.range(Extent::Row)]
    }
}

impl<F: Copy> Source<'_, F> {
    #[inline(always)]
    fn at(&self, index: usize) -> F {
        match self {
            Source::Block(x) => x[index],
            Source::One(x) => *x,
        }
    }
}

#[inline(always)]
fn unary<A: Copy, B: Copy>(x: Source<'_, A>, y: &mut [B], f: impl Fn(A) -> B) {
    match x {
        Source::Block(x) => y.iter_mut().zip(x).for_each(|(y, &x)| *y = f(x)),
        Source::One(x) => y.fill(f(x)),
    }
}

/// Applies a row of the table of binary functions.
#[inline(always)]
pub(super) fn of_two<F: Float>(op: Binary, a: Source<'_, F>, b: Source<'_, F>, y: &mut [F]) {
    match (a, b) {
        (Source::Block(a), Source::Block(b)) => op.map(a, b, y),
        (Source::Block(a), Source::One(b)) => op.map_by_scalar(a, b, y),
        (Source::One(a), Source::Block(b)) => op.map_of_scalar(a, b, y),
        (Source::One(a), Source::One(b)) => y.fill(op.value(a, b)),
    }
}

#[inline(always)]
fn binary<F: Copy>(a: Source<'_, F>, b: Source<'_, F>, y: &mut [F], f: impl Fn(F, F) -> F) {
    match (a, b) {
        (Source::Block(a), Source::Block(b)) => {
            for ((y, &a), &b) in y.iter_mut().zip(a).zip(b) {
                *y = f(a, b);
            }
        }
        (a, Source::One(b)) => unary(a, y, |a| f(a, b)),
        (Source::One(a), b) => unary(b, y, |b| f(a, b)),
    }
}

/// Compares.
#[inline(always)]
pub(super) fn compare<F: Float>(op: Comparison, a: Source<'_, F>, b: Source<'_, F>, y: &mut [F]) {
    match op {
        Comparison::Gt => binary(a, b, y, |a, b| truth(a > b)),
        Comparison::Ge => binary(a, b, y, |a, b| truth(a >= b)),
        Comparison::Lt => binary(a, b, y, |a, b| truth(a < b)),
        Comparison::Le => binary(a, b, y, |a, b| truth(a <= b)),
        Comparison::Eq => binary(a, b, y, |a, b| truth(a == b)),
        Comparison::Ne => binary(a, b, y, |a, b| truth(a != b)),
    }
}

/// Writes `a` where the mask is not 0, then `b` elsewhere.
#[inline(always)]
pub(super) fn select<F: Float>(
    mask: Source<'_, F>,
    a: Source<'_, F>,
    b: Source<'_, F>,
    y: &mut [F],
) {
    let zero = <F as Float>::lit(0.0);
    let mask = match mask {
        Source::One(mask) => return unary(if mask != zero { a } else { b }, y, |x| x),
        Source::Block(mask) => mask,
    };
    match (a, b) {
        (Source::Block(a), Source::Block(b)) => {
            for (((y, &mask), &a), &b) in y.iter_mut().zip(mask).zip(a).zip(b) {
                *y = if mask != zero { a } else { b };
            }
        }
        (a, Source::One(b)) => {
            binary(Source::Block(mask), a, y, |mask, a| if mask != zero { a } else { b })
        }
        (Source::One(a), b) => {
            binary(Source::Block(mask), b, y, |mask, b| if mask != zero { a } else { b })
        }
    }
}
