//! From a group of nodes to the code of one kernel.

use retrograd_core::{DType, NodeId, Op};
use rustc_hash::{FxBuildHasher, FxHashMap};
use smallvec::SmallVec;

use crate::{
    classify::{Class, Classified},
    group::Groups,
    kernels::code::{
        Elementwise, Extent, IndexCheck, Instruction, Line, Operand, Register, Scalar, Store,
    },
    layout::Walk,
    rows::Rows,
};

/// The kernel of a group, which keeps the values of `kept`.
pub(crate) fn fuse(
    classified: &Classified<'_>,
    groups: &Groups,
    group: usize,
    kept: &[NodeId],
) -> Elementwise {
    let members = &groups.members[group];
    let mut writer = Writer {
        classified,
        groups,
        group: group as u32,
        rows: rows_of_group(classified, groups, members),
        scalars: Vec::new(),
        literals: FxHashMap::default(),
        code: Vec::with_capacity(members.len()),
        checks: Vec::new(),
        operands: FxHashMap::with_capacity_and_hasher(members.len(), FxBuildHasher),
    };
    for &id in members {
        writer.add(id);
    }
    let stores: Vec<_> = kept.iter().map(|&id| writer.store(id)).collect();
    writer.finish(stores)
}

/// The rows of a group; rows of one element if it computes nothing of rows.
fn rows_of_group(classified: &Classified<'_>, groups: &Groups, members: &[NodeId]) -> Rows {
    let home = |id: NodeId| groups.homes.get(id).expect("nodes of groups have a home");
    let first = home(members[0]);
    let is_alike = |&id: &NodeId| {
        !matches!(classified.classes[id.index()], Class::Row(_)) && home(id).extent == first.extent
    };
    let n_elements = classified.computation.nodes[members[0].index()].shape.n_elements();
    match members.iter().all(is_alike) {
        true => Rows { n_rows: n_elements, n_columns: 1, ..first.rows },
        false => first.rows,
    }
}

/// The kernel that writes the number of a literal to every place of a value.
pub(crate) fn fill(classified: &Classified<'_>, literal: NodeId, to: NodeId) -> Elementwise {
    let node = &classified.computation.nodes[literal.index()];
    let value = node.op.as_literal().expect("only literals are filled in");
    Elementwise {
        rows: Rows { dtype: node.dtype, n_rows: node.shape.n_elements(), n_columns: 1 },
        scalars: vec![Scalar::Literal(value)],
        code: Vec::new(),
        checks: Vec::new(),
        stores: vec![Store {
            to,
            from: Operand::Scalar(0),
            extent: Extent::Element,
            is_mask: false,
            is_tested: false,
        }],
        n_registers: 0,
    }
}

/// Writes code with a register of its own for every result.
struct Writer<'a> {
    classified: &'a Classified<'a>,
    groups: &'a Groups,
    group: u32,
    rows: Rows,
    scalars: Vec<Scalar>,
    literals: FxHashMap<u64, Operand>,
    code: Vec<Line>,
    checks: Vec<IndexCheck>,
    operands: FxHashMap<NodeId, Operand>,
}

