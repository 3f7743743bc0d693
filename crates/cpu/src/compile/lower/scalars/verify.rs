//! Verification of programs of scalars: the program runs on terms in place of scalars.

use indexmap::IndexSet;
use retrograd_core::computation::ValueId;
use rustc_hash::FxBuildHasher;

use super::numbers::{Numbers, Outside, ValueElement, VirtualRegister};
use crate::{
    compile::lower::scalars::schedule::Work,
    kernels::scalars::{ScalarInstruction, ScalarLoad, ScalarOperation, Scalars, SingleOperand},
};

/// The term of a number: one from outside, or an operation on terms, by their numbers.
#[derive(PartialEq, Eq, Hash)]
enum ScalarTerm {
    Outside(Outside),
    Computed(ScalarOperation, Vec<u32>),
}

#[derive(Default)]
struct ScalarTerms(IndexSet<ScalarTerm, FxBuildHasher>);

impl ScalarTerms {
    fn add(&mut self, term: ScalarTerm) -> u32 {
        self.0.insert_full(term).0 as u32
    }
}

/// Checks that a program stores the numbers that are meant, value by value.
///
/// # Panics
/// If it does not: a fault of the schedule or of the encoding.
pub(super) fn verify(
    program: &Scalars,
    numbers: &Numbers<'_>,
    meant: &[(ValueId, Vec<VirtualRegister>)],
) {
    let mut terms = ScalarTerms::default();
    let registers = run(program, &mut terms);
    let outside: Vec<_> =
        numbers.outside.iter().map(|&outside| terms.add(ScalarTerm::Outside(outside))).collect();
    let mut computed = Vec::with_capacity(numbers.n());
    for number in 0..numbers.n() as u32 {
        let operands = numbers.operands_of(number).iter();
        let operands = operands.map(|&operand| term_of(operand, &outside, &computed)).collect();
        computed.push(terms.add(ScalarTerm::Computed(numbers.operation(number), operands)));
    }
    assert_eq!(program.stores.len(), meant.len(), "a program stores each value");
    for (store, (to, numbers)) in program.stores.iter().zip(meant) {
        let mut stored = vec![0; store.n];
        store.from.each(program, &registers, &mut stored, |term| term);
        let meant: Vec<_> =
            numbers.iter().map(|&number| term_of(number, &outside, &computed)).collect();
        assert!(store.to == *to && stored == meant, "a program stores {to:?} as it is meant");
    }
}

fn term_of(number: VirtualRegister, outside: &[u32], computed: &[u32]) -> u32 {
    match number {
        VirtualRegister::Outside(k) => outside[k as usize],
        VirtualRegister::Computed(k) => computed[k as usize],
    }
}

/// The terms in all registers after a run of the program. A read before the first write is out of bounds.
fn run(program: &Scalars, terms: &mut ScalarTerms) -> Vec<u32> {
    let literals = program.literals.iter().map(|literal| Outside::Literal(literal.to_bits()));
    let loaded = program.loads.iter().flat_map(elements).map(Outside::Element);
    let mut registers: Vec<_> =
        literals.chain(loaded).map(|outside| terms.add(ScalarTerm::Outside(outside))).collect();
    let (mut singles, mut strides) = (&program.singles[..], &program.strides[..]);
    let mut last = None;
    for instruction in &program.code {
        if let ScalarInstruction::Each { operation, n, operands } = *instruction {
            let mut inputs = vec![vec![0; n]; operation.n_operands()];
            for (input, operand) in inputs.iter_mut().zip(operands) {
                operand.each(program, &registers, input, |term| term);
            }
            let result = |k: usize| inputs.iter().map(|input| input[k]).collect();
            registers.extend((0..n).map(|k| terms.add(ScalarTerm::Computed(operation, result(k)))));
        }
        for single in Scalars::unrolled(instruction, &mut singles, &mut strides) {
            let (operation, operands) = single.operands(&program.lists);
            let inputs = operands[..operation.n_operands()].iter().map(|operand| match *operand {
                SingleOperand::Last => last.expect("an instruction goes before"),
                SingleOperand::Register(register) => registers[register as usize],
            });
            let result = terms.add(ScalarTerm::Computed(operation, inputs.collect()));
            last = Some(result);
            registers.extend(single.is_stored.then_some(result));
        }
    }
    assert_eq!(registers.len(), program.n_registers, "a program has a register for each number");
    registers
}

/// The elements that a load reads.
fn elements(load: &ScalarLoad) -> impl Iterator<Item = ValueElement> {
    let &ScalarLoad { of, is_mask, start, stride, n } = load;
    let position = move |k: usize| start.wrapping_add_signed(stride * k as isize);
    (0..n).map(move |k| ValueElement { of, is_mask, position: position(k) })
}
