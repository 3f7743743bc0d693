//! The recording of a tape, and the methods that it has meanwhile.

use std::{cell::Cell, fmt, marker::PhantomData, mem, ptr};

use super::{
    Tape, Var,
    external::Externals,
    full::TapeFull,
    indices::TapeIndex,
    leaves::TapeLeaves,
    storage::{Ends, Position, Statement, Storage},
    variable::{Brand, record},
};
use crate::Number;

/// A tape that is being recorded on.
pub struct Recording<'t, 'env, T = f64> {
    pub(super) tape: &'t Tape<T>,
    /// Those of the recording that this one is a scratch of, and its own.
    pub(super) leaves: &'t TapeLeaves<T>,
    pub(super) externals: &'t Externals<'env, T>,
    /// Whose statements a scratch has.
    pub(super) lender: Option<*const Storage<T>>,
    pub(super) brand: Brand<'t>,
}

impl<T: Number> fmt::Debug for Recording<'_, '_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tape.fmt(f)
    }
}

impl<T> Clone for Recording<'_, '_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Recording<'_, '_, T> {}

impl<'t, 'env, T: Number> Recording<'t, 'env, T> {
    /// A number to take derivatives by.
    #[inline]
    pub fn variable(self, value: T) -> Var<'t, T> {
        let first = self.add_variables(&[value]);
        self.nth_variable(first, 0, value)
    }

    /// Numbers to take derivatives by.
    pub fn variables(self, values: &[T]) -> Vec<Var<'t, T>> {
        let first = self.add_variables(values);
        values.iter().enumerate().map(|(k, &value)| self.nth_variable(first, k, value)).collect()
    }

    /// Adds variables; the number of the first one, if there is memory for them.
    fn add_variables(self, values: &[T]) -> Option<usize> {
        let first = self.storage().add_variables(values.len());
        if first.is_some() {
            self.leaves.add(values);
        }
        first
    }

    #[inline]
    fn nth_variable(self, first: Option<usize>, k: usize, value: T) -> Var<'t, T> {
        let index = first.map_or(TapeIndex::NONE, |first| TapeIndex::variable(first + k));
        Var::recorded(value, index, self.storage())
    }

    /// The same number as a recorded value of its own, so that derivatives can be taken by it.
    ///
    /// ```
    /// use retrograd_scalar::Tape;
    ///
    /// Tape::new().record(|t| {
    ///     let x = t.variable(2.0);
    ///     let y = t.keep(x + 1.0);
    ///     let z = x * y;
    ///     assert_eq!((t.reverse(z).of(y), t.reverse(z).of(x)), (2.0, 5.0));
    /// });
    /// ```
    pub fn keep(self, x: Var<'t, T>) -> Var<'t, T> {
        if x.is_constant() || self.leaves.find(x).is_some() {
            return x;
        }
        // A variable that nothing depends on: the statement hands its adjoint on to it, beside what it depends on itself.
        let copy = self.add_variables(&[x.value]);
        let third = copy.map_or(TapeIndex::NONE, TapeIndex::variable);
        let index = record(self.storage(), x.indices, x.first, x.second, third);
        if let Some(copy) = copy.filter(|_| index != TapeIndex::NONE) {
            self.leaves.keep(index, copy);
        }
        Var::recorded(x.value, index, self.storage())
    }

    /// A new statement that gives a number.
    pub(super) fn statement(self, x: Var<'t, T>) -> TapeIndex {
        record(self.storage(), x.indices, x.first, x.second, TapeIndex::NONE)
    }

    /// This recording, if nothing is missing in it.
    ///
    /// # Errors
    /// If the tape had no memory for all that was to be recorded.
    pub fn checked(self) -> Result<Self, TapeFull> {
        self.storage().read(|_| self)
    }

    /// How many values are recorded: variables, and what depends on more than two others.
    pub fn n_statements(self) -> usize {
        let Ends { n_variables, n_statements, .. } = self.storage().ends();
        n_variables + n_statements
    }

    /// How many partial derivatives of these values are recorded.
    pub fn n_partials(self) -> usize {
        self.storage().ends().n_partials
    }

    /// Bytes of what is recorded, without the values of variables and the adjoints of a reverse pass.
    pub fn n_bytes(self) -> usize {
        let Ends { n_statements, n_partials, .. } = self.storage().ends();
        n_statements * size_of::<Statement>() + n_partials * size_of::<T>()
    }

    /// Calls `f` with a recording that goes on where this one is, and then forgets everything that `f` has recorded.
    ///
    /// Variables of this recording are [brought](Self::bring) into that one. They must not be used otherwise meanwhile.
    ///
    /// ```
    /// use retrograd_scalar::Tape;
    ///
    /// Tape::new().record(|t| {
    ///     let x = t.variable(3.0);
    ///     let slope = t.scratch(|s| {
    ///         let x = s.bring(x);
    ///         s.reverse(x * x).of(x)
    ///     });
    ///     assert_eq!(slope, 6.0);
    ///     assert_eq!(t.n_statements(), 1);
    /// });
    /// ```
    ///
    /// # Panics
    /// If variables of this recording are recorded with meanwhile.
    pub fn scratch<R>(self, f: impl for<'s> FnOnce(Recording<'s, 'env, T>) -> R) -> R {
        let scratch = ScratchTape::of(self);
        f(Recording {
            tape: &scratch.tape,
            leaves: self.leaves,
            externals: self.externals,
            lender: Some(ptr::from_ref(self.storage())),
            brand: PhantomData,
        })
    }

    /// A variable of the recording that this one is a [scratch](Self::scratch) of.
    ///
    /// # Panics
    /// If it is a variable of another recording.
    pub fn bring(self, x: Var<'_, T>) -> Var<'t, T> {
        let is_known = x.is_constant()
            || (self.lender.is_some() && x.storage.map(ptr::from_ref) == self.lender);
        assert!(
            is_known,
            "bring: the variable is not of the recording that this one is a scratch of"
        );
        Var::unrecorded(x.value).depending(x.indices, x.first, x.second, self.storage())
    }

    #[inline(always)]
    pub(super) fn storage(self) -> &'t Storage<T> {
        &self.tape.storage
    }
}

/// A tape that has what another one has recorded until it is dropped, as it is by a panic, too.
struct ScratchTape<'t, 'env, T: Number> {
    lender: Recording<'t, 'env, T>,
    tape: Tape<T>,
    position: Position,
    n_externals: usize,
    n_leaves: (usize, usize),
}

impl<'t, 'env, T: Number> ScratchTape<'t, 'env, T> {
    fn of(lender: Recording<'t, 'env, T>) -> Self {
        let (storage, position) = lender.storage().lend();
        let adjoints = Cell::new(lender.tape.adjoints.take());
        let tape = Tape { storage, leaves: TapeLeaves::default(), adjoints };
        let (n_externals, n_leaves) = (lender.externals.borrow().len(), lender.leaves.ends());
        Self { lender, tape, position, n_externals, n_leaves }
    }
}

impl<T: Number> Drop for ScratchTape<'_, '_, T> {
    fn drop(&mut self) {
        let Recording { tape, leaves, externals, .. } = self.lender;
        externals.borrow_mut().truncate(self.n_externals);
        leaves.truncate(self.n_leaves);
        let Tape { storage, adjoints, .. } = mem::take(&mut self.tape);
        tape.adjoints.set(adjoints.take());
        tape.storage.take_back(storage, self.position);
    }
}
