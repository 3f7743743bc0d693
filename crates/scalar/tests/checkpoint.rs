//! Checkpointed loops: derivatives as of recorded ones, by as few steps, and in as little memory, as they promise.

use std::cell::Cell;

use retrograd_scalar::{Dual, Scalar, Tape, Var, gradient};

/// A step of `ẏ = k₀·y·(k₁ − y)`, of which the second state counts steps.
fn step<R: Scalar>(number: usize, y: &mut [R], k: &[R]) {
    y[0] += y[0] * k[0] * (k[1] - y[0]) * 0.01;
    y[1] += y[0] * number as f64 * 1e-3;
}

#[test]
fn checkpointed_loops_are_as_recorded_ones() {
    let point = [0.1, 0.2, 1.5, 0.8];
    for n_steps in [0, 1, 2, 3, 10, 99, 100, 101, 1000] {
        let plain = gradient(
            |x| {
                let mut y = [x[0], x[1] * x[2]];
                (0..n_steps).for_each(|k| step(k, &mut y, &x[2..]));
                y[0] * y[1]
            },
            &point,
        );
        Tape::new().record(|t| {
            let x = t.variables(&point);
            let y = t.checkpointed(n_steps, &[x[0], x[1] * x[2]], &x[2..], |k, y, p| step(k, y, p));
            let slopes = t.reverse(y[0] * y[1]).collect(&x);
            for (slope, plain) in slopes.iter().zip(&plain) {
                assert!((slope - plain).abs() <= 1e-12 * plain.abs().max(1.0));
            }
            assert!(t.n_statements() < 10);
        });
    }
}

#[test]
fn checkpointed_loops_have_second_derivatives() {
    let along = |x: f64, v: f64| Dual::new(x, [v]);
    let run = |moved: f64| {
        let mut tape = Tape::new();
        tape.record(|t| {
            let x = t.variables(&[
                along(0.1 + 0.3 * moved, 0.3),
                along(1.5, 0.0),
                along(0.8 - moved, -1.0),
            ]);
            let y = t.checkpointed(50, &[x[0], Var::from(0.0)], &x[1..], |k, y, p| step(k, y, p));
            t.reverse(y[1]).collect(&x)
        })
    };
    let (h, [below, at, above]) = (1e-5, [-1e-5, 0.0, 1e-5].map(run));
    for k in 0..3 {
        let difference = (above[k].value - below[k].value) / (2.0 * h);
        assert!((at[k].tangents[0] - difference).abs() < 1e-7 * difference.abs().max(1.0));
    }
}

/// The gradient of a loop that keeps `n_states`, by its states and parameters at `x`.
fn gradient_within(n_states: usize, n_steps: usize, x: &[f64]) -> Vec<f64> {
    Tape::new().record(|t| {
        let x = t.variables(x);
        let y = t.checkpointed_within(n_states, n_steps, &x[..2], &x[2..], |k, y, p| step(k, y, p));
        t.reverse(y[0] * y[1]).collect(&x)
    })
}

#[test]
fn any_number_of_states_gives_the_same_bits() {
    let point = [0.1, 0.3, 1.5, 0.8];
    for n_steps in [0, 1, 2, 3, 10, 57, 300] {
        let all = gradient_within(n_steps, n_steps, &point);
        for n_states in [0, 1, 2, 3, 5, 20, 1000] {
            let few = gradient_within(n_states, n_steps, &point);
            assert!(few == all, "{n_states} states, {n_steps} steps: {few:?} is not {all:?}");
        }
    }
}

#[test]
fn arithmetic_without_rounding_gives_the_bits_of_a_recorded_loop() {
    fn step<R: Scalar>(y: &mut [R], p: &[R]) {
        (y[0], y[1]) = (y[0] * p[0] + y[1], y[1] - y[0] * p[1]);
    }
    let (start, p) = ([1.0, -3.0], [0.5, 0.25]);
    for n_steps in 0..12 {
        let plain = gradient(
            |p| {
                let mut y = start.map(Var::from);
                (0..n_steps).for_each(|_| step(&mut y, p));
                y[0] + y[1]
            },
            &p,
        );
        for n_states in [1, 2, 4, 12] {
            let slopes = Tape::new().record(|t| {
                let p = t.variables(&p);
                let start = start.map(Var::from);
                let y = t.checkpointed_within(n_states, n_steps, &start, &p, |_, y, p| step(y, p));
                t.reverse(y[0] + y[1]).collect(&p)
            });
            assert_eq!(slopes, plain, "{n_states} states, {n_steps} steps");
        }
    }
}

/// The fewest steps that lead to the state before each of `n`, from last to first, if `c` states are kept:
/// `r·n − β(c + 1, r − 1)`, with the least `r` for which `β(c, r) = binomial(c + r, c)` is at least `n`.
fn fewest_runs(n: usize, c: usize) -> usize {
    let reach = |c: usize, r: usize| (1..=r).fold(1, |reach, k| reach * (c + k) / k);
    let r = (1..).find(|&r| reach(c, r) >= n).expect("more runs reach further");
    r * n - reach(c + 1, r - 1)
}

#[test]
fn as_few_steps_are_run_as_can_be() {
    for (n, c) in [(2, 1), (30, 1), (30, 2), (100, 3), (100, 13), (1000, 5), (5000, 10), (50, 60)] {
        let n_runs = Cell::new(0);
        Tape::new().record(|t| {
            let x = t.variables(&[0.1, 0.0, 1.5, 0.8]);
            let y = t.checkpointed_within(c, n, &x[..2], &x[2..], |k, y, p| {
                n_runs.set(n_runs.get() + 1);
                step(k, y, p);
            });
            assert_eq!(n_runs.take(), n, "the value");
            t.reverse(y[0]);
            assert_eq!(n_runs.take(), fewest_runs(n, c) - (n - 1) + n, "{n} steps, {c} states");
            // States that were kept on the way to the value are kept no more.
            t.reverse(y[1]);
            assert_eq!(n_runs.take(), fewest_runs(n, c) + n, "{n} steps, {c} states, again");
        });
    }
}

#[test]
fn loops_choose_states_for_three_runs_of_a_step() {
    for n in [1, 2, 3, 10, 99, 1000, 12_345] {
        let n_runs = Cell::new(0);
        Tape::new().record(|t| {
            let x = t.variables(&[0.1, 0.0, 1.5, 0.8]);
            let y = t.checkpointed(n, &x[..2], &x[2..], |k, y, p| {
                n_runs.set(n_runs.get() + 1);
                step(k, y, p);
            });
            t.reverse(y[0]);
        });
        assert!(n_runs.get() <= 3 * n, "{} for {n} steps", n_runs.get());
    }
}
