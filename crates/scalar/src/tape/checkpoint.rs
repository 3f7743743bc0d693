//! Long loops in little memory: steps are recorded again, one at a time, when the reverse pass comes to them.

use super::{Recording, Tape, Var};
use crate::Number;

impl<'t, 'env, T: Number + 'env> Recording<'t, 'env, T> {
    /// The state of a loop after `n_steps` steps, each of which is a function of its number, of the state, which it
    /// changes in place, and of parameters.
    ///
    /// The loop runs without recording, and keeps about `√n_steps` of its states. The reverse pass runs from each of them
    /// to the next one again, keeps the states between, and records one step at a time, from last to first: all in all
    /// every step is computed three times, and memory grows with the root of their number (Griewank and Walther 2008,
    /// "Evaluating derivatives", chapter 12).
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
        let inputs = [state, parameters].concat();
        let parameters = values(parameters);
        let interval = n_steps.isqrt().max(1);
        let mut checkpoints = vec![values(state)];
        for start in (0..n_steps).step_by(interval) {
            let steps = start..n_steps.min(start + interval);
            let end = run(&step, steps, &checkpoints[checkpoints.len() - 1], &parameters, |_| {});
            checkpoints.push(end);
        }
        let end = checkpoints.pop().unwrap_or_default();
        self.external(&inputs, &end, move |by_end, by_inputs| {
            let (by_state, by_parameters) = by_inputs.split_at_mut(by_end.len());
            by_state.copy_from_slice(by_end);
            let mut tape = Tape::new();
            for (k, checkpoint) in checkpoints.iter().enumerate().rev() {
                let steps = k * interval..n_steps.min((k + 1) * interval);
                let mut states = Vec::with_capacity(interval);
                run(&step, steps.clone(), checkpoint, &parameters, |state| {
                    states.push(state.to_vec())
                });
                for (k, state) in steps.zip(states).rev() {
                    back(
                        &mut tape,
                        |s, p| step(k, s, p),
                        &state,
                        &parameters,
                        by_state,
                        by_parameters,
                    );
                }
            }
        })
    }
}

/// The state after some steps, by numbers that are not recorded; `visit` gets the state before each step.
fn run<T: Number>(
    step: &impl for<'s> Fn(usize, &mut [Var<'s, T>], &[Var<'s, T>]),
    steps: std::ops::Range<usize>,
    state: &[T],
    parameters: &[T],
    mut visit: impl FnMut(&[T]),
) -> Vec<T> {
    let mut state: Vec<_> = state.iter().map(|&x| Var::unrecorded(x)).collect();
    let parameters: Vec<_> = parameters.iter().map(|&x| Var::unrecorded(x)).collect();
    for k in steps {
        visit(&values(&state));
        step(k, &mut state, &parameters);
    }
    values(&state)
}

/// Takes the adjoints of the state after a step to those of the state before it, and adds to those of the parameters.
fn back<T: Number>(
    tape: &mut Tape<T>,
    step: impl for<'s> Fn(&mut [Var<'s, T>], &[Var<'s, T>]),
    state: &[T],
    parameters: &[T],
    by_state: &mut [T],
    by_parameters: &mut [T],
) {
    tape.record(|t| {
        let (before, parameters) = (t.variables(state), t.variables(parameters));
        let mut after = before.clone();
        step(&mut after, &parameters);
        let outputs: Vec<_> = after.into_iter().zip(by_state.iter().copied()).collect();
        let adjoints = t.reverse_seeded(&outputs);
        adjoints.write(&before, by_state);
        for (sum, &parameter) in by_parameters.iter_mut().zip(&parameters) {
            *sum = *sum + adjoints.of(parameter);
        }
    });
}

fn values<T: Number>(x: &[Var<'_, T>]) -> Vec<T> {
    x.iter().map(|x| x.value()).collect()
}
