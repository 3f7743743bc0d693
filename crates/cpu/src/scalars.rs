//! From a group of single numbers to a program of scalars.

use indexmap::IndexSet;
use retrograd_core::{DType, NodeId, Op};
use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::{
    classify::{Class, Classified},
    kernels::scalars::{Instruction, Load, Operation, Registers, Scalars, Single, Store},
    schedule::{Work, schedule},
};

/// The fewest numbers at equal distances that are worth an instruction of their own.
const LEAST_SPACED: usize = 16;

/// The fewest numbers in any order that are worth one.
const LEAST_LISTED: usize = 6;

/// The program of a group that keeps the values of `kept`, and puts some of its numbers together to the values of
/// `joined`. Its registers are the elements of `file`.
pub(crate) fn program(
    classified: &Classified<'_>,
    members: &[NodeId],
    joined: &[NodeId],
    kept: &[NodeId],
    file: NodeId,
) -> Scalars {
    let nodes = &classified.computation.nodes;
    let dtype = classified.fused(members[0]).expect("members of groups are fused");
    let mut numbers = Numbers::new(classified, members.len());
    members.iter().for_each(|&id| numbers.add(id));
    let joined: Vec<_> = joined.iter().map(|&id| (id, numbers.join(id))).collect();
    let kept: Vec<_> = kept.iter().map(|&id| (id, numbers.find(id))).collect();

    let mut encoder = Encoder::new(dtype, file, &numbers);
    schedule(&numbers, |batch| encoder.compute(&numbers, batch));
    for (to, number) in kept {
        let is_mask = nodes[to.index()].dtype == DType::Bool;
        encoder.store(to, &[number], is_mask);
    }
    for (to, elements) in joined {
        encoder.store(to, &elements, false);
    }
    encoder.program
}

/// A number of a program, before it is known which register it gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Number {
    /// From outside, by its index among those.
    Outside(u32),
    /// Computed, by its index among those.
    Computed(u32),
}

/// A number from outside. The order is that of the registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Outside {
    /// The bits of a constant.
    Literal(u64),
    /// An element of a value.
    Element { of: NodeId, is_mask: bool, position: usize },
}

/// The numbers of a group, and what is computed of them.
struct Numbers<'a> {
    classified: &'a Classified<'a>,
    outside: IndexSet<Outside, FxBuildHasher>,
    /// What computes each number.
    computed: Vec<(Operation, [Number; 3])>,
    operations: IndexSet<Operation, FxBuildHasher>,
    known: FxHashMap<NodeId, Number>,
}

impl<'a> Numbers<'a> {
    fn new(classified: &'a Classified<'a>, n: usize) -> Self {
        Self {
            classified,
            outside: IndexSet::default(),
            computed: Vec::with_capacity(n),
            operations: IndexSet::default(),
            known: FxHashMap::with_capacity_and_hasher(n, FxBuildHasher),
        }
    }

    /// Adds a node of the group.
    fn add(&mut self, id: NodeId) {
        let node = &self.classified.computation.nodes[id.index()];
        let mut operands = [Number::Outside(0); 3];
        for (operand, &input) in operands.iter_mut().zip(&node.inputs) {
            *operand = self.find(input);
        }
        let operation = match node.op {
            Op::Unary(op) => Operation::Unary(op),
            Op::Binary(op) => Operation::Binary(op),
            Op::Compare(op) => Operation::Compare(op),
            Op::Select => Operation::Select,
            // Truth values are numbers already.
            Op::Cast => {
                self.known.insert(id, operands[0]);
                return;
            }
            ref op => unreachable!("{op} is not elementwise"),
        };
        let number = self.compute(operation, operands);
        self.known.insert(id, number);
    }

    /// The number of a node: of the group, a view of such a node, or from outside.
    fn find(&mut self, id: NodeId) -> Number {
        let base = self.classified.base(id);
        if let Some(&number) = self.known.get(&base) {
            return number;
        }
        let node = &self.classified.computation.nodes[id.index()];
        let outside = match node.op.as_literal() {
            Some(value) if self.classified.classes[id.index()] == Class::Literal => {
                Outside::Literal(value.to_bits())
            }
            _ => {
                let source = self.classified.original(id);
                let is_mask = node.dtype == DType::Bool;
                Outside::Element { of: source.base, is_mask, position: source.layout.offset }
            }
        };
        self.outside(outside)
    }

