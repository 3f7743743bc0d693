//! The order in which single numbers are computed, and the batches that are computed at once.
//!
//! Numbers that everything waits for are computed first, and those that can wait come in large batches: a recorded loop
//! becomes operations on all of its rounds wherever these do not wait for each other. Numbers of one kind that do wait for
//! each other are a chain. It goes on by itself to its end, so that numbers computed of its links, and sums of these, come
//! together afterwards. So a number has two ranks: the changes of kind on the way to the end, as many as there can be, and then the links of its
//! kind up to the next change.

use std::cmp::Reverse;

use crate::compile::lists::Lists;

/// Ready numbers of a kind that are computed at once, even if most of them can wait.
const ENOUGH: usize = 64;

/// The fewest numbers that are computed at once, and not one by one.
pub(crate) const LEAST: usize = 6;

/// Scalars to compute, each after its operands.
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

/// Hands out batches of numbers of one kind that do not wait for each other, in order: [`LEAST`] or more, or one.
pub(crate) fn schedule(work: &impl Work, mut compute: impl FnMut(&[u32])) {
    let mut progress = ReadyList::new(work);
    let mut order: Vec<_> = (0..work.n() as u32).collect();
    order.sort_unstable_by_key(|&number| (Reverse(progress.ranks[number as usize]), number));
    let mut batch = Vec::new();
    for due in order {
        if progress.is_done[due as usize] {
            continue;
        }
        progress.take_with(due, &mut batch);
        if batch.len() >= LEAST {
            compute(&batch);
            batch.drain(..).for_each(|number| progress.finish(number));
            continue;
        }
        let mut link = Some(due);
        while let Some(number) = link {
            compute(&[number]);
            link = progress.finish_link(number);
        }
    }
}

/// The ready list of the schedule: the numbers whose operands are computed, by kind.
struct ReadyList<'w, W> {
    work: &'w W,
    ranks: Vec<u64>,
    users: Lists<u32>,
    n_awaited: Vec<u32>,
    /// Of each kind.
    ready: Vec<Vec<u32>>,
    is_done: Vec<bool>,
}

impl<'w, W: Work> ReadyList<'w, W> {
    fn new(work: &'w W) -> Self {
        let numbers = 0..work.n() as u32;
        let uses = numbers.clone().flat_map(|k| work.operands(k).map(move |x| (x as usize, k)));
        let mut this = Self {
            work,
            ranks: ranks(work),
            users: Lists::new(work.n(), uses),
            n_awaited: numbers.clone().map(|k| work.operands(k).count() as u32).collect(),
            ready: vec![Vec::new(); work.n_kinds()],
            is_done: vec![false; work.n()],
        };
        let at_once = numbers.filter(|&k| this.n_awaited[k as usize] == 0);
        at_once.for_each(|k| this.ready[work.kind(k)].push(k));
        this
    }

    /// Takes what is computed together with a number that is due into an empty batch: all that is ready of its kind if
    /// that is enough, or all that has its rank. If that are too few, only the number itself is taken, into no batch.
    fn take_with(&mut self, due: u32, batch: &mut Vec<u32>) {
        let ready = &mut self.ready[self.work.kind(due)];
        if ready.len() >= ENOUGH {
            return std::mem::swap(ready, batch);
        }
        let rank = self.ranks[due as usize];
        let is_due = |number: &u32| self.ranks[*number as usize] == rank;
        if ready.iter().filter(|number| is_due(number)).count() >= LEAST {
            batch.extend(ready.extract_if(.., |number| is_due(number)));
        } else {
            ready.retain(|&number| number != due);
        }
    }

    /// Marks a number as computed.
    fn finish(&mut self, number: u32) {
        self.is_done[number as usize] = true;
        for &user in self.users.of(number as usize) {
            let n_awaited = &mut self.n_awaited[user as usize];
            *n_awaited -= 1;
            if *n_awaited == 0 {
                self.ready[self.work.kind(user)].push(user);
            }
        }
    }

    /// Marks a number as computed, and takes the next link of its chain.
    fn finish_link(&mut self, number: u32) -> Option<u32> {
        let kind = self.work.kind(number);
        let n_before = self.ready[kind].len();
        self.finish(number);
        let users = &self.ready[kind][n_before..];
        let (next, _) =
            users.iter().enumerate().max_by_key(|(_, user)| self.ranks[**user as usize])?;
        Some(self.ready[kind].swap_remove(n_before + next))
    }
}

/// The rank of each number: how often the kind changes on the way on from it, then how many links of its kind follow.
fn ranks(work: &impl Work) -> Vec<u64> {
    let mut ranks = vec![0u64; work.n()];
    for number in (0..work.n() as u32).rev() {
        let own = ranks[number as usize];
        for operand in work.operands(number) {
            let is_link = work.kind(operand) == work.kind(number);
            let rank = if is_link { own + 1 } else { ((own >> 32) + 1) << 32 };
            let of_operand = &mut ranks[operand as usize];
            *of_operand = rank.max(*of_operand);
        }
    }
    ranks
}
