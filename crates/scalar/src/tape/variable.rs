//! The scalar type of the tape.

use std::{fmt, marker::PhantomData};

use retrograd_core::{
    Real,
    ops::{Binary, Comparison, Unary},
};

use super::{
    indices::{Indices, TapeIndex},
    storage::Storage,
};
use crate::{
    Number,
    arithmetic::arithmetic,
    kinks::{binary_at_kink, unary_at_kink, value_at_slopes},
};

/// A scalar whose operations are recorded on a [`Tape`](crate::Tape), or a constant, which needs no tape.
///
/// A scalar carries its partial derivatives by up to two recorded values. The result of an operation becomes a
/// statement only if it depends on more values: `exp(2x + y)·3` records no statement, and `s + w·h` records one
/// statement with three partial derivatives. A partial derivative of exactly 0 is left out, even beside an infinite
/// adjoint.
///
/// The two partial derivatives are not adjacent in memory. Compilers would read adjacent ones at once even where they
/// were written separately, and the processor would stall (no store forwarding).
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Var<'t, T = f64> {
    pub(super) value: T,
    /// The partial derivative by the first index.
    pub(super) first: T,
    pub(super) indices: Indices,
    /// The partial derivative by the second index.
    pub(super) second: T,
    /// The storage of the indices; `None` for a constant.
    pub(super) storage: Option<&'t Storage<T>>,
    pub(super) brand: Brand<'t>,
}

/// A marker that is invariant in its lifetime, so that scalars of two tapes have different types.
pub(super) type Brand<'t> = PhantomData<fn(&'t ()) -> &'t ()>;

impl<'t, T: Number> Var<'t, T> {
    /// The value.
    #[inline]
    pub fn value(self) -> T {
        self.value
    }

    /// A constant: a scalar that depends on no recorded value.
    #[inline(always)]
    pub(super) fn unrecorded(value: T) -> Self {
        let zero = T::default();
        Self {
            value,
            indices: Indices::NONE,
            first: zero,
            second: zero,
            storage: None,
            brand: PhantomData,
        }
    }

    /// The scalar with the value of statement or variable `index`.
    #[inline(always)]
    pub(super) fn recorded(value: T, index: TapeIndex, storage: &'t Storage<T>) -> Self {
        Self::unrecorded(value).depending(
            Indices::one(index),
            T::constant(1.0),
            T::default(),
            storage,
        )
    }

    #[inline(always)]
    pub(super) fn depending(
        self,
        indices: Indices,
        first: T,
        second: T,
        storage: &'t Storage<T>,
    ) -> Self {
        Self { indices, first, second, storage: Some(storage), ..self }
    }

    #[inline(always)]
    pub(super) fn is_constant(&self) -> bool {
        self.indices == Indices::NONE
    }

    /// The index of the variable or statement with the same adjoint as this scalar; `None` if there is none.
    pub(super) fn recorded_index(&self) -> Option<TapeIndex> {
        let is_recorded = !self.indices.are_two() && is_one(self.first);
        is_recorded.then(|| self.indices.first())
    }

    /// A function of this scalar alone, with derivative `d`.
    #[inline(always)]
    fn scaled(self, value: T, d: T) -> Self {
        if d.is_zero() {
            return Self::unrecorded(value);
        }
        Self { value, first: d.chain(self.first), second: d.chain(self.second), ..self }
    }

    /// A function of two scalars that are no constants, with derivatives `da` and `db`.
    #[inline(always)]
    fn joined(value: T, a: Self, da: T, b: Self, db: T) -> Self {
        if db.is_zero() {
            return a.scaled(value, da);
        }
        if da.is_zero() {
            return b.scaled(value, db);
        }
        if a.indices.are_single_with(b.indices) {
            let (first, second) = (da.chain(a.first), db.chain(b.first));
            if a.indices == b.indices {
                let both = first + second;
                return if both.is_zero() {
                    Self::unrecorded(value)
                } else {
                    Self { value, first: both, ..a }
                };
            }
            let indices = Indices::two(a.indices.first(), b.indices.first());
            return Self { value, indices, first, second, ..a };
        }
        let (a, b) = (a.scaled(value, da), b.scaled(value, db));
        let (terms, term) = match (a.indices.are_two(), b.indices.are_two()) {
            (false, _) => (b, a),
            (true, false) => (a, b),
            (true, true) if a.indices == b.indices => {
                let (first, second) = (a.first + b.first, a.second + b.second);
                return Self { first, second, ..a }.without_zeros();
            }
            (true, true) => (b, a.closed()),
        };
        terms.with_one(term)
    }

    /// The scalar without partial derivatives that have become 0.
    #[inline(always)]
    fn without_zeros(self) -> Self {
        if !self.first.is_zero() && !self.second.is_zero() {
            return self;
        }
        let second = Indices::one(self.indices.second());
        match (self.first.is_zero(), self.second.is_zero()) {
            (true, true) => Self::unrecorded(self.value),
            (true, false) => {
                Self { indices: second, first: self.second, second: T::default(), ..self }
            }
            (false, _) => Self { indices: Indices::one(self.indices.first()), ..self },
        }
    }

    /// The sum of this scalar of two terms and a third term.
    #[inline(always)]
    fn with_one(self, term: Self) -> Self {
        let index = term.indices.first();
        if index == self.indices.first() {
            return Self { first: self.first + term.first, ..self }.without_zeros();
        }
        if index == self.indices.second() {
            return Self { second: self.second + term.first, ..self }.without_zeros();
        }
        let Some(storage) = self.storage else { return Self::unrecorded(self.value) };
        let index = if is_one(term.first) {
            record(storage, self.indices, self.first, self.second, index)
        } else {
            record_three(storage, self.indices, index, self.first, self.second, term.first)
        };
        Self::recorded(self.value, index, storage)
    }

