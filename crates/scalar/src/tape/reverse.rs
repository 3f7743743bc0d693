//! The reverse pass: adjoints of all that was recorded, from last to first.

use std::marker::PhantomData;

use super::{
    Recording, Tape, Var,
    storage::{Index, NONE, Statements},
};
use crate::Number;

impl<'t, T: Number> Var<'t, T> {
    /// Indices and partial derivatives.
    pub(super) fn terms(self) -> impl Iterator<Item = (Index, T)> {
        self.indices.into_iter().zip(self.partials).filter(|&(index, _)| index != NONE)
    }
}

impl<'t, T: Number> Recording<'t, T> {
    /// The derivatives of `y` by all that was recorded, in one pass backwards.
    pub fn reverse(self, y: Var<'t, T>) -> Adjoints<'t, T> {
        self.reverse_seeded(&[(y, T::constant(1.0))])
    }

    /// The derivatives of the weighted sum `Σ w·y` over pairs `(y, w)`, in one pass.
    pub fn reverse_seeded(self, outputs: &[(Var<'t, T>, T)]) -> Adjoints<'t, T> {
        let outputs = outputs.iter().map(|&(y, weight)| (y, [weight]));
        self.sweep(outputs)
    }

    /// The derivatives of `N` values, in one pass: rows of a Jacobian at less than `N` times the cost of one.
    pub fn reverse_lanes<const N: usize>(self, outputs: &[Var<'t, T>; N]) -> Adjoints<'t, T, N> {
        let seed = |lane| std::array::from_fn(|k| T::constant(if k == lane { 1.0 } else { 0.0 }));
        self.sweep(outputs.iter().enumerate().map(|(lane, &y)| (y, seed(lane))))
    }

    fn sweep<const N: usize>(
        self,
        outputs: impl Iterator<Item = (Var<'t, T>, [T; N])>,
    ) -> Adjoints<'t, T, N> {
        let mut flat = self.tape.adjoints.take();
        flat.clear();
        flat.resize(self.n_statements() * N, T::default());
        let (adjoints, _) = flat.as_chunks_mut::<N>();
        for (y, seed) in outputs {
            for (index, partial) in y.terms() {
                add(&mut adjoints[index as usize], seed, partial);
            }
        }
        self.tape.storage.read(|statements| propagate(statements, adjoints));
        Adjoints { flat, tape: self.tape, brand: PhantomData }
    }
}

/// Hands the adjoint of each statement on to those that it depends on.
///
/// An adjoint that is exactly 0 is not handed on, whatever the partial derivatives are.
fn propagate<T: Number, const N: usize>(statements: &Statements<T>, adjoints: &mut [[T; N]]) {
    let mut end = statements.partials.len();
    for (k, &n) in statements.counts.iter().enumerate().rev() {
        let terms = end - usize::from(n)..end;
        end = terms.start;
        let adjoint = adjoints[k];
        if adjoint.iter().all(|a| a.is_zero()) {
            continue;
        }
        for (&index, &partial) in
            statements.indices[terms.clone()].iter().zip(&statements.partials[terms])
        {
            add(&mut adjoints[index as usize], adjoint, partial);
        }
    }
}

#[inline(always)]
fn add<T: Number, const N: usize>(sum: &mut [T; N], adjoint: [T; N], partial: T) {
    for (sum, adjoint) in sum.iter_mut().zip(adjoint) {
        *sum = *sum + adjoint.chain(partial);
    }
}

/// The result of a reverse pass: derivatives of `N` values by whatever was recorded.
#[derive(Debug)]
pub struct Adjoints<'t, T: Number = f64, const N: usize = 1> {
    flat: Vec<T>,
    tape: &'t Tape<T>,
    brand: PhantomData<fn(&'t ()) -> &'t ()>,
}

impl<'t, T: Number, const N: usize> Adjoints<'t, T, N> {
    /// The derivatives of each value by `x`.
    ///
    /// # Panics
    /// If `x` is neither a variable nor a constant nor was [kept](Recording::keep).
    pub fn lanes(&self, x: Var<'t, T>) -> [T; N] {
        if x.is_constant() {
            return [T::default(); N];
        }
        let is_recorded = x.indices[1] == NONE && (x.partials[0] - T::constant(1.0)).is_zero();
        assert!(
            is_recorded,
            "adjoints: an intermediate value has an adjoint only if it was recorded by `keep`"
        );
        self.flat.as_chunks().0[x.indices[0] as usize]
    }
}

impl<'t, T: Number> Adjoints<'t, T> {
    /// The derivative by `x`; 0 by a constant.
    ///
    /// # Panics
    /// If `x` is neither a variable nor a constant nor was [kept](Recording::keep).
    pub fn of(&self, x: Var<'t, T>) -> T {
        let [adjoint] = self.lanes(x);
        adjoint
    }

    /// The derivatives by each of `x`, as [`of`](Self::of).
    pub fn collect(&self, x: &[Var<'t, T>]) -> Vec<T> {
        x.iter().map(|&x| self.of(x)).collect()
    }

    /// Writes the derivatives by each of `x`, as [`of`](Self::of).
    ///
    /// # Panics
    /// If `derivatives` is not as long as `x`.
    pub fn write(&self, x: &[Var<'t, T>], derivatives: &mut [T]) {
        assert_eq!(
            derivatives.len(),
            x.len(),
            "adjoints: there must be as many derivatives as variables"
        );
        for (derivative, &x) in derivatives.iter_mut().zip(x) {
            *derivative = self.of(x);
        }
    }
}

impl<T: Number, const N: usize> Drop for Adjoints<'_, T, N> {
    fn drop(&mut self) {
        self.tape.adjoints.set(std::mem::take(&mut self.flat));
    }
}
