//! The tape: what it records, what it forgets, and what it refuses.

use std::panic::{AssertUnwindSafe, catch_unwind};

use retrograd_scalar::{Dual, Number, Real, Recording, Scalar, Tape, TapeFull, Var, gradient};

/// Multiplies by `x₁` and adds `x₂` in turn, and branches on values.
fn wander<R: Scalar>(x: &[R], n_steps: usize) -> R {
    let mut y = x[0];
    for _ in 0..n_steps {
        y = if y > 1.0 { y * x[1] - x[2].square() } else { y + x[2] * x[0] };
    }
    y
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-12 * b.abs().max(1.0)
}

fn assert_close(got: &[f64], expected: &[f64]) {
    let are_close = got.iter().zip(expected).all(|(&a, &b)| close(a, b));
    assert!(got.len() == expected.len() && are_close, "{got:?} is not {expected:?}");
}

/// The gradient by duals, one variable at a time.
fn by_duals(f: impl Fn(&[Dual]) -> Dual, x: &[f64]) -> Vec<f64> {
    let slope = |k| {
        let along = |(j, &x): (usize, &f64)| Dual::new(x, [if j == k { 1.0 } else { 0.0 }]);
        f(&x.iter().enumerate().map(along).collect::<Vec<_>>()).tangents[0]
    };
    (0..x.len()).map(slope).collect()
}

const X: [f64; 3] = [0.7, 0.9, 0.3];

#[test]
fn loops_with_branches_have_their_gradients() {
    for n_steps in [0, 1, 2, 3, 10, 1000] {
        let got = gradient(|x| wander(x, n_steps), &X);
        assert_close(&got, &by_duals(|x| wander(x, n_steps), &X));
    }
}

#[test]
fn sums_of_any_length_have_their_gradients() {
    for n in [0, 1, 2, 3, 7, 8, 15, 16, 17, 40, 300] {
        let x: Vec<f64> = (0..n).map(|k| 0.1 + k as f64).collect();
        fn f<R: Scalar>(x: &[R]) -> R {
            let products = x.iter().zip(x.iter().rev()).map(|(&a, &b)| a * b);
            let squares = x.iter().map(|x| x.square()).sum::<R>();
            let repeated = (0..20).filter_map(|_| x.first()).sum::<R>();
            (products.sum::<R>() + squares) * repeated + x.iter().sum::<R>()
        }
        assert_close(&gradient(|x| f(x), &x), &by_duals(f, &x));
    }
}

#[test]
fn what_depends_on_two_values_is_not_recorded() {
    Tape::<f64>::new().record(|t| {
        let x = t.variables(&[0.5, 2.0]);
        let mut y = x[0];
        for _ in 0..1000 {
            y = (y * x[1] + x[0]).sin().exp() * 0.5;
        }
        assert_eq!((t.n_statements(), t.n_partials()), (2, 0));
        assert!(y.value().is_finite());
    });
}

#[test]
fn a_partial_derivative_of_zero_cuts() {
    fn infinite_slope<R: Scalar>(x: &[R]) -> R {
        (x[0] * 0.0).sqrt() + R::select(x[1].gt(x[0]), x[1], x[0].log())
    }
    assert_eq!(gradient(|x| infinite_slope(x), &[0.0, 1.0]), [0.0, 1.0]);
    assert_eq!(gradient(|x| x[0].relu().sqrt() + x[1], &[-1.0, 1.0]), [0.0, 1.0]);
    Tape::new().record(|t| {
        let x = t.variable(0.0);
        let root = t.keep(x.sqrt());
        let y = t.keep(root * root);
        assert_eq!(t.reverse(y).of(x), 0.0);
    });
}

