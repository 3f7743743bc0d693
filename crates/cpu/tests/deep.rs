//! Depth costs no stack: a chain of a million operations in a thread that has 256 KB of it. Width costs no more than
//! its share: kernels of tens of thousands of values compile at once.

use std::time::Instant;

use retrograd_core::{Graph, Params, Tensor};
use retrograd_plan::Plan;

const DEPTH: usize = 1_000_000;

fn in_a_small_stack(run: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(256 * 1024).spawn(run);
    thread
        .expect("a thread can be started")
        .join()
        .expect("the thread does not overflow its stack");
}

#[test]
fn a_deep_chain_of_elementwise_operations_compiles_runs_and_drops() {
    in_a_small_stack(|| {
        let g = Graph::new();
        let x = g.param("x", [0.5, -0.25]);
        // Division rounds alike in plan and oracle, however often.
        let y = (0..DEPTH).fold(x, |y, _| y.reciprocal()).sum();
        let gradient = y.grad(&[x])[0];
        let start = Instant::now();
        let plan = Plan::compile(&[y, gradient], &[]).unwrap();
        println!("compiled {} nodes in {:?}", g.len(), start.elapsed());
        let mut workspace = plan.workspace();
        plan.run(&mut workspace, &g.recorded_params(), &[]).unwrap();
        assert_eq!(workspace.output(0).to_tensor(), y.value());
        drop((workspace, plan, g));
    });
}

#[test]
fn a_deep_chain_of_single_numbers_compiles_runs_and_drops() {
    in_a_small_stack(|| {
        let g = Graph::new();
        let (x, rate) = (g.param("x", 0.5), g.param("rate", 0.75));
        let y = (0..DEPTH / 2).fold(x, |y, _| rate - y * rate);
        let gradient = y.grad(&[x, rate]);
        let start = Instant::now();
        let plan = Plan::compile(&[y, g.stack(&gradient, 0)], &[]).unwrap();
        println!("compiled {} nodes in {:?}", g.len(), start.elapsed());
        assert_eq!(plan.n_steps(), 1);
        let mut workspace = plan.workspace();
        plan.run(&mut workspace, &g.recorded_params(), &[]).unwrap();
        assert_eq!(workspace.output(0).to_tensor(), y.value());
        drop((workspace, plan, g));
    });
}

#[test]
fn a_gradient_by_the_elements_of_a_long_vector_is_one_operation() {
    const N: usize = 20_000;
    let g = Graph::new();
    let x = g.param("x", vec![0.5f32; N]);
    let y = (0..N).map(|k| x.slice(0, k..k + 1).reshape([]).sin()).reduce(|a, b| a + b).unwrap();
    let gradient = y.grad(&[x])[0];
    assert!(g.len() < 10 * N);
    let plan = Plan::compile(&[gradient], &[]).unwrap();
    assert_eq!(plan.n_steps(), 1);
    let mut workspace = plan.workspace();
    plan.run(&mut workspace, &g.recorded_params(), &[]).unwrap();
    let ours = workspace.output(0).to_tensor().to_vec::<f64>();
    assert!(ours.iter().all(|slope| (slope - 0.5f64.cos()).abs() < 1e-6));
}

#[test]
fn a_deep_chain_of_steps_compiles_runs_and_drops() {
    in_a_small_stack(|| {
        let g = Graph::new();
        let x = g.input("x", [2, 2]);
        let y = (0..DEPTH / 4).fold(x, |y, _| y.dot(x).sum_over(0).tanh().broadcast_to([2, 2]));
        let plan = Plan::compile(&[y], &[]).unwrap();
        let data = Tensor::from([[0.5f32, 0.25], [0.75, -0.5]]);
        let mut workspace = plan.workspace();
        plan.run(&mut workspace, &Params::new(), &[("x", data.view())]).unwrap();
        let bindings = retrograd_core::Bindings::new().with("x", &data);
        let meant = y.value_with(&bindings).unwrap();
        assert_eq!(workspace.output(0).to_tensor().shape(), meant.shape());
    });
}

#[test]
fn a_step_that_updates_many_parameters_compiles_and_runs() {
    const WIDTH: usize = 20_000;
    let g = Graph::new();
    let params: Vec<_> = (0..WIDTH).map(|k| g.param(&format!("p{k}"), [0.5, 1.0])).collect();
    let loss = params.iter().fold(g.constant(0.0), |sum, p| sum + p.square().sum());
    let rate = g.input_with("rate", 0.25);
    let gradients = loss.grad(&params);
    let updates: Vec<_> = params.iter().zip(gradients).map(|(&p, d)| (p, p - rate * d)).collect();
    let plan = Plan::compile(&[loss], &updates).unwrap();
    let mut values = g.recorded_params();
    plan.step(&mut plan.workspace(), &mut values, &mut Params::new(), &[]).unwrap();
    let halved = Tensor::from([0.25f32, 0.5]);
    assert!(values.iter().all(|(_, value)| *value == halved));
}

#[test]
fn a_plan_of_many_outputs_compiles_and_runs() {
    let g = Graph::new();
    let x = g.param("x", [0.5, 1.0]);
    let sums: Vec<_> = (0..20_000).map(|k| (x * f64::from(k)).sin().sum()).collect();
    let plan = Plan::compile(&sums, &[]).unwrap();
    let mut workspace = plan.workspace();
    plan.run(&mut workspace, &g.recorded_params(), &[]).unwrap();
    for k in [0, 1, 19_999] {
        let (ours, meant) = (workspace.output(k).to_tensor().item(), sums[k].value().item());
        assert!((ours - meant).abs() < 1e-6, "{k}: {ours} instead of {meant}");
    }
}

#[test]
fn a_plan_of_many_inputs_is_fed_by_their_names() {
    const N: usize = 20_000;
    let g = Graph::new();
    let names: Vec<_> = (0..N).map(|k| format!("x{k}")).collect();
    let inputs: Vec<_> = names.iter().map(|name| g.input_with(name, 1.0)).collect();
    let plan = Plan::compile(&[g.stack(&inputs, 0).sum()], &[]).unwrap();
    let data = Tensor::from(3.0f32);
    // The first of them keeps the data that it was recorded with.
    let feeds: Vec<_> = names[1..].iter().rev().map(|name| (&**name, data.view())).collect();
    let mut workspace = plan.workspace();
    plan.run(&mut workspace, &Params::new(), &feeds).unwrap();
    assert_eq!(workspace.output(0).to_tensor().item(), (3 * (N - 1) + 1) as f64);
}
