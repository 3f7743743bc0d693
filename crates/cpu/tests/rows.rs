//! Kernels that compute of rows: softmax, normalization and losses are one pass, and what the oracle computes.

use rand::{RngExt, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use retrograd_check::{assert_close, compare};
use retrograd_core::{DType, Expr, Graph, Params, Tensor, keep};
use retrograd_cpu::{Cpu, InstructionSet};
use retrograd_plan::{CompileOptions, Plan};

const DTYPES: [DType; 2] = [DType::F32, DType::F64];

/// Shapes with rows of every kind: of one element, shorter and longer than vectors and blocks, too long for a kernel,
/// as many as fill several blocks, and none.
const SHAPES: [&[usize]; 17] = [
    &[1],
    &[5],
    &[1, 1],
    &[6, 1],
    &[1, 6],
    &[3, 2],
    &[300, 10],
    &[5, 15],
    &[70, 16],
    &[40, 17],
    &[3, 512],
    &[2, 700],
    &[2, 4096],
    &[2, 5000],
    &[2, 3, 4, 5],
    &[3, 1, 7, 1],
    &[0, 4],
];

fn tensor(seed: f64, shape: &[usize], dtype: DType) -> Tensor {
    let n = shape.iter().product();
    let elements: Vec<_> = (0..n).map(|k| 2.0 * (seed * (k + 1) as f64).sin()).collect();
    Tensor::new(shape, elements).expect("there are as many elements").cast(dtype)
}

/// Checks outputs of a graph of constants on all instruction sets; returns the number of steps.
fn check(outputs: &[Expr<'_>], n_units: f64) -> usize {
    let plan = |instructions| {
        let options = CompileOptions::new().backend(Cpu::new().instructions(instructions));
        Plan::compile_with(outputs, &[], &options).expect("the graph compiles")
    };
    for instructions in InstructionSet::available() {
        let plan = plan(instructions);
        let mut workspace = plan.workspace();
        for run in 0..2 {
            plan.run(&mut workspace, &Params::new(), &[]).expect("all leaves hold data");
            for (k, output) in outputs.iter().enumerate() {
                let ours = workspace.output(k).to_tensor();
                if let Err(difference) = compare(&ours, &output.value(), n_units) {
                    let (set, dtype, shape) = (instructions.name(), output.dtype(), output.shape());
                    panic!("{set}, {dtype} {shape:?}, run {run}, output {k}: {difference}");
                }
            }
        }
    }
    plan(InstructionSet::best()).n_steps()
}

/// Checks a function, its gradient and its Hessian's product with ones, at all shapes.
fn check_function(n_units: f64, function: impl for<'g> Fn(Expr<'g>) -> Expr<'g>) {
    for dtype in DTYPES {
        for shape in SHAPES {
            let g = Graph::with_dtype(dtype);
            let x = g.constant(tensor(0.7, shape, dtype));
            let y = function(x);
            let weight = g.constant(tensor(1.3, &y.shape(), dtype));
            let first = (y * weight).sum().grad(&[x])[0];
            let second = (first * first).sum().grad(&[x])[0];
            check(&[y], n_units);
            check(&[y, first], n_units);
            check(&[y, first, second], n_units);
        }
    }
}

#[test]
fn softmax_and_its_relatives_are_those_of_the_oracle() {
    check_function(256.0, |x| x.softmax(-1));
    check_function(256.0, |x| x.log_softmax(-1));
    check_function(256.0, |x| x.logsumexp(-1));
}

#[test]
fn normalization_is_that_of_the_oracle() {
    check_function(4096.0, |x| {
        let centered = x - x.mean_over(keep(-1));
        centered * (centered.square().mean_over(keep(-1)) + 0.1).rsqrt()
    });
}

#[test]
fn rows_that_are_read_across_are_those_of_the_oracle() {
    for dtype in DTYPES {
        let g = Graph::with_dtype(dtype);
        let x = g.constant(tensor(0.7, &[30, 40], dtype));
        check(&[x.t().softmax(-1), x.softmax(0), x.slice_by(1, .., -3).softmax(-1)], 64.0);
        check(&[(x.t() + x.sum_over(-1)).softmax(-1), x.softmax(-1).softmax(0).softmax(-1)], 64.0);
        check(&[x.max_over(-1).sum_over(0), x.sum_over(-1).max_over(-1).exp()], 64.0);
        check(&[x.reshape([30, 5, 8]).softmax(-1).reshape([30, 40]).softmax(-1)], 64.0);
        check(&[x.softmax(-1).reshape([2, 15, 40]).log_softmax(-1)], 64.0);
        let masked = x.gt(0.3).select(x, g.full([30, 40], f64::NEG_INFINITY));
        check(&[masked.softmax(-1), x.gt(x.mean_over(keep(-1))).select(x, -x)], 64.0);
    }
}

#[test]
fn masks_and_numbers_of_rows_are_outputs_too() {
    let g = Graph::new();
    let x = g.constant(tensor(0.7, &[60, 20], DType::F32));
    let largest = x.max_over(keep(-1));
    let is_large = largest.gt(1.9);
    let is_largest = x.eq(largest);
    let spread = largest.broadcast_to([60, 20]);
    check(&[is_large, largest, is_largest, spread, spread.exp(), largest.reshape([60]).exp()], 8.0);
}

#[test]
fn rows_with_numbers_that_are_not_finite_are_those_of_the_oracle() {
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    let special = [inf, -inf, nan, -0.0, 1e30, -1e30];
    for dtype in DTYPES {
        for n in [2, 9, 16, 40, 600] {
            let mut elements: Vec<_> = (0..8 * n).map(|k| (0.9 * k as f64).cos()).collect();
            for (row, special) in special.into_iter().enumerate() {
                elements[row * n + n / 2] = special;
                elements[row * n + n - 1] = special;
            }
            elements[7 * n..].fill(-inf);
            let g = Graph::with_dtype(dtype);
            let x = g.constant(Tensor::new([8, n], elements).unwrap().cast(dtype));
            let loss = x.logsumexp(-1).sum();
            check(&[x.max_over(-1), x.sum_over(-1), x.softmax(-1), loss.grad(&[x])[0]], 64.0);
        }
    }
}

#[test]
fn cross_entropy_with_its_gradient_is_that_of_the_oracle() {
    for dtype in DTYPES {
        for (n, k) in [(256, 10), (1, 3), (7, 1), (5, 100), (3, 5000)] {
            let g = Graph::with_dtype(dtype);
            let x = g.constant(tensor(0.7, &[n, k], dtype));
            let labels: Vec<_> = (0..n).map(|row| (row * 7 % k) as i64).collect();
            // Indices that are not at the beginning of their buffer.
            let labels = g.constant([&[-1][..], &labels].concat()).slice(0, 1..n + 1);
            let picked = x.log_softmax(-1).gather(-1, labels.unsqueeze(-1));
            let loss = -picked.mean();
            let twice = picked.exp().scatter_add(-1, labels.unsqueeze(-1), k) + x;
            check(&[loss, loss.grad(&[x])[0], twice.mean_over(-1)], 64.0);
        }
    }
}

#[test]
fn a_chain_over_rows_is_one_step() {
    let g = Graph::new();
    let x = g.constant(tensor(0.7, &[64, 32], DType::F32));
    let labels = g.constant((0..64).map(|k| k % 32).collect::<Vec<i64>>());
    assert_eq!(check(&[x.softmax(-1)], 64.0), 1);
    assert_eq!(check(&[x.logsumexp(-1)], 64.0), 1);
    assert_eq!(check(&[(x - x.mean_over(keep(-1))).square().sum_over(-1)], 64.0), 1);
    let losses = -x.log_softmax(-1).gather(-1, labels.unsqueeze(-1));
    assert_eq!(check(&[losses, losses.sum().grad(&[x])[0]], 64.0), 1);
}

#[test]
fn what_is_only_summed_is_not_stored() {
    /// The oracle adds up a hundred thousand numbers one after another.
    const N_UNITS: f64 = 1000.0;
    for dtype in DTYPES {
        for shape in [&[100_000][..], &[300, 100], &[7, 3, 700], &[5, 4096], &[1, 5000, 1]] {
            let g = Graph::with_dtype(dtype);
            let x = g.constant(tensor(0.7, shape, dtype));
            let (wave, square) = (x.sin() + 2.0, x.square());
            let n_bytes = |outputs: &[Expr<'_>]| {
                Plan::compile(outputs, &[]).expect("the graph compiles").arena_bytes()
            };
            // The kernel, and what adds up its sums of blocks.
            assert_eq!(check(&[wave.sum()], N_UNITS), 2);
            assert_eq!(check(&[wave.reshape([wave.shape().n_elements()]).sum()], N_UNITS), 2);
            assert!(n_bytes(&[wave.sum()]) < x.shape().n_elements() / 4);
            assert_eq!(check(&[wave.sum(), (wave * square).sum(), square.sum()], N_UNITS), 4);
            check(&[wave, wave.sum(), (wave * wave.sum()).sum()], N_UNITS);
            check(&[wave.sum_over(-1), wave.sum(), wave.softmax(-1).square().sum()], N_UNITS);
        }
    }
}

#[test]
fn a_sum_of_a_block_is_a_part_of_its_kernel() {
    for shape in [&[1][..], &[2, 3], &[16, 16], &[0, 3]] {
        let g = Graph::new();
        let x = g.constant(tensor(0.7, shape, DType::F32));
        let (wave, n_steps) = (x.sin() + 2.0, if shape.contains(&0) { 2 } else { 1 });
        assert_eq!(check(&[wave.sum()], 4.0), n_steps, "{shape:?}");
        assert_eq!(check(&[wave.sum(), wave], 4.0), n_steps, "{shape:?}");
    }
    // The summands are finite, the sum is not.
    let g = Graph::new();
    let outputs = [(-g.constant(vec![f32::MAX / 2.0; 6])).sum()];
    let plan = Plan::compile_with(&outputs, &[], &CompileOptions::new().checked())
        .expect("the graph compiles");
    let error = plan.run(&mut plan.workspace(), &Params::new(), &[]).unwrap_err().to_string();
    assert!(error.contains("sum"), "{error}");
}

#[test]
fn an_index_outside_of_its_row_is_an_error_and_nothing_is_updated() {
    let mut params = Params::new();
    params.insert("w", tensor(0.7, &[4, 3], DType::F32));
    let g = Graph::new();
    let w = g.bind(&params).param("w");
    let labels = g.input_as("labels", DType::I64, [4]);
    let loss = -w.log_softmax(-1).gather(-1, labels.unsqueeze(-1)).mean();
    let plan = Plan::compile(&[loss], &[(w, w - loss.grad(&[w])[0])]).unwrap();
    let (mut workspace, before) = (plan.workspace(), params.clone());
    for bad in [3i64, -1, i64::MAX] {
        let labels = Tensor::from([0, 1, 2, bad]);
        let feeds = [("labels", labels.view())];
        let error = plan.step(&mut workspace, &mut params, &mut Params::new(), &feeds).unwrap_err();
        let expected = format!("index {bad} is out of bounds for axis 1 of size 3");
        assert!(error.to_string().contains(&expected), "{error}");
        assert_eq!(params.get("w"), before.get("w"));
    }
    let labels = Tensor::from([0i64, 1, 2, 0]);
    plan.step(&mut workspace, &mut params, &mut Params::new(), &[("labels", labels.view())])
        .unwrap();
    assert_ne!(params.get("w"), before.get("w"));
}

#[test]
fn parameters_are_updated_in_place_from_their_own_rows() {
    let g = Graph::new();
    let (p, q) = (
        g.param("p", tensor(0.7, &[50, 20], DType::F32)),
        g.param("q", tensor(0.4, &[50, 20], DType::F32)),
    );
    let gradients = (p.softmax(-1) * q).sum().grad(&[p, q]);
    let updates = [(p, p - 0.5 * gradients[0]), (q, q - q.max_over(keep(-1)) * gradients[1])];
    let plan = Plan::compile(&[], &updates).unwrap();
    let mut params = g.recorded_params();
    plan.step(&mut plan.workspace(), &mut params, &mut Params::new(), &[]).unwrap();
    for (name, (_, value)) in ["p", "q"].into_iter().zip(updates) {
        assert_close(params.get(name).unwrap(), &value.value(), 64.0);
    }
}

/// A value of a random chain, with one like it or one of another shape.
fn random_value<'g>(rng: &mut ChaCha8Rng, values: &[Expr<'g>]) -> Expr<'g> {
    let pick = |rng: &mut ChaCha8Rng| {
        let late = &values[values.len().saturating_sub(8)..];
        *late.choose(rng).expect("there are values from the start")
    };
    let (x, other) = (pick(rng), pick(rng));
    let rank = x.rank() as isize;
    let axis = if rank > 1 && rng.random_range(0..4) == 0 { -2 } else { -1 };
    let is_whole = rank == 0;
    match rng.random_range(0..14) {
        0 if !is_whole => x.sum_over(keep(axis)) * 0.3,
        1 if !is_whole => x.max_over(keep(axis)),
        2 if !is_whole => x.sum_over(axis) * 0.3,
        3 if !is_whole => x.softmax(axis),
        4 if !is_whole => x - x.mean_over(keep(axis)),
        5 if rank == 2 => x.t(),
        6 if rank > 0 => x.reshape([x.shape().n_elements()]),
        7 => (0.5 * x).tanh(),
        8 => x.gt(0.1).select(x, -x),
        9 if rank == 2 => {
            let index = random_index(rng, x);
            let picked = x.gather(-1, index);
            if rng.random() { picked } else { picked.scatter_add(-1, index, x.shape()[1]) }
        }
        10 => x.exp().log1p(),
        _ if x
            .shape()
            .broadcast(&other.shape())
            .is_some_and(|shape| shape.n_elements() <= 3000) =>
        {
            if rng.random() {
                x + 0.5 * other
            } else {
                x * other.tanh()
            }
        }
        _ => -x,
    }
}

