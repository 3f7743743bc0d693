//! Other backends than the CPU run plans and training steps without a change to either.

mod oracle;

use oracle::Oracle;
use retrograd_core::{Graph, Params, Tensor};
use retrograd_layers::{Adam, Loss, Mlp, Model, Optimizer, seeded};
use retrograd_plan::{CompileOptions, Plan, PlanCache};

/// The losses of training XOR, and the parameters in the end.
fn train_xor(options: CompileOptions) -> (Vec<f64>, Params) {
    let model = Mlp::new([2, 8, 1]);
    let mut params = model.params(&mut seeded(3));
    let g = Graph::new();
    let (x, t) = (g.input("x", [4, 2]), g.input("t", [4, 1]));
    let loss = model.apply(&g.bind(&params), x).mse(t).mean();
    let mut step = Adam::new(0.05).compile_with(loss, options).expect("the step compiles");
    let mut state = step.initial_state();
    let x = Tensor::from([[0.0f32, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]);
    let t = Tensor::from([[0.0f32], [1.0], [1.0], [0.0]]);
    let feeds = [("x", x.view()), ("t", t.view())];
    let mut loss = || step.run(&mut params, &mut state, &feeds).expect("the data fit");
    let losses = (0..200).map(|_| loss()).collect();
    (losses, params)
}

fn assert_same_training(ours: (Vec<f64>, Params), meant: (Vec<f64>, Params)) {
    assert!(meant.0[199] < 0.01, "XOR is learned: {}", meant.0[199]);
    for (k, (ours, meant)) in ours.0.iter().zip(&meant.0).enumerate() {
        assert!(
            (ours - meant).abs() <= 1e-4 * (1.0 + k as f64 / 20.0),
            "step {k}: {ours}, {meant}"
        );
    }
    let names =
        |params: &Params| params.iter().map(|(name, _)| name.to_owned()).collect::<Vec<_>>();
    assert_eq!(names(&ours.1), names(&meant.1));
}

#[test]
fn the_oracle_trains_xor_as_the_cpu_does() {
    let oracle = CompileOptions::new().backend(Oracle);
    assert_same_training(train_xor(oracle.clone()), train_xor(CompileOptions::new()));
    assert_same_training(train_xor(oracle.checked()), train_xor(CompileOptions::new().checked()));
}

#[test]
fn a_checked_run_on_the_oracle_names_the_node_and_updates_nothing() {
    let g = Graph::new();
    let w = g.param("w", [0.5, 0.0]);
    let loss = w.square().sqrt().sum();
    let updates = [(w, w - 0.1 * loss.grad(&[w])[0])];
    let messages = [CompileOptions::new().backend(Oracle), CompileOptions::new()].map(|options| {
        let plan = Plan::compile_with(&[loss], &updates, &options.checked()).expect("it compiles");
        let (mut params, mut workspace) = (g.recorded_params(), plan.workspace());
        let result = plan.step(&mut workspace, &mut params, &mut Params::new(), &[]);
        assert_eq!(params, g.recorded_params());
        result.expect_err("the root of 0 has no derivative").to_string()
    });
    assert_eq!(messages[0], messages[1]);
    assert!(messages[0].contains("is inf at [1]"), "{}", messages[0]);
}

#[test]
fn data_that_do_not_fit_get_the_same_message_on_every_backend() {
    let g = Graph::new();
    let (x, k) = (g.param("x", [1.0, 2.0]), g.input_as("k", retrograd_core::DType::I64, [1]));
    let y = x.gather(0, k);
    for feeds in [&[5i64][..], &[], &[1, 2]] {
        let messages =
            [CompileOptions::new().backend(Oracle), CompileOptions::new()].map(|options| {
                let plan = Plan::compile_with(&[y], &[], &options).expect("it compiles");
                let data = Tensor::from(feeds.to_vec());
                let feeds = [("k", data.view())];
                let feeds = if data.shape()[0] == 0 { &feeds[..0] } else { &feeds };
                let result = plan.run(&mut plan.workspace(), &g.recorded_params(), feeds);
                result.expect_err("the data do not fit").to_string()
            });
        assert_eq!(messages[0], messages[1]);
    }
}

#[test]
fn caches_of_two_backends_hold_their_own_programs() {
    let g = Graph::new();
    let y = g.constant([1.0, 4.0]).sqrt();
    for options in [CompileOptions::new().backend(Oracle), CompileOptions::new()] {
        let mut cache = PlanCache::with_options(options);
        let plans = [0, 1].map(|_| cache.compile(&[y], &[]).expect("it compiles"));
        assert_eq!(cache.len(), 1);
        for plan in plans {
            let mut workspace = plan.workspace();
            plan.run(&mut workspace, &Params::new(), &[]).expect("all leaves hold data");
            assert_eq!(workspace.output(0).to_tensor(), Tensor::from([1.0f32, 2.0]));
        }
    }
}
