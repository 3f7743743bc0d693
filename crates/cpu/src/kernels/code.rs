//! The code of fused kernels: instructions on registers, with their loads and stores.

use retrograd_core::{
    DType, Op,
    computation::ValueId,
    ops::{Binary, Comparison, Literal, Unary},
};
use smallvec::{SmallVec, smallvec};

use crate::{kernels::rows::Rows, layout::Walk};

/// Index of a register.
pub(crate) type Register = u32;

/// The operand of an instruction on a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum BlockOperand {
    /// A block computed before.
    Register(Register),
    /// The current block of a contiguous value.
    Contiguous(ValueId),
}

impl BlockOperand {
    /// The register, if it is one.
    pub fn register(&self) -> Option<Register> {
        if let BlockOperand::Register(register) = self { Some(*register) } else { None }
    }

    /// The contiguous value, if it is a block of one.
    pub fn contiguous(&self) -> Option<ValueId> {
        if let BlockOperand::Contiguous(id) = self { Some(*id) } else { None }
    }
}

/// One step for a block. Truth values are the numbers 0 and 1.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Instruction {
    /// Writes one number everywhere, the same in all blocks.
    Fill { scalar: Scalar },
    /// Reads numbers through a strided layout.
    Load { from: ValueId, walk: Box<Walk> },
    /// Reads truth values through a strided layout.
    LoadMask { from: ValueId, walk: Box<Walk> },
    /// Applies a row of the table of unary functions.
    Unary { op: Unary, x: BlockOperand },
    /// Computes `tanh x`, and its derivative into another register.
    TanhWithSlope { x: BlockOperand, slope: Register },
    /// Applies a row of the table of binary functions.
    Binary { op: Binary, a: BlockOperand, b: BlockOperand },
    /// Applies two, of [`Nested`] arithmetic.
    Nested { ops: Nested, a: BlockOperand, b: BlockOperand, c: BlockOperand },
    /// Compares.
    Compare { op: Comparison, a: BlockOperand, b: BlockOperand },
    /// Chooses.
    Select { mask: BlockOperand, a: BlockOperand, b: BlockOperand },
    /// Sums the numbers of each row.
    Sum { x: BlockOperand },
    /// Takes the largest number of each row, or NaN if one is.
    Max { x: BlockOperand },
    /// Puts the number of each row everywhere in it.
    Spread { x: BlockOperand },
    /// Takes the number at an index of each row.
    Pick { x: BlockOperand, index: ValueId },
    /// Puts the number of each row at an index of it, beside zeros.
    Put { x: BlockOperand, index: ValueId },
}

/// Two steps of arithmetic in one: `outer(inner(a, b), c)`, or `outer(c, inner(a, b))`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Nested {
    pub inner: Binary,
    pub outer: Binary,
    /// Whether the inner result is the second operand of the outer step.
    pub is_second: bool,
}

/// How many numbers a result has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Extent {
    /// One for each row.
    Row,
    /// One for each element.
    Element,
}

/// An instruction, with the register that it writes.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub instruction: Instruction,
    pub register: Register,
    pub extent: Extent,
}

/// Indices into rows, which must be less than their length.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IndexCheck {
    /// The node that picks or puts.
    pub node: ValueId,
    pub index: ValueId,
    /// The axis of the columns, by which users know it.
    pub axis: usize,
}

/// A number for all blocks, settled when the kernel starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Scalar {
    /// A constant.
    Literal(Literal),
    /// An element of a value.
    Element { of: ValueId, dtype: DType, position: usize },
}

/// A fused group of operations, on as many whole rows at a time as fit a block.
#[derive(Clone, Debug)]
pub(crate) struct Elementwise {
    pub rows: Rows,
    /// The rows of a block.
    pub n_rows_at_once: usize,
    /// The code that runs once, before the first block.
    pub prologue: Vec<Line>,
    /// The code of each block.
    pub code: Vec<Line>,
    pub checks: Vec<IndexCheck>,
    pub stores: Vec<Store>,
    pub n_registers: usize,
}

/// A result that is stored block by block.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    /// The value that it is a block of.
    pub to: ValueId,
    pub from: BlockOperand,
    pub extent: Extent,
    pub form: Form,
    /// Whether [`Scratch::is_finite`](super::elementwise::Scratch::is_finite) tells of it.
    pub is_tested: bool,
}

/// The form in which the numbers of a block are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// The numbers.
    Numbers,
    /// Whether each is not 0.
    TruthValues,
    /// Their sum: one number for each block.
    Sum,
}

