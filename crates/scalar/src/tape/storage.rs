//! Memory of a tape: statements, each a value's partial derivatives by earlier values.
//!
//! The only file of this crate with `unsafe`: statements are added through shared references, since variables are
//! copied freely, and without a check for each of their parts.
#![allow(
    unsafe_code,
    reason = "the same with `RefCell` takes up to 13 % longer; see docs/scalars.md"
)]

use std::{
    cell::{Cell, UnsafeCell},
    mem,
};

use super::{
    full::TapeFull,
    indices::{Index, Indices, Link},
};
use crate::Number;

/// What a value depends on. Its partial derivatives are recorded apart, so that nothing is padded: two, or three.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Statement {
    pub(super) first: Index,
    pub(super) second: Index,
    pub(super) third: Link,
}

/// What is recorded, in order.
#[derive(Debug)]
pub(super) struct Record<T> {
    pub(super) n_variables: usize,
    pub(super) statements: Vec<Statement>,
    pub(super) partials: Vec<T>,
}

/// How much is recorded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ends {
    pub(super) n_variables: usize,
    pub(super) n_statements: usize,
    pub(super) n_partials: usize,
}

/// A record to which more can be added through shared references.
#[derive(Debug)]
pub(super) struct Storage<T> {
    record: UnsafeCell<Record<T>>,
    /// There is room for so many statements, and for three partial derivatives of each that is not there yet; for none
    /// while they are being read.
    room: Cell<usize>,
    access: Cell<Access>,
    /// Most bytes that recording and one reverse pass may take.
    limit: usize,
}

/// Where a tape was when its record was lent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Position {
    ends: Ends,
    access: Access,
}

/// What can be done with a record.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Access {
    /// More can be added.
    Open,
    /// There is no memory for more.
    Full,
    /// It is being read, or was lent.
    Locked,
}