impl Writer<'_> {
    /// Adds the instruction of a node.
    fn add(&mut self, id: NodeId) {
        let node = &self.classified.computation.nodes[id.index()];
        let n_operands = match self.classified.classes[id.index()] {
            // Indices are no numbers.
            Class::Row(_) => 1,
            _ => node.inputs.len(),
        };
        let inputs: SmallVec<[Operand; 3]> =
            node.inputs[..n_operands].iter().map(|&input| self.operand(input, id)).collect();
        if node.op == Op::Cast {
            // Truth values are numbers already.
            self.operands.insert(id, inputs[0]);
            return;
        }
        let instruction = match (&node.op, &inputs[..]) {
            (Op::Unary(op), &[x]) => Instruction::Unary { op: *op, x },
            (Op::Binary(op), &[a, b]) => Instruction::Binary { op: *op, a, b },
            (Op::Compare(op), &[a, b]) => Instruction::Compare { op: *op, a, b },
            (Op::Select, &[mask, a, b]) => Instruction::Select { mask, a, b },
            (Op::Sum(_), &[x]) => Instruction::Sum { x },
            (Op::Max(_), &[x]) => Instruction::Max { x },
            (Op::Gather(gather), &[x]) => {
                Instruction::Pick { x, index: self.index(id, gather.axis) }
            }
            (Op::ScatterAdd(scatter), &[x]) => {
                Instruction::Put { x, index: self.index(id, scatter.axis) }
            }
            (op, _) => unreachable!("{op} is not fused"),
        };
        let operand = self.push(instruction, self.extent(id));
        self.operands.insert(id, operand);
    }

    /// The indices of a node that picks or puts numbers, which are checked before anything is computed.
    fn index(&mut self, id: NodeId, axis: usize) -> NodeId {
        let index = self.classified.base(self.classified.computation.nodes[id.index()].inputs[1]);
        self.checks.push(IndexCheck { node: id, index, axis });
        index
    }

    fn extent(&self, id: NodeId) -> Extent {
        self.groups.homes.get(id).map_or(Extent::Element, |home| home.extent)
    }

    fn push(&mut self, instruction: Instruction, extent: Extent) -> Operand {
        let register = self.code.len() as Register;
        self.code.push(Line { instruction, register, extent });
        Operand::Register(register)
    }

    /// How the kernel reads an input of a node.
    fn operand(&mut self, id: NodeId, user: NodeId) -> Operand {
        if let Some(operand) = self.operands.get(&id) {
            return *operand;
        }
        let node = &self.classified.computation.nodes[id.index()];
        let operand = match node.op.as_literal() {
            Some(value) if self.classified.classes[id.index()] == Class::Literal => {
                self.literal(value)
            }
            _ => self.view(id).unwrap_or_else(|| self.load(id, user)),
        };
        self.operands.insert(id, operand);
        operand
    }

    /// A view of what the kernel has at hand.
    fn view(&mut self, id: NodeId) -> Option<Operand> {
        let base = self.classified.base(id);
        let of = *self.operands.get(&base)?;
        let is_in_group = |id: NodeId| self.groups.group_of[id.index()] == Some(self.group);
        if !is_in_group(id) || !is_in_group(base) {
            return None;
        }
        let is_spread = self.extent(id) != self.extent(base) && of.register().is_some();
        Some(if is_spread { self.push(Instruction::Spread { x: of }, Extent::Element) } else { of })
    }

    fn literal(&mut self, value: f64) -> Operand {
        let (scalars, literals) = (&mut self.scalars, &mut self.literals);
        *literals.entry(value.to_bits()).or_insert_with(|| {
            scalars.push(Scalar::Literal(value));
            Operand::Scalar(scalars.len() as u32 - 1)
        })
    }

    /// Reads a value that another step has computed.
    fn load(&mut self, id: NodeId, user: NodeId) -> Operand {
        let source = self.classified.source(id);
        let walk = Walk::new(&source.layout, &source.shape);
        let dtype = self.classified.computation.nodes[id.index()].dtype;
        if walk.is_one_element() && source.shape.n_elements() > 1 {
            self.scalars.push(Scalar::Element { of: source.base, dtype, position: walk.offset() });
            return Operand::Scalar(self.scalars.len() as u32 - 1);
        }
        let extent = self.groups.home_of_operand(self.classified, user).extent;
        match dtype {
            DType::Bool => {
                let walk = Box::new(walk);
                self.push(Instruction::LoadMask { from: source.base, walk }, extent)
            }
            _ if source.is_contiguous() => Operand::Contiguous(source.base),
            _ => self.push(Instruction::Load { from: source.base, walk: Box::new(walk) }, extent),
        }
    }

    fn store(&self, id: NodeId) -> Store {
        let is_mask = self.classified.computation.nodes[id.index()].dtype == DType::Bool;
        Store {
            to: id,
            from: self.operands[&id],
            extent: self.extent(id),
            is_mask,
            is_tested: false,
        }
    }

    /// The kernel, with registers shared by results that are not needed at the same time.
    fn finish(mut self, mut stores: Vec<Store>) -> Elementwise {
        let last_uses = self.last_uses(&stores);
        let mut registers = Registers::default();
        for (at, Line { instruction, register, .. }) in self.code.iter_mut().enumerate() {
            let operands = instruction.operands();
            // A result is never written over its own operands, so those are freed afterwards.
            let mut dead: SmallVec<[Register; 4]> =
                operands.iter().filter_map(|operand| operand.register()).collect();
            dead.push(*register);
            *register = registers.assign();
            rename_operands(instruction, &registers.assigned);
            dead.retain(|value| last_uses[*value as usize] == at);
            dead.sort_unstable();
            dead.dedup();
            registers.free(&dead);
        }
        stores.iter_mut().for_each(|store| store.from = rename(store.from, &registers.assigned));
        Elementwise {
            rows: self.rows,
            scalars: self.scalars,
            code: self.code,
            checks: self.checks,
            stores,
            n_registers: registers.n as usize,
        }
    }

    /// The last instruction that needs each result; its own if none does.
    fn last_uses(&self, stores: &[Store]) -> Vec<usize> {
        let mut last_uses: Vec<usize> = (0..self.code.len()).collect();
        for (at, line) in self.code.iter().enumerate() {
            let operands = line.instruction.operands();
            for value in operands.iter().filter_map(|operand| operand.register()) {
                last_uses[value as usize] = at;
            }
        }
        for value in stores.iter().filter_map(|store| store.from.register()) {
            last_uses[value as usize] = usize::MAX;
        }
        last_uses
    }
}

/// Hands out registers, used ones first.
#[derive(Default)]
struct Registers {
    /// The register of each result so far.
    assigned: Vec<Register>,
    unused: Vec<Register>,
    n: Register,
}

impl Registers {
    /// A register for the next result.
    fn assign(&mut self) -> Register {
        let register = self.unused.pop().unwrap_or_else(|| {
            self.n += 1;
            self.n - 1
        });
        self.assigned.push(register);
        register
    }

    /// Frees the registers of results that are not needed any more.
    fn free(&mut self, dead: &[Register]) {
        self.unused.extend(dead.iter().map(|&value| self.assigned[value as usize]));
    }
}

fn rename(operand: Operand, registers: &[Register]) -> Operand {
    match operand {
        Operand::Register(register) => Operand::Register(registers[register as usize]),
        Operand::Contiguous(_) | Operand::Scalar(_) => operand,
    }
}

fn rename_operands(instruction: &mut Instruction, registers: &[Register]) {
    let rename = |operand: &mut Operand| *operand = rename(*operand, registers);
    match instruction {
        Instruction::Load { .. } | Instruction::LoadMask { .. } => {}
        Instruction::Unary { x, .. } => rename(x),
        Instruction::Binary { a, b, .. } | Instruction::Compare { a, b, .. } => {
            [a, b].into_iter().for_each(rename);
        }
        Instruction::Select { mask, a, b } => [mask, a, b].into_iter().for_each(rename),
        Instruction::Sum { x } | Instruction::Max { x } | Instruction::Spread { x } => rename(x),
        Instruction::Pick { x, .. } | Instruction::Put { x, .. } => rename(x),
    }
}