    /// The elements of a value that numbers are put together to, and constants.
    fn join(&mut self, id: NodeId) -> Vec<Number> {
        let nodes = &self.classified.computation.nodes;
        let node = &nodes[id.index()];
        let mut elements = Vec::with_capacity(node.shape.n_elements());
        for &input in &node.inputs {
            let number = self.find(input);
            elements.extend(std::iter::repeat_n(number, nodes[input.index()].shape.n_elements()));
        }
        elements
    }

    fn compute(&mut self, operation: Operation, operands: [Number; 3]) -> Number {
        self.computed.push((operation, operands));
        self.operations.insert(operation);
        Number::Computed(self.computed.len() as u32 - 1)
    }

    fn outside(&mut self, outside: Outside) -> Number {
        Number::Outside(self.outside.insert_full(outside).0 as u32)
    }
}

impl Work for Numbers<'_> {
    fn n(&self) -> usize {
        self.computed.len()
    }

    fn operands(&self, number: u32) -> impl Iterator<Item = u32> + Clone {
        let (operation, operands) = self.computed[number as usize];
        operands.into_iter().take(operation.n_operands()).filter_map(|operand| match operand {
            Number::Outside(_) => None,
            Number::Computed(number) => Some(number),
        })
    }

    fn kind(&self, number: u32) -> usize {
        let operation = self.computed[number as usize].0;
        self.operations.get_index_of(&operation).expect("all operations are listed")
    }

    fn n_kinds(&self) -> usize {
        self.operations.len()
    }
}

/// Writes code.
struct Encoder {
    program: Scalars,
    /// The register of each number from outside.
    outside: Vec<u32>,
    /// That of each number that has been computed so far.
    computed: Vec<u32>,
    /// The registers of the operands of a batch.
    operands: Vec<[u32; 3]>,
}

impl Encoder {
    fn new(dtype: DType, file: NodeId, numbers: &Numbers<'_>) -> Self {
        let mut order: Vec<u32> = (0..numbers.outside.len() as u32).collect();
        order.sort_unstable_by_key(|&k| numbers.outside[k as usize]);
        let mut outside = vec![0; order.len()];
        let (mut literals, mut loads) = (Vec::new(), Vec::new());
        for (register, k) in (0..).zip(order) {
            outside[k as usize] = register;
            match numbers.outside[k as usize] {
                Outside::Literal(bits) => literals.push(f64::from_bits(bits)),
                Outside::Element { of, is_mask, position } => {
                    load(&mut loads, of, is_mask, position);
                }
            }
        }
        Self {
            program: Scalars {
                dtype,
                file,
                n_registers: outside.len(),
                literals,
                loads,
                code: Vec::new(),
                singles: Vec::new(),
                lists: Vec::new(),
                stores: Vec::new(),
            },
            outside,
            computed: vec![0; numbers.computed.len()],
            operands: Vec::new(),
        }
    }

    fn register(&self, number: Number) -> u32 {
        match number {
            Number::Outside(k) => self.outside[k as usize],
            Number::Computed(k) => self.computed[k as usize],
        }
    }

    /// Computes numbers that one operation gives.
    fn compute(&mut self, numbers: &Numbers<'_>, batch: &mut [u32]) {
        let operation = numbers.computed[batch[0] as usize].0;
        let n_operands = operation.n_operands();
        let registers = |this: &Self, number: u32| {
            let mut registers = [0; 3];
            let operands = &numbers.computed[number as usize].1[..n_operands];
            for (register, &operand) in registers.iter_mut().zip(operands) {
                *register = this.register(operand);
            }
            registers
        };
        // Operands are found at equal distances as often as can be.
        batch.sort_unstable_by_key(|&number| registers(self, number));
        let mut operands = std::mem::take(&mut self.operands);
        operands.clear();
        operands.extend(batch.iter().map(|&number| registers(self, number)));
        for (register, &number) in (self.program.n_registers as u32..).zip(&*batch) {
            self.computed[number as usize] = register;
        }
        self.encode(operation, &operands);
        self.operands = operands;
    }

