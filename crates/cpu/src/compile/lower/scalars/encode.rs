//! From numbers in an order to code.

use retrograd_core::{DType, computation::ValueId};

use super::{
    batch::{Member, distance, n_spaced, put_in_order},
    numbers::{Numbers, Outside, ValueElement, VirtualRegister},
    rounds::rounds,
};
use crate::{
    compile::lower::scalars::schedule::{LEAST, Work},
    kernels::scalars::{
        RegisterList, ScalarInstruction, ScalarLoad, ScalarStore, Scalars, Single, SingleOperand,
    },
};

/// The fewest numbers at equal distances that are worth an instruction of their own.
const LEAST_SPACED: usize = 16;

/// Writes code.
pub(super) struct Encoder<'a> {
    pub program: Scalars,
    numbers: &'a Numbers<'a>,
    /// The register of each number from outside.
    outside: Vec<u32>,
    /// That of each number that has been computed so far, and is stored.
    computed: Vec<u32>,
    /// The instructions since the last that computed many numbers at once.
    singles: Vec<Single>,
    /// The number that the last of these has computed, until it is known whether it is stored.
    last: Option<u32>,
}

impl<'a> Encoder<'a> {
    pub fn new(dtype: DType, file: ValueId, numbers: &'a Numbers<'a>) -> Self {
        let mut order: Vec<u32> = (0..numbers.outside.len() as u32).collect();
        order.sort_by_key(|&k| numbers.outside[k as usize].element());
        let mut outside = vec![0; order.len()];
        let (mut literals, mut loads) = (Vec::new(), Vec::new());
        for (register, k) in (0..).zip(order) {
            outside[k as usize] = register;
            match numbers.outside[k as usize] {
                Outside::Literal(bits) => literals.push(f64::from_bits(bits)),
                Outside::Element(element) => load(&mut loads, element),
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
                strides: Vec::new(),
                lists: Vec::new(),
                stores: Vec::new(),
            },
            numbers,
            outside,
            computed: vec![0; numbers.n()],
            singles: Vec::new(),
            last: None,
        }
    }

    fn register(&self, number: VirtualRegister) -> u32 {
        match number {
            VirtualRegister::Outside(k) => self.outside[k as usize],
            VirtualRegister::Computed(k) => self.computed[k as usize],
        }
    }

    /// The registers of the operands of a number.
    fn operands(&self, number: u32) -> [u32; 3] {
        let mut registers = [0; 3];
        for (register, &operand) in registers.iter_mut().zip(self.numbers.operands_of(number)) {
            *register = self.register(operand);
        }
        registers
    }

    /// Computes numbers that one operation gives, and that do not wait for each other.
    pub fn compute(&mut self, batch: &[u32]) {
        if batch.len() < LEAST {
            return batch.iter().for_each(|&number| self.single(number));
        }
        self.store_last();
        let n_operands = self.numbers.operation(batch[0]).n_operands();
        let member = |&number: &u32| Member { operands: self.operands(number), number };
        let mut members: Vec<_> = batch.iter().map(member).collect();
        put_in_order(&mut members, n_operands);
        self.encode(&members);
    }

    /// Writes the code of a batch: runs of operands at equal distances, and the single instructions between them.
    fn encode(&mut self, batch: &[Member]) {
        let (mut rest, mut at) = (0, 0);
        while at < batch.len() {
            let n = n_spaced(&batch[at..]);
            if n >= LEAST_SPACED {
                self.encode_rest(&batch[rest..at]);
                self.each(&batch[at..at + n]);
                rest = at + n;
            }
            at += n;
        }
        self.encode_rest(&batch[rest..]);
    }

    fn encode_rest(&mut self, batch: &[Member]) {
        if batch.len() >= LEAST {
            self.each(batch);
        } else {
            batch.iter().for_each(|member| self.single(member.number));
        }
    }

