//! The order of the numbers of a batch, in which their operands are found at equal distances as often as can be.

/// The mean length of runs of operands at equal distances that no other order need make longer.
const LONG: usize = 64;

/// A number of a batch.
pub(super) struct Member {
    /// The registers of its operands.
    pub operands: [u32; 3],
    pub number: u32,
}

/// Keys to order numbers by: their first operands, their second, and the distance of both, which is the same all along two
/// rows.
const ORDERS: [fn(&Member) -> [u32; 3]; 3] = [
    |&Member { operands: [a, b, c], .. }| [a, b, c],
    |&Member { operands: [a, b, c], .. }| [b, a, c],
    |&Member { operands: [a, b, c], .. }| [b.wrapping_sub(a), a, c],
];

/// Puts numbers in the first of the orders that has long runs, or else in that with the fewest.
pub(super) fn put_in_order(batch: &mut [Member], n_operands: usize) {
    let orders = if n_operands == 1 { &ORDERS[..1] } else { &ORDERS };
    let mut best = (usize::MAX, ORDERS[0]);
    for &order in orders {
        batch.sort_unstable_by_key(order);
        let n = n_runs(batch);
        if n * LONG <= batch.len() {
            return;
        }
        if n < best.0 {
            best = (n, order);
        }
    }
    batch.sort_unstable_by_key(best.1);
}

/// How many numbers, from the first on, have operands at equal distances.
pub(super) fn n_spaced(batch: &[Member]) -> usize {
    let between =
        |pair: &[Member]| [0, 1, 2].map(|k| distance((pair[0].operands[k], pair[1].operands[k])));
    let mut distances = batch.windows(2).map(between);
    let Some(first) = distances.next() else { return batch.len() };
    2 + distances.take_while(|&distances| distances == first).count()
}

/// How far a register is from another.
pub(super) fn distance((from, to): (u32, u32)) -> i32 {
    (i64::from(to) - i64::from(from)) as i32
}

/// The number of runs of numbers with operands at equal distances.
fn n_runs(batch: &[Member]) -> usize {
    let (mut n, mut at) = (0, 0);
    while at < batch.len() {
        at += n_spaced(&batch[at..]);
        n += 1;
    }
    n
}
