//! The memory of a tape: statements, each with the partial derivatives of a value by earlier values.
//!
//! This is the only place of the crate with `unsafe`. Scalars are `Copy` and share a reference to the storage, so
//! statements are added through shared references. One check covers all parts of a statement.
#![allow(
    unsafe_code,
    reason = "the same with `RefCell` takes up to 13 % longer; see docs/scalars.md"
)]

mod prefetch;
mod record;
#[cfg(test)]
mod tests;

use std::{
    cell::{Cell, UnsafeCell},
    mem,
};

pub(super) use self::{
    prefetch::expect_reads,
    record::{Ends, Record, Statement},
};

use super::{
    full::TapeFull,
    indices::{BackLink, Indices, TapeIndex},
};
use crate::Number;

/// A record that grows through shared references.
#[derive(Debug)]
pub(super) struct Storage<T> {
    record: UnsafeCell<Record<T>>,
    /// The number of statements for which there is room, each new one with three partial derivatives; 0 while the
    /// record is read.
    room: Cell<usize>,
    access: Cell<Access>,
    /// The limit in bytes of a recording and one reverse sweep.
    limit: usize,
}

/// The state of a storage when its record was lent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Position {
    ends: Ends,
    access: Access,
}

/// The access to a record.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Access {
    /// Statements can be added.
    Open,
    /// The memory is full.
    Full,
    /// The record is being read, or was lent.
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

    /// Adds a statement of two partial derivatives and an implied 1 by `third`, or of three. Returns its index, or
    /// [`TapeIndex::NONE`] if there is [no room](Self::has_room).
    #[inline(always)]
    pub(super) fn push<const N: usize>(
        &self,
        pair: Indices,
        third: TapeIndex,
        partials: [T; N],
    ) -> TapeIndex {
        const { assert!(N == 2 || N == 3) };
        if !self.has_room() {
            return TapeIndex::NONE;
        }
        // SAFETY: there is room, so nobody reads the record; and this reference ends before any foreign code runs.
        let record = unsafe { &mut *self.record.get() };
        let index = TapeIndex::statement(record.statements.len());
        let third = BackLink::new(third, N == 3);
        // SAFETY: there is room.
        unsafe {
            record.push_within_capacity(
                Statement { first: pair.first(), second: pair.second(), third },
                partials,
            );
        }
        index
    }

    /// Whether there is room for another statement. If not, [`make_room`](Self::make_room) may find some. The two
    /// functions are separate so that callers keep the statement in registers.
    #[inline(always)]
    pub(super) fn has_room(&self) -> bool {
        // SAFETY: only methods of this type write to the record, and none of them calls this one while it writes.
        unsafe { &*self.record.get() }.statements.len() < self.room.get()
    }

    /// Finds memory for another statement.
    ///
    /// # Panics
    /// If the record is locked.
    #[cold]
    #[inline(never)]
    pub(super) fn make_room(&self) {
        self.change(|record, limit| record.grow(limit));
    }

    /// Adds variables. Returns the index of the first one, or `None` if there is no memory for all of them.
    ///
    /// # Panics
    /// If the record is locked.
    pub(super) fn add_variables(&self, n: usize) -> Option<usize> {
        let first = self.ends().n_variables;
        self.change(|record, limit| record.add_variables(n, limit)).then_some(first)
    }

    /// Changes the record, unless it is full. Returns whether the memory sufficed.
    fn change(&self, f: impl FnOnce(&mut Record<T>, usize) -> bool) -> bool {
        if !self.is_open() {
            return false;
        }
        // SAFETY: the storage is open, so nobody reads the record; this reference ends with the line.
        let is_enough = f(unsafe { &mut *self.record.get() }, self.limit);
        if !is_enough {
            self.access.set(Access::Full);
        }
        self.find_room();
        is_enough
    }

    /// Whether the record is open; if not, it is full.
    ///
    /// # Panics
    /// If the record is locked.
    fn is_open(&self) -> bool {
        let access = self.access.get();
        assert!(
            access != Access::Locked,
            "a variable was used while its tape runs backwards or is lent to a scratch"
        );
        access == Access::Open
    }

    /// The numbers of variables, statements and partial derivatives.
    pub(super) fn ends(&self) -> Ends {
        // SAFETY: only methods of this type write to the record, and none of them calls this one while it writes.
        unsafe { &*self.record.get() }.ends()
    }

    /// Clears the record and keeps its memory.
    pub(super) fn clear(&mut self) {
        self.record.get_mut().truncate(Ends { n_variables: 0, n_statements: 0, n_partials: 0 });
        self.set_access(Access::Open);
    }

    /// Reads the record, which is locked during the call.
    ///
    /// # Errors
    /// If the record is incomplete.
    ///
    /// # Panics
    /// If the record is being read, or was lent.
    pub(super) fn read<R>(&self, f: impl FnOnce(&Record<T>) -> R) -> Result<R, TapeFull> {
        if !self.is_open() {
            let Ends { n_variables, n_statements, .. } = self.ends();
            return Err(TapeFull { n_statements: n_variables + n_statements, limit: self.limit });
        }
        let _lock = Lock::of(self);
        // SAFETY: writing needs room, and there is no room while the lock exists.
        Ok(f(unsafe { &*self.record.get() }))
    }

    /// Lends the record; this storage is locked until the record is taken back.
    pub(super) fn lend(&self) -> (Self, Position) {
        let access = self.access.replace(Access::Locked);
        assert!(
            access != Access::Locked,
            "a scratch was opened on a tape that runs backwards or is lent to another"
        );
        let position = Position { ends: self.ends(), access };
        self.find_room();
        // SAFETY: the storage was not locked, so nobody reads the record; this reference ends with the line.
        let record = mem::take(unsafe { &mut *self.record.get() });
        let lent = Self {
            record: UnsafeCell::new(record),
            access: Cell::new(access),
            ..Self::new(self.limit)
        };
        lent.find_room();
        (lent, position)
    }

    /// Takes the lent record back, without the statements added since.
    pub(super) fn take_back(&self, lent: Self, position: Position) {
        let mut record = lent.record.into_inner();
        record.truncate(position.ends);
        // SAFETY: the record was lent, so nobody reads this one; this reference ends with the line.
        unsafe { *self.record.get() = record };
        self.set_access(position.access);
    }

    fn set_access(&self, access: Access) {
        self.access.set(access);
        self.find_room();
    }

    fn find_room(&self) {
        // SAFETY: only methods of this type write to the record, and none of them calls this one while it writes.
        let record = unsafe { &*self.record.get() };
        let is_open = self.access.get() == Access::Open;
        self.room.set(if is_open { record.room(self.limit) } else { 0 });
    }
}

/// A guard that locks an open storage until it is dropped, also by a panic.
struct Lock<'a, T: Number>(&'a Storage<T>);

impl<'a, T: Number> Lock<'a, T> {
    fn of(storage: &'a Storage<T>) -> Self {
        storage.set_access(Access::Locked);
        Self(storage)
    }
}

impl<T: Number> Drop for Lock<'_, T> {
    fn drop(&mut self) {
        self.0.set_access(Access::Open);
    }
}
