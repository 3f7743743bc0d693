//! Sums, as statements of many terms.

use std::iter::Sum;

use super::{
    indices::Indices,
    storage::{Index, NONE, Storage},
    variable::Var,
};
use crate::Number;

/// So many terms are collected before they are recorded.
const WIDTH: usize = 16;

/// The terms of a sum that are not recorded yet.
struct Terms<T> {
    n: usize,
    indices: [Index; WIDTH],
    partials: [T; WIDTH],
    /// The indices of the last summand.
    last: Indices,
}

impl<T: Number> Terms<T> {
    fn none() -> Self {
        Self { n: 0, indices: [NONE; WIDTH], partials: [T::default(); WIDTH], last: Indices::NONE }
    }

    /// Adds the terms of `x`: to those of the summand before, if it depends on the same.
    #[inline(always)]
    fn add(&mut self, x: Var<'_, T>, storage: &Storage<T>) {
        let n = x.indices.len();
        if x.indices != self.last {
            if self.n + 2 > WIDTH {
                let index = self.record(storage);
                (self.n, self.indices[0], self.partials[0]) = (1, index, T::constant(1.0));
            }
            self.last = x.indices;
            let end = self.n;
            self.n += n;
            self.indices[end..end + 2].copy_from_slice(&[x.indices.first(), x.indices.second()]);
            self.partials[end..end + 2].copy_from_slice(&[x.first, x.second]);
        } else {
            for (partial, more) in
                self.partials[..self.n].iter_mut().rev().zip([x.first, x.second][..n].iter().rev())
            {
                *partial = *partial + *more;
            }
        }
    }

    #[inline(never)]
    fn record(&self, storage: &Storage<T>) -> Index {
        if !storage.has_room(WIDTH) {
            storage.make_room(WIDTH);
        }
        storage.push_first(self.n, self.indices, self.partials)
    }
}

/// Long sums are recorded as statements of many terms: less than the sums of each two of them take.
impl<T: Number> Sum for Var<'_, T> {
    #[inline]
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        // As floats do, so that sums of negative zeros are negative.
        let mut total = Self::constant(-0.0);
        let mut terms = Terms::none();
        for x in iter {
            total.value = total.value + x.value;
            if let (false, Some(storage)) = (x.is_constant(), x.storage) {
                total.storage = x.storage;
                terms.add(x, storage);
            }
        }
        let Some(storage) = total.storage else { return total };
        let ([i, j, ..], [first, second, ..]) = (terms.indices, terms.partials);
        match terms.n {
            1 => total.depending(Indices::one(i), first, T::default(), storage),
            2 if i != j => total.depending(Indices::two(i, j), first, second, storage),
            _ => Self::recorded(total.value, terms.record(storage), storage),
        }
    }
}

impl<'a, 't, T: Number> Sum<&'a Var<'t, T>> for Var<'t, T> {
    #[inline]
    fn sum<I: Iterator<Item = &'a Self>>(iter: I) -> Self {
        iter.copied().sum()
    }
}