    /// Writes the code of a batch, by runs of operands at equal distances, and what is between them.
    fn encode(&mut self, operation: Operation, operands: &[[u32; 3]]) {
        let (mut rest, mut at) = (0, 0);
        while at < operands.len() {
            let n = n_spaced(&operands[at..]);
            if n >= LEAST_SPACED {
                self.encode_rest(operation, &operands[rest..at]);
                self.each(operation, &operands[at..at + n]);
                rest = at + n;
            }
            at += n;
        }
        self.encode_rest(operation, &operands[rest..]);
    }

    fn encode_rest(&mut self, operation: Operation, operands: &[[u32; 3]]) {
        if operands.len() >= LEAST_LISTED {
            return self.each(operation, operands);
        }
        for &operands in operands {
            let program = &mut self.program;
            let last = match program.code.last_mut() {
                Some(Instruction::Singles { n }) => {
                    *n += 1;
                    Some(program.n_registers as u32 - 1)
                }
                _ => {
                    program.code.push(Instruction::Singles { n: 1 });
                    None
                }
            };
            program.singles.push(Single::new(operation, operands, last, &mut program.lists));
            program.n_registers += 1;
        }
    }

    fn each(&mut self, operation: Operation, operands: &[[u32; 3]]) {
        let mut all = [Registers::Spaced { start: 0, stride: 0 }; 3];
        for (k, registers) in all.iter_mut().enumerate().take(operation.n_operands()) {
            *registers = self.registers(operands.iter().map(|operands| operands[k]));
        }
        let n = operands.len();
        self.program.code.push(Instruction::Each { operation, n, operands: all });
        self.program.n_registers += n;
    }

    /// Some registers, at equal distances if they are.
    fn registers(&mut self, registers: impl Iterator<Item = u32> + Clone) -> Registers {
        let differences = registers.clone().zip(registers.clone().skip(1)).map(distance);
        let first = differences.clone().next().unwrap_or(0);
        if differences.clone().all(|difference| difference == first) {
            let start = registers.clone().next().expect("there are registers");
            return Registers::Spaced { start, stride: first };
        }
        let start = self.program.lists.len() as u32;
        self.program.lists.extend(registers);
        Registers::Listed { start }
    }

    /// Writes some numbers to a value.
    fn store(&mut self, to: NodeId, numbers: &[Number], is_mask: bool) {
        let registers: Vec<_> = numbers.iter().map(|&number| self.register(number)).collect();
        let from = self.registers(registers.iter().copied());
        self.program.stores.push(Store { to, n: numbers.len(), is_mask, from });
    }
}

/// Loads one more element, by the last of the loads if it lies at the same distance from the one before.
fn load(loads: &mut Vec<Load>, of: NodeId, is_mask: bool, position: usize) {
    if let Some(last) = loads.last_mut().filter(|last| last.of == of && last.is_mask == is_mask) {
        let before = last.start as isize + last.stride * (last.n as isize - 1);
        let stride = position as isize - before;
        if last.n == 1 || stride == last.stride {
            last.stride = stride;
            last.n += 1;
            return;
        }
    }
    loads.push(Load { of, is_mask, start: position, stride: 1, n: 1 });
}

/// The number of operands, from the first on, that are at equal distances.
fn n_spaced(operands: &[[u32; 3]]) -> usize {
    let mut distances =
        operands.windows(2).map(|pair| [0, 1, 2].map(|k| distance((pair[0][k], pair[1][k]))));
    let Some(first) = distances.next() else { return operands.len() };
    2 + distances.take_while(|&distances| distances == first).count()
}

fn distance((from, to): (u32, u32)) -> i32 {
    (i64::from(to) - i64::from(from)) as i32
}
