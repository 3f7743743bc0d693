//! The code of a fused kernel: written, combined, and given registers.

use indexmap::IndexSet;
use retrograd_core::{DType, Op, computation::ValueId, ops::Literal};
use rustc_hash::{FxBuildHasher, FxHashMap};
use smallvec::SmallVec;

use crate::{
    compile::{
        accumulate::Roles,
        classify::Class,
        levels::Levels,
        lower::{combine::combine, registers::assign},
        rematerialize::Fusion,
        verify::Meaning,
    },
    kernels::{
        code::{
            BlockOperand, Elementwise, Extent, Form, IndexCheck, Instruction, Line, Register,
            Scalar, Store,
        },
        rows::Rows,
    },
    layout::Walk,
};

/// The sums of the blocks of a value.
pub(crate) struct BlockSums {
    pub of: ValueId,
    /// Where they go: a number for each block.
    pub to: ValueId,
    /// Their sum.
    pub total: ValueId,
}

/// The kernel of a group, which keeps the values of `kept`, and some sums.
pub(crate) fn fuse(
    fusion: &Fusion<'_>,
    group: u32,
    kept: &[ValueId],
    sums: &[BlockSums],
    is_tested: impl Fn(ValueId) -> bool,
) -> Elementwise {
    let computed = fusion.computed(group);
    let levels = fusion.groups.levels;
    let mut writer = Writer {
        roles: levels.roles,
        levels,
        group_of: &fusion.groups.group_of,
        group,
        rows: rows_of_group(fusion, &computed),
        code: IndexSet::with_capacity_and_hasher(computed.len(), FxBuildHasher),
        checks: Vec::new(),
        operands: FxHashMap::with_capacity_and_hasher(computed.len(), FxBuildHasher),
    };
    for &id in &computed {
        writer.add(id);
    }
    let sums =
        sums.iter().map(|sums| Store { to: sums.to, form: Form::Sum, ..writer.store(sums.of) });
    let kept = kept.iter().map(|&id| Store { is_tested: is_tested(id), ..writer.store(id) });
    let stores = kept.chain(sums).collect();
    writer.finish(stores)
}

/// The rows of a kernel that computes some nodes; rows of one element if it computes nothing of rows.
pub(crate) fn rows_of_group(fusion: &Fusion<'_>, computed: &[ValueId]) -> Rows {
    let levels = fusion.groups.levels;
    let home = |id: ValueId| levels.homes.get(id).expect("nodes of groups have a home");
    let first = home(computed[0]);
    let is_alike = |&id: &ValueId| {
        let is_of_rows = matches!(levels.roles.classes[id.index()], Class::Row(_));
        !is_of_rows && home(id).extent == first.extent
    };
    match computed.iter().all(is_alike) {
        true => Rows { n_rows: levels.roles.n_elements(computed[0]), n_columns: 1, ..first.rows },
        false => first.rows,
    }
}

/// The kernel that writes the number of a literal to every place of a value.
pub(crate) fn fill(
    roles: &Roles<'_>,
    literal: ValueId,
    to: ValueId,
    is_tested: bool,
) -> Elementwise {
    let node = &roles.computation.nodes[literal.index()];
    let value = node.op.as_literal().expect("only literals are filled in");
    let rows = Rows { dtype: node.dtype, n_rows: node.shape.n_elements(), n_columns: 1 };
    Elementwise {
        rows,
        n_rows_at_once: rows.at_once(roles.tuning.block),
        prologue: vec![Line {
            instruction: Instruction::Fill { scalar: Scalar::Literal(Literal::new(value)) },
            register: 0,
            extent: Extent::Element,
        }],
        code: Vec::new(),
        checks: Vec::new(),
        stores: vec![Store {
            to,
            from: BlockOperand::Register(0),
            extent: Extent::Element,
            form: Form::Numbers,
            is_tested,
        }],
        n_registers: 1,
    }
}

/// Writes code with a register of its own for every result. Nodes that differ in shape alone, as functions of two views of
/// one value do, have one instruction.
struct Writer<'a> {
    roles: &'a Roles<'a>,
    levels: &'a Levels<'a>,
    group_of: &'a [Option<u32>],
    group: u32,
    rows: Rows,
    /// The instructions, each in the place of its register's number.
    code: IndexSet<(Instruction, Extent), FxBuildHasher>,
    checks: Vec<IndexCheck>,
    operands: FxHashMap<ValueId, BlockOperand>,
}