#[test]
fn lanes_are_single_passes_at_once() {
    Tape::new().record(|t| {
        let x = t.variables(&X);
        let y = [wander(&x, 5), x[0] * x[1] * x[2], x[1], Var::from(2.0)];
        let adjoints = t.reverse_lanes(&y);
        let lanes: Vec<[f64; 4]> = x.iter().map(|&x| adjoints.lanes(x)).collect();
        for (k, &y) in y.iter().enumerate() {
            let single = t.reverse(y).collect(&x);
            assert_eq!(lanes.iter().map(|lane| lane[k]).collect::<Vec<_>>(), single);
        }
        let weighted = t.reverse_seeded(&[(y[0], 2.0), (y[1], -1.0)]);
        let expected: Vec<_> = lanes.iter().map(|lane| 2.0 * lane[0] - lane[1]).collect();
        assert_close(&weighted.collect(&x), &expected);
    });
}

#[test]
fn kept_intermediates_have_adjoints() {
    Tape::new().record(|t| {
        let x = t.variable(3.0);
        let square = t.keep(x * x);
        let adjoints = t.reverse(square.sin() * 2.0);
        assert_eq!(adjoints.of(square), 9f64.cos() * 2.0);
        assert_eq!(adjoints.of(x), 9f64.cos() * 2.0 * 6.0);
        assert_eq!(adjoints.of(Var::from(1.0)), 0.0);
    });
}

#[test]
fn reverse_passes_leave_nothing_behind() {
    let mut tape = Tape::new();
    for n_steps in [9, 2, 20, 3] {
        let expected = by_duals(|x| wander(x, n_steps), &X);
        tape.record(|t| {
            let x = t.variables(&X);
            let between = t.keep(wander(&x, n_steps / 2));
            let y = wander(&x, n_steps);
            for _ in 0..2 {
                t.reverse_lanes(&[y + between, between]);
                assert_close(&t.reverse(y).collect(&x), &expected);
                assert_eq!(t.reverse(between * 3.0).of(between), 3.0);
            }
        });
    }
}

#[test]
#[should_panic(expected = "has an adjoint if it was kept")]
fn other_intermediates_have_none() {
    Tape::new().record(|t| {
        let x = t.variable(3.0);
        let double = x * 2.0;
        t.reverse(double.sin()).of(double)
    });
}

#[test]
fn a_number_beside_a_variable_is_another_one() {
    Tape::new().record(|t| {
        let x = t.variable(3.0);
        let shifted = t.keep(x + 1.0);
        let adjoints = t.reverse(x * shifted);
        assert_eq!((adjoints.of(x), adjoints.of(shifted)), (7.0, 3.0));
        let slope = t.scratch(|s| {
            let shifted = s.bring(shifted);
            s.reverse(shifted * shifted).of(shifted)
        });
        assert_eq!(slope, 8.0);
    });
}

#[test]
#[should_panic(expected = "has an adjoint if it was kept")]
fn a_number_beside_a_variable_has_not_its_adjoint() {
    Tape::new().record(|t| {
        let x = t.variable(3.0);
        let shifted = x + 1.0;
        t.reverse(x * shifted).of(shifted)
    });
}

#[test]
fn variables_that_are_not_finite_have_adjoints() {
    for value in [f64::NAN, f64::INFINITY] {
        Tape::new().record(|t| {
            let x = t.variable(value);
            assert_eq!(t.reverse(x * 2.0).of(x), 2.0);
        });
    }
}

#[test]
fn a_limit_leaves_values_and_refuses_derivatives() {
    let mut tape = Tape::with_limit(1 << 16);
    let mut slopes = [0.0; 3];
    let value = wander(&X, 100_000);
    let error = tape.try_value_and_gradient(|x| wander_kept(x, 100_000), &X, &mut slopes);
    assert!(matches!(error, Err(TapeFull { limit: 0x10000, n_statements: 1000.. })), "{error:?}");
    let (got, bytes) = tape.record(|t| {
        let x = t.variables(&X);
        let y = wander_kept(&x, 100_000);
        assert!(t.checked().is_err());
        (y.value(), t.n_bytes() + 8 * t.n_statements())
    });
    assert_eq!(got, value);
    assert!((1 << 15..=1 << 16).contains(&bytes), "{bytes} bytes");
    let small = tape.try_value_and_gradient(|x| wander(x, 100), &X, &mut slopes);
    assert!(small.is_ok(), "the tape is full no more");
}

