//! The plan computes what the oracle computes, on random graphs of all operations.

use retrograd_check::{Options, compare, random_graph};
use retrograd_core::DType;
use retrograd_plan::Plan;

/// Roundings allowed to differ: sums are taken in another order, and gradients pass through several of them.
const N_UNITS: f64 = 512.0;

fn check(seed: u64, options: &Options) {
    let random = random_graph(seed, options);
    let outputs = random.outputs();
    let plan = Plan::compile(&outputs, &[]).expect("the graph compiles");
    let (params, mut workspace) = (random.graph().recorded_params(), plan.workspace());
    // The second run finds the arena as the first has left it.
    for run in 0..2 {
        plan.run(&mut workspace, &params, &[]).expect("all leaves hold data");
        for (k, output) in outputs.iter().enumerate() {
            let (ours, meant) = (workspace.output(k).to_tensor(), output.value());
            if let Err(difference) = compare(&ours, &meant, N_UNITS) {
                panic!(
                    "seed {seed} of {options:?}, run {run}: output {k}, {output:?}: {difference}"
                );
            }
        }
    }
}

fn check_many(seeds: std::ops::Range<u64>, options: &Options) {
    for dtype in [DType::F32, DType::F64] {
        seeds.clone().for_each(|seed| check(seed, &Options { dtype, ..options.clone() }));
    }
}

#[test]
fn a_plan_equals_the_oracle_on_values() {
    check_many(0..300, &Options::default());
}

#[test]
fn a_plan_equals_the_oracle_on_gradients() {
    check_many(1000..1300, &Options { order: 1, ..Options::default() });
}

#[test]
fn a_plan_equals_the_oracle_on_second_derivatives() {
    check_many(2000..2300, &Options { order: 2, n_nodes: 30, ..Options::default() });
}

#[test]
fn a_plan_equals_the_oracle_on_tensors_of_several_blocks() {
    let options =
        Options { max_size: 24, max_elements: 3000, order: 2, n_nodes: 30, ..Options::default() };
    check_many(3000..3100, &options);
}
