//! Memory of a tape: statements, each a value's partial derivatives by earlier values.
//!
//! The only place of this crate with `unsafe`: statements are added through shared references, since variables are
//! copied freely, and without a check for each of their parts.
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

/// The access to a record.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Access {
    /// More can be added.
    Open,
    /// There is no memory for more.
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

    /// Adds a statement of two partial derivatives, and one of 1 by `third`; or of three. Returns its index, or none if
    /// there is [no room](Self::has_room).
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
        // SAFETY: there is room, so that nobody reads the record; and this reference ends before anyone else's code
        // runs.
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
        if !self.is_open() {
            return false;
        }
        // SAFETY: the storage is open, so that nobody reads the record; this reference ends with the line.
        let is_enough = f(unsafe { &mut *self.record.get() }, self.limit);
        if !is_enough {
            self.access.set(Access::Full);
        }
        self.find_room();
        is_enough
    }

    /// Whether more can be added; if not, the record is full.
    ///
    /// # Panics
    /// If it is locked.
    fn is_open(&self) -> bool {
        let access = self.access.get();
        assert!(
            access != Access::Locked,
            "a variable was used while its tape runs backwards or is lent to a scratch"
        );
        access == Access::Open
    }

    /// How much is recorded.
    pub(super) fn ends(&self) -> Ends {
        // SAFETY: those who write to the record are methods of this type, none of which calls this one meanwhile.
        unsafe { &*self.record.get() }.ends()
    }

    /// Forgets all that is recorded, and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.record.get_mut().truncate(Ends { n_variables: 0, n_statements: 0, n_partials: 0 });
        self.set_access(Access::Open);
    }

    /// Looks at the record; nothing can be added meanwhile.
    ///
    /// # Errors
    /// If something is missing.
    ///
    /// # Panics
    /// If it is being read, or was lent.
    pub(super) fn read<R>(&self, f: impl FnOnce(&Record<T>) -> R) -> Result<R, TapeFull> {
        if !self.is_open() {
            let Ends { n_variables, n_statements, .. } = self.ends();
            return Err(TapeFull { n_statements: n_variables + n_statements, limit: self.limit });
        }
        let _lock = Lock::of(self);
        // SAFETY: who writes needs room, which there is none of as long as there is the lock.
        Ok(f(unsafe { &*self.record.get() }))
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
        self.set_access(position.access);
    }

    fn set_access(&self, access: Access) {
        self.access.set(access);
        self.find_room();
    }

    fn find_room(&self) {
        // SAFETY: those who write to the record are methods of this type, none of which calls this one meanwhile.
        let record = unsafe { &*self.record.get() };
        let is_open = self.access.get() == Access::Open;
        self.room.set(if is_open { record.room(self.limit) } else { 0 });
    }
}

/// The lock of an open storage, released when it is dropped, as it is by a panic, too.
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
