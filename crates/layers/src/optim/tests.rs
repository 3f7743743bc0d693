//! Tests of optimizers against their recursions in plain numbers.

use retrograd_core::{DType, Expr, Graph, Params};

use super::*;

/// Curvatures of the loss `½ Σ c·w²`, whose gradient is `c·w`, and where it starts.
const CURVATURES: [f64; 2] = [1.0, 7.0];
const START: [f64; 2] = [1.5, -0.5];

/// Parameters after 20 steps of an optimizer.
fn trained(optimizer: &impl Optimizer, dtype: DType) -> Vec<f64> {
    let mut params = Params::new();
    params.insert("w", Tensor::from(START).cast(dtype));
    let g = Graph::with_dtype(dtype);
    let w = g.bind(&params).param("w");
    let loss = 0.5 * (g.constant(CURVATURES) * w.square()).sum();
    let mut step = optimizer.compile(loss).unwrap();
    let mut state = step.initial_state();
    for _ in 0..20 {
        step.run(&mut params, &mut state, &[]).unwrap();
    }
    params.get("w").unwrap().to_vec()
}

/// Checks the graph against `next`, which gives the change of one weight from the step's number, the weight and its
/// gradient.
fn check<F: FnMut(i32, f64, f64) -> f64>(optimizer: impl Optimizer, recursion: impl Fn() -> F) {
    let expected = [0, 1].map(|k| {
        let mut next = recursion();
        (1..=20).fold(START[k], |w, t| w - next(t, w, CURVATURES[k] * w))
    });
    for (dtype, tolerance) in [(DType::F64, 1e-14), (DType::F32, 2e-6)] {
        for (w, expected) in trained(&optimizer, dtype).iter().zip(expected) {
            assert!((w - expected).abs() < tolerance, "{dtype}: {w} ≠ {expected}");
        }
    }
}

#[test]
fn sgd_follows_its_recursion() {
    check(Sgd::new(0.05), || |_, _, d| 0.05 * d);
    check(Sgd::new(0.05).weight_decay(0.3), || |_, w, d| 0.05 * (d + 0.3 * w));
    check(Sgd::new(0.05).nesterov(), || |_, _, d| 0.05 * d);
    check(Sgd::new(0.05).momentum(0.9), || {
        let mut m = 0.0;
        move |_, _, d| {
            m = 0.9 * m + d;
            0.05 * m
        }
    });
    check(Sgd::new(0.05).momentum(0.8).nesterov().weight_decay(0.1), || {
        let mut m = 0.0;
        move |_, w, d| {
            let d = d + 0.1 * w;
            m = 0.8 * m + d;
            0.05 * (d + 0.8 * m)
        }
    });
    check(Sgd::new(0.05).momentum(0.9).dampening(0.3), || {
        let mut m = 0.0;
        move |t, _, d| {
            m = if t == 1 { d } else { 0.9 * m + 0.7 * d };
            0.05 * m
        }
    });
}

#[test]
fn adam_follows_its_recursion() {
    let table = [
        (Adam::new(0.02), (0.9, 0.999, 1e-8, 0.0, 0.0)),
        (Adam::new(0.02).betas(0.5, 0.9).epsilon(1e-3), (0.5, 0.9, 1e-3, 0.0, 0.0)),
        (Adam::new(0.02).l2(0.2), (0.9, 0.999, 1e-8, 0.2, 0.0)),
        (Adam::new(0.02).weight_decay(0.2), (0.9, 0.999, 1e-8, 0.0, 0.2)),
        (Adam::new(0.02).betas(0.0, 0.0), (0.0, 0.0, 1e-8, 0.0, 0.0)),
    ];
    for (adam, (beta1, beta2, epsilon, l2, decay)) in table {
        check(adam, || {
            let (mut m, mut v) = (0.0, 0.0);
            move |t, w: f64, d: f64| {
                let d = d + l2 * w;
                m = beta1 * m + (1.0 - beta1) * d;
                v = beta2 * v + (1.0 - beta2) * d * d;
                let root = (v / (1.0f64 - f64::powi(beta2, t))).sqrt() + epsilon;
                0.02 * decay * w + 0.02 * m / (1.0 - f64::powi(beta1, t)) / root
            }
        });
    }
}

#[test]
fn state_is_named_after_its_parameter() {
    let g = Graph::new();
    let (v, w) = (g.param("v", [1.0]), g.param("w", [[1.0, 2.0]]));
    let step = Adam::new(0.1).compile(v.sum() * w.sum()).unwrap();
    let state = step.initial_state();
    let mut names: Vec<_> = state.iter().map(|(name, t)| format!("{name} {}", t.shape())).collect();
    names.sort_unstable();
    let expected =
        ["optimizer/step []", "v/mean [1]", "v/square [1]", "w/mean [1, 2]", "w/square [1, 2]"];
    assert_eq!(names, expected);
    assert!(
        Sgd::new(0.1).compile(Graph::new().param("w", 1.0)).unwrap().initial_state().is_empty()
    );
}