    /// Records this scalar of two terms as a statement.
    #[inline(always)]
    fn closed(self) -> Self {
        let Some(storage) = self.storage else { return Self::unrecorded(self.value) };
        let index = record_pair(storage, self.indices, self.first, self.second);
        Self::recorded(self.value, index, storage)
    }
}

/// Whether a partial derivative is exactly 1.
#[inline(always)]
fn is_one<T: Number>(partial: T) -> bool {
    (partial - T::constant(1.0)).is_zero()
}

// Functions that are not inlined take the fields of variables, so that these stay in registers.

/// Records a statement of two terms, and a third one whose partial derivative is 1.
#[inline(always)]
pub(super) fn record<T: Number>(
    storage: &Storage<T>,
    pair: Indices,
    first: T,
    second: T,
    third: TapeIndex,
) -> TapeIndex {
    if !storage.has_room() {
        return record_in_more_room(storage, pair, first, second, third);
    }
    storage.push(pair, third, [first, second])
}

#[cold]
#[inline(never)]
fn record_in_more_room<T: Number>(
    storage: &Storage<T>,
    pair: Indices,
    first: T,
    second: T,
    third: TapeIndex,
) -> TapeIndex {
    storage.make_room();
    storage.push(pair, third, [first, second])
}

/// Records a statement of two terms.
#[inline(never)]
fn record_pair<T: Number>(storage: &Storage<T>, pair: Indices, first: T, second: T) -> TapeIndex {
    record(storage, pair, first, second, TapeIndex::NONE)
}

/// Records a statement of three terms. A first partial derivative of 1, as for a running sum, is implied and not
/// stored.
#[inline(never)]
fn record_three<T: Number>(
    storage: &Storage<T>,
    pair: Indices,
    k: TapeIndex,
    first: T,
    second: T,
    third: T,
) -> TapeIndex {
    if is_one(first) {
        return record(storage, Indices::two(pair.second(), k), second, third, pair.first());
    }
    if !storage.has_room() {
        storage.make_room();
    }
    storage.push(pair, k, [first, second, third])
}

impl<T: Number> Default for Var<'_, T> {
    fn default() -> Self {
        Self::unrecorded(T::default())
    }
}

impl<T: Number> fmt::Debug for Var<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl<T: Number> Number for Var<'_, T> {
    const IS_RECORDED: bool = T::IS_RECORDED;
    const DEPTH: usize = T::DEPTH + 1;

    #[inline(always)]
    fn constant(value: f64) -> Self {
        Self::unrecorded(T::constant(value))
    }

    #[inline(always)]
    fn primal(self) -> f64 {
        self.value.primal()
    }

    fn as_constant(self) -> Option<f64> {
        self.value.as_constant().filter(|_| self.is_constant())
    }

    #[inline(always)]
    fn is_zero(self) -> bool {
        self.is_constant() && self.value.is_zero()
    }

    fn motion(self) -> f64 {
        // The value has no derivatives of its own, so the direction of the sweep is unknown.
        if T::DEPTH == 0 && !self.is_constant() { f64::NAN } else { self.value.motion() }
    }

    fn lost(self) -> Self {
        Self { value: self.value.lost(), ..self }
    }

    fn direction(a: Self, b: Self) -> Option<[f64; 2]> {
        T::direction(a.value, b.value)
    }
}

impl<T: Number> Real for Var<'_, T> {
    type Mask = bool;

    #[inline(always)]
    fn lit(self, value: f64) -> Self {
        Self::constant(value)
    }

    #[inline(always)]
    fn unary(self, op: Unary) -> Self {
        if let Some(piece) = unary_at_kink(op, self) {
            return piece;
        }
        let x = self.value;
        let y = x.unary(op);
        if self.is_constant() {
            return Self::unrecorded(y);
        }
        let slope = op.derivative(x, y);
        self.scaled(value_at_slopes(y, &[slope]), slope)
    }

    #[inline(always)]
    fn binary(self, op: Binary, rhs: Self) -> Self {
        if let Some(piece) = binary_at_kink(op, self, rhs) {
            return piece;
        }
        let (a, b) = (self.value, rhs.value);
        let y = a.binary(op, b);
        // No closure for the slopes: compilers would call it, and recording would take twice the time.
        match (self.is_constant(), rhs.is_constant()) {
            (true, true) => Self::unrecorded(y),
            (false, true) => {
                let by_a = op.derivative(0, a, b, y);
                self.scaled(value_at_slopes(y, &[by_a]), by_a)
            }
            (true, false) => {
                let by_b = op.derivative(1, a, b, y);
                rhs.scaled(value_at_slopes(y, &[by_b]), by_b)
            }
            (false, false) => {
                let (by_a, by_b) = (op.derivative(0, a, b, y), op.derivative(1, a, b, y));
                Self::joined(value_at_slopes(y, &[by_a, by_b]), self, by_a, rhs, by_b)
            }
        }
    }

    #[inline(always)]
    fn compare(self, op: Comparison, rhs: Self) -> bool {
        self.value.compare(op, rhs.value).into()
    }

    #[inline(always)]
    fn select(mask: bool, a: Self, b: Self) -> Self {
        if mask { a } else { b }
    }
}

arithmetic! { impl ['t, T: Number] Var<'t, T>, compared by value }
arithmetic! { folds ['t, T: Number] Var<'t, T> }
