//! Variables that derivatives are taken by.

use std::cell::RefCell;

use super::{Var, indices::TapeIndex};
use crate::Number;

/// Values of variables, and which of these are by statements that were kept.
///
/// The value is what tells `x` from `x + 3`, which has the same partial derivatives, but another adjoint.
#[derive(Debug)]
pub(super) struct TapeLeaves<T> {
    variables: RefCell<Vec<T>>,
    /// In the order of statements, each with the number of the variable that its adjoint is handed on to.
    kept: RefCell<Vec<(TapeIndex, usize)>>,
}

impl<T> Default for TapeLeaves<T> {
    fn default() -> Self {
        Self { variables: RefCell::default(), kept: RefCell::default() }
    }
}

impl<T: Number> TapeLeaves<T> {
    /// Adds variables that are later than all others.
    pub(super) fn add(&self, values: &[T]) {
        self.variables.borrow_mut().extend_from_slice(values);
    }

    /// Keeps a statement that is later than all others; `variable` has its value, and gets its adjoint.
    pub(super) fn keep(&self, statement: TapeIndex, variable: usize) {
        self.kept.borrow_mut().push((statement, variable));
    }

    /// How many there are, of both kinds.
    pub(super) fn ends(&self) -> (usize, usize) {
        (self.variables.borrow().len(), self.kept.borrow().len())
    }

    pub(super) fn truncate(&self, (n_variables, n_kept): (usize, usize)) {
        self.variables.borrow_mut().truncate(n_variables);
        self.kept.borrow_mut().truncate(n_kept);
    }

    /// The number of the variable that has the adjoint of `x`, if `x` is a variable or was kept.
    pub(super) fn find(&self, x: Var<'_, T>) -> Option<usize> {
        let index = x.recorded_index()?;
        let variable = match index.as_variable() {
            Some(variable) => variable,
            None => {
                let kept = self.kept.borrow();
                kept[kept.binary_search_by_key(&index, |kept| kept.0).ok()?].1
            }
        };
        let value = *self.variables.borrow().get(variable)?;
        (x.value.primal().to_bits() == value.primal().to_bits()).then_some(variable)
    }
}
