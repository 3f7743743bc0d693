//! Recordings: variables, kept values and scratches of a tape.

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

/// An open recording on a tape.
pub struct Recording<'t, 'env, T = f64> {
    pub(super) tape: &'t Tape<T>,
    /// The leaves of this recording and, for a scratch, of the outer one.
    pub(super) leaves: &'t TapeLeaves<T>,
    pub(super) externals: &'t Externals<'env, T>,
    /// The storage that has lent its statements to a scratch.
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
    /// A new variable, by which derivatives can be taken.
    #[inline]
    pub fn variable(self, value: T) -> Var<'t, T> {
        let first = self.add_variables(&[value]);
        self.nth_variable(first, 0, value)
    }

    /// New variables, by which derivatives can be taken.
    pub fn variables(self, values: &[T]) -> Vec<Var<'t, T>> {
        let first = self.add_variables(values);
        values.iter().enumerate().map(|(k, &value)| self.nth_variable(first, k, value)).collect()
    }

    /// Adds variables and returns the index of the first one; `None` if there is no memory for them.
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

    /// Records the value of `x` as a statement of its own, so that derivatives can be taken by it.
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
        // This variable has no dependents: the statement passes its adjoint to the variable, besides its operands.
        let copy = self.add_variables(&[x.value]);
        let third = copy.map_or(TapeIndex::NONE, TapeIndex::variable);
        let index = record(self.storage(), x.indices, x.first, x.second, third);
        if let Some(copy) = copy.filter(|_| index != TapeIndex::NONE) {
            self.leaves.keep(index, copy);
        }
        Var::recorded(x.value, index, self.storage())
    }

    /// Records a statement whose value is `x`.
    pub(super) fn statement(self, x: Var<'t, T>) -> TapeIndex {
        record(self.storage(), x.indices, x.first, x.second, TapeIndex::NONE)
    }

    /// This recording, if it is complete.
    ///
    /// # Errors
    /// If the tape had no memory for some statement or variable.
    pub fn checked(self) -> Result<Self, TapeFull> {
        self.storage().read(|_| self)
    }

    /// The number of recorded values: variables and statements. A value that depends on at most two others needs no
    /// statement.
    pub fn n_statements(self) -> usize {
        let Ends { n_variables, n_statements, .. } = self.storage().ends();
        n_variables + n_statements
    }

    /// The number of recorded partial derivatives.
    pub fn n_partials(self) -> usize {
        self.storage().ends().n_partials
    }

    /// The bytes of statements and partial derivatives, without the values of variables and the adjoints of a reverse
    /// sweep.
    pub fn n_bytes(self) -> usize {
        let Ends { n_statements, n_partials, .. } = self.storage().ends();
        n_statements * size_of::<Statement>() + n_partials * size_of::<T>()
    }

    /// Runs `f` with a recording that continues this one, and discards the statements of `f` at its end.
    ///
    /// [`bring`](Self::bring) takes variables of this recording into the scratch. Until the scratch ends, they must not
    /// be used otherwise.
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
    /// If an operation on variables of this recording is recorded before the scratch ends.
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

    /// Takes a variable of the outer recording into this [scratch](Self::scratch).
    ///
    /// # Panics
    /// If the variable belongs to another recording.
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

/// A tape that borrows the statements of another one, and returns them when it is dropped, also by a panic.
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
