//! Leaves of a tape: the variables and kept values by which derivatives are taken.

use std::cell::RefCell;

use super::{Var, indices::TapeIndex};
use crate::Number;

/// The values of variables, and the kept statements.
///
/// The value distinguishes `x` from `x + 3`, which has the same partial derivatives, but is no leaf.
#[derive(Debug)]
pub(super) struct TapeLeaves<T> {
    variables: RefCell<Vec<T>>,
    /// The kept statements in order, each with the variable to which its adjoint is passed.
    kept: RefCell<Vec<(TapeIndex, usize)>>,
}

impl<T> Default for TapeLeaves<T> {
    fn default() -> Self {
        Self { variables: RefCell::default(), kept: RefCell::default() }
    }
}

impl<T: Number> TapeLeaves<T> {
    /// Appends variables.
    pub(super) fn add(&self, values: &[T]) {
        self.variables.borrow_mut().extend_from_slice(values);
    }

    /// Appends a kept statement; `variable` has the same value, and receives the adjoint.
    pub(super) fn keep(&self, statement: TapeIndex, variable: usize) {
        self.kept.borrow_mut().push((statement, variable));
    }

    /// The numbers of variables and of kept statements.
    pub(super) fn ends(&self) -> (usize, usize) {
        (self.variables.borrow().len(), self.kept.borrow().len())
    }

    pub(super) fn truncate(&self, (n_variables, n_kept): (usize, usize)) {
        self.variables.borrow_mut().truncate(n_variables);
        self.kept.borrow_mut().truncate(n_kept);
    }

    /// The variable with the adjoint of `x`, if `x` is a variable or was kept.
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
