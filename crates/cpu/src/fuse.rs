//! From a group of elementwise nodes to the code of one kernel.

use retrograd_core::{DType, NodeId, Op};
use rustc_hash::{FxBuildHasher, FxHashMap};
use smallvec::SmallVec;

use crate::{
    classify::{Class, Classified},
    kernels::elementwise::{Elementwise, Instruction, Operand, Register, Scalar, Store},
    layout::Walk,
};

/// The kernel of a group, which keeps the values of `kept`.
pub(crate) fn fuse(
    classified: &Classified<'_>,
    members: &[NodeId],
    kept: &[NodeId],
) -> Elementwise {
    let dtype = classified.elementwise(members[0]).expect("groups are of elementwise nodes");
    let n_elements = classified.computation.nodes[members[0].index()].shape.n_elements();
    let mut writer = Writer {
        classified,
        dtype,
        scalars: Vec::new(),
        literals: FxHashMap::default(),
        code: Vec::with_capacity(members.len()),
        operands: FxHashMap::with_capacity_and_hasher(members.len(), FxBuildHasher),
    };
    for &id in members {
        writer.add(id);
    }
    let stores: Vec<_> = kept.iter().map(|&id| (id, writer.operands[&id])).collect();
    writer.finish(n_elements, &stores)
}

/// The kernel that writes the number of a literal to every place of a value.
pub(crate) fn fill(classified: &Classified<'_>, literal: NodeId, to: NodeId) -> Elementwise {
    let node = &classified.computation.nodes[literal.index()];
    let value = node.op.as_literal().expect("only literals are filled in");
    Elementwise {
        dtype: node.dtype,
        n_elements: node.shape.n_elements(),
        scalars: vec![Scalar::Literal(value)],
        code: Vec::new(),
        stores: vec![Store { to, from: Operand::Scalar(0), is_mask: false, is_tested: false }],
        n_registers: 0,
    }
}

/// Writes code with a register of its own for every result.
struct Writer<'a> {
    classified: &'a Classified<'a>,
    dtype: DType,
    scalars: Vec<Scalar>,
    literals: FxHashMap<u64, Operand>,
    code: Vec<(Instruction, Register)>,
    operands: FxHashMap<NodeId, Operand>,
}

impl Writer<'_> {
    /// Adds the instruction of a node.
    fn add(&mut self, id: NodeId) {
        let node = &self.classified.computation.nodes[id.index()];
        let inputs: SmallVec<[Operand; 3]> =
            node.inputs.iter().map(|&input| self.operand(input)).collect();
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
            (op, _) => unreachable!("{op} is not elementwise"),
        };
        let operand = self.push(instruction);
        self.operands.insert(id, operand);
    }

    fn push(&mut self, instruction: Instruction) -> Operand {
        let register = self.code.len() as Register;
        self.code.push((instruction, register));
        Operand::Register(register)
    }

    /// How the kernel reads an input.
    fn operand(&mut self, id: NodeId) -> Operand {
        if let Some(operand) = self.operands.get(&id) {
            return *operand;
        }
        let node = &self.classified.computation.nodes[id.index()];
        let operand = match node.op.as_literal() {
            Some(value) if self.classified.classes[id.index()] == Class::Literal => {
                self.literal(value)
            }
            _ => self.load(id),
        };
        self.operands.insert(id, operand);
        operand
    }

    fn literal(&mut self, value: f64) -> Operand {
        let (scalars, literals) = (&mut self.scalars, &mut self.literals);
        *literals.entry(value.to_bits()).or_insert_with(|| {
            scalars.push(Scalar::Literal(value));
            Operand::Scalar(scalars.len() as u32 - 1)
        })
    }

    /// Reads a value that another step has computed.
    fn load(&mut self, id: NodeId) -> Operand {
        let source = self.classified.source(id);
        let walk = Walk::new(&source.layout, &source.shape);
        let dtype = self.classified.computation.nodes[id.index()].dtype;
        if walk.is_one_element() && source.shape.n_elements() > 1 {
            self.scalars.push(Scalar::Element { of: source.base, dtype, position: walk.offset() });
            return Operand::Scalar(self.scalars.len() as u32 - 1);
        }
        match dtype {
            DType::Bool => {
                self.push(Instruction::LoadMask { from: source.base, walk: Box::new(walk) })
            }
            _ if source.is_contiguous() => Operand::Contiguous(source.base),
            _ => self.push(Instruction::Load { from: source.base, walk: Box::new(walk) }),
        }
    }

    /// The kernel, with registers shared by results that are not needed at the same time.
    fn finish(mut self, n_elements: usize, stores: &[(NodeId, Operand)]) -> Elementwise {
        let last_uses = self.last_uses(stores);
        let mut registers = Registers::default();
        for (at, (instruction, register)) in self.code.iter_mut().enumerate() {
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
        let dtype = |id: NodeId| self.classified.computation.nodes[id.index()].dtype;
        let store = |&(to, operand)| Store {
            to,
            from: rename(operand, &registers.assigned),
            is_mask: dtype(to) == DType::Bool,
            is_tested: false,
        };
        Elementwise {
            dtype: self.dtype,
            n_elements,
            scalars: self.scalars,
            code: self.code,
            stores: stores.iter().map(store).collect(),
            n_registers: registers.n as usize,
        }
    }

    /// The last instruction that needs each result; its own if none does.
    fn last_uses(&self, stores: &[(NodeId, Operand)]) -> Vec<usize> {
        let mut last_uses: Vec<usize> = (0..self.code.len()).collect();
        for (at, (instruction, _)) in self.code.iter().enumerate() {
            for value in instruction.operands().iter().filter_map(|operand| operand.register()) {
                last_uses[value as usize] = at;
            }
        }
        for value in stores.iter().filter_map(|(_, operand)| operand.register()) {
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
    }
}
