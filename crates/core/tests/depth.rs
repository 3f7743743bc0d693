//! Depth costs no stack, and no more time than length does.

use std::thread;

use retrograd_core::{Bindings, DType, Expr, Graph};

/// Runs `body` in a thread with a stack on which no recursion over a deep graph would fit.
fn on_a_small_stack(body: fn()) {
    let thread = thread::Builder::new().stack_size(256 * 1024).spawn(body);
    thread.expect("a thread can be started").join().expect("the body does not panic");
}

#[test]
fn a_chain_of_a_million_nodes_is_evaluated_differentiated_and_dropped() {
    on_a_small_stack(|| {
        const N: usize = 1_000_000;
        let g = Graph::with_dtype(DType::F64);
        let x = g.param("x", 0.5);
        let y = (0..N).fold(x, |y, _| y.sin());
        assert_eq!(g.len(), N + 1);

        let numbers: Vec<f64> =
            std::iter::successors(Some(0.5f64), |y| Some(y.sin())).take(N + 1).collect();
        assert_eq!(y.value().item(), numbers[N]);
        let slope = numbers[..N].iter().rev().fold(1.0, |slope, y| slope * y.cos());
        let derivative = y.grad(&[x])[0];
        assert_eq!(derivative.value().item(), slope);
        assert_eq!(format!("{derivative:?}"), "((… ⊙ …) ⊙ cos(…)) ⊙ cos(x)");
    });
}

/// A chain, its input, and another leaf of its shape.
fn chain(g: &Graph, n: usize) -> [Expr<'_>; 3] {
    let x = g.param("x", 0.5);
    [(0..n).fold(x, |y, _| y.sin()), x, g.input_with("v", 1.0)]
}

#[test]
fn tangents_of_a_chain_of_a_million_nodes_are_its_gradient() {
    on_a_small_stack(|| {
        let g = Graph::with_dtype(DType::F64);
        let [y, x, v] = chain(&g, 1_000_000);
        let (forward, reverse) = (y.jvp(&[(x, v)]), y.grad(&[x])[0]);
        let (forward, reverse) = (forward.value().item(), reverse.value().item());
        // The same product of a million cosines, from one end and from the other.
        assert!((forward / reverse - 1.0).abs() < 1e6 * f64::EPSILON, "{forward} and {reverse}");
    });
}

#[test]
fn a_chain_of_a_million_nodes_is_batched() {
    on_a_small_stack(|| {
        let g = Graph::with_dtype(DType::F64);
        let [y, x, _] = chain(&g, 1_000_000);
        let ys = y.vmap(&[(x, g.constant([0.5, 0.25]))]);
        assert_eq!(ys.value().to_vec::<f64>()[0], y.value().item());
    });
}

#[test]
fn second_derivatives_of_a_chain_of_a_hundred_thousand_nodes_agree() {
    on_a_small_stack(|| {
        let g = Graph::with_dtype(DType::F64);
        // They record many nodes for each of the chain, so a longer one would only take its time.
        let [y, x, v] = chain(&g, 100_000);
        let product = y.hessian_vector(&[(x, v)])[0].value().item();
        let series = 2.0 * y.taylor(&[(x, v)], 2)[2].value().item();
        assert!((product / series - 1.0).abs() < 1e5 * f64::EPSILON, "{product} and {series}");
    });
}

#[test]
fn a_node_used_a_hundred_thousand_times_gets_the_sum_of_all_its_cotangents() {
    on_a_small_stack(|| {
        const N: u32 = 100_000;
        let g = Graph::with_dtype(DType::F64);
        let x = g.param("x", 2.0);
        // yₙ = x + yₙ₋₁/2, so y = 2x and dy/dx = 2 but for what is halved away.
        let y = (0..N).fold(x, |y, _| x + 0.5 * y);
        let derivative = y.grad(&[x])[0];
        assert_eq!((y.value().item(), derivative.value().item()), (4.0, 2.0));
        let elsewhere = 3.0.into();
        let bindings = Bindings::new().with("x", &elsewhere);
        assert_eq!(y.value_with(&bindings).expect("the data fit").item(), 6.0);
    });
}

#[test]
fn many_gradients_of_parts_of_a_big_graph_do_not_each_pay_for_all_of_it() {
    on_a_small_stack(|| {
        const N: usize = 20_000;
        let g = Graph::with_dtype(DType::F64);
        let steps: Vec<_> =
            std::iter::successors(Some(g.param("x", 0.5)), |y| Some(y.sin())).take(N).collect();
        // Each gradient reaches two nodes; if each swept the whole graph, this would take minutes.
        let slopes: Vec<_> = steps.windows(2).map(|pair| pair[1].grad(&[pair[0]])[0]).collect();
        assert_eq!(slopes.len(), N - 1);
        assert_eq!(slopes[N - 2].value().item(), steps[N - 2].value().item().cos());
    });
}
