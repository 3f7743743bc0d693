//! Reverse mode of a running program: a tape that records its operations.

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

/// A tape: the list of statements of a recorded function. One reverse sweep over the statements computes all
/// derivatives.
///
/// Each operation computes its value when it is recorded, so control flow may depend on values. A tape keeps its memory
/// from one recording to the next.
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
/// Variables belong to one recording. The compiler rejects variables that leave their recording
///
/// ```compile_fail
/// # use retrograd_scalar::Tape;
/// let mut tape = Tape::<f64>::new();
/// let x = tape.record(|t| t.variable(1.0)); // lifetime may not live long enough
/// ```
///
/// and variables of two recordings in one operation:
///
/// ```compile_fail
/// # use retrograd_scalar::Tape;
/// let (mut tape, mut other) = (Tape::<f64>::new(), Tape::<f64>::new());
/// tape.record(|t| other.record(|u| (t.variable(1.0) * u.variable(1.0)).value())); // escapes the closure
/// ```
pub struct Tape<T = f64> {
    storage: Storage<T>,
    leaves: TapeLeaves<T>,
    /// The memory of reverse sweeps; all elements are 0 between two sweeps.
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
    /// An empty tape without a limit of its memory.
    pub fn new() -> Self {
        Self::with_limit(usize::MAX)
    }

    /// An empty tape of at most `bytes` bytes, including the adjoints of one reverse sweep. Statements that the steps
    /// of a [checkpointed](Recording::checkpointed) loop record on tapes of their own do not count.
    ///
    /// A function that needs more memory still computes its values, but has no derivatives; [`Recording::checked`]
    /// returns the error.
    pub fn with_limit(bytes: usize) -> Self {
        let adjoints = Cell::new(Vec::new());
        Self { storage: Storage::new(bytes), leaves: TapeLeaves::default(), adjoints }
    }

    /// Clears the tape and records the operations of `f`.
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

    /// Computes the value and the gradient of a function at `x`, and writes the gradient to `gradient`.
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

    /// The form of [`value_and_gradient`](Self::value_and_gradient) that returns an error if the tape is full.
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
