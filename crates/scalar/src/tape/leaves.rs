//! Variables that derivatives are taken by.

use std::cell::RefCell;

use super::{
    Var,
    storage::{Index, NONE},
};
use crate::Number;

/// Statements that are variables, or kept values, and what they give.
///
/// The value is what tells `x` from `x + 3`, which has the same partial derivatives, but another adjoint.
#[derive(Debug)]
pub(super) struct Leaves<T>(RefCell<Vec<(Index, T)>>);

impl<T> Default for Leaves<T> {
    fn default() -> Self {
        Self(RefCell::new(Vec::new()))
    }
}

impl<T: Number> Leaves<T> {
    /// Adds a statement that is later than all others.
    pub(super) fn push(&self, index: Index, value: T) {
        if index != NONE {
            self.0.borrow_mut().push((index, value));
        }
    }

    pub(super) fn len(&self) -> usize {
        self.0.borrow().len()
    }

    pub(super) fn truncate(&self, n: usize) {
        self.0.borrow_mut().truncate(n);
    }

    /// The statement that `x` is a variable by, if it is one.
    pub(super) fn find(&self, x: Var<'_, T>) -> Option<Index> {
        let index = x.indices.first();
        let is_of_one = x.indices.len() == 1 && (x.first - T::constant(1.0)).is_zero();
        let leaves = self.0.borrow();
        // Mostly variables are the first statements.
        let (_, value) = match leaves.get(index as usize) {
            Some(leaf) if leaf.0 == index => leaf,
            _ => &leaves[leaves.binary_search_by_key(&index, |leaf| leaf.0).ok()?],
        };
        let is_same = x.value.primal().to_bits() == value.primal().to_bits();
        (is_of_one && is_same).then_some(index)
    }
}