impl Writer<'_> {
    /// Adds the instruction of a node.
    fn add(&mut self, id: ValueId) {
        let node = &self.roles.computation.nodes[id.index()];
        let n_operands = match self.roles.classes[id.index()] {
            // Indices are no numbers.
            Class::Row(_) => 1,
            Class::Leaf
            | Class::Literal
            | Class::View
            | Class::Elementwise(_)
            | Class::Step
            | Class::Part => node.inputs.len(),
        };
        let inputs: SmallVec<[BlockOperand; 3]> =
            node.inputs[..n_operands].iter().map(|&input| self.operand(input, id)).collect();
        if node.op == Op::Cast {
            // Truth values are numbers already.
            self.operands.insert(id, inputs[0]);
            return;
        }
        let instruction = match (&node.op, &inputs[..]) {
            (Op::Sum(_), &[x]) => Instruction::Sum { x },
            (Op::Max(_), &[x]) => Instruction::Max { x },
            (Op::Gather(gather), &[x]) => {
                Instruction::Pick { x, index: self.index(id, gather.axis) }
            }
            (Op::ScatterAdd(scatter), &[x]) => {
                Instruction::Put { x, index: self.index(id, scatter.axis) }
            }
            (op, inputs) => Instruction::elementwise(op, inputs).expect("only such are fused"),
        };
        let operand = self.push(instruction, self.extent(id));
        self.operands.insert(id, operand);
    }

    /// The indices of a node that picks or puts numbers, which are checked before anything is computed.
    fn index(&mut self, id: ValueId, axis: usize) -> ValueId {
        let index = self.roles.base(self.roles.computation.nodes[id.index()].inputs[1]);
        self.checks.push(IndexCheck { node: id, index, axis });
        index
    }

    fn extent(&self, id: ValueId) -> Extent {
        self.levels.homes.get(id).map_or(Extent::Element, |home| home.extent)
    }

    /// The extent that an operand has in the kernel of a node.
    fn extent_of_operand(&self, user: ValueId) -> Extent {
        self.levels.home_of_operand(user).expect("nodes of kernels have a home").extent
    }

    /// The result of an instruction, which is written unless it has been before.
    fn push(&mut self, instruction: Instruction, extent: Extent) -> BlockOperand {
        let (register, _) = self.code.insert_full((instruction, extent));
        BlockOperand::Register(register as Register)
    }

    /// How the kernel reads an input of a node.
    fn operand(&mut self, id: ValueId, user: ValueId) -> BlockOperand {
        if let Some(operand) = self.operands.get(&id) {
            return *operand;
        }
        let node = &self.roles.computation.nodes[id.index()];
        let operand = match node.op.as_literal() {
            Some(value) if self.roles.classes[id.index()] == Class::Literal => {
                let scalar = Scalar::Literal(Literal::new(value));
                let extent = self.extent_of_operand(user);
                self.push(Instruction::Fill { scalar }, extent)
            }
            _ => self.view(id).unwrap_or_else(|| self.load(id, user)),
        };
        self.operands.insert(id, operand);
        operand
    }

    /// A view of a value that the kernel holds.
    fn view(&mut self, id: ValueId) -> Option<BlockOperand> {
        let base = self.roles.base(id);
        let of = *self.operands.get(&base)?;
        let is_in_group = |id: ValueId| self.group_of[id.index()] == Some(self.group);
        if !is_in_group(id) || !is_in_group(base) {
            return None;
        }
        let is_spread = self.extent(id) != self.extent(base) && of.register().is_some();
        Some(if is_spread { self.push(Instruction::Spread { x: of }, Extent::Element) } else { of })
    }

    /// Reads a value that another step has computed.
    fn load(&mut self, id: ValueId, user: ValueId) -> BlockOperand {
        let extent = self.extent_of_operand(user);
        let source = self.roles.source(id);
        let walk = Walk::new(&source.layout, &source.shape);
        let dtype = self.roles.computation.nodes[id.index()].dtype;
        if walk.is_one_element() && source.shape.n_elements() > 1 {
            let (of, position) = (source.base, walk.offset());
            let scalar = Scalar::Element { of, dtype, position };
            return self.push(Instruction::Fill { scalar }, extent);
        }
        match dtype {
            DType::Bool => {
                let walk = Box::new(walk);
                self.push(Instruction::LoadMask { from: source.base, walk }, extent)
            }
            DType::F32 | DType::F64 | DType::I64 if source.is_contiguous() => {
                BlockOperand::Contiguous(source.base)
            }
            DType::F32 | DType::F64 | DType::I64 => {
                self.push(Instruction::Load { from: source.base, walk: Box::new(walk) }, extent)
            }
        }
    }

    fn store(&self, id: ValueId) -> Store {
        let form = match self.roles.computation.nodes[id.index()].dtype {
            DType::Bool => Form::TruthValues,
            DType::F32 | DType::F64 | DType::I64 => Form::Numbers,
        };
        Store { to: id, from: self.operands[&id], extent: self.extent(id), form, is_tested: false }
    }

    /// The kernel, with instructions combined, and registers shared by results that are not needed at the same time.
    fn finish(self, mut stores: Vec<Store>) -> Elementwise {
        let lines = self.code.into_iter().enumerate();
        let code: Vec<_> = lines
            .map(|(index, (instruction, extent))| Line {
                instruction,
                register: index as Register,
                extent,
            })
            .collect();
        let mut meaning = Meaning::of(&code, &stores);
        let code = combine(code, &stores);
        meaning.check("combined code", [&[], &code], &stores);
        let (prologue, code, n_registers) = assign(code, &mut stores);
        meaning.check("code with shared registers", [&prologue, &code], &stores);
        let (rows, n_rows_at_once) = (self.rows, self.rows.at_once(self.roles.tuning.block));
        Elementwise {
            rows,
            n_rows_at_once,
            prologue,
            code,
            checks: self.checks,
            stores,
            n_registers,
        }
    }
}
