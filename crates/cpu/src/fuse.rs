//! From a group of elementwise nodes to the code of one kernel.

use retrograd_core::{DType, NodeId, Op};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::{
    classify::{Class, Classified},
    kernels::elementwise::{Elementwise, Instruction, Operand, Register, Scalar},
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
        code: Vec::new(),
        operands: FxHashMap::default(),
    };
    for &id in members {
        writer.add(id);
    }
    let stores: Vec<_> = kept.iter().map(|&id| (id, writer.operands[&id])).collect();
    writer.finish(n_elements, &stores)
}

/// The kernel that writes a number to every place of a value.
pub(crate) fn fill(classified: &Classified<'_>, id: NodeId) -> Elementwise {
    let node = &classified.computation.nodes[id.index()];
    let value = node.op.as_literal().expect("only literals are filled in");
    Elementwise {
        dtype: node.dtype,
        n_elements: node.shape.n_elements(),
        scalars: vec![Scalar::Literal(value)],
        code: Vec::new(),
        stores: vec![(id, Operand::Scalar(0), false)],
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
    fn finish(self, n_elements: usize, stores: &[(NodeId, Operand)]) -> Elementwise {
        let mut last_use = vec![0; self.code.len()];
        let mut note = |operand: &Operand, at: usize| {
            if let Operand::Register(register) = operand {
                last_use[*register as usize] = at;
            }
        };
        for (at, (instruction, _)) in self.code.iter().enumerate() {
            instruction.operands().iter().for_each(|operand| note(operand, at));
        }
        stores.iter().for_each(|(_, operand)| note(operand, usize::MAX));

        let mut free: Vec<Register> = Vec::new();
        let mut n_registers = 0;
        let mut assigned: Vec<Register> = Vec::with_capacity(self.code.len());
        let mut code = Vec::with_capacity(self.code.len());
        for (at, (instruction, result)) in self.code.into_iter().enumerate() {
            let used = instruction.operands();
            let register = free.pop().unwrap_or_else(|| {
                n_registers += 1;
                n_registers - 1
            });
            assigned.push(register);
            code.push((renamed(instruction, &assigned), register));
            // A result is never written over its own operands, so those are freed afterwards.
            let mut dead: SmallVec<[Register; 4]> = used
                .iter()
                .filter_map(
                    |operand| if let Operand::Register(r) = operand { Some(*r) } else { None },
                )
                .filter(|&r| last_use[r as usize] == at)
                .collect();
            if last_use[result as usize] == 0 {
                dead.push(result);
            }
            dead.sort_unstable();
            dead.dedup();
            free.extend(dead.into_iter().map(|r| assigned[r as usize]));
        }
        let is_mask =
            |id: NodeId| self.classified.computation.nodes[id.index()].dtype == DType::Bool;
        let stores = stores
            .iter()
            .map(|&(id, operand)| (id, rename(operand, &assigned), is_mask(id)))
            .collect();
        Elementwise {
            dtype: self.dtype,
            n_elements,
            scalars: self.scalars,
            code,
            stores,
            n_registers: n_registers as usize,
        }
    }
}

fn rename(operand: Operand, registers: &[Register]) -> Operand {
    match operand {
        Operand::Register(register) => Operand::Register(registers[register as usize]),
        Operand::Contiguous(_) | Operand::Scalar(_) => operand,
    }
}

fn renamed(instruction: Instruction, registers: &[Register]) -> Instruction {
    let rename = |operand| rename(operand, registers);
    match instruction {
        Instruction::Load { .. } | Instruction::LoadMask { .. } => instruction,
        Instruction::Unary { op, x } => Instruction::Unary { op, x: rename(x) },
        Instruction::Binary { op, a, b } => Instruction::Binary { op, a: rename(a), b: rename(b) },
        Instruction::Compare { op, a, b } => {
            Instruction::Compare { op, a: rename(a), b: rename(b) }
        }
        Instruction::Select { mask, a, b } => {
            Instruction::Select { mask: rename(mask), a: rename(a), b: rename(b) }
        }
    }
}
