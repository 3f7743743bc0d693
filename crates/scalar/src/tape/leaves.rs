//! Variables that derivatives are taken by.

use std::cell::RefCell;

use super::{Var, indices::Index};
use crate::Number;

/// Values of variables, and of statements that were kept.
///
/// The value is what tells `x` from `x + 3`, which has the same partial derivatives, but another adjoint.
#[derive(Debug)]
pub(super) struct Leaves<T> {
    variables: RefCell<Vec<T>>,
    /// In the order of statements.
    kept: RefCell<Vec<(Index, T)>>,
}

impl<T> Default for Leaves<T> {
    fn default() -> Self {
        Self { variables: RefCell::default(), kept: RefCell::default() }
    }
}

impl<T: Number> Leaves<T> {
    /// Adds variables that are later than all others.
    pub(super) fn add(&self, values: &[T]) {
        self.variables.borrow_mut().extend_from_slice(values);
    }

    /// Keeps a statement that is later than all others.
    pub(super) fn keep(&self, index: Index, value: T) {
        self.kept.borrow_mut().push((index, value));
    }

    /// How many there are, of both kinds.
    pub(super) fn ends(&self) -> (usize, usize) {
        (self.variables.borrow().len(), self.kept.borrow().len())
    }

    pub(super) fn truncate(&self, (n_variables, n_kept): (usize, usize)) {
        self.variables.borrow_mut().truncate(n_variables);
        self.kept.borrow_mut().truncate(n_kept);
    }

    /// What `x` is, if it is a variable or was kept.
    pub(super) fn find(&self, x: Var<'_, T>) -> Option<Index> {
        let index = x.recorded_index()?;
        let value = match index.as_variable() {
            Some(k) => *self.variables.borrow().get(k)?,
            None => {
                let kept = self.kept.borrow();
                kept[kept.binary_search_by_key(&index, |kept| kept.0).ok()?].1
            }
        };
        (x.value.primal().to_bits() == value.primal().to_bits()).then_some(index)
    }
}