impl<T: Number> Storage<T> {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            record: UnsafeCell::new(Record::default()),
            room: Cell::new(0),
            access: Cell::new(Access::Open),
            limit,
        }
    }

    /// Adds a statement of two partial derivatives, and one of 1 by `third`; or of three. Returns its index, or none if
    /// there is [no room](Self::has_room).
    #[inline(always)]
    pub(super) fn push<const N: usize>(
        &self,
        pair: Indices,
        third: Index,
        partials: [T; N],
    ) -> Index {
        const { assert!(N == 2 || N == 3) };
        if !self.has_room() {
            return Index::NONE;
        }
        // SAFETY: there is room, so that nobody reads the record; and this reference ends before anyone else's code
        // runs.
        let record = unsafe { &mut *self.record.get() };
        let index = Index::statement(record.statements.len());
        let third = Link::new(third, N == 3);
        // SAFETY: there is room.
        unsafe {
            record.push_within_capacity(
                Statement { first: pair.first(), second: pair.second(), third },
                partials,
            );
        }
        index
    }

    /// Whether there is room for another statement. If not, [`make_room`](Self::make_room) may help. The two are apart so
    /// that those who call them keep what they record in registers.
    #[inline(always)]
    pub(super) fn has_room(&self) -> bool {
        // SAFETY: those who write to the record are methods of this type, none of which calls this one meanwhile.
        unsafe { &*self.record.get() }.statements.len() < self.room.get()
    }

    /// Finds memory for another statement.
    ///
    /// # Panics
    /// If nothing can be recorded now.
    #[cold]
    #[inline(never)]
    pub(super) fn make_room(&self) {
        self.change(|record, limit| record.grow(limit));
    }

    /// Adds variables. Returns the number of the first one, or nothing if there is no memory for all of them.
    ///
    /// # Panics
    /// If nothing can be recorded now.
    pub(super) fn add_variables(&self, n: usize) -> Option<usize> {
        let first = self.ends().n_variables;
        self.change(|record, limit| record.add_variables(n, limit)).then_some(first)
    }

    /// Has the record changed, unless it is full; says whether there was the memory for it.
    fn change(&self, f: impl FnOnce(&mut Record<T>, usize) -> bool) -> bool {
        match self.access.get() {
            Access::Locked => {
                panic!("a variable was used while its tape runs backwards or is lent to a scratch")
            }
            Access::Full => return false,
            Access::Open => {}
        }
        // SAFETY: the storage is open, so that nobody reads the record; this reference ends with the line.
        let is_enough = f(unsafe { &mut *self.record.get() }, self.limit);
        if !is_enough {
            self.access.set(Access::Full);
        }
        self.find_room();
        is_enough
    }

    /// How much is recorded.
    pub(super) fn ends(&self) -> Ends {
        // SAFETY: those who write to the record are methods of this type, none of which calls this one meanwhile.
        unsafe { &*self.record.get() }.ends()
    }

    /// Forgets all that is recorded, and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.record.get_mut().truncate(Ends { n_variables: 0, n_statements: 0, n_partials: 0 });
        self.access.set(Access::Open);
        self.find_room();
    }

    /// Looks at the record; nothing can be added meanwhile.
    ///
    /// # Errors
    /// If something is missing.
    pub(super) fn read<R>(&self, f: impl FnOnce(&Record<T>) -> R) -> Result<R, TapeFull> {
        if self.access.get() == Access::Full {
            let Ends { n_variables, n_statements, .. } = self.ends();
            return Err(TapeFull { n_statements: n_variables + n_statements, limit: self.limit });
        }
        let before = self.access.replace(Access::Locked);
        self.find_room();
        // SAFETY: who writes needs room, which there is none of.
        let result = f(unsafe { &*self.record.get() });
        self.access.set(before);
        self.find_room();
        Ok(result)
    }

    /// Hands all that is recorded over; this storage is locked until it is taken back.
    pub(super) fn lend(&self) -> (Self, Position) {
        let access = self.access.replace(Access::Locked);
        assert!(
            access != Access::Locked,
            "a scratch was opened on a tape that runs backwards or is lent to another"
        );
        let position = Position { ends: self.ends(), access };
        self.find_room();
        // SAFETY: the storage was not locked, so that nobody reads the record; this reference ends with the line.
        let record = mem::take(unsafe { &mut *self.record.get() });
        let lent = Self {
            record: UnsafeCell::new(record),
            access: Cell::new(access),
            ..Self::new(self.limit)
        };
        lent.find_room();
        (lent, position)
    }

    /// Takes back what was lent, but for what was added meanwhile.
    pub(super) fn take_back(&self, lent: Self, position: Position) {
        let mut record = lent.record.into_inner();
        record.truncate(position.ends);
        // SAFETY: the record was lent, which left none to be read; this reference ends with the line.
        unsafe { *self.record.get() = record };
        self.access.set(position.access);
        self.find_room();
    }

    fn find_room(&self) {
        // SAFETY: those who write to the record are methods of this type, none of which calls this one meanwhile.
        let record = unsafe { &*self.record.get() };
        let is_open = self.access.get() == Access::Open;
        self.room.set(if is_open { record.room(self.limit) } else { 0 });
    }
}

impl<T> Default for Record<T> {
    fn default() -> Self {
        Self { n_variables: 0, statements: Vec::new(), partials: Vec::new() }
    }
}

impl<T: Copy> Record<T> {
    /// Bytes of a variable: its value and its adjoint.
    const VARIABLE_BYTES: usize = 2 * size_of::<T>();

    /// # Safety
    /// There must be room for another statement and for `N` partial derivatives.
    #[inline(always)]
    unsafe fn push_within_capacity<const N: usize>(
        &mut self,
        statement: Statement,
        partials: [T; N],
    ) {
        let (k, end) = (self.statements.len(), self.partials.len());
        // SAFETY: all is written within capacity, as the caller knows, and before the lengths say so. Pointers to array
        // and element are aligned alike.
        unsafe {
            let statements = self.statements.as_mut_ptr().add(k);
            let terms = self.partials.as_mut_ptr().add(end);
            statements.write(statement);
            terms.cast::<[T; N]>().write(partials);
            expect_writes(statements);
            expect_writes(terms);
            self.statements.set_len(k + 1);
            self.partials.set_len(end + N);
        }
    }

