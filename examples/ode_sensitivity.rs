//! How the end of a long simulation depends on its parameters: a hundred thousand steps of an ordinary differential
//! equation, differentiated backwards in the memory of ten.

use std::cell::Cell;

use retrograd::scalar::{Scalar, Tape};

const N_STEPS: usize = 100_000;
const TIME: f64 = 20.0;

/// Predators and prey: `ẋ = a·x − b·x·y`, `ẏ = c·x·y − d·y` (Lotka and Volterra).
fn rate<R: Scalar>(state: [R; 2], p: &[R]) -> [R; 2] {
    let [x, y] = state;
    [p[0] * x - p[1] * x * y, p[2] * x * y - p[3] * y]
}

/// A step of the classical Runge–Kutta method, in place.
fn step<R: Scalar>(state: &mut [R], p: &[R]) {
    let h = TIME / N_STEPS as f64;
    let start = [state[0], state[1]];
    let moved = |k: [R; 2], h: f64| [start[0] + k[0] * h, start[1] + k[1] * h];
    let k1 = rate(start, p);
    let k2 = rate(moved(k1, h / 2.0), p);
    let k3 = rate(moved(k2, h / 2.0), p);
    let k4 = rate(moved(k3, h), p);
    for i in 0..2 {
        state[i] += (k1[i] + k2[i] * 2.0 + k3[i] * 2.0 + k4[i]) * (h / 6.0);
    }
}

/// The number of prey at the end.
fn simulate(parameters: &[f64]) -> f64 {
    let mut state = [10.0, 5.0];
    (0..N_STEPS).for_each(|_| step(&mut state, parameters));
    state[0]
}

/// The derivatives of the number of prey at the end by the parameters, with so many states of the simulation in memory.
fn slopes(parameters: &[f64], n_states: usize) -> Vec<f64> {
    let n_runs = Cell::new(0);
    Tape::new().record(|t| {
        let (start, p) = ([10.0.into(), 5.0.into()], t.variables(parameters));
        let end = t.checkpointed_within(n_states, N_STEPS, &start, &p, |_, state, p| {
            n_runs.set(n_runs.get() + 1);
            step(state, p);
        });
        let slopes = t.reverse(end[0]).collect(&p);
        let runs = f64::from(n_runs.get()) / N_STEPS as f64;
        println!("states kept: {n_states}, runs of a step: {runs:.2}");
        println!("statements on the tape: {}", t.n_statements());
        slopes
    })
}

fn main() {
    let parameters = [1.1, 0.4, 0.1, 0.4];
    println!("prey at the end: {:.6}", simulate(&parameters));
    let [slopes, by_few] = [400, 10].map(|n_states| slopes(&parameters, n_states));
    println!("the same with both: {}", slopes == by_few);
    for (k, (name, slope)) in ["a", "b", "c", "d"].into_iter().zip(slopes).enumerate() {
        let at = |h: f64| {
            let mut moved = parameters;
            moved[k] += h;
            simulate(&moved)
        };
        let difference = (at(1e-6) - at(-1e-6)) / 2e-6;
        println!("slope by {name}: {slope:.6}, by differences {difference:.6}");
    }
}
