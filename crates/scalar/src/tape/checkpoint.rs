//! Checkpointed loops: the reverse sweep records the steps again, one at a time, so that long loops need little memory.

use std::{cell::RefCell, ops::Range};

use super::{Recording, Tape, Var, revolve};
use crate::Number;

impl<'t, 'env, T: Number + 'env> Recording<'t, 'env, T> {
    /// The state of a loop after `n_steps` steps. A step is a function of its index, of the state, and of parameters;
    /// it changes the state in place.
    ///
    /// The loop runs without recording, and keeps `√(2·n_steps)` of its states. They
    /// [suffice](Self::checkpointed_within) for a reverse sweep that computes each step at most three times, once with
    /// recording.
    ///
    /// ```
    /// use retrograd_scalar::{Real, Tape};
    ///
    /// // The decay ẏ = −k·y from 1, by Euler's method.
    /// Tape::new().record(|t| {
    ///     let (start, rate) = (t.variable(1.0), t.variable(0.5));
    ///     let end = t.checkpointed(1000, &[start], &[rate], |_, y, k| y[0] -= k[0] * y[0] * 1e-3);
    ///     let slope = t.reverse(end[0]).of(rate);
    ///     assert!((slope + (-0.5f64).exp()).abs() < 1e-3);
    ///     assert!(t.n_statements() < 10);
    /// });
    /// ```
    pub fn checkpointed(
        self,
        n_steps: usize,
        state: &[Var<'t, T>],
        parameters: &[Var<'t, T>],
        step: impl for<'s> Fn(usize, &mut [Var<'s, T>], &[Var<'s, T>]) + 'env,
    ) -> Vec<Var<'t, T>> {
        self.checkpointed_within((2 * n_steps).isqrt(), n_steps, state, parameters, step)
    }

    /// The form of [`checkpointed`](Self::checkpointed) that keeps at most `n_states` states at any time. The first
    /// state is always kept.
    ///
    /// The reverse sweep records one step at a time, from the last to the first. It reaches each step from the nearest
    /// kept state before it, and keeps new states on the way where they save most (binomial checkpointing; Griewank and
    /// Walther 2008, "Evaluating derivatives", chapter 12). Up to `binomial(n_states + r, r)` steps, each step runs at
    /// most `r` times without recording, the first run included. So ten states suffice for 184,756 steps that run ten
    /// times.
    ///
    /// ```
    /// use retrograd_scalar::Tape;
    ///
    /// Tape::new().record(|t| {
    ///     let x = t.variable(0.5);
    ///     let [all, few] = [1000, 5].map(|n_states| {
    ///         let end = t.checkpointed_within(n_states, 1000, &[x], &[], |_, y, _| y[0] = y[0].sin());
    ///         t.reverse(end[0]).of(x)
    ///     });
    ///     assert_eq!(all, few);
    /// });
    /// # use retrograd_scalar::Real;
    /// ```
    pub fn checkpointed_within(
        self,
        n_states: usize,
        n_steps: usize,
        state: &[Var<'t, T>],
        parameters: &[Var<'t, T>],
        step: impl for<'s> Fn(usize, &mut [Var<'s, T>], &[Var<'s, T>]) + 'env,
    ) -> Vec<Var<'t, T>> {
        let inputs = [state, parameters].concat();
        let steps = StepRange { step, parameters: values(parameters) };
        let mut kept = KeptStates { states: vec![(0, values(state))], n_most: n_states };
        let mut end = values(state);
        if let Some(last) = n_steps.checked_sub(1) {
            let state = kept.before(last, |range, state| steps.run(range, state));
            end = steps.run(last..n_steps, &state);
            // The reverse sweep begins with this state.
            kept.states.push((last, state));
        }
        let kept = RefCell::new(kept);
        self.external(&inputs, &end, move |by_end, by_inputs| {
            let (by_state, by_parameters) = by_inputs.split_at_mut(by_end.len());
            by_state.copy_from_slice(by_end);
            let (mut tape, mut kept) = (Tape::new(), kept.borrow_mut());
            for k in (0..n_steps).rev() {
                let state = kept.before(k, |range, state| steps.run(range, state));
                steps.back(k, &mut tape, &state, by_state, by_parameters);
            }
        })
    }
}

/// Kept states of a loop, each with the index of the step that follows it; the first state, and later ones in order.
struct KeptStates<T> {
    states: Vec<(usize, Vec<T>)>,
    n_most: usize,
}

impl<T: Clone> KeptStates<T> {
    /// The state before step `k`, from which the loop goes backwards. Later states are dropped, and some states on the
    /// way to step `k` are kept.
    fn before(&mut self, k: usize, run: impl Fn(Range<usize>, &[T]) -> Vec<T>) -> Vec<T> {
        self.states.truncate(1 + self.states[1..].partition_point(|&(start, _)| start <= k));
        loop {
            let n_kept = self.states.len();
            let (start, state) = &self.states[n_kept - 1];
            if *start == k {
                return state.clone();
            }
            if n_kept >= self.n_most {
                return run(*start..k, state);
            }
            let next = start + revolve::next_kept(k + 1 - start, self.n_most + 1 - n_kept);
            let state = run(*start..next, state);
            self.states.push((next, state));
        }
    }
}

/// The steps of a loop, with their parameters.
struct StepRange<T, S> {
    step: S,
    parameters: Vec<T>,
}

impl<T: Number, S: for<'s> Fn(usize, &mut [Var<'s, T>], &[Var<'s, T>])> StepRange<T, S> {
    /// The state after some steps, computed without recording.
    fn run(&self, range: Range<usize>, state: &[T]) -> Vec<T> {
        let unrecorded = |x: &[T]| x.iter().map(|&x| Var::unrecorded(x)).collect::<Vec<_>>();
        let (mut state, parameters) = (unrecorded(state), unrecorded(&self.parameters));
        for k in range {
            (self.step)(k, &mut state, &parameters);
        }
        values(&state)
    }

    /// Propagates the adjoints of the state after step `k` to the state before it, and adds to the adjoints of the
    /// parameters.
    fn back(
        &self,
        k: usize,
        tape: &mut Tape<T>,
        state: &[T],
        by_state: &mut [T],
        by_parameters: &mut [T],
    ) {
        tape.record(|t| {
            let (before, parameters) = (t.variables(state), t.variables(&self.parameters));
            let mut after = before.clone();
            (self.step)(k, &mut after, &parameters);
            let outputs: Vec<_> = after.into_iter().zip(by_state.iter().copied()).collect();
            let adjoints = t.reverse_seeded(&outputs);
            adjoints.write(&before, by_state);
            for (sum, &parameter) in by_parameters.iter_mut().zip(&parameters) {
                *sum = *sum + adjoints.of(parameter);
            }
        });
    }
}

fn values<T: Number>(x: &[Var<'_, T>]) -> Vec<T> {
    x.iter().map(|x| x.value()).collect()
}
