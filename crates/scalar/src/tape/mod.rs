//! Reverse mode as a program runs: a tape that records what it computes.

mod checkpoint;
mod external;
mod full;
mod indices;
mod leaves;
mod recording;
mod reverse;
mod revolve;
mod storage;
mod variable;

use std::{
    cell::{Cell, RefCell},
    fmt,
    marker::PhantomData,
};

pub use self::{full::TapeFull, recording::Recording, reverse::Adjoints, variable::Var};

use self::{leaves::TapeLeaves, storage::Storage};
use crate::{Number, lengths::require_as_many};

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
    leaves: TapeLeaves<T>,
    /// Memory of reverse passes, all 0 between them.
    adjoints: Cell<Vec<T>>,
}

impl<T: Number> fmt::Debug for Tape<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tape of {} statements", self.storage.ends().n_statements)
    }
}

impl<T: Number> Default for Tape<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Number> Tape<T> {
    /// An empty tape, which grows as long as there is memory.
    pub fn new() -> Self {
        Self::with_limit(usize::MAX)
    }

    /// An empty tape that takes at most so many bytes, the adjoints of one reverse pass included. What a step of a
    /// [checkpointed](Recording::checkpointed) loop records by itself is not among them.
    ///
    /// A function that needs more still gets its values, but no derivatives: [`Recording::checked`] says so.
    pub fn with_limit(bytes: usize) -> Self {
        let adjoints = Cell::new(Vec::new());
        Self { storage: Storage::new(bytes), leaves: TapeLeaves::default(), adjoints }
    }

    /// Records what `f` computes, in place of what was recorded before.
    pub fn record<'env, R>(&mut self, f: impl for<'t> FnOnce(Recording<'t, 'env, T>) -> R) -> R {
        self.storage.clear();
        self.leaves.truncate((0, 0));
        let externals = RefCell::new(Vec::new());
        f(Recording {
            tape: self,
            leaves: &self.leaves,
            externals: &externals,
            lender: None,
            brand: PhantomData,
        })
    }

    /// The value of a function at `x`, and its derivatives by each element of `x`, which are written to `gradient`.
    ///
    /// ```
    /// use retrograd_scalar::Tape;
    ///
    /// let mut tape = Tape::new();
    /// let (mut x, mut gradient) = ([1.0, 2.0], [0.0; 2]);
    /// for _ in 0..100 {
    ///     tape.value_and_gradient(|x| x[0] * x[0] + x[1] * x[1], &x, &mut gradient);
    ///     x.iter_mut().zip(gradient).for_each(|(x, slope)| *x -= 0.1 * slope);
    /// }
    /// assert!(x[0] < 1e-9 && x[1] < 1e-9);
    /// ```
    ///
    /// # Panics
    /// If `gradient` is not as long as `x`, or the tape is [full](Recording::checked).
    #[track_caller]
    pub fn value_and_gradient(
        &mut self,
        f: impl for<'t> FnOnce(&[Var<'t, T>]) -> Var<'t, T>,
        x: &[T],
        gradient: &mut [T],
    ) -> T {
        self.try_value_and_gradient(f, x, gradient)
            .unwrap_or_else(|full| panic!("value_and_gradient: {full}"))
    }

    /// [`value_and_gradient`](Self::value_and_gradient) that returns what is wrong.
    ///
    /// # Errors
    /// If the tape is full.
    ///
    /// # Panics
    /// If `gradient` is not as long as `x`.
    #[track_caller]
    pub fn try_value_and_gradient(
        &mut self,
        f: impl for<'t> FnOnce(&[Var<'t, T>]) -> Var<'t, T>,
        x: &[T],
        gradient: &mut [T],
    ) -> Result<T, TapeFull> {
        require_as_many("value_and_gradient", ("gradient", gradient.len()), ("x", x.len()));
        self.record(|t| {
            let x = t.variables(x);
            let y = f(&x);
            t.checked()?.reverse(y).write_all(gradient);
            Ok(y.value())
        })
    }
}
