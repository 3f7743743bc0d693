//! Depth costs no stack, and no more time than length does.

use std::thread;

use retrograd_core::{Bindings, DType, Graph};

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
