//! Checkpoints take less memory and change no value, not by a bit.

use std::time::Instant;

use retrograd_check::{Options, random_graph};
use retrograd_core::{
    DType, Expr, Graph, Params, Tensor, computation::Computation, region::RegionId,
};
use retrograd_plan::{Plan, PlanCache};

/// Rows and columns of the matrices of a chain.
const N: usize = 16;

fn matrix(seed: usize) -> Tensor {
    let element = |k: usize| (((seed * N * N + k) as f64 * 0.7).sin() / 3.0) as f32;
    Tensor::new([N, N], (0..N * N).map(element).collect::<Vec<_>>())
        .expect("there is a number for every element")
}

fn input(g: &Graph) -> Expr<'_> {
    g.input_with("x", matrix(1000))
}

fn layer(x: Expr<'_>, k: usize) -> Expr<'_> {
    x.dot(x.graph().param(&format!("w{k}"), matrix(k))).tanh()
}

/// The loss of a chain of layers `tanh(x·w)`, with a weight for each.
fn chain(x: Expr<'_>, n_layers: usize, is_checkpointed: bool) -> Expr<'_> {
    let y = match is_checkpointed {
        true => x.graph().checkpointed_chain(x, n_layers, layer),
        false => (0..n_layers).fold(x, layer),
    };
    y.square().mean()
}

/// A step of gradient descent.
fn descent(loss: Expr<'_>) -> Vec<(Expr<'_>, Expr<'_>)> {
    let params = loss.graph().params();
    let gradients = loss.grad(&params);
    params.iter().zip(gradients).map(|(&p, d)| (p, p - 0.1 * d)).collect()
}

fn bits(tensor: &Tensor) -> Vec<u64> {
    tensor.to_vec::<f64>().into_iter().map(f64::to_bits).collect()
}

/// The bits of all outputs.
fn run(outputs: &[Expr<'_>]) -> Vec<Vec<u64>> {
    let plan = Plan::compile(outputs, &[]).expect("the graph compiles");
    let (mut workspace, params) = (plan.workspace(), outputs[0].graph().recorded_params());
    plan.run(&mut workspace, &params, &[]).expect("all leaves hold data");
    (0..outputs.len()).map(|k| bits(&workspace.output(k).to_tensor())).collect()
}

/// Whether a plan of the outputs computes anything again.
fn is_recomputing(outputs: &[Expr<'_>]) -> bool {
    Computation::of(outputs).computation.awaited.iter().any(Option::is_some)
}

/// Checks that what `record` records for a flag is the same with and without checkpoints, which do something.
fn check(record: impl for<'g> Fn(&'g Graph, bool) -> Vec<Expr<'g>>) {
    let (plain, checkpointed) = (Graph::new(), Graph::new());
    let (plain, checkpointed) = (record(&plain, false), record(&checkpointed, true));
    assert!(!is_recomputing(&plain) && is_recomputing(&checkpointed));
    assert!(run(&plain) == run(&checkpointed), "checkpoints change a value");
}

#[test]
fn gradients_of_a_chain_are_the_same() {
    check(|g, is_checkpointed| {
        let loss = chain(input(g), 10, is_checkpointed);
        let mut outputs = loss.grad(&g.params());
        outputs.push(loss);
        outputs
    });
}

#[test]
fn second_derivatives_of_a_chain_are_the_same() {
    check(|g, is_checkpointed| {
        let loss = chain(input(g), 7, is_checkpointed);
        let params = g.params();
        let norm = loss.grad(&params).into_iter().map(|d| d.square().sum()).reduce(|a, b| a + b);
        norm.expect("there are parameters").grad(&params)
    });
    check(|g, is_checkpointed| {
        let loss = chain(input(g), 7, is_checkpointed);
        let along: Vec<_> = g.params().iter().map(|&p| (p, p.sin())).collect();
        loss.hessian_vector(&along)
    });
}

#[test]
fn gradients_of_a_batched_chain_are_the_same() {
    check(|g, is_checkpointed| {
        let x = input(g);
        let loss = chain(x, 5, is_checkpointed);
        let xs = g.constant(Tensor::new([3, N, N], vec![0.25f32; 3 * N * N]).unwrap());
        let gradients = loss.grad(&g.params());
        let mut outputs: Vec<_> = g.vmap(&gradients, &[(x, xs)]);
        // The gradient of a batched loss, as well.
        outputs.extend(loss.vmap(&[(x, xs)]).sum().grad(&g.params()));
        outputs
    });
}

#[test]
fn a_sum_with_a_scaled_product_that_others_wait_for_is_the_same() {
    check(|g, is_checkpointed| {
        let x = g.param("x", matrix(1000));
        let (part, scaled) = {
            let _checkpoint = is_checkpointed.then(|| g.checkpoint("layer"));
            (x.slice(0, 1..).sin(), 0.3 * x)
        };
        let product = g.constant(matrix(0)).dot(scaled) * g.constant(matrix(1));
        let loss = product.sum() + (part * g.constant(matrix(2)).slice(0, 1..)).sum();
        loss.grad(&[x])
    });
}

#[test]
fn nested_checkpoints_are_the_same_and_take_less_than_one_level() {
    let nested = |g: &Graph, n_levels: usize| {
        let mut y = input(g);
        for outer in 0..4 {
            let _outer = (n_levels > 0).then(|| g.checkpoint("outer"));
            for inner in 0..4 {
                let _inner = (n_levels > 1).then(|| g.checkpoint("inner"));
                y = (0..4).fold(y, |y, k| layer(y, outer * 16 + inner * 4 + k));
            }
        }
        let loss = y.square().mean();
        let updates = descent(loss);
        Plan::compile(&[loss], &updates).unwrap().live_bytes() / (4 * N * N)
    };
    let live: Vec<_> = (0..3).map(|n_levels| nested(&Graph::new(), n_levels)).collect();
    println!("values of layers that are live at once, by levels of checkpoints: {live:?}");
    assert!(live[0] > live[1] && live[1] > live[2], "{live:?}");
    check(|g, is_checkpointed| {
        let x = input(g);
        let _outer = is_checkpointed.then(|| g.checkpoint("outer"));
        let y = (0..6).fold(x, |y, k| {
            let _inner = (is_checkpointed && k % 2 == 0).then(|| g.checkpoint("inner"));
            layer(layer(y, 2 * k), 2 * k + 1)
        });
        drop(_outer);
        y.square().mean().grad(&g.params())
    });
}

/// Marks about half of the scopes and calls of a graph, as a number says.
fn checkpoint_some_regions(g: &Graph, number: u64) {
    let regions: Vec<RegionId> = g.regions().iter().map(|region| region.id()).collect();
    let chosen = regions.iter().enumerate().filter(|(k, _)| (number >> (k % 64)) & 1 == 1);
    chosen.for_each(|(_, &region)| g.checkpoint_region(region));
}

#[test]
fn random_graphs_give_the_same_bits() {
    let mut n_recomputing = 0;
    for (order, n_seeds) in [(1, 450), (2, 200)] {
        for dtype in [DType::F32, DType::F64] {
            for seed in 0..n_seeds {
                let options = Options { dtype, order, ..Options::default() };
                let random = random_graph(seed, &options);
                let outputs = random.outputs();
                let plain = run(&outputs);
                checkpoint_some_regions(random.graph(), seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
                n_recomputing += usize::from(is_recomputing(&outputs));
                assert!(plain == run(&outputs), "seed {seed} of {options:?}");
            }
        }
    }
    println!("{n_recomputing} of 1300 random graphs compute something again");
    assert!(n_recomputing > 200, "{n_recomputing}");
}

/// How many values of a layer's size are live at once in a step of training, at most.
fn n_live(n_layers: usize, is_checkpointed: bool) -> usize {
    let g = Graph::new();
    let loss = chain(input(&g), n_layers, is_checkpointed);
    let plan = Plan::compile(&[loss], &descent(loss)).expect("the graph compiles");
    let (live, arena) = (plan.live_bytes(), plan.arena_bytes());
    assert_eq!(live, arena, "the arena has no gaps");
    live.div_ceil(4 * N * N)
}

/// Without checkpoints, `v` values of each of `n` layers are kept. With segments of `s` layers, only the outputs of all
/// segments but the last are, and at any time the values of one segment, a cotangent and one in the making.
#[test]
fn a_chain_keeps_two_roots_of_its_length_instead_of_its_length() {
    for (n, s) in [(4, 2), (16, 4), (50, 8), (64, 8), (256, 16)] {
        let (plain, checkpointed) = (n_live(n, false), n_live(n, true));
        let v = plain / n;
        println!("{n} layers: {plain} values live without checkpoints, {checkpointed} with");
        assert!(plain >= v * n && v >= 1);
        assert!(checkpointed <= (n.div_ceil(s) - 1) + v * s + 2, "{n} layers: {checkpointed}");
    }
}

#[test]
fn a_step_of_training_updates_in_place_and_learns_the_same() {
    let trained = |is_checkpointed: bool| {
        let g = Graph::new();
        let loss = chain(input(&g), 9, is_checkpointed);
        let plan = Plan::compile(&[loss], &descent(loss)).unwrap();
        let (mut workspace, mut params) = (plan.workspace(), g.recorded_params());
        for _ in 0..5 {
            plan.step(&mut workspace, &mut params, &mut Params::new(), &[]).unwrap();
        }
        params.iter().map(|(_, tensor)| bits(tensor)).collect::<Vec<_>>()
    };
    assert!(trained(true) == trained(false));
}

#[test]
fn a_cache_keeps_plans_with_and_without_checkpoints_apart() {
    let mut cache = PlanCache::new();
    for is_checkpointed in [false, true, false, true] {
        let g = Graph::new();
        let loss = chain(input(&g), 4, is_checkpointed);
        cache.compile(&loss.grad(&g.params()), &[]).unwrap();
    }
    assert_eq!(cache.len(), 2);
}

#[test]
fn forward_mode_computes_nothing_again() {
    let g = Graph::new();
    let loss = chain(input(&g), 9, true);
    let along: Vec<_> = g.params().iter().map(|&p| (p, p.sin())).collect();
    assert!(!is_recomputing(&[loss, loss.jvp(&along)]));
}

#[test]
fn a_chain_of_a_hundred_thousand_layers_compiles_in_a_small_stack() {
    let compile = |n_layers: usize| {
        let g = Graph::new();
        let (x, w) = (g.param("x", [0.5, -0.25]), g.param("w", [[0.6, -0.8], [0.8, 0.6]]));
        let y = g.checkpointed_chain(x, n_layers, |x, _| x.dot(w).tanh());
        let outputs = y.square().sum().grad(&[x, w]);
        let start = Instant::now();
        let plan = Plan::compile(&outputs, &[]).unwrap();
        println!("compiled {} nodes in {:?}", g.len(), start.elapsed());
        (plan.n_steps().div_ceil(n_layers), plan.live_bytes())
    };
    let run = move || {
        let ((steps, bytes), (many_steps, many_bytes)) = (compile(1000), compile(100_000));
        assert_eq!(steps, many_steps, "steps of a layer");
        assert!(many_bytes < 12 * bytes, "{many_bytes} bytes for 100 times {bytes}");
    };
    let thread = std::thread::Builder::new().stack_size(256 * 1024).spawn(run);
    thread.expect("a thread can be started").join().expect("the stack is enough");
}
