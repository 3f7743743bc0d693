//! Memory of a tape: statements, each a value's partial derivatives by earlier values.
//!
//! The only file of this crate with `unsafe`: statements are added through shared references, since variables are
//! copied freely, and without a check for each of their parts.
#![allow(
    unsafe_code,
    reason = "the same with `RefCell` takes up to 19 % longer; see docs/scalars.md"
)]

use std::{
    cell::{Cell, UnsafeCell},
    mem,
};

use super::full::TapeFull;
use crate::Number;

/// The number of a statement, which is its position.
pub(super) type Index = u32;

/// In place of an index: no statement.
pub(super) const NONE: Index = Index::MAX;

/// Statements in the order of recording. Number and indices of partial derivatives are stored apart from them, so that
/// nothing is padded.
#[derive(Debug)]
pub(super) struct Statements<T> {
    /// How many partial derivatives each statement has.
    pub(super) counts: Vec<u8>,
    pub(super) indices: Vec<Index>,
    pub(super) partials: Vec<T>,
}

/// Statements, to which more can be added through shared references.
#[derive(Debug)]
pub(super) struct Storage<T> {
    statements: UnsafeCell<Statements<T>>,
    /// There is room for so many statements and partial derivatives; none while they are being read.
    room: Cell<usize>,
    room_for_partials: Cell<usize>,
    access: Cell<Access>,
    /// Most bytes that recording and one reverse pass may take.
    pub(super) limit: usize,
}

/// Where a tape was when its statements were lent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Position {
    ends: (usize, usize),
    access: Access,
}

/// What can be done with statements.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Access {
    /// More can be added.
    Open,
    /// There is no memory for more.
    Full,
    /// They are being read, or were lent.
    Locked,
}

impl<T: Number> Storage<T> {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            statements: UnsafeCell::new(Statements::default()),
            room: Cell::new(0),
            room_for_partials: Cell::new(0),
            access: Cell::new(Access::Open),
            limit,
        }
    }

    /// Adds a statement of `N` partial derivatives. Returns its index, or [`NONE`] if there is [no room](Self::has_room).
    #[inline(always)]
    pub(super) fn push<const N: usize>(&self, indices: [Index; N], partials: [T; N]) -> Index {
        self.push_first(N, indices, partials)
    }

    /// Adds a statement of the first `n` partial derivatives of `N`, which must be less than 256. Returns its index, or
    /// [`NONE`] if there is [no room](Self::has_room).
    #[inline(always)]
    pub(super) fn push_first<const N: usize>(
        &self,
        n: usize,
        indices: [Index; N],
        partials: [T; N],
    ) -> Index {
        const { assert!(N < 256, "a statement counts its partial derivatives in a byte") };
        if !self.has_room(N) {
            return NONE;
        }
        // SAFETY: there is room, so that nobody reads the statements; and this reference ends before anyone else's code
        // runs.
        let statements = unsafe { &mut *self.statements.get() };
        let index = statements.counts.len() as Index;
        // SAFETY: `room` and `room_for_partials` are capacities of these vectors, or less, and `n` is at most `N`.
        unsafe { statements.push_within_capacity(n.min(N), indices, partials) };
        index
    }

    /// Whether there is room for another statement and for `n` partial derivatives. If not, [`make_room`](Self::make_room)
    /// may help. The two are apart so that those who call them keep what they record in registers.
    #[inline(always)]
    pub(super) fn has_room(&self, n: usize) -> bool {
        let (n_statements, n_partials) = self.ends();
        n_statements < self.room.get() && n_partials + n <= self.room_for_partials.get()
    }

    /// Finds memory for another statement and for `n` partial derivatives.
    ///
    /// # Panics
    /// If nothing can be recorded now.
    #[cold]
    #[inline(never)]
    pub(super) fn make_room(&self, n: usize) {
        match self.access.get() {
            Access::Locked => {
                panic!("a variable was used while its tape runs backwards or is lent to a scratch")
            }
            Access::Full => return,
            Access::Open => {}
        }
        // SAFETY: the storage is open, so that nobody reads the statements; this reference ends with the line.
        let is_enough = unsafe { &mut *self.statements.get() }.grow(n, self.limit);
        if !is_enough {
            self.access.set(Access::Full);
        }
        self.find_room();
    }

    /// The numbers of statements and of partial derivatives.
    #[inline(always)]
    pub(super) fn ends(&self) -> (usize, usize) {
        // SAFETY: those who write to the statements are methods of this type, none of which calls this one meanwhile.
        let statements = unsafe { &*self.statements.get() };
        (statements.counts.len(), statements.partials.len())
    }

    /// Forgets all statements, and keeps their memory.
    pub(super) fn clear(&mut self) {
        self.statements.get_mut().truncate((0, 0));
        self.access.set(Access::Open);
        self.find_room();
    }

    /// Looks at the statements; none can be added meanwhile.
    ///
    /// # Errors
    /// If some are missing.
    pub(super) fn read<R>(&self, f: impl FnOnce(&Statements<T>) -> R) -> Result<R, TapeFull> {
        if self.access.get() == Access::Full {
            return Err(TapeFull { n_statements: self.ends().0, limit: self.limit });
        }
        let before = self.access.replace(Access::Locked);
        self.find_room();
        // SAFETY: who writes needs room, which there is none of.
        let result = f(unsafe { &*self.statements.get() });
        self.access.set(before);
        self.find_room();
        Ok(result)
    }

    /// Hands all statements over; this storage is locked until they are taken back.
    pub(super) fn lend(&self) -> (Self, Position) {
        let access = self.access.replace(Access::Locked);
        assert!(
            access != Access::Locked,
            "a scratch was opened on a tape that runs backwards or is lent to another"
        );
        let position = Position { ends: self.ends(), access };
        self.find_room();
        // SAFETY: the storage was not locked, so that nobody reads the statements; this reference ends with the line.
        let statements = mem::take(unsafe { &mut *self.statements.get() });
        let lent = Self {
            statements: UnsafeCell::new(statements),
            access: Cell::new(access),
            ..Self::new(self.limit)
        };
        lent.find_room();
        (lent, position)
    }

    /// Takes statements back that were lent, but for those that were added meanwhile.
    pub(super) fn take_back(&self, lent: Self, position: Position) {
        let mut statements = lent.statements.into_inner();
        statements.truncate(position.ends);
        // SAFETY: statements were lent, which left none to be read; this reference ends with the line.
        unsafe { *self.statements.get() = statements };
        self.access.set(position.access);
        self.find_room();
    }

    fn find_room(&self) {
        // SAFETY: those who write to the statements are methods of this type, none of which calls this one meanwhile.
        let statements = unsafe { &*self.statements.get() };
        let is_open = self.access.get() == Access::Open;
        let (room, room_for_partials) = if is_open { statements.room() } else { (0, 0) };
        self.room.set(room);
        self.room_for_partials.set(room_for_partials);
    }
}