#[test]
fn frozen_parameters_stay_and_the_others_move() {
    let mut params = Params::new();
    params.insert("v", Tensor::from([1.0f32, 2.0]));
    params.insert("w", Tensor::from([3.0f32, 4.0]));
    params.freeze("v").unwrap();
    let before = params.clone();
    let g = Graph::new();
    let bound = g.bind(&params);
    let loss = (bound.param("v") * bound.param("w")).sum();
    let mut step = Adam::new(0.1).weight_decay(0.1).compile(loss).unwrap();
    let mut state = step.initial_state();
    step.run(&mut params, &mut state, &[]).unwrap();
    assert_eq!(params.get("v"), before.get("v"));
    assert_ne!(params.get("w"), before.get("w"));
}

#[test]
fn the_learning_rate_changes_from_run_to_run() {
    let mut params = Params::new();
    params.insert("w", Tensor::from(1.0f64));
    let g = Graph::with_dtype(DType::F64);
    let w = g.bind(&params).param("w");
    let mut step = Sgd::new(0.25).compile_in(w, &[w * 2.0], &mut PlanCache::new()).unwrap();
    let mut state = step.initial_state();
    let mut run = |step: &mut TrainStep| step.run(&mut params, &mut state, &[]).unwrap();
    assert_eq!(run(&mut step), 1.0);
    step.set_learning_rate(0.5);
    assert_eq!(run(&mut step), 0.75);
    assert_eq!(step.output(0).to_tensor().item(), 1.5);
    step.set_learning_rate(0.0);
    assert_eq!((run(&mut step), run(&mut step)), (0.25, 0.25));
}

#[test]
fn a_loss_that_cannot_be_minimized_is_an_error() {
    let message = |loss: Expr<'_>| Sgd::new(0.1).compile(loss).err().unwrap().to_string();
    let g = Graph::new();
    assert!(message(g.constant(1.0)).contains("no trainable parameter"));
    let w = g.param("weights", [1.0, 2.0]);
    assert!(message(w).starts_with("grad: `weights` [2]: only a scalar has a gradient"));
}

#[test]
fn a_step_that_fails_updates_nothing() {
    let mut params = Params::new();
    params.insert("w", Tensor::from([[1.0f32, 2.0, 3.0]]));
    let g = Graph::new();
    let picked = g.bind(&params).param("w").gather(1, g.input_as("class", DType::I64, [1, 1]));
    let mut step = Sgd::new(0.1).momentum(0.9).compile(picked.sum()).unwrap();
    let mut state = step.initial_state();
    let before = (params.clone(), state.clone());
    let class = Tensor::from([[3i64]]);
    let error = step.run(&mut params, &mut state, &[("class", class.view())]).unwrap_err();
    assert!(error.to_string().contains("index 3 is out of bounds"), "{error}");
    assert!(step.run(&mut params, &mut state, &[]).unwrap_err().to_string().contains("class"));
    assert_eq!((params, state), before);
}

#[test]
fn a_momentum_without_gradient_ends_at_zero_and_never_in_subnormal_numbers() {
    let optimizers: [&dyn Optimizer; 2] =
        [&Adam::new(0.1).betas(0.9, 0.9), &Sgd::new(0.1).momentum(0.9)];
    for optimizer in optimizers {
        let mut params = Params::new();
        params.insert("w", Tensor::from([1.0f32]));
        let g = Graph::new();
        let loss = (g.input("x", [1]) * g.bind(&params).param("w")).sum();
        let mut step = optimizer.compile(loss).unwrap();
        let mut state = step.initial_state();
        for k in 0..1000 {
            let x = Tensor::from([if k == 0 { 1.0f32 } else { 0.0 }]);
            step.run(&mut params, &mut state, &[("x", x.view())]).unwrap();
            let values = state.iter().flat_map(|(_, tensor)| tensor.to_vec::<f32>());
            assert!(values.into_iter().all(|value| !value.is_subnormal()), "step {k}: {state:?}");
        }
        let memory = state.iter().filter(|(name, _)| *name != "optimizer/step");
        assert!(memory.into_iter().all(|(_, tensor)| tensor.item() == 0.0));
    }
}

/// Half of the gradient's step, whatever the learning rate.
struct Halving;

impl Optimizer for Halving {
    fn learning_rate(&self) -> f64 {
        1.0
    }

    fn new_value<'g>(&self, _: &mut Updates<'g>, w: Expr<'g>, gradient: Expr<'g>) -> Expr<'g> {
        w - 0.5 * gradient
    }
}

#[test]
fn a_rule_need_not_use_the_learning_rate() {
    let g = Graph::new();
    let w = g.param("w", [2.0, -4.0]);
    let mut step = Halving.compile(0.5 * w.square().sum()).unwrap();
    let (mut params, mut state) = (g.recorded_params(), step.initial_state());
    step.run(&mut params, &mut state, &[]).unwrap();
    assert_eq!(params.get("w"), Some(&Tensor::from([1.0f32, -2.0])));
}
