//! Other backends than the CPU run plans and training steps without a change to either.

mod oracle;

use oracle::Oracle;
use retrograd_core::{Graph, Op, Params, Tensor, computation::ValueId, ops::Unary};
use retrograd_layers::{
    Adam, Dataset, Fit, Loss, Mlp, Model, Objective, Optimizer, Progress, seeded,
};
use retrograd_plan::{CompileOptions, Plan, PlanCache};
use retrograd_task::{Backend, CompileError, Executable, Task};

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

#[test]
fn a_training_loop_runs_on_the_oracle() {
    let x = Tensor::from([[0.0f32, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]);
    let xor = Dataset::new(x, Tensor::from([0i64, 1, 1, 0])).expect("there is a target for each");
    let model = Mlp::new([2, 8, 2]);
    let fit = Fit::new(Objective::CrossEntropy, Adam::new(0.05)).batch_size(4).epochs(60);
    let losses = [fit.clone().backend(Oracle), fit].map(|fit| {
        let mut params = model.params(&mut seeded(1));
        let history = fit.progress(Progress::Quiet).run(&model, &mut params, &xor);
        let history = history.expect("the data fit");
        history.epochs.iter().map(|epoch| epoch.train.loss).collect::<Vec<_>>()
    });
    for (ours, meant) in losses[0].iter().zip(&losses[1]) {
        assert!((ours - meant).abs() < 1e-4, "{ours}, {meant}");
    }
    assert!(losses[0][59] < 0.5 * losses[0][0], "{:?}", losses[0]);
}

/// A backend that lacks the hyperbolic tangent.
struct WithoutTanh;

impl Backend for WithoutTanh {
    fn name(&self) -> String {
        "without tanh".to_owned()
    }

    fn compile(&self, task: &Task) -> Result<Box<dyn Executable>, CompileError> {
        let nodes = &task.computation.nodes;
        match nodes.iter().position(|node| node.op == Op::Unary(Unary::Tanh)) {
            Some(index) => {
                let (value, reason) = (ValueId::new(index), "the backend has no `tanh`".to_owned());
                Err(CompileError::Unsupported { value, reason })
            }
            None => Oracle.compile(task),
        }
    }
}

#[test]
fn what_a_backend_lacks_is_named_with_its_line() {
    let g = Graph::new();
    let (line, y) = (line!(), g.input("x", [3]).tanh().named("hidden"));
    let options = CompileOptions::new().backend(WithoutTanh);
    let result = Plan::compile_with(&[y.sum()], &[], &options);
    let message = result.map(drop).expect_err("there is a `tanh`").to_string();
    assert!(message.starts_with("compile: `hidden` [3]: the backend has no `tanh`"), "{message}");
    assert!(message.contains(&format!("{}:{line}:", file!())), "{message}");
}