impl<T> Default for Statements<T> {
    fn default() -> Self {
        Self { counts: Vec::new(), indices: Vec::new(), partials: Vec::new() }
    }
}

impl<T: Copy> Statements<T> {
    /// # Safety
    /// There must be room for another statement and for `N` partial derivatives; `n` is at most `N`.
    #[inline(always)]
    unsafe fn push_within_capacity<const N: usize>(
        &mut self,
        n: usize,
        indices: [Index; N],
        partials: [T; N],
    ) {
        let (k, end) = (self.counts.len(), self.partials.len());
        // SAFETY: all is written within capacity, as the caller knows, and before the lengths say so. Pointers to array
        // and element are aligned alike.
        unsafe {
            self.counts.as_mut_ptr().add(k).write(n as u8);
            self.indices.as_mut_ptr().add(end).cast::<[Index; N]>().write(indices);
            self.partials.as_mut_ptr().add(end).cast::<[T; N]>().write(partials);
            self.counts.set_len(k + 1);
            self.indices.set_len(end + n);
            self.partials.set_len(end + n);
        }
    }

    /// Most statements and partial derivatives that there is memory for.
    fn room(&self) -> (usize, usize) {
        let room_for_partials = self.indices.capacity().min(self.partials.capacity());
        (self.counts.capacity().min(NONE as usize), room_for_partials)
    }

    /// Finds memory for at least one more statement of `n` partial derivatives; if there is none, says so.
    fn grow(&mut self, n: usize, limit: usize) -> bool {
        let (room, room_for_partials) = self.room();
        let mut left =
            limit.saturating_sub(room * Self::BYTES + room_for_partials * Self::PARTIAL_BYTES);
        if self.counts.len() == room {
            let more = room.max(1 << 10).min(NONE as usize - room).min(left / 2 / Self::BYTES);
            if more == 0 || self.counts.try_reserve_exact(more).is_err() {
                return false;
            }
            left -= more * Self::BYTES;
        }
        if self.partials.len() + n > room_for_partials {
            let more = room_for_partials.max(1 << 12).min(left / Self::PARTIAL_BYTES);
            let unused = room_for_partials - self.partials.len();
            return unused + more >= n
                && self.indices.try_reserve_exact(unused + more).is_ok()
                && self.partials.try_reserve_exact(unused + more).is_ok();
        }
        true
    }

