//! Recorded functions: replays against the function itself and its tape, and branches that go the other way.

use retrograd_core::{DType, Graph};
use retrograd_scalar::{
    Dual, Frozen, Real, ReplayError, Scalar, Series, Tape, Traced, gradient, hessian, jacobian,
    value_and_gradient,
};

fn rosenbrock<R: Scalar>(x: &[R]) -> R {
    x.windows(2).map(|x| (x[1] - x[0].square()).square() * 100.0 + (-x[0] + 1.0).square()).sum()
}

/// The line of the loop's condition.
const CONDITION: u32 = line!() + 5;

/// The square root of `a` by Newton's iteration.
fn root<R: Scalar>(a: R) -> R {
    let mut x = a;
    while (x * x - a).abs() > 1e-12 {
        x = (x + a / x) * 0.5;
    }
    x
}

fn residuals<R: Scalar>(x: &[R]) -> Vec<R> {
    let model = |t: f64| x[0] * (x[1] * t).exp() + x[2];
    let mut all: Vec<R> = (0..20).map(|k| model(f64::from(k) * 0.1) - f64::from(k).sin()).collect();
    all.extend([R::from(2.0), x[1]]);
    all
}

fn assert_all_close(ours: &[f64], meant: &[f64]) {
    assert_eq!(ours.len(), meant.len());
    for (ours, meant) in ours.iter().zip(meant) {
        let scale = meant.abs().max(1.0);
        assert!((ours - meant).abs() <= 1e-12 * scale, "{ours} instead of {meant}");
    }
}

#[test]
fn a_replay_gives_what_the_function_and_its_tape_give() {
    let start = |k: usize| if k.is_multiple_of(2) { -1.2 } else { 1.0 };
    let frozen = Frozen::record(|x| rosenbrock(x), &(0..100).map(start).collect::<Vec<_>>());
    let by_x = frozen.y().grad(&[frozen.x()])[0];
    let mut replay = frozen.compile(&[frozen.y(), by_x]).unwrap();
    assert_eq!(replay.plan().n_steps(), 1);
    for shift in 0..5 {
        let x: Vec<f64> = (0..100).map(|k| start(k) + 0.1 * f64::from(shift) * k as f64).collect();
        replay.run(&x).unwrap();
        let (value, gradient) = value_and_gradient(|x| rosenbrock(x), &x);
        assert_eq!(replay.output(0), [value]);
        assert_all_close(replay.output(1), &gradient);
    }
}

#[test]
fn all_modes_of_the_graph_apply() {
    let x = [0.7, -0.4, 1.3, 0.2];
    let frozen = Frozen::record(|x| rosenbrock(x), &x);
    let mut replay = frozen.compile(&[frozen.y().hessian(frozen.x())]).unwrap();
    replay.run(&x).unwrap();
    assert_all_close(replay.output(0), &hessian(|x| rosenbrock(x), &x).concat());

    let x = [0.7, -0.4, 1.3];
    let frozen = Frozen::record_all(|x| residuals(x), &[1.0, 1.0, 1.0]);
    let by_x = frozen.y().jacobian(frozen.x());
    let mut replay = frozen.compile(&[frozen.y(), by_x]).unwrap();
    replay.run(&x).unwrap();
    assert_all_close(replay.output(0), &residuals(&x));
    assert_all_close(replay.output(1), &jacobian(|x| residuals(x), &x).concat());
}

#[test]
fn a_loop_that_would_end_elsewhere_is_reported() {
    let frozen = Frozen::record(|x| root(x[0]), &[2.0]);
    let slope = frozen.y().grad(&[frozen.x()])[0];
    let mut replay = frozen.compile(&[frozen.y(), slope]).unwrap();
    replay.run(&[2.1]).unwrap();
    assert_eq!(replay.output(0), [root(2.1)]);
    assert_all_close(replay.output(1), &gradient(|x| root(x[0]), &[2.1]));
    let error = replay.run(&[50.0]).unwrap_err();
    let ReplayError::Changed { lhs, rhs, recorded, location, .. } = &error else {
        panic!("{error}")
    };
    assert!(*lhs > *rhs && !recorded, "one more round is needed");
    assert!(location.file().ends_with("frozen.rs") && location.line() == CONDITION, "{location}");
    assert!(error.to_string().contains("> 0.000000000001 is true at"), "{error}");
    // A replay after an error is as good as any.
    replay.run(&[1.9]).unwrap();
    assert_eq!(replay.output(0), [root(1.9)]);
}

/// Numbers in every order.
const PAIRS: [[f64; 2]; 5] = [[1.0, 2.0], [2.0, 1.0], [1.0, 1.0], [f64::NAN, 1.0], [1.0, f64::NAN]];

