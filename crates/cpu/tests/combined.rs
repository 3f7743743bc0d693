//! Instructions that kernels compute together give what they give alone: the oracle's bits for arithmetic, and the same
//! `tanh` with its derivative as without.

use retrograd_check::assert_close;
use retrograd_core::{DType, Expr, Graph, Params, Real, Tensor, ops::Binary};
use retrograd_cpu::{Cpu, InstructionSet};
use retrograd_plan::{CompileOptions, Plan};

const DTYPES: [DType; 2] = [DType::F32, DType::F64];

/// The nested operations.
const ARITHMETIC: [Binary; 4] = [Binary::Add, Binary::Sub, Binary::Mul, Binary::Chain];

/// Lengths with and without a remainder of vectors and blocks.
const LENGTHS: [usize; 4] = [1, 37, 512, 1300];

/// Numbers of both signs and all kinds, in another order for each seed.
fn tensor(seed: usize, n: usize, dtype: DType) -> Tensor {
    let special = [0.0, -0.0, 1.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
    let number = |k: usize| match (k * (2 * seed + 3) + seed) % 11 {
        k if k < special.len() => special[k],
        k => (k as f64 - 8.2) * (seed as f64 + 0.7),
    };
    Tensor::new([n], (0..n).map(number).collect::<Vec<_>>()).expect("one axis").cast(dtype)
}

/// Whether numbers are the same, any NaN being as good as another.
fn are_equal(a: &Tensor, b: &Tensor) -> bool {
    let (a, b) = (a.to_vec::<f64>(), b.to_vec::<f64>());
    let is_equal = |(a, b): (&f64, &f64)| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan();
    a.len() == b.len() && a.iter().zip(&b).all(is_equal)
}

/// Runs a plan of one step on all instruction sets.
fn each_run(outputs: &[Expr<'_>], mut check: impl FnMut(InstructionSet, Vec<Tensor>)) {
    for instructions in InstructionSet::available() {
        let options = CompileOptions::new().backend(Cpu::new().instructions(instructions));
        let plan = Plan::compile_with(outputs, &[], &options).expect("the graph compiles");
        assert_eq!(plan.n_steps(), 1);
        let mut workspace = plan.workspace();
        plan.run(&mut workspace, &Params::new(), &[]).expect("all leaves hold data");
        let outputs = (0..outputs.len()).map(|k| workspace.output(k).to_tensor());
        check(instructions, outputs.collect());
    }
}

#[test]
fn nested_arithmetic_has_the_bits_of_the_oracle() {
    for (dtype, n) in DTYPES.into_iter().flat_map(|dtype| LENGTHS.map(|n| (dtype, n))) {
        let g = Graph::with_dtype(dtype);
        let [a, b, c] = [1, 2, 3].map(|seed| g.constant(tensor(seed, n, dtype)));
        let half = a.lit(0.5);
        let mut outputs = Vec::new();
        for inner in ARITHMETIC {
            let results = [a.apply_binary(inner, b), half.apply_binary(inner, a), b.square()];
            for (outer, x) in ARITHMETIC.into_iter().flat_map(|outer| results.map(|x| (outer, x))) {
                outputs.extend([x.apply_binary(outer, c), c.apply_binary(outer, x)]);
                outputs.extend([x.apply_binary(outer, half), x.square().apply_binary(outer, x)]);
            }
        }
        for &output in &outputs {
            each_run(&[output], |instructions, values| {
                let set = instructions.name();
                assert!(are_equal(&values[0], &output.value()), "{output:?} in {dtype} with {set}");
            });
        }
    }
}

#[test]
fn tanh_is_the_same_with_its_derivative() {
    for (dtype, n) in DTYPES.into_iter().flat_map(|dtype| LENGTHS.map(|n| (dtype, n))) {
        let g = Graph::with_dtype(dtype);
        let x = g.constant(tensor(4, n, dtype));
        let y = x.tanh();
        let mut alone = Vec::new();
        each_run(&[y], |_, values| alone.extend(values));
        let mut alone = alone.iter();
        each_run(&[y, y.sum().grad(&[x])[0]], |instructions, values| {
            let set = instructions.name();
            assert!(are_equal(&values[0], alone.next().expect("as many sets")), "{dtype}, {set}");
        });
    }
}

#[test]
fn functions_of_two_views_of_one_value_keep_their_slopes() {
    for dtype in DTYPES {
        let g = Graph::with_dtype(dtype);
        let x = g.param("x", Tensor::from([[0.6], [0.61], [0.62]]).cast(dtype));
        for power in 2..5 {
            let loss = x.flatten().tanh().square().sum() + x.tanh().powi(power).sum();
            let gradient = loss.grad(&[x])[0];
            let curvature = gradient.square().sum().grad(&[x])[0];
            let outputs = [loss, gradient, curvature];
            let plan = Plan::compile(&outputs, &[]).expect("the graph compiles");
            let mut workspace = plan.workspace();
            plan.run(&mut workspace, &g.recorded_params(), &[]).expect("all leaves hold data");
            for (k, output) in outputs.iter().enumerate() {
                assert_close(&workspace.output(k).to_tensor(), &output.value(), 64.0);
            }
        }
    }
}
