//! Where the operands of an operation on many numbers are.

use super::{BLOCK, Scalars};
use crate::kernels::operand::OperandValues;

/// The registers that hold some numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RegisterList {
    /// From one register on, at equal distances.
    Spaced { start: u32, stride: i32 },
    /// In the registers from one place of the lists on.
    Listed { start: u32 },
}

impl RegisterList {
    /// These from the `k`-th on.
    pub fn after(self, k: usize) -> Self {
        match self {
            RegisterList::Spaced { start, stride } => {
                let start = i64::from(start) + i64::from(stride) * k as i64;
                RegisterList::Spaced { start: start as u32, stride }
            }
            RegisterList::Listed { start } => RegisterList::Listed { start: start + k as u32 },
        }
    }

    /// Whether they are one register, or neighbors in order.
    pub fn is_at_hand(self) -> bool {
        matches!(self, RegisterList::Spaced { stride: 0 | 1, .. })
    }

    /// Writes the first of these numbers side by side.
    #[inline(always)]
    pub fn each<F: Copy, B>(
        self,
        program: &Scalars,
        registers: &[F],
        out: &mut [B],
        convert: impl Fn(F) -> B,
    ) {
        match self {
            RegisterList::Spaced { start, stride } => {
                let n_between = out.len().saturating_sub(1) * stride.unsigned_abs() as usize;
                let (start, step) = (start as usize, (stride.unsigned_abs() as usize).max(1));
                if stride < 0 {
                    let from = registers[start - n_between..=start].iter().rev().step_by(step);
                    out.iter_mut().zip(from).for_each(|(out, &x)| *out = convert(x));
                } else if stride == 0 {
                    out.fill_with(|| convert(registers[start]));
                } else {
                    let from = registers[start..=start + n_between].iter().step_by(step);
                    out.iter_mut().zip(from).for_each(|(out, &x)| *out = convert(x));
                }
            }
            RegisterList::Listed { start } => {
                let list = &program.lists[start as usize..start as usize + out.len()];
                for (out, &register) in out.iter_mut().zip(list) {
                    *out = convert(registers[register as usize]);
                }
            }
        }
    }

    /// The first `n` of these numbers, put side by side in `staged` if they are not at hand.
    #[inline(always)]
    pub(super) fn source<'a, F: Copy>(
        self,
        n: usize,
        program: &Scalars,
        registers: &'a [F],
        staged: &'a mut [F; BLOCK],
    ) -> OperandValues<'a, F> {
        match self {
            RegisterList::Spaced { start, stride: 0 } => {
                OperandValues::One(registers[start as usize])
            }
            RegisterList::Spaced { start, stride: 1 } => {
                OperandValues::Block(&registers[start as usize..start as usize + n])
            }
            RegisterList::Spaced { .. } | RegisterList::Listed { .. } => {
                self.each(program, registers, &mut staged[..n], |x| x);
                OperandValues::Block(&staged[..n])
            }
        }
    }
}
