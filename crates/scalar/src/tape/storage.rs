//! What is recorded: statements, each a value's partial derivatives by earlier values.

use std::cell::RefCell;

use crate::Number;

/// The number of a statement, which is its position.
pub(super) type Index = u32;

/// In place of an index: no statement.
pub(super) const NONE: Index = Index::MAX;

/// At most this many partial derivatives are in one statement.
pub(super) const WIDTH: usize = 4;

/// Partial derivatives of a value by the values of statements.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms<T> {
    pub(super) n: usize,
    pub(super) indices: [Index; WIDTH],
    pub(super) partials: [T; WIDTH],
}

impl<T: Number> Terms<T> {
    #[inline(always)]
    pub(super) fn none() -> Self {
        Self { n: 0, indices: [NONE; WIDTH], partials: [T::default(); WIDTH] }
    }

    /// Adds a partial derivative, to that by the same statement if there is one.
    #[inline(always)]
    pub(super) fn add(&mut self, index: Index, partial: T) {
        for k in 0..self.n {
            if self.indices[k] == index {
                self.partials[k] = self.partials[k] + partial;
                return;
            }
        }
        self.indices[self.n] = index;
        self.partials[self.n] = partial;
        self.n += 1;
    }
}

/// Statements in the order of recording.
#[derive(Debug, Default)]
pub(super) struct Statements<T> {
    /// How many partial derivatives each statement has.
    pub(super) counts: Vec<u8>,
    pub(super) indices: Vec<Index>,
    pub(super) partials: Vec<T>,
}

/// Statements that can be added through shared references.
#[derive(Debug)]
pub(super) struct Storage<T>(RefCell<Statements<T>>);

impl<T: Number> Storage<T> {
    pub(super) fn new() -> Self {
        Self(RefCell::new(Statements {
            counts: Vec::new(),
            indices: Vec::new(),
            partials: Vec::new(),
        }))
    }

    /// Adds a statement.
    #[inline(always)]
    pub(super) fn push(&self, terms: &Terms<T>) -> Index {
        let mut statements = self.0.borrow_mut();
        let index = statements.counts.len();
        statements.counts.push(terms.n as u8);
        statements.indices.extend_from_slice(&terms.indices[..terms.n]);
        statements.partials.extend_from_slice(&terms.partials[..terms.n]);
        index as Index
    }

    pub(super) fn n_statements(&self) -> usize {
        self.0.borrow().counts.len()
    }

    pub(super) fn clear(&mut self) {
        let statements = self.0.get_mut();
        statements.counts.clear();
        statements.indices.clear();
        statements.partials.clear();
    }

    /// Looks at the statements; none can be added meanwhile.
    pub(super) fn read<R>(&self, f: impl FnOnce(&Statements<T>) -> R) -> R {
        f(&self.0.borrow())
    }
}