    /// Bytes of a statement: its number of partial derivatives, and its adjoint.
    const BYTES: usize = 1 + size_of::<T>();

    /// Bytes of a partial derivative, with its index.
    const PARTIAL_BYTES: usize = size_of::<Index>() + size_of::<T>();

    fn truncate(&mut self, (n_statements, n_partials): (usize, usize)) {
        self.counts.truncate(n_statements);
        self.indices.truncate(n_partials);
        self.partials.truncate(n_partials);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Adds a statement of `n` partial derivatives that tell which one it is, as users of the storage do.
    fn push(storage: &Storage<f64>, k: usize) -> Index {
        let n = k * 7 % 6;
        if !storage.has_room(5) {
            storage.make_room(5);
        }
        storage.push_first(n, [k as Index; 5], [k as f64, 1.0, 2.0, 3.0, 4.0])
    }

    /// Whether the storage holds the first `n_statements` of these, and nothing else.
    fn holds(storage: &Storage<f64>, n_statements: usize) -> bool {
        let n = |k: usize| k * 7 % 6;
        let indices: Vec<Index> = (0..n_statements).flat_map(|k| vec![k as Index; n(k)]).collect();
        let partials: Vec<f64> = (0..n_statements)
            .flat_map(|k| [k as f64, 1.0, 2.0, 3.0, 4.0][..n(k)].to_vec())
            .collect();
        let counts = (0..n_statements).map(|k| n(k) as u8);
        let held = |s: &Statements<f64>| {
            s.counts.iter().copied().eq(counts) && s.indices == indices && s.partials == partials
        };
        storage.read(held).expect("nothing is missing")
    }

    #[test]
    fn statements_are_kept_as_memory_grows() {
        let mut storage = Storage::new(usize::MAX);
        for round in 0..2 {
            for k in 0..10_000 {
                assert_eq!(push(&storage, k), k as Index);
            }
            assert!(holds(&storage, 10_000), "round {round}");
            storage.clear();
            assert!(holds(&storage, 0), "round {round}");
        }
    }

    #[test]
    fn lent_statements_come_back_without_those_that_were_added() {
        let storage = Storage::new(usize::MAX);
        (0..3000).for_each(|k| assert_eq!(push(&storage, k), k as Index));
        let (lent, position) = storage.lend();
        assert!(!storage.has_room(0) && holds(&storage, 0));
        (3000..9000).for_each(|k| assert_eq!(push(&lent, k), k as Index));
        assert!(holds(&lent, 9000));
        storage.take_back(lent, position);
        assert!(holds(&storage, 3000));
        (3000..4000).for_each(|k| assert_eq!(push(&storage, k), k as Index));
        assert!(holds(&storage, 4000));
    }

    #[test]
    fn nothing_is_added_while_statements_are_read() {
        let storage = Storage::new(usize::MAX);
        push(&storage, 0);
        let added = storage.read(|_| storage.push([0], [1.0]));
        assert_eq!(added, Ok(NONE));
        assert!(holds(&storage, 1));
        assert_eq!(push(&storage, 1), 1);
    }

    #[test]
    fn a_limit_is_reached_and_not_passed() {
        for limit in [0, 1, 100, 10_000, 100_000, 1_000_000] {
            let storage = Storage::new(limit);
            let n = (0..).find(|&k| push(&storage, k) == NONE).expect("there is a limit");
            let (n_statements, n_partials) = storage.ends();
            let n_bytes = n_statements * Statements::<f64>::BYTES
                + n_partials * Statements::<f64>::PARTIAL_BYTES;
            assert_eq!(n_statements, n);
            assert!(
                n_bytes <= limit && (limit < 10_000 || n_bytes > limit / 4),
                "{n_bytes} of {limit}"
            );
            assert_eq!(storage.read(|_| ()), Err(TapeFull { n_statements: n, limit }));
            assert_eq!(storage.push([0], [1.0]), NONE);
        }
    }
}
