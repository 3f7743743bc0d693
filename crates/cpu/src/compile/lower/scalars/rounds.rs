//! Loops in the code of single instructions: rounds that differ by where operands are, at equal distances.

use crate::kernels::scalars::Single;

/// The most instructions of a round.
const MOST: usize = 64;

/// The fewest rounds that are worth a loop.
const LEAST_ROUNDS: usize = 4;

/// Rounds that are worth a loop whatever larger one they may be part of.
const MANY_ROUNDS: usize = 64;

/// A loop at the start of some instructions that covers as many of them as can be: the number of instructions of a round,
/// and that of rounds; one round of one instruction if there is no loop.
pub(super) fn rounds(singles: &[Single]) -> (usize, usize) {
    let mut best = (1, 1);
    for n in 1..=MOST.min(singles.len() / LEAST_ROUNDS) {
        let n_rounds = n_rounds(singles, n);
        if n_rounds >= LEAST_ROUNDS && n * n_rounds > best.0 * best.1 {
            best = (n, n_rounds);
        }
        if n_rounds >= MANY_ROUNDS {
            break;
        }
    }
    best
}

/// How many rounds of `n` instructions there are.
fn n_rounds(singles: &[Single], n: usize) -> usize {
    let stride = |k: usize| singles[k + n].stride_from(singles[k]);
    let is_equal = |&k: &usize| stride(k).is_some_and(|own| stride(k % n) == Some(own));
    1 + (0..singles.len() - n).take_while(is_equal).count() / n
}