macro_rules! check_comparisons {
    ($($a:ident, $b:ident => $compare:expr;)*) => { $( {
        fn compare<T: PartialOrd>($a: &T, $b: &T) -> bool {
            $compare
        }
        for recorded in PAIRS {
            let f = |x: &[Traced<'_>]| compare(&x[0], &x[1]);
            let frozen = Frozen::record(|x| if f(x) { x[0] } else { x[1] }, &recorded);
            let mut replay = frozen.compile(&[frozen.y()]).unwrap();
            for then in PAIRS {
                let is_reported = matches!(replay.run(&then), Err(ReplayError::Changed { .. }));
                let [was, is] = [recorded, then].map(|[a, b]| compare(&a, &b));
                // An order tells more than one answer: the smaller from the equal, and those from NaN.
                let [before, now] = [recorded, then].map(|[a, b]| a.partial_cmp(&b));
                let text = stringify!($compare);
                assert!(is_reported || was == is, "{text} at {then:?}, recorded at {recorded:?}");
                assert!(!is_reported || before != now, "{text} at {then:?}, recorded at {recorded:?}");
            }
        }
    } )* };
}

#[test]
fn every_way_to_compare_is_remembered() {
    check_comparisons! {
        a, b => a < b;
        a, b => a <= b;
        a, b => a > b;
        a, b => a >= b;
        a, b => a == b;
        a, b => a != b;
        a, b => a.partial_cmp(b).is_some();
        a, b => a.partial_cmp(b) == Some(std::cmp::Ordering::Less);
    }
}

#[test]
fn comparisons_with_constants_and_inputs_are_remembered() {
    let frozen = Frozen::record(|x| if x[1] < 0.5 { x[0] } else { -x[0] }, &[3.0, 0.25]);
    let mut replay = frozen.compile(&[frozen.y()]).unwrap();
    replay.run(&[4.0, 0.4]).unwrap();
    assert_eq!(replay.output(0), [4.0]);
    let error = replay.run(&[4.0, 0.6]).unwrap_err().to_string();
    assert!(error.contains("0.6 < 0.5 is false at") && error.contains("was true"), "{error}");
}

#[test]
fn a_selection_is_recorded_with_both_numbers_and_is_no_branch() {
    fn f<R: Scalar>(x: &[R]) -> R {
        let larger = R::select(x[0].gt(x[1]), x[0].square(), x[1].log());
        larger + x[0].elu(1.0) * R::select(x[0].eq(R::from(2.0)), R::from(3.0), R::from(1.0))
    }
    let points = [[2.0, 1.0], [1.0, 2.0], [-0.5, 0.3], [1.0, -1.0], [1.0, 1.0], [0.5, f64::NAN]];
    for recorded in points {
        let frozen = Frozen::record(|x| f(x), &recorded);
        assert_eq!(frozen.n_decisions(), 0);
        let by_x = frozen.y().grad(&[frozen.x()])[0];
        let mut replay = frozen.compile(&[frozen.y(), by_x]).unwrap();
        // The logarithm of −1 is not chosen, and leaks nothing.
        for x in &points[..5] {
            replay.run(x).unwrap();
            assert_all_close(replay.output(0), &[f(x)]);
            assert_all_close(replay.output(1), &gradient(|x| f(x), x));
        }
        replay.run(&points[5]).unwrap();
        assert!(replay.output(0)[0].is_nan() && f(&points[5]).is_nan());
    }
    // Comparisons of constants choose at once.
    let one = Traced::from(1.0);
    let frozen = Frozen::record(|x| Traced::select(one.eq(one), x[0], x[0].log()), &[2.0]);
    assert_eq!(frozen.y().id(), Frozen::record(|x| x[0], &[2.0]).y().id());
}

#[test]
fn numbers_with_derivatives_are_selected_with_all_of_them() {
    fn f<R: Scalar>(x: R) -> R {
        R::select(x.gt(R::from(1.0)), x.powi(3), -x.square() + 2.0)
    }
    let duals = Frozen::record_all(
        |x| {
            let y = f(Dual::variable(Dual::variable(x[0])));
            vec![y.value.value, y.value.tangents[0], y.tangents[0].tangents[0]]
        },
        &[2.0],
    );
    let series = Frozen::record_all(
        |x| f(Series::new([x[0], 1.0.into(), 0.0.into()])).coefficients.to_vec(),
        &[2.0],
    );
    for (frozen, factorial) in [(duals, 1.0), (series, 2.0)] {
        assert_eq!(frozen.n_decisions(), 0);
        let mut replay = frozen.compile(&[frozen.y()]).unwrap();
        for (x, meant) in [(3.0, [27.0, 27.0, 18.0]), (0.5, [1.75, -1.0, -2.0])] {
            replay.run(&[x]).unwrap();
            let [value, first, second] = meant;
            assert_all_close(replay.output(0), &[value, first, second / factorial]);
        }
    }
}

#[test]
fn a_mask_that_is_made_a_bool_is_a_branch_at_the_line_that_compared() {
    const COMPARED: u32 = line!() + 2;
    fn f<R: Scalar>(x: R) -> R {
        let is_large = x.gt(R::from(1.0));
        if is_large.into() { x.log() } else { R::select(is_large, x, x * 2.0) }
    }
    let frozen = Frozen::record(|x| f(x[0]), &[0.5]);
    assert_eq!(frozen.n_decisions(), 1);
    let mut replay = frozen.compile(&[frozen.y()]).unwrap();
    replay.run(&[0.75]).unwrap();
    assert_eq!(replay.output(0), [1.5]);
    let error = replay.run(&[2.0]).unwrap_err();
    assert!(
        matches!(error, ReplayError::Changed { lhs: 2.0, recorded: false, location, .. }
            if location.file().ends_with("frozen.rs") && location.line() == COMPARED),
        "{error}"
    );
}

#[test]
fn what_a_variable_depends_on_is_a_branch() {
    fn picked<R: Real>(x: R) -> R {
        R::select(x.gt(x.lit(1.0)), x.square(), x)
    }
    fn slope<'g>(x: &[Traced<'g>]) -> Traced<'g> {
        let mut slope = [Traced::default()];
        Tape::new().value_and_gradient(|x| picked(x[0]), x, &mut slope);
        slope[0]
    }
    let frozen = Frozen::record(slope, &[3.0]);
    assert_eq!(frozen.n_decisions(), 1);
    let mut replay = frozen.compile(&[frozen.y()]).unwrap();
    replay.run(&[4.0]).unwrap();
    assert_eq!(replay.output(0), [8.0]);
    assert!(matches!(replay.run(&[0.5]), Err(ReplayError::Changed { lhs: 0.5, .. })));
}

