//! Rematerialization: the backward pass computes values of the forward pass again, instead of reading them from memory.

mod oracle;

use oracle::check_step;
use retrograd_core::{Expr, Graph, Tensor};
use retrograd_plan::Plan;

/// Rows and columns of all matrices.
const N: usize = 16;

/// Layers of a chain.
const N_LAYERS: usize = 10;

fn matrix(seed: usize) -> Tensor {
    let element = |k: usize| (((k + 1) * (seed + 3)) as f32 * 0.7).sin() / 2.0;
    Tensor::new([N, N], (0..N * N).map(element).collect()).expect("as many elements")
}

/// A step of gradient descent on a chain of layers, each an `activation` of `x·w + b`.
fn step<'g>(
    g: &'g Graph,
    activation: impl Fn(Expr<'g>) -> Expr<'g>,
) -> (Expr<'g>, Vec<(Expr<'g>, Expr<'g>)>) {
    let layer = |x: Expr<'g>, k: usize| {
        let (w, b) = (g.param(&format!("w{k}"), matrix(k)), g.param(&format!("b{k}"), [0.1; N]));
        activation(x.dot(w) + b)
    };
    let loss = (0..N_LAYERS).fold(g.input_with("x", matrix(1000)), layer).square().mean();
    let params = g.params();
    let updates = params.iter().zip(loss.grad(&params)).map(|(&p, d)| (p, p - 0.1 * d));
    (loss, updates.collect())
}

/// Checks a step against the oracle, and how many bytes it keeps of each element of a layer; fewer of the last one.
fn check(n_bytes: usize, activation: impl for<'g> Fn(Expr<'g>) -> Expr<'g>) {
    let g = Graph::new();
    let (loss, updates) = step(&g, activation);
    check_step(&g, &[loss], &updates);
    let live = Plan::compile(&[loss], &updates).expect("the graph compiles").live_bytes();
    let [least, most] = [N_LAYERS - 1, N_LAYERS + 1].map(|n| n * n_bytes * N * N);
    assert!((least..most).contains(&live), "{live} bytes are live, not {least} to {most}");
}

#[test]
fn arithmetic_is_computed_again_and_functions_are_stored() {
    // The product, the function, and the output, which the next product reads.
    check(12, |x| x.gelu_tanh());
    check(12, |x| x.silu());
    check(12, |x| x * x.sin());
}

#[test]
fn a_mask_is_not_computed_again_where_that_keeps_numbers() {
    check(5, |x| Expr::select(x.gt(0.0), x, 0.1 * x));
}
