//! The reverse sweep: adjoints of all recorded values, from the last to the first.

use std::{marker::PhantomData, mem};

use super::{
    Recording, Tape, Var,
    leaves::TapeLeaves,
    storage::{Ends, Record, expect_reads},
    variable::Brand,
};
use crate::{Number, lengths::require_as_many};

impl<'t, T: Number> Recording<'t, '_, T> {
    /// The derivatives of `y` by all variables and kept values, in one reverse sweep.
    ///
    /// # Panics
    /// If the tape was [full](Self::checked).
    #[track_caller]
    pub fn reverse(self, y: Var<'t, T>) -> Adjoints<'t, T> {
        self.reverse_seeded(&[(y, T::constant(1.0))])
    }

    /// The derivatives of the weighted sum `Σ w·y` over pairs `(y, w)`, in one reverse sweep: `w` is the seed of `y`.
    ///
    /// # Panics
    /// If the tape was [full](Self::checked).
    #[track_caller]
    pub fn reverse_seeded(self, outputs: &[(Var<'t, T>, T)]) -> Adjoints<'t, T> {
        self.sweep(outputs.iter().map(|&(y, weight)| (y, [weight])))
    }

    /// The derivatives of `N` values in one reverse sweep: `N` rows of a Jacobian at less than `N` times the cost of
    /// one.
    ///
    /// # Panics
    /// If the tape was [full](Self::checked).
    #[track_caller]
    pub fn reverse_lanes<const N: usize>(self, outputs: &[Var<'t, T>; N]) -> Adjoints<'t, T, N> {
        let seed = |lane| std::array::from_fn(|k| T::constant(if k == lane { 1.0 } else { 0.0 }));
        self.sweep(outputs.iter().enumerate().map(|(lane, &y)| (y, seed(lane))))
    }

    #[track_caller]
    fn sweep<const N: usize>(
        self,
        outputs: impl Iterator<Item = (Var<'t, T>, [T; N])>,
    ) -> Adjoints<'t, T, N> {
        let (flat, n_variables) = self
            .storage()
            .read(|record| {
                let Ends { n_variables, n_statements, n_partials } = record.ends();
                let n_adjoints = (n_variables + 1 + n_statements) * N;
                // All elements are 0.
                let mut flat = self.tape.adjoints.take();
                if flat.len() < n_adjoints {
                    drop(flat);
                    flat = vec![T::default(); n_adjoints];
                }
                let (adjoints, _) = flat.as_chunks_mut::<N>();
                for (y, seed) in outputs {
                    add(&mut adjoints[y.indices.first().slot(n_variables)], seed, y.first);
                    add(&mut adjoints[y.indices.second().slot(n_variables)], seed, y.second);
                }
                let mut end = (n_statements, n_partials);
                for external in self.externals.borrow().iter().rev() {
                    end = propagate(record, end, external.n_statements, adjoints);
                    external.propagate(n_variables, adjoints);
                }
                propagate(record, end, 0, adjoints);
                (flat, n_variables)
            })
            .unwrap_or_else(|full| panic!("reverse: {full}"));
        Adjoints { flat, n_variables, tape: self.tape, leaves: self.leaves, brand: PhantomData }
    }
}

/// Propagates the adjoints of statements `start..end` to their operands, from the last to the first, and resets them to
/// 0.
///
/// An adjoint of exactly 0 is not propagated, even beside infinite partial derivatives. `end` and the result count
/// statements and their partial derivatives.
fn propagate<T: Number, const N: usize>(
    record: &Record<T>,
    end: (usize, usize),
    start: usize,
    adjoints: &mut [[T; N]],
) -> (usize, usize) {
    let n_variables = record.n_variables;
    let mut partials = &record.partials[..end.1];
    for (k, statement) in (start..end.0).zip(&record.statements[start..end.0]).rev() {
        let third = statement.third;
        let mut by_third = T::constant(1.0);
        if let (true, Some((last, rest))) = (third.has_partial(), partials.split_last()) {
            (by_third, partials) = (*last, rest);
        }
        let Some((rest, &[by_first, by_second])) = partials.split_last_chunk() else { break };
        partials = rest;
        expect_reads(&record.statements, k);
        expect_reads(partials, partials.len());
        expect_reads(adjoints, n_variables + 1 + k);
        let adjoint = mem::replace(&mut adjoints[n_variables + 1 + k], [T::default(); N]);
        if adjoint.iter().all(|a| a.is_zero()) {
            continue;
        }
        let sum = &mut adjoints[third.index().slot(n_variables)];
        if third.has_partial() {
            add(sum, adjoint, by_third);
        } else {
            for (sum, adjoint) in sum.iter_mut().zip(adjoint) {
                *sum = *sum + adjoint;
            }
        }
        add(&mut adjoints[statement.first.slot(n_variables)], adjoint, by_first);
        add(&mut adjoints[statement.second.slot(n_variables)], adjoint, by_second);
    }
    (start, partials.len())
}

#[inline(always)]
fn add<T: Number, const N: usize>(sum: &mut [T; N], adjoint: [T; N], partial: T) {
    for (sum, adjoint) in sum.iter_mut().zip(adjoint) {
        *sum = *sum + adjoint.chain(partial);
    }
}

/// The result of a reverse sweep: adjoints of the recorded values, for `N` outputs.
pub struct Adjoints<'t, T: Number = f64, const N: usize = 1> {
    flat: Vec<T>,
    n_variables: usize,
    tape: &'t Tape<T>,
    leaves: &'t TapeLeaves<T>,
    brand: Brand<'t>,
}

impl<'t, T: Number, const N: usize> Adjoints<'t, T, N> {
    /// The derivatives of each output by `x`; 0 if `x` is a constant.
    ///
    /// # Panics
    /// If `x` was computed from variables and not [kept](Recording::keep), or was recorded after the reverse sweep.
    pub fn lanes(&self, x: Var<'t, T>) -> [T; N] {
        if x.is_constant() {
            return [T::default(); N];
        }
        let by_variables = &self.flat.as_chunks().0[..self.n_variables];
        let Some(adjoint) =
            self.leaves.find(x).and_then(|variable| by_variables.iter().nth_back(variable))
        else {
            panic!(
                "adjoints: what was computed from variables has an adjoint if it was kept by `keep` before the reverse pass"
            )
        };
        *adjoint
    }
}

impl<'t, T: Number> Adjoints<'t, T> {
    /// Writes the derivatives by all variables, in the order of recording, to a slice of that length.
    pub(super) fn write_all(&self, derivatives: &mut [T]) {
        let by_variables = &self.flat[..self.n_variables];
        debug_assert_eq!(derivatives.len(), by_variables.len());
        derivatives.iter_mut().zip(by_variables.iter().rev()).for_each(|(to, &from)| *to = from);
    }

    /// The derivative by `x`; 0 if `x` is a constant.
    ///
    /// # Panics
    /// As [`lanes`](Self::lanes).
    pub fn of(&self, x: Var<'t, T>) -> T {
        let [adjoint] = self.lanes(x);
        adjoint
    }

    /// The derivatives by each of `x`.
    ///
    /// # Panics
    /// As [`lanes`](Self::lanes).
    pub fn collect(&self, x: &[Var<'t, T>]) -> Vec<T> {
        x.iter().map(|&x| self.of(x)).collect()
    }

    /// Writes the derivatives by each of `x`.
    ///
    /// # Panics
    /// As [`lanes`](Self::lanes), and if `derivatives` is not as long as `x`.
    #[track_caller]
    pub fn write(&self, x: &[Var<'t, T>], derivatives: &mut [T]) {
        require_as_many("write", ("derivatives", derivatives.len()), ("x", x.len()));
        for (derivative, &x) in derivatives.iter_mut().zip(x) {
            *derivative = self.of(x);
        }
    }
}

impl<T: Number, const N: usize> Drop for Adjoints<'_, T, N> {
    /// Returns the memory to the tape, reset to 0. After a sweep, only adjoints of variables can differ from 0.
    fn drop(&mut self) {
        self.flat[..(self.n_variables + 1) * N].fill(T::default());
        self.tape.adjoints.set(mem::take(&mut self.flat));
    }
}
