//! Depth costs no stack: a chain of a million operations in a thread that has 256 KB of it.

use std::time::Instant;

use retrograd_core::{Graph, Params, Tensor};
use retrograd_cpu::Plan;

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
        let y = (0..DEPTH).fold(x, |y, _| y.sin()).sum();
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
