//! A training step in its steady state allocates nothing of ours. What the matrix-product library allocates inside
//! itself is counted apart, by calling it directly with the same products.
#![expect(unsafe_code, reason = "the product library takes raw pointers")]

use allocation_counter::measure;
use retrograd::{
    layers::{self, TrainStep},
    prelude::*,
};

const N: usize = 32;
const WIDTHS: [usize; 3] = [784, 128, 10];

/// Allocations of a step after the first two, which settle parameters and the library's own state.
fn allocations_per_step(
    step: &mut TrainStep,
    params: &mut Params,
    feeds: &[(&str, View<'_>)],
) -> u64 {
    let mut state = step.initial_state();
    let mut run = || {
        measure(|| {
            step.run(params, &mut state, feeds).expect("the data fit the graph");
        })
    };
    run();
    run();
    run().count_total
}

/// Allocations of the library for a product `[m, k] × [k, n]`, with strides of rows and columns of both operands.
fn allocations_of_product(
    (m, k, n): (usize, usize, usize),
    lhs: [usize; 2],
    rhs: [usize; 2],
) -> u64 {
    let (a, b, mut out) = (vec![0.5f32; m * k], vec![0.5f32; k * n], vec![0.0f32; m * n]);
    let mut multiply = || {
        // The transpose, as the engine computes it.
        // SAFETY: sizes and strides describe the vectors.
        unsafe {
            gemm_f32::gemm::f32::get_gemm_fn()(
                n,
                m,
                k,
                out.as_mut_ptr(),
                n as isize,
                1,
                false,
                b.as_ptr(),
                rhs[0] as isize,
                rhs[1] as isize,
                a.as_ptr(),
                lhs[0] as isize,
                lhs[1] as isize,
                0.0,
                1.0,
                false,
                false,
                false,
                gemm_common::Parallelism::None,
            );
        }
    };
    multiply();
    measure(multiply).count_total
}

/// A step of a model without products of matrices.
fn allocations_without_products(
    compile: impl Fn(Adam, Expr<'_>) -> Result<TrainStep, layers::Error>,
) -> u64 {
    let (g, mut params) = (Graph::new(), Params::new());
    params.insert("w", Tensor::full(DType::F32, [1000], 0.5));
    let (w, x) = (g.bind(&params).param("w"), g.input("x", [64, 1000]));
    let loss = ((x * w).tanh().softmax(1) - x).square().mean() + (0.01 * w.abs()).max();
    let mut step = compile(Adam::new(1e-3), loss).expect("the loss is a scalar");
    let x = Tensor::full(DType::F32, [64, 1000], 0.25);
    allocations_per_step(&mut step, &mut params, &[("x", x.view())])
}

#[test]
fn a_step_without_products_allocates_nothing() {
    assert_eq!(allocations_without_products(|adam, loss| adam.compile(loss)), 0);
}

#[test]
fn a_checked_step_allocates_nothing() {
    assert_eq!(
        allocations_without_products(
            |adam, loss| adam.compile_with(loss, CompileOptions::new().checked())
        ),
        0
    );
}

#[test]
fn a_step_in_two_threads_allocates_nothing() {
    let compile = |adam: Adam, loss: Expr<'_>| Ok(adam.compile(loss)?.with_threads(2));
    assert_eq!(allocations_without_products(compile), 0);
}

#[test]
fn linear_algebra_works_in_its_outputs() {
    let g = Graph::new();
    let a = g.input("a", [2, 4, 4]);
    let definite = a.abs() + g.arange(4).one_hot(4) * 8.0;
    let outputs = [definite.cholesky(), definite.inv(), definite.det(), a.slogdet().1, a.svd().1];
    let plan = Plan::compile(&outputs, &[]).unwrap();
    let (mut workspace, params) = (plan.workspace(), Params::new());
    let data = Tensor::full(DType::F32, [2, 4, 4], 0.5);
    let mut run = || {
        measure(|| {
            plan.run(&mut workspace, &params, &[("a", data.view())]).expect("it is definite")
        })
    };
    run();
    assert_eq!(run().count_total, 0);
}

#[test]
fn a_step_of_an_mlp_allocates_only_inside_the_product_library() {
    let [n_in, n_hidden, n_out] = WIDTHS;
    // The narrow product `[n, n_hidden] × [n_hidden, n_out]` goes to a kernel that allocates nothing.
    let in_products = allocations_of_product((N, n_in, n_hidden), [n_in, 1], [n_hidden, 1])
        + allocations_of_product((N, n_out, n_hidden), [n_out, 1], [1, n_out])
        + allocations_of_product((n_hidden, N, n_out), [1, n_hidden], [n_out, 1])
        + allocations_of_product((n_in, N, n_hidden), [1, n_in], [n_hidden, 1]);
    let compilations: [fn(Expr<'_>) -> Result<TrainStep, layers::Error>; 3] = [
        |loss| Adam::new(1e-3).compile(loss),
        |loss| Adam::new(1e-3).compile_with(loss, CompileOptions::new().checked()),
        // Updates large weights in place.
        |loss| Sgd::new(1e-3).compile_with(loss, CompileOptions::new().checked()),
    ];
    for compile in compilations {
        let mlp = Mlp::new(WIDTHS).activation(Activation::Relu);
        let (g, mut params) = (Graph::new(), mlp.params(&mut seeded(1)));
        let (x, t) = (g.input("x", [N, WIDTHS[0]]), g.input_as("t", DType::I64, [N]));
        let loss = mlp.apply(&g.bind(&params), x).cross_entropy(t).mean();
        let mut step = compile(loss).unwrap();
        drop(g);
        let x = Tensor::full(DType::F32, [N, WIDTHS[0]], 0.5);
        let t = Tensor::from((0..N as i64).map(|i| i % 10).collect::<Vec<_>>());
        let feeds = [("x", x.view()), ("t", t.view())];
        let total = allocations_per_step(&mut step, &mut params, &feeds);
        println!(
            "allocations per step: {} of ours, {in_products} inside the product library",
            total - in_products
        );
        assert_eq!(total, in_products);
    }
}