    fn ends(&self) -> Ends {
        Ends {
            n_variables: self.n_variables,
            n_statements: self.statements.len(),
            n_partials: self.partials.len(),
        }
    }

    /// Bytes that are taken, the adjoints of one reverse pass included, if there is memory for `more` statements.
    fn n_bytes(&self, more: usize) -> usize {
        let n_statements = self.statements.len() + more;
        let n_partials = self.partials.capacity().max(self.partials.len() + 3 * more);
        self.n_variables * Self::VARIABLE_BYTES
            + self.statements.capacity().max(n_statements) * size_of::<Statement>()
            + (n_partials + n_statements) * size_of::<T>()
    }

    /// Most statements that there is memory for, if each one more has three partial derivatives.
    fn room(&self, limit: usize) -> usize {
        let n_adjoints = limit.saturating_sub(self.n_bytes(0)) / size_of::<T>();
        let unused = (self.partials.capacity() - self.partials.len()) / 3;
        let capacity = self.statements.capacity().min(Index::MOST - 1);
        capacity.min(self.statements.len() + unused.min(n_adjoints))
    }

    /// Finds memory for at least one more statement; if there is none, says so.
    fn grow(&mut self, limit: usize) -> bool {
        let n_statements = self.statements.len();
        let mut more = n_statements.max(1 << 10).min(Index::MOST - 1 - n_statements);
        while more > 0 {
            if self.n_bytes(more) <= limit
                && self.statements.try_reserve_exact(more).is_ok()
                && self.partials.try_reserve_exact(3 * more).is_ok()
            {
                return true;
            }
            more /= 2;
        }
        false
    }

    /// Adds variables; if there is no memory for all of them, says so.
    fn add_variables(&mut self, n: usize, limit: usize) -> bool {
        let has_memory = |this: &Self| this.n_bytes(0) + n * Self::VARIABLE_BYTES <= limit;
        if !has_memory(self) {
            self.statements.shrink_to_fit();
            self.partials.shrink_to_fit();
        }
        let is_enough = has_memory(self) && self.n_variables + n < Index::MOST;
        self.n_variables += if is_enough { n } else { 0 };
        is_enough
    }

    fn truncate(&mut self, ends: Ends) {
        self.n_variables = ends.n_variables;
        self.statements.truncate(ends.n_statements);
        self.partials.truncate(ends.n_partials);
    }
}

/// How many bytes ahead memory is asked for. What processors foresee by themselves ends with a page of 4 KiB.
const AHEAD: usize = 2 << 10;

/// Asks for memory that will be read soon, if elements of `slice` are read from last to first and `k` is next.
#[inline(always)]
pub(super) fn expect_reads<E>(slice: &[E], k: usize) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let address = slice.as_ptr().wrapping_add(k).wrapping_byte_sub(AHEAD);
        // SAFETY: a hint does not fail, whatever the address is.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) }
    }
}

