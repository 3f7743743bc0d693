//! Where the operands of an operation on many numbers are.

use super::{BLOCK, Scalars};
use crate::kernels::operand::Source;

/// Where some numbers are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Registers {
    /// From one register on, at equal distances.
    Spaced { start: u32, stride: i32 },
    /// In the registers from one place of the lists on.
    Listed { start: u32 },
}

impl Registers {
    /// These from the `k`-th on.
    pub fn after(self, k: usize) -> Self {
        match self {
            Registers::Spaced { start, stride } => {
                let start = i64::from(start) + i64::from(stride) * k as i64;
                Registers::Spaced { start: start as u32, stride }
            }
            Registers::Listed { start } => Registers::Listed { start: start + k as u32 },
        }
    }

    /// Whether they are one register, or neighbors in order.
    pub fn is_at_hand(self) -> bool {
        matches!(self, Registers::Spaced { stride: 0 | 1, .. })
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
            Registers::Spaced { start, stride } => {
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
            Registers::Listed { start } => {
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
    ) -> Source<'a, F> {
        match self {
            Registers::Spaced { start, stride: 0 } => Source::One(registers[start as usize]),
            Registers::Spaced { start, stride: 1 } => {
                Source::Block(&registers[start as usize..start as usize + n])
            }
            Registers::Spaced { .. } | Registers::Listed { .. } => {
                self.each(program, registers, &mut staged[..n], |x| x);
                Source::Block(&staged[..n])
            }
        }
    }
}
