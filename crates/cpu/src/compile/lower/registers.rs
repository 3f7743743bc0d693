//! Register allocation: results that are not needed at the same time share a register.

use smallvec::SmallVec;

use crate::kernels::code::{BlockOperand, Instruction, Line, Register, Store};

/// Splits code with a register of its own for every result into a prologue and the rest, and gives both, and the stores,
/// as few registers as are needed at one time. Returns their number, too.
pub(crate) fn assign(code: Vec<Line>, stores: &mut [Store]) -> (Vec<Line>, Vec<Line>, usize) {
    let results = code.iter().flat_map(Line::results);
    let n_results = results.max().map_or(0, |last| last as usize + 1);
    let is_constant = |line: &Line| matches!(line.instruction, Instruction::Fill { .. });
    let (mut prologue, mut code): (Vec<_>, Vec<_>) = code.into_iter().partition(is_constant);
    let last_uses = last_uses(&prologue, &code, stores, n_results);
    let mut registers =
        RegisterAllocator { assigned: vec![0; n_results], ..RegisterAllocator::default() };
    prologue.iter_mut().for_each(|line| registers.assign_results(line));
    for (at, line) in code.iter_mut().enumerate() {
        // A result is never written over its own operands, so operands are freed afterwards.
        let mut dead: SmallVec<[Register; 4]> = line.reads().chain(line.results()).collect();
        dead.retain(|value| last_uses[*value as usize] == at);
        dead.sort_unstable();
        dead.dedup();
        line.instruction.operands_mut().into_iter().for_each(|x| registers.rename(x));
        registers.assign_results(line);
        registers.free(&dead);
    }
    stores.iter_mut().for_each(|store| registers.rename(&mut store.from));
    (prologue, code, registers.n as usize)
}

/// The last line of the code that needs each result; its own if none does, and none ever if blocks share it or it is
/// stored.
fn last_uses(prologue: &[Line], code: &[Line], stores: &[Store], n_results: usize) -> Vec<usize> {
    let mut last_uses = vec![usize::MAX; n_results];
    for (at, line) in code.iter().enumerate() {
        line.reads().chain(line.results()).for_each(|value| last_uses[value as usize] = at);
    }
    let shared = prologue.iter().map(|line| line.register);
    let stored = stores.iter().filter_map(|store| store.from.register());
    shared.chain(stored).for_each(|value| last_uses[value as usize] = usize::MAX);
    last_uses
}

/// The register allocator: hands out registers, used ones first.
#[derive(Default)]
struct RegisterAllocator {
    /// The register of each result so far.
    assigned: Vec<Register>,
    unused: Vec<Register>,
    n: Register,
}

impl RegisterAllocator {
    /// Has a line write to registers that nothing needs.
    fn assign_results(&mut self, line: &mut Line) {
        for result in line.results_mut() {
            let register = self.unused.pop().unwrap_or_else(|| {
                self.n += 1;
                self.n - 1
            });
            self.assigned[*result as usize] = register;
            *result = register;
        }
    }

    /// Has an operand that is a result read from its register.
    fn rename(&self, operand: &mut BlockOperand) {
        if let BlockOperand::Register(register) = operand {
            *register = self.assigned[*register as usize];
        }
    }

    /// Frees the registers of results that are not needed any more.
    fn free(&mut self, dead: &[Register]) {
        self.unused.extend(dead.iter().map(|&value| self.assigned[value as usize]));
    }
}