/// A random index for each row of a matrix.
fn random_index<'g>(rng: &mut ChaCha8Rng, x: Expr<'g>) -> Expr<'g> {
    let [n, k] = [x.shape()[0], x.shape()[1]];
    let index = (0..n).map(|_| rng.random_range(0..k as i64)).collect::<Vec<_>>();
    x.graph().constant(index).unsqueeze(-1)
}

#[test]
fn random_chains_over_rows_are_those_of_the_oracle() {
    for seed in 0..400 {
        for dtype in DTYPES {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let g = Graph::with_dtype(dtype);
            let n_columns = *[2, 3, 10, 16, 30].choose(&mut rng).unwrap();
            let n_rows = *[1, 4, n_columns, 60].choose(&mut rng).unwrap();
            let x = g.constant(tensor(0.3 + seed as f64, &[n_rows, n_columns], dtype));
            let row = g.constant(tensor(0.9, &[n_columns], dtype));
            let mut values = vec![x, row, x * row];
            for _ in 0..25 {
                values.push(random_value(&mut rng, &values));
            }
            let outputs: Vec<_> = values.sample(&mut rng, 4).copied().collect();
            let loss = outputs.iter().map(|y| y.sum()).reduce(|a, b| a + b).unwrap();
            let gradients = loss.grad(&[x, row]);
            check(&outputs, 1024.0);
            check(&[&outputs[..], &gradients].concat(), 65536.0);
        }
    }
}
