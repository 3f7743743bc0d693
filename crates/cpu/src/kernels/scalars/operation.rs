//! Operations, on numbers alone and on many at once.

use retrograd_core::{
    Op,
    ops::{Binary, Comparison, Unary},
};

use super::{BLOCK, RegisterList, Scalars};
use crate::kernels::{
    InstructionSet,
    functions::Functions,
    operand::{OperandValues, compare, of_two, select, truth},
};

/// An operation on numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ScalarOperation {
    Unary(Unary),
    Binary(Binary),
    Compare(Comparison),
    Select,
}

impl ScalarOperation {
    /// The scalar operation of an elementwise operation; `None` of others, and of casts, since masks are scalars already.
    pub fn of(op: &Op) -> Option<Self> {
        if let Op::Unary(op) = *op {
            return Some(Self::Unary(op));
        }
        if let Op::Binary(op) = *op {
            return Some(Self::Binary(op));
        }
        if let Op::Compare(op) = *op {
            return Some(Self::Compare(op));
        }
        (*op == Op::Select).then_some(Self::Select)
    }

    /// The number of operands.
    pub fn n_operands(self) -> usize {
        match self {
            ScalarOperation::Unary(_) => 1,
            ScalarOperation::Binary(_) | ScalarOperation::Compare(_) => 2,
            ScalarOperation::Select => 3,
        }
    }

    /// The value of a unary operation.
    #[inline(always)]
    pub fn of_one<F: Functions>(self, x: F, instructions: InstructionSet) -> F {
        match self {
            ScalarOperation::Unary(op) => F::value(instructions, op, x),
            ScalarOperation::Binary(_) | ScalarOperation::Compare(_) | ScalarOperation::Select => {
                unreachable!("not a unary operation")
            }
        }
    }

    /// The value of an operation on two numbers.
    #[inline(never)]
    pub fn of_two<F: Functions>(self, a: F, b: F) -> F {
        match self {
            ScalarOperation::Binary(op) => op.value(a, b),
            ScalarOperation::Compare(op) => truth(op.value(a, b)),
            ScalarOperation::Unary(_) | ScalarOperation::Select => {
                unreachable!("not a binary operation")
            }
        }
    }

    /// Computes many results.
    #[inline(always)]
    pub fn each<F: Functions>(
        self,
        program: &Scalars,
        operands: [RegisterList; 3],
        registers: &[F],
        results: &mut [F],
        staged: &mut [[F; BLOCK]; 3],
        instructions: InstructionSet,
    ) {
        let are_at_hand = operands[..self.n_operands()].iter().all(|x| x.is_at_hand());
        let n_together = if are_at_hand { results.len() } else { BLOCK };
        let [of_a, of_b, of_c] = staged;
        for (k, y) in results.chunks_mut(n_together).enumerate() {
            let [a, b, c] = operands.map(|operand| operand.after(k * n_together));
            let a = a.source(y.len(), program, registers, of_a);
            match self {
                ScalarOperation::Unary(op) => match a {
                    OperandValues::Block(x) => F::map(instructions, op, x, y),
                    OperandValues::One(x) => y.fill(F::value(instructions, op, x)),
                },
                ScalarOperation::Binary(op) => {
                    of_two(op, a, b.source(y.len(), program, registers, of_b), y);
                }
                ScalarOperation::Compare(op) => {
                    compare(op, a, b.source(y.len(), program, registers, of_b), y);
                }
                ScalarOperation::Select => {
                    let b = b.source(y.len(), program, registers, of_b);
                    select(a, b, c.source(y.len(), program, registers, of_c), y);
                }
            }
        }
    }
}
