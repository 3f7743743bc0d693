//! The cost of derivatives, counted and not timed: the scalar operations of what a plan computes, on the models of the
//! examples. A gradient costs at most five times its function whatever the number of parameters (Baur and Strassen 1983;
//! Griewank and Walther 2008, §3.3), and a Hessian–vector product at most ten times.
//!
//! `cargo test --test cost -- --nocapture` prints the figures that docs/derivatives.md quotes.

use retrograd::{
    Node, Op,
    computation::{Computation, ValueId},
    functions::Conv,
    prelude::*,
};

/// Records a loss.
type Record = fn(&Graph) -> Expr<'_>;

/// Scalar operations of all that some expressions compute.
fn n_operations(roots: &[Expr<'_>]) -> usize {
    let nodes = Computation::of(roots).computation.nodes;
    let cost = |node: &Node<ValueId>| {
        let inputs: Vec<_> = node.inputs.iter().map(|input| &nodes[input.index()].shape).collect();
        node.op.behavior().n_operations(&inputs, &node.shape)
    };
    nodes.iter().map(cost).sum()
}

/// Counts for a loss of parameters, and prints them.
fn counted(name: &str, loss: Expr<'_>) -> [f64; 3] {
    let params = loss.graph().params();
    let forward = n_operations(&[loss]);
    let gradients = loss.grad(&params);
    let reverse = n_operations(&[&[loss], &gradients[..]].concat());
    let directions: Vec<_> = params
        .iter()
        .map(|&p| (p, loss.graph().input(&format!("direction of {}", p.id().index()), p.shape())))
        .collect();
    let tangent = n_operations(&[loss, loss.jvp(&directions)]);
    let product = n_operations(&loss.hessian_vector(&directions));
    let ratios = [tangent, reverse, product].map(|cost| cost as f64 / forward as f64);
    println!("{name:<34} {forward:>11} {:>8.2} {:>8.2} {:>8.2}", ratios[0], ratios[1], ratios[2]);
    ratios
}

/// The loss of a model on a batch.
fn loss_of<'g>(
    g: &'g Graph,
    model: &impl Model,
    objective: Objective,
    [x, t]: [Expr<'g>; 2],
) -> Expr<'g> {
    let params = model.params(&mut seeded(1));
    objective.losses(model.apply(&g.bind(&params), x), t).expect("the shapes fit").mean()
}

#[test]
fn gradients_cost_at_most_five_functions_and_hessian_products_at_most_ten() {
    let models: [(&str, Record); 6] = [
        ("linear regression, 353 × 10", |g| {
            let data = [g.input("x", [353, 10]), g.input("t", [353])];
            loss_of(g, &LinearRegression::new(10), Objective::MeanSquaredError, data)
        }),
        ("logistic regression, 455 × 30", |g| {
            let data = [g.input("x", [455, 30]), g.input("t", [455])];
            loss_of(g, &LogisticRegression::binary(30), Objective::BinaryCrossEntropy, data)
        }),
        ("xor, 2-4-1 tanh, batch 4", |g| {
            let data = [g.input("x", [4, 2]), g.input("t", [4])];
            let mlp = Mlp::new([2, 4, 1]).activation(Activation::Tanh);
            loss_of(g, &mlp, Objective::BinaryCrossEntropy, data)
        }),
        ("mnist, 784-256-10 relu, batch 64", |g| {
            let data = [g.input("x", [64, 784]), g.input_as("t", DType::I64, [64])];
            loss_of(g, &Mlp::new([784, 256, 10]), Objective::CrossEntropy, data)
        }),
        ("deep, 32-32-32-32-10, batch 64", |g| {
            let data = [g.input("x", [64, 32]), g.input_as("t", DType::I64, [64])];
            let mlp = Mlp::new([32, 32, 32, 32, 10]).activation(Activation::Sigmoid);
            loss_of(g, &mlp, Objective::CrossEntropy, data)
        }),
        ("convolution 5 × 5, 1-8-16, batch 8", small_convolution),
    ];
    println!("{:<34} {:>11} {:>8} {:>8} {:>8}", "model", "operations", "J·v", "∇f", "H·v");
    for (name, record) in models {
        let g = Graph::new();
        let [tangent, reverse, product] = counted(name, record(&g));
        assert!(tangent <= 3.0, "{name}: a tangent costs {tangent} functions");
        assert!(reverse <= 5.0, "{name}: a gradient costs {reverse} functions");
        assert!(product <= 10.0, "{name}: a Hessian–vector product costs {product} functions");
    }
}

/// Two convolutions, of which the second sees every other pixel, and a linear layer, on pictures of 28 × 28.
fn small_convolution(g: &Graph) -> Expr<'_> {
    let param = |name: &str, shape: &[usize]| g.param(name, Tensor::zeros(DType::F32, shape));
    let (first, second) = (param("first", &[8, 1, 5, 5]), param("second", &[16, 8, 5, 5]));
    let h = g.input("x", [8, 1, 28, 28]).conv2d(first, None, &Conv::default()).relu();
    let thinned = h.slice_by(2, .., 2).slice_by(3, .., 2);
    let h = thinned.conv2d(second, None, &Conv::default()).relu();
    let logits = h.reshape([8, 16 * 8 * 8]).dot(param("output", &[16 * 8 * 8, 10]));
    logits.cross_entropy(g.input_as("t", DType::I64, [8])).mean()
}

#[test]
fn inputs_have_no_gradient_unless_it_is_wanted() {
    let g = Graph::new();
    let (x, w) = (g.input("x", [8, 4]), g.param("w", Tensor::zeros(DType::F32, [4, 2])));
    let loss = x.dot(w).square().sum();
    let products = |gradients: &[Expr<'_>]| {
        let computation = Computation::of(gradients).computation;
        computation.nodes.iter().filter(|node| node.op == Op::MatMul).count()
    };
    assert_eq!((products(&loss.grad(&[w])), products(&loss.grad(&[x, w]))), (2, 3));
}