/// As [`wander`], by steps that depend on all variables.
fn wander_kept<R: Scalar>(x: &[R], n_steps: usize) -> R {
    let nothing = x[1] * x[2] * 1e-300;
    wander(&[x[0] + nothing - nothing, x[1], x[2]], n_steps)
}

#[test]
#[should_panic(expected = "the tape was full after")]
fn a_full_tape_does_not_run_backwards() {
    let mut tape = Tape::with_limit(1 << 16);
    tape.value_and_gradient(|x| wander_kept(x, 100_000), &X, &mut [0.0; 3]);
}

#[test]
fn a_scratch_goes_on_and_is_forgotten() {
    Tape::new().record(|t| {
        let x = t.variables(&X);
        let y = x[0] * x[1] * x[2];
        let before = (t.n_statements(), t.n_partials());
        for _ in 0..3 {
            let slopes = t.scratch(|s| {
                let y = s.bring(y);
                let x: Vec<_> = x.iter().map(|&x| s.bring(x)).collect();
                let z = y * x[0] * x[1] + x[2];
                s.reverse(z).collect(&x)
            });
            assert_close(&slopes, &gradient(|x| x[0].square() * x[1].square() * x[2] + x[2], &X));
            assert_eq!((t.n_statements(), t.n_partials()), before);
        }
        assert_close(&t.reverse(y).collect(&x), &[X[1] * X[2], X[0] * X[2], X[0] * X[1]]);
    });
}

#[test]
#[should_panic(expected = "is lent to a scratch")]
fn variables_are_not_recorded_while_their_tape_is_lent() {
    Tape::new().record(|t| {
        let x = t.variables(&X);
        t.scratch(|_| (x[0] * x[1] * x[2]).value())
    });
}

#[test]
#[should_panic(expected = "is lent to a scratch")]
fn a_tape_does_not_run_backwards_while_it_is_lent() {
    Tape::new().record(|t| {
        let x = t.variables(&X);
        t.scratch(|_| t.reverse(x[0]).of(x[0]))
    });
}

#[test]
#[should_panic(expected = "not of the recording that this one is a scratch of")]
fn variables_of_other_tapes_are_not_brought() {
    Tape::new().record(|t| {
        let x = t.variable(1.0);
        Tape::<f64>::new().record(|other| other.scratch(|s| s.bring(x).value()))
    });
}