#[test]
fn the_first_comparison_that_changes_is_named() {
    fn f<R: Scalar>(x: &[R]) -> R {
        let above = x.iter().filter(|x| **x > 1.0).count();
        x.iter().map(|x| *x * above as f64).sum()
    }
    let inside: Vec<f64> = (0..60).map(|k| if k < 30 { 0.5 } else { 1.5 }).collect();
    let frozen = Frozen::record(|x| f(x), &inside);
    assert_eq!(frozen.n_decisions(), 60);
    let mut replay = frozen.compile(&[frozen.y()]).unwrap();
    assert_eq!(replay.plan().n_steps(), 1, "inputs that are compared are not copied first");
    replay.run(&inside).unwrap();
    assert_eq!(replay.output(0), [f(&inside)]);
    let mut outside = inside;
    (outside[45], outside[12], outside[50]) = (0.7, 1.25, f64::NAN);
    let error = replay.run(&outside).unwrap_err();
    assert!(matches!(error, ReplayError::Changed { lhs: 1.25, recorded: false, .. }), "{error}");
}

#[test]
fn constants_and_inputs_of_other_lengths_are_met() {
    let frozen = Frozen::record(|_| 7.0.into(), &[1.0]);
    let by_x = frozen.y().grad(&[frozen.x()])[0];
    let mut replay = frozen.compile(&[frozen.y(), by_x]).unwrap();
    replay.run(&[2.0]).unwrap();
    assert_eq!((replay.output(0), replay.output(1)), (&[7.0][..], &[0.0][..]));
    let message = replay.run(&[2.0, 3.0]).unwrap_err().to_string();
    assert_eq!(message, "`x` is declared as f64 [1], but the data given are f64 [2]");

    let frozen = Frozen::record(|x| x[0] * x[1], &[1.0, 2.0]);
    let mut replay = frozen.compile(&[frozen.y()]).unwrap();
    assert!(matches!(replay.run(&[1.0]), Err(ReplayError::Input(_))));
    assert_eq!(Frozen::record_all(|_| Vec::new(), &[1.0]).y().shape(), [0].into());
}

#[test]
fn expressions_of_other_recordings_are_refused() {
    let [frozen, other] = [(); 2].map(|()| Frozen::record(|x| x[0].sin(), &[1.0]));
    let error = frozen.compile(&[frozen.y(), other.y()]).err().expect("one is of another graph");
    assert!(error.to_string().contains("belongs to another graph"), "{error}");
    assert!(frozen.compile(&[other.y()]).is_err());
}

#[test]
#[should_panic(expected = "there are 1 of them, and no number 1")]
fn sides_of_comparisons_are_no_outputs() {
    let frozen = Frozen::record(|x| if x[0] > 0.0 { x[0] } else { -x[0] }, &[1.0]);
    frozen.compile(&[frozen.y()]).unwrap().output(1);
}

#[test]
fn a_function_without_branches_is_recorded_on_all_elements_at_once() {
    fn energy<R: Real>(x: R) -> R {
        (x.square() + x.lit(1.0)).sqrt() * x.sin() + x.maximum(x.lit(0.25))
    }
    let numbers: Vec<f64> = (0..1000).map(|k| f64::from(k) * 0.01 - 5.0).collect();
    let g = Graph::with_dtype(DType::F64);
    let x = g.constant(numbers.clone());
    let y = energy(x);
    let slopes = y.sum().grad(&[x])[0].value().to_vec::<f64>();
    assert_all_close(
        &y.value().to_vec::<f64>(),
        &numbers.iter().map(|&x| energy(x)).collect::<Vec<_>>(),
    );
    let meant: Vec<f64> = numbers.iter().map(|&x| gradient(|x| energy(x[0]), &[x])[0]).collect();
    assert_all_close(&slopes, &meant);
}