    fn each(&mut self, batch: &[Member]) {
        self.finish_singles();
        let operation = self.numbers.operation(batch[0].number);
        let mut all = [RegisterList::Spaced { start: 0, stride: 0 }; 3];
        for (k, registers) in all.iter_mut().enumerate().take(operation.n_operands()) {
            *registers = self.registers(batch.iter().map(|member| member.operands[k]));
        }
        let n = batch.len();
        self.program.code.push(ScalarInstruction::Each { operation, n, operands: all });
        batch.iter().for_each(|member| self.give_register(member.number));
    }

    fn give_register(&mut self, number: u32) {
        self.computed[number as usize] = self.program.n_registers as u32;
        self.program.n_registers += 1;
    }

    /// Computes a number by itself. Where that is the only use of the last one, this needs no register.
    fn single(&mut self, number: u32) {
        let operation = self.numbers.operation(number);
        let last = self.last.filter(|_| operation.takes_last());
        let operands = self.numbers.operands_of(number);
        let place_of_last = last.and_then(|last| {
            operands.iter().position(|&operand| operand == VirtualRegister::Computed(last))
        });
        if place_of_last.is_none() || last.is_some_and(|last| self.numbers.n_uses(last) > 1) {
            self.store_last();
        }
        let mut operands = self.operands(number).map(SingleOperand::Register);
        if let Some(place) = place_of_last {
            operands[place] = SingleOperand::Last;
        }
        self.singles.push(Single::new(operation, operands, &mut self.program.lists));
        self.last = Some(number);
    }

    /// Gives the last number a register, since something reads it later.
    fn store_last(&mut self) {
        if let Some(number) = self.last.take() {
            self.singles.last_mut().expect("it has been computed").is_stored = true;
            self.give_register(number);
        }
    }

    /// Writes the code of the numbers that are computed one by one.
    pub fn finish_singles(&mut self) {
        self.store_last();
        let mut rest = &self.singles[..];
        while !rest.is_empty() {
            let (n, n_rounds) = rounds(rest);
            let program = &mut self.program;
            if n_rounds > 1 {
                program.code.push(ScalarInstruction::Rounds { n, n_rounds });
                let pairs = rest[..n].iter().zip(&rest[n..]);
                let strides = pairs.filter_map(|(before, after)| after.stride_from(*before));
                program.strides.extend(strides);
            } else if let Some(ScalarInstruction::Singles { n: before }) = program.code.last_mut() {
                *before += n;
            } else {
                program.code.push(ScalarInstruction::Singles { n });
            }
            program.singles.extend(&rest[..n]);
            rest = &rest[n * n_rounds..];
        }
        self.singles.clear();
    }

    /// Some registers, at equal distances if they are.
    fn registers(&mut self, registers: impl Iterator<Item = u32> + Clone) -> RegisterList {
        let differences = registers.clone().zip(registers.clone().skip(1)).map(distance);
        let first = differences.clone().next().unwrap_or(0);
        if differences.clone().all(|difference| difference == first) {
            let start = registers.clone().next().expect("there are registers");
            return RegisterList::Spaced { start, stride: first };
        }
        let start = self.program.lists.len() as u32;
        self.program.lists.extend(registers);
        RegisterList::Listed { start }
    }

    /// Writes some numbers to a value.
    pub fn store(&mut self, to: ValueId, numbers: &[VirtualRegister], is_mask: bool) {
        let registers: Vec<_> = numbers.iter().map(|&number| self.register(number)).collect();
        let from = self.registers(registers.iter().copied());
        self.program.stores.push(ScalarStore { to, n: numbers.len(), is_mask, from });
    }
}

/// Loads one more element, by the last of the loads if it lies at the same distance from the one before.
fn load(loads: &mut Vec<ScalarLoad>, ValueElement { of, is_mask, position }: ValueElement) {
    if let Some(last) = loads.last_mut().filter(|last| last.of == of && last.is_mask == is_mask) {
        let before = last.start as isize + last.stride * (last.n as isize - 1);
        let stride = position as isize - before;
        if last.n == 1 || stride == last.stride {
            last.stride = stride;
            last.n += 1;
            return;
        }
    }
    loads.push(ScalarLoad { of, is_mask, start: position, stride: 1, n: 1 });
}