/// The operands of an instruction, as references of its kind.
macro_rules! operands {
    ($instruction:expr) => {
        match $instruction {
            Instruction::Fill { .. } => smallvec![],
            Instruction::Load { .. } | Instruction::LoadMask { .. } => smallvec![],
            Instruction::Unary { x, .. } | Instruction::TanhWithSlope { x, .. } => smallvec![x],
            Instruction::Binary { a, b, .. } | Instruction::Compare { a, b, .. } => smallvec![a, b],
            Instruction::Nested { a, b, c, .. } => smallvec![a, b, c],
            Instruction::Select { mask, a, b } => smallvec![mask, a, b],
            Instruction::Sum { x } | Instruction::Max { x } => smallvec![x],
            Instruction::Spread { x } => smallvec![x],
            Instruction::Pick { x, .. } | Instruction::Put { x, .. } => smallvec![x],
        }
    };
}

impl Instruction {
    /// The instruction of an elementwise operation; `None` if it has none of its own.
    pub fn elementwise(op: &Op, operands: &[BlockOperand]) -> Option<Self> {
        match (op, operands) {
            (&Op::Unary(op), &[x]) => Some(Instruction::Unary { op, x }),
            (&Op::Binary(op), &[a, b]) => Some(Instruction::Binary { op, a, b }),
            (&Op::Compare(op), &[a, b]) => Some(Instruction::Compare { op, a, b }),
            (Op::Select, &[mask, a, b]) => Some(Instruction::Select { mask, a, b }),
            _ => None,
        }
    }

    /// Whether an operation of so many operands has an instruction of its own.
    pub fn exists(op: &Op, n_operands: usize) -> bool {
        let operands = [BlockOperand::Register(0); 3];
        operands.get(..n_operands).is_some_and(|any| Self::elementwise(op, any).is_some())
    }

    /// The operands.
    pub fn operands(&self) -> SmallVec<[&BlockOperand; 3]> {
        operands!(self)
    }

    /// The operands, to be changed.
    pub fn operands_mut(&mut self) -> SmallVec<[&mut BlockOperand; 3]> {
        operands!(self)
    }

    /// The extents of the operands and of the result, where the line of the instruction has the extent `own`.
    pub fn extents(&self, own: Extent) -> (Extent, Extent) {
        match self {
            Instruction::Sum { .. } | Instruction::Max { .. } | Instruction::Pick { .. } => {
                (Extent::Element, Extent::Row)
            }
            Instruction::Spread { .. } | Instruction::Put { .. } => (Extent::Row, Extent::Element),
            Instruction::Fill { .. } | Instruction::Load { .. } => (own, own),
            Instruction::LoadMask { .. } | Instruction::Select { .. } => (own, own),
            Instruction::Unary { .. } | Instruction::TanhWithSlope { .. } => (own, own),
            Instruction::Binary { .. } | Instruction::Nested { .. } => (own, own),
            Instruction::Compare { .. } => (own, own),
        }
    }

    /// The value that a number for all blocks is an element of, or that is read in other places than those written.
    pub fn source(&self) -> Option<ValueId> {
        match *self {
            Instruction::Fill { scalar } => scalar.source(),
            Instruction::Load { from, .. } | Instruction::LoadMask { from, .. } => Some(from),
            Instruction::Pick { index, .. } | Instruction::Put { index, .. } => Some(index),
            Instruction::Unary { .. } | Instruction::Binary { .. } => None,
            Instruction::TanhWithSlope { .. } | Instruction::Nested { .. } => None,
            Instruction::Compare { .. } | Instruction::Select { .. } => None,
            Instruction::Sum { .. } | Instruction::Max { .. } | Instruction::Spread { .. } => None,
        }
    }
}

impl Line {
    /// The registers that it reads.
    pub fn reads(&self) -> impl Iterator<Item = Register> {
        self.instruction.operands().into_iter().filter_map(BlockOperand::register)
    }

    /// The registers that it writes.
    pub fn results(&self) -> SmallVec<[Register; 2]> {
        let mut results = smallvec![self.register];
        if let Instruction::TanhWithSlope { slope, .. } = self.instruction {
            results.push(slope);
        }
        results
    }

    /// The registers that it writes, to be changed.
    pub fn results_mut(&mut self) -> SmallVec<[&mut Register; 2]> {
        let mut results = smallvec![&mut self.register];
        if let Instruction::TanhWithSlope { slope, .. } = &mut self.instruction {
            results.push(slope);
        }
        results
    }
}

impl Scalar {
    /// The value that it is an element of, if it is one.
    pub fn source(&self) -> Option<ValueId> {
        if let Scalar::Element { of, .. } = self { Some(*of) } else { None }
    }
}
