//! In which order single numbers are computed, and which of them at once.
//!
//! A number is due when the longest path that leads on from it must begin, if the whole is to take no more moments than
//! its longest path. Whatever is due at a moment is computed then, and with it all that is ready for the same operation.
//! So the chain that everything waits for goes on number by number, and what can wait comes in large batches: a recorded
//! loop becomes operations on all of its rounds wherever these do not wait for each other.

use crate::lists::Lists;

/// Numbers to compute, each after those that it is computed from.
pub(crate) trait Work {
    /// How many numbers.
    fn n(&self) -> usize;
    /// The numbers that a number is computed from.
    fn operands(&self, number: u32) -> impl Iterator<Item = u32> + Clone;
    /// Its kind, less than [`n_kinds`](Self::n_kinds): only those of one kind are computed at once.
    fn kind(&self, number: u32) -> usize;
    /// How many kinds.
    fn n_kinds(&self) -> usize;
}

/// Hands out batches of numbers of one kind that do not wait for each other, in order.
pub(crate) fn schedule(work: &impl Work, mut compute: impl FnMut(&mut [u32])) {
    let numbers = 0..work.n() as u32;
    let (dues, n_moments) = dues(work);
    let due_at = Lists::new(n_moments, numbers.clone().map(|k| (dues[k as usize] as usize, k)));
    let uses = numbers.clone().flat_map(|k| work.operands(k).map(move |x| (x as usize, k)));
    let users = Lists::new(work.n(), uses);
    let mut n_awaited: Vec<u32> =
        numbers.clone().map(|k| work.operands(k).count() as u32).collect();
    let mut ready = vec![Vec::new(); work.n_kinds()];
    let at_once = numbers.filter(|&k| n_awaited[k as usize] == 0);
    at_once.for_each(|k| ready[work.kind(k)].push(k));
    let mut is_done = vec![false; work.n()];
    let mut batch = Vec::new();
    for &due in (0..n_moments).flat_map(|moment| due_at.of(moment)) {
        if is_done[due as usize] {
            continue;
        }
        std::mem::swap(&mut batch, &mut ready[work.kind(due)]);
        compute(&mut batch);
        for number in batch.drain(..) {
            is_done[number as usize] = true;
            for &user in users.of(number as usize) {
                n_awaited[user as usize] -= 1;
                if n_awaited[user as usize] == 0 {
                    ready[work.kind(user)].push(user);
                }
            }
        }
    }
}

/// The moment by which each number must be computed, and how many moments there are.
fn dues(work: &impl Work) -> (Vec<u32>, usize) {
    // First the number of moments from each to the end.
    let mut moments = vec![1u32; work.n()];
    for number in (0..work.n() as u32).rev() {
        let own = moments[number as usize];
        for operand in work.operands(number) {
            let of_operand = &mut moments[operand as usize];
            *of_operand = (own + 1).max(*of_operand);
        }
    }
    let n = moments.iter().copied().max().unwrap_or(0);
    moments.iter_mut().for_each(|moment| *moment = n - *moment);
    (moments, n as usize)
}