/// The solution `x` of `a·x = b` for a diagonal `a`, whose adjoint is `b̄ = x̄/a`, `ā = −x·b̄`.
fn solve<'t>(t: Recording<'t, '_>, a: &[Var<'t>], b: &[Var<'t>]) -> Vec<Var<'t>> {
    let quotient = |(a, b): (&Var<'t>, &Var<'t>)| b.value() / a.value();
    let x: Vec<f64> = a.iter().zip(b).map(quotient).collect();
    let (values, diagonal) = (x.clone(), a.iter().map(|a| a.value()).collect::<Vec<_>>());
    t.external(&[a, b].concat(), &x, move |by_x, by_inputs| {
        for k in 0..values.len() {
            let by_b = by_x[k] / diagonal[k];
            by_inputs[k] = -values[k] * by_b;
            by_inputs[values.len() + k] = by_b;
        }
    })
}

#[test]
fn external_functions_are_as_recorded_ones() {
    let point = [2.0, -3.0, 0.5, 1.5];
    let expected = gradient(|x| (x[2] * 2.0 / x[0]).sin() * (x[3] / (x[1] * x[0])), &point);
    Tape::new().record(|t| {
        let x = t.variables(&point);
        let y = solve(t, &[x[0], x[1] * x[0]], &[x[2] * 2.0, x[3]]);
        let z = y[0].sin() * y[1];
        assert_close(&t.reverse(z).collect(&x), &expected);
        let adjoints = t.reverse_lanes(&[x[0], z]);
        for (k, &x) in x.iter().enumerate() {
            assert_close(&adjoints.lanes(x), &[if k == 0 { 1.0 } else { 0.0 }, expected[k]]);
        }
        let constant = solve(t, &[Var::from(2.0)], &[x[0]]);
        assert_eq!(t.reverse(constant[0]).collect(&x), [0.5, 0.0, 0.0, 0.0]);
    });
}

#[test]
fn a_tape_is_as_good_after_a_panic() {
    let mut tape = Tape::new();
    let attempt = catch_unwind(AssertUnwindSafe(|| {
        tape.record(|t| {
            let x = t.variables(&X);
            t.scratch(|_| (x[0] * x[1] * x[2]).value())
        })
    }));
    assert!(attempt.is_err());
    let mut slopes = [0.0; 3];
    tape.value_and_gradient(|x| x[0] * x[1] * x[2], &X, &mut slopes);
    assert_close(&slopes, &[X[1] * X[2], X[0] * X[2], X[0] * X[1]]);
}

#[test]
fn a_recording_is_as_good_after_a_panic() {
    let panics = |f: &dyn Fn()| catch_unwind(AssertUnwindSafe(f)).is_err();
    let expected = gradient(|x| (x[0] * x[1] * x[2]).square() * x[1] * x[2], &X);
    Tape::new().record(|t| {
        let x = t.variables(&X);
        let y = x[0] * x[1] * x[2];
        let before = t.n_statements();
        assert!(panics(&|| t.scratch(|s| {
            let x: Vec<_> = x.iter().map(|&x| s.bring(x)).collect();
            let kept = s.keep(x[0] * x[1]);
            let norm = s.external(&[kept * x[2]], &[1.0], |_, _| panic!("no rule"));
            s.reverse(norm[0]);
        })));
        assert_eq!(t.n_statements(), before);
        let norm = t.external(&[y], &[1.0], |_, _| panic!("no rule"));
        assert!(panics(&|| drop(t.reverse(norm[0] + y))));
        assert_close(&t.reverse(y.square() * x[1] * x[2]).collect(&x), &expected);
    });
}

#[test]
fn long_chains_cost_no_stack() {
    let run = || {
        let mut tape = Tape::new();
        let mut slopes = [0.0; 3];
        tape.value_and_gradient(|x| wander_kept(x, 2_000_000), &X, &mut slopes);
        assert!(slopes.iter().all(|slope| slope.is_finite()));
    };
    let thread = std::thread::Builder::new().stack_size(256 << 10).spawn(run);
    thread.expect("a thread can be started").join().expect("the thread does not panic");
}

#[test]
fn tapes_can_be_sent_and_nested() {
    fn require_send<T: Send>(_: &T) {}
    let mut outer = Tape::<f64>::new();
    require_send(&outer);
    // The second derivative of x³, by a tape of a tape.
    let second = outer.record(|t| {
        let x = t.variable(2.0);
        let mut slope = [Var::default()];
        Tape::new().value_and_gradient(|x| x[0] * x[0] * x[0], &[x], &mut slope);
        t.reverse(slope[0]).of(x)
    });
    assert_eq!(second, 12.0);
    // And by duals of variables.
    let second = gradient(|x| Real::powi(Dual::variable(x[0]), 3).tangents[0], &[2.0]);
    assert_eq!(second, [12.0]);
    assert_eq!(Dual::<Var<'_>>::constant(2.0).primal(), 2.0);
}

#[test]
fn single_precision_is_recorded_as_such() {
    let mut slopes = [0f32; 2];
    let y = Tape::<f32>::new().value_and_gradient(
        |x| x[0] * x[1] * x[0] * 3.0,
        &[0.1, 0.2],
        &mut slopes,
    );
    assert_eq!(y, 0.1f32 * 0.2 * 0.1 * 3.0);
    assert_eq!(slopes[1], 0.1f32 * 0.1 * 3.0);
}
