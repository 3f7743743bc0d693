//! Reverse mode as a program runs: a tape that records what it computes.

mod reverse;
mod storage;
mod variable;

use std::{cell::Cell, fmt, marker::PhantomData};

pub use self::{reverse::Adjoints, variable::Var};

use self::storage::{Storage, Terms};
use crate::Number;

/// A record of operations on numbers, which one pass backwards over gives all derivatives of.
///
/// Numbers have their values at once, so control flow may depend on them. A tape keeps its memory from one recording to
/// the next.
///
/// ```
/// use retrograd_scalar::{Real, Tape};
///
/// let mut tape = Tape::new();
/// let gradient = tape.record(|t| {
///     let x = t.variables(&[2.0, 3.0]);
///     let y = x[0] * x[1] + x[0].sin();
///     t.reverse(y).collect(&x)
/// });
/// assert_eq!(gradient, [3.0 + 2f64.cos(), 2.0]);
/// ```
///
/// Variables belong to one recording, which the compiler checks: they can neither leave it
///
/// ```compile_fail
/// # use retrograd_scalar::Tape;
/// let mut tape = Tape::<f64>::new();
/// let x = tape.record(|t| t.variable(1.0)); // lifetime may not live long enough
/// ```
///
/// nor be mixed with those of another one:
///
/// ```compile_fail
/// # use retrograd_scalar::Tape;
/// let (mut tape, mut other) = (Tape::<f64>::new(), Tape::<f64>::new());
/// tape.record(|t| other.record(|u| (t.variable(1.0) * u.variable(1.0)).value())); // escapes the closure
/// ```
pub struct Tape<T = f64> {
    storage: Storage<T>,
    /// Memory of the last reverse pass.
    adjoints: Cell<Vec<T>>,
}

impl<T: Number> fmt::Debug for Tape<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tape of {} statements", self.storage.n_statements())
    }
}

impl<T: Number> Default for Tape<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Number> Tape<T> {
    /// An empty tape.
    pub fn new() -> Self {
        Self { storage: Storage::new(), adjoints: Cell::new(Vec::new()) }
    }

    /// Records what `f` computes, in place of what was recorded before.
    pub fn record<R>(&mut self, f: impl for<'t> FnOnce(Recording<'t, T>) -> R) -> R {
        self.storage.clear();
        f(Recording { tape: self, brand: PhantomData })
    }

    /// The value of a function at `x`, and its derivatives by each element of `x`, which are written to `gradient`.
    ///
    /// # Panics
    /// If `gradient` is not as long as `x`.
    pub fn value_and_gradient(
        &mut self,
        f: impl for<'t> FnOnce(&[Var<'t, T>]) -> Var<'t, T>,
        x: &[T],
        gradient: &mut [T],
    ) -> T {
        assert_eq!(
            gradient.len(),
            x.len(),
            "value_and_gradient: the gradient must be as long as x"
        );
        self.record(|t| {
            let x = t.variables(x);
            let y = f(&x);
            t.reverse(y).write(&x, gradient);
            y.value()
        })
    }
}

/// A tape that is being recorded on.
pub struct Recording<'t, T = f64> {
    tape: &'t Tape<T>,
    brand: PhantomData<fn(&'t ()) -> &'t ()>,
}

impl<T: Number> fmt::Debug for Recording<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tape.fmt(f)
    }
}

impl<T> Clone for Recording<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Recording<'_, T> {}

impl<'t, T: Number> Recording<'t, T> {
    /// A number to take derivatives by.
    #[inline]
    pub fn variable(self, value: T) -> Var<'t, T> {
        Var::recorded(value, self.tape.storage.push(&Terms::none()), &self.tape.storage)
    }

    /// Numbers to take derivatives by.
    pub fn variables(self, values: &[T]) -> Vec<Var<'t, T>> {
        values.iter().map(|&value| self.variable(value)).collect()
    }

    /// The same number, recorded as a value of its own, so that derivatives can be taken by it.
    pub fn keep(self, x: Var<'t, T>) -> Var<'t, T> {
        let mut terms = Terms::none();
        x.terms().for_each(|(index, partial)| terms.add(index, partial));
        Var::recorded(x.value, self.tape.storage.push(&terms), &self.tape.storage)
    }

    /// How many statements are recorded: variables, and values that depend on more than two others.
    pub fn n_statements(self) -> usize {
        self.tape.storage.n_statements()
    }
}
