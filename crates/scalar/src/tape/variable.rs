//! The number type that records.

use std::{fmt, marker::PhantomData};

use retrograd_core::{
    Real,
    ops::{Binary, Comparison, Unary},
};

use super::storage::{Index, NONE, Storage, Terms};
use crate::{Number, arithmetic::arithmetic};

/// A number whose operations are recorded on a [`Tape`](crate::Tape), or a constant, which needs none.
///
/// A variable carries its partial derivatives by up to two recorded values. What an operation gives is recorded only if
/// it depends on more of them, as one statement; so `exp(2x + y)·3` records nothing yet, and a whole `s + w·h` is one
/// statement of three partial derivatives. A partial derivative that is exactly 0 is left out, whatever it would be
/// multiplied by.
#[derive(Clone, Copy)]
pub struct Var<'t, T = f64> {
    pub(super) value: T,
    /// The second is present only if the first is.
    pub(super) indices: [Index; 2],
    pub(super) partials: [T; 2],
    pub(super) storage: Option<&'t Storage<T>>,
    /// Invariant, so that variables of two tapes are of two types.
    pub(super) brand: PhantomData<fn(&'t ()) -> &'t ()>,
}

impl<'t, T: Number> Var<'t, T> {
    /// The value.
    #[inline]
    pub fn value(self) -> T {
        self.value
    }

    /// The value of statement `index`.
    #[inline(always)]
    pub(super) fn recorded(value: T, index: Index, storage: &'t Storage<T>) -> Self {
        Self {
            value,
            indices: [index, NONE],
            partials: [T::constant(1.0), T::default()],
            storage: Some(storage),
            brand: PhantomData,
        }
    }

    #[inline(always)]
    fn unrecorded(value: T) -> Self {
        Self {
            value,
            indices: [NONE; 2],
            partials: [T::default(); 2],
            storage: None,
            brand: PhantomData,
        }
    }

    #[inline(always)]
    pub(super) fn is_constant(&self) -> bool {
        self.indices[0] == NONE
    }

    /// A function of this number alone, with derivative `d`.
    #[inline(always)]
    fn scaled(self, value: T, d: T) -> Self {
        if d.is_zero() {
            return Self::unrecorded(value);
        }
        let partials = [d.chain(self.partials[0]), d.chain(self.partials[1])];
        Self { value, partials, ..self }
    }

    /// A function of two numbers, with derivatives `da` and `db`.
    #[inline(always)]
    fn joined(value: T, a: Self, da: impl FnOnce() -> T, b: Self, db: impl FnOnce() -> T) -> Self {
        if b.is_constant() {
            return if a.is_constant() { Self::unrecorded(value) } else { a.scaled(value, da()) };
        }
        if a.is_constant() {
            return b.scaled(value, db());
        }
        let (da, db) = (da(), db());
        if db.is_zero() {
            return a.scaled(value, da);
        }
        if da.is_zero() {
            return b.scaled(value, db);
        }
        if a.indices[1] == NONE && b.indices[1] == NONE {
            let [pa, pb] = [da.chain(a.partials[0]), db.chain(b.partials[0])];
            return if a.indices[0] == b.indices[0] {
                Self { value, partials: [pa + pb, T::default()], ..a }
            } else {
                Self { value, indices: [a.indices[0], b.indices[0]], partials: [pa, pb], ..a }
            };
        }
        Self::merged(value, a, da, b, db)
    }

    /// As `joined`, of numbers that depend on more than two statements together, or on two in common.
    fn merged(value: T, a: Self, da: T, b: Self, db: T) -> Self {
        let mut terms = Terms::none();
        for (x, d) in [(a, da), (b, db)] {
            for (&index, &partial) in x.indices.iter().zip(&x.partials) {
                if index != NONE {
                    terms.add(index, d.chain(partial));
                }
            }
        }
        if let Terms { n: ..=2, indices: [i, j, ..], partials: [p, q, ..] } = terms {
            return Self { value, indices: [i, j], partials: [p, q], ..a };
        }
        match a.storage {
            Some(storage) => Self::recorded(value, storage.push(&terms), storage),
            None => unreachable!("what depends on statements knows where they are"),
        }
    }
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
    #[inline(always)]
    fn constant(value: f64) -> Self {
        Self::unrecorded(T::constant(value))
    }

    #[inline(always)]
    fn primal(self) -> f64 {
        self.value.primal()
    }

    #[inline(always)]
    fn is_zero(self) -> bool {
        self.value.is_zero() && self.is_constant()
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
        let value = self.value.unary(op);
        if self.is_constant() {
            return Self::unrecorded(value);
        }
        self.scaled(value, op.derivative(self.value, value))
    }

    #[inline(always)]
    fn binary(self, op: Binary, rhs: Self) -> Self {
        let (a, b) = (self.value, rhs.value);
        let y = a.binary(op, b);
        Self::joined(y, self, || op.derivative(0, a, b, y), rhs, || op.derivative(1, a, b, y))
    }

    #[inline(always)]
    fn compare(self, op: Comparison, rhs: Self) -> bool {
        self.value.compare(op, rhs.value)
    }

    #[inline(always)]
    fn select(mask: bool, a: Self, b: Self) -> Self {
        if mask { a } else { b }
    }
}

arithmetic! { impl ['t, T: Number] Var<'t, T>, compared by value }