/// Asks for memory that will be written soon, if elements are written one after another and this one was last.
#[inline(always)]
fn expect_writes<E>(last: *const E) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_ET0, _mm_prefetch};
        // SAFETY: a hint does not fail, whatever the address is.
        unsafe { _mm_prefetch::<_MM_HINT_ET0>(last.wrapping_byte_add(AHEAD).cast()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Adds a statement that tells which one it is, as users of the storage do.
    fn push(storage: &Storage<f64>, k: usize) -> Index {
        if !storage.has_room() {
            storage.make_room();
        }
        let Statement { first, second, third } = statement(k);
        let pair = Indices::two(first, second);
        match k % 3 {
            0 => storage.push(pair, third.index(), [k as f64, 1.0, 2.0]),
            _ => storage.push(pair, third.index(), [k as f64, 1.0]),
        }
    }

    fn statement(k: usize) -> Statement {
        let (first, second) = (Index::statement(k), Index::variable(k));
        Statement { first, second, third: Link::new(Index::variable(2 * k), k.is_multiple_of(3)) }
    }

    /// Whether the storage holds the first `n_statements` of these, and nothing else.
    fn holds(storage: &Storage<f64>, n_statements: usize) -> bool {
        let partials = |k: usize| {
            [k as f64, 1.0, 2.0].into_iter().take(if k.is_multiple_of(3) { 3 } else { 2 })
        };
        let held = |record: &Record<f64>| {
            record.statements.iter().copied().eq((0..n_statements).map(statement))
                && record.partials.iter().copied().eq((0..n_statements).flat_map(partials))
        };
        storage.read(held).expect("nothing is missing")
    }

    #[test]
    fn statements_are_kept_as_memory_grows() {
        let mut storage = Storage::new(usize::MAX);
        for round in 0..2 {
            for k in 0..10_000 {
                assert_eq!(push(&storage, k), Index::statement(k));
            }
            assert!(holds(&storage, 10_000), "round {round}");
            storage.clear();
            assert!(holds(&storage, 0), "round {round}");
        }
    }

    #[test]
    fn lent_statements_come_back_without_those_that_were_added() {
        let storage = Storage::new(usize::MAX);
        (0..3000).for_each(|k| assert_eq!(push(&storage, k), Index::statement(k)));
        assert_eq!(storage.add_variables(3), Some(0));
        let (lent, position) = storage.lend();
        assert!(!storage.has_room() && holds(&storage, 0));
        (3000..9000).for_each(|k| assert_eq!(push(&lent, k), Index::statement(k)));
        assert_eq!(lent.add_variables(2), Some(3));
        assert!(holds(&lent, 9000));
        storage.take_back(lent, position);
        assert!(holds(&storage, 3000));
        assert_eq!(storage.add_variables(1), Some(3));
        (3000..4000).for_each(|k| assert_eq!(push(&storage, k), Index::statement(k)));
        assert!(holds(&storage, 4000));
    }

    #[test]
    fn nothing_is_added_while_statements_are_read() {
        let storage = Storage::new(usize::MAX);
        push(&storage, 0);
        let added = storage.read(|_| storage.push(Indices::NONE, Index::NONE, [1.0, 1.0]));
        assert_eq!(added, Ok(Index::NONE));
        assert!(holds(&storage, 1));
        assert_eq!(push(&storage, 1), Index::statement(1));
    }

    #[test]
    fn a_limit_is_reached_and_not_passed() {
        for limit in [0, 1, 100, 10_000, 100_000, 1_000_000] {
            for n_variables in [0, 1, 5, limit / 32] {
                let storage = Storage::new(limit);
                let are_there = storage.add_variables(n_variables).is_some();
                let n_statements =
                    (0..).find(|&k| push(&storage, k) == Index::NONE).expect("there is a limit");
                let n_partials = storage.ends().n_partials;
                let n_variables = storage.ends().n_variables;
                assert_eq!(storage.ends(), Ends { n_variables, n_statements, n_partials });
                let n_bytes = n_variables * 16 + n_statements * (12 + 8) + n_partials * 8;
                assert!(n_bytes <= limit, "{n_bytes} of {limit}");
                assert!(
                    !are_there || limit < 10_000 || n_bytes > limit / 2,
                    "{n_bytes} of {limit}"
                );
                let full = TapeFull { n_statements: n_variables + n_statements, limit };
                assert_eq!(storage.read(|_| ()), Err(full));
                assert_eq!(storage.push(Indices::NONE, Index::NONE, [1.0, 1.0]), Index::NONE);
                assert_eq!(storage.add_variables(1), None);
            }
        }
    }

    #[test]
    fn memory_for_statements_becomes_memory_for_variables() {
        let mut storage = Storage::new(100_000);
        (0..).find(|&k| push(&storage, k) == Index::NONE).expect("there is a limit");
        storage.clear();
        assert_eq!(storage.add_variables(5_000), Some(0));
        assert_ne!(push(&storage, 0), Index::NONE);
        assert_eq!(storage.add_variables(5_000), None);
    }
}
