//! One plan for a batch against a loop over a plan for one: `cargo bench --bench vmap`.
//!
//! Medians of whole runs, on one thread, data fed and results left in the plans' memory; both roads give the same numbers.

use std::{hint::black_box, time::Instant};

use retrograd::{Error, prelude::*};

/// Runs of which the median counts.
const N_RUNS: usize = 101;

fn main() -> Result<(), Error> {
    println!("| what | one plan | loop | loop ÷ one plan |");
    println!("|---|---|---|---|");
    per_example_gradients(&[784, 128, 10], 64)?;
    per_example_gradients(&[32, 64, 10], 64)?;
    rows_of_a_jacobian(&[64, 128, 32])
}

/// The gradients of a classifier's loss, of each example by itself.
fn per_example_gradients(widths: &[usize], n: usize) -> Result<(), Error> {
    let mlp = Mlp::new(widths);
    let params = mlp.params(&mut seeded(1));
    let g = Graph::new();
    let (x, t) = (g.input("x", [widths[0]]), g.input_as("t", DType::I64, []));
    let loss = mlp.apply(&g.bind(&params), x).cross_entropy(t);
    let gradients = loss.grad(&g.params());
    let single = Plan::compile(&gradients, &[])?;
    let (xs, ts) = (g.input("xs", [n, widths[0]]), g.input_as("ts", DType::I64, [n]));
    let all = Plan::compile(&g.vmap(&gradients, &[(x, xs), (t, ts)]), &[])?;

    let wave = |k: usize| (k as f32 * 0.618).sin();
    let data: Vec<Vec<f32>> =
        (0..n).map(|i| (0..widths[0]).map(|k| wave(i * widths[0] + k)).collect()).collect();
    let together = Tensor::new([n, widths[0]], data.concat())?;
    let labels: Vec<i64> = (0..n).map(|i| (i % 10) as i64).collect();
    let (together_t, data_t) = (Tensor::from(labels.clone()), labels.into_iter().map(Tensor::from));
    let examples: Vec<_> = data.into_iter().map(Tensor::from).zip(data_t).collect();

    let (mut memory, mut memory_of_one) = (all.workspace(), single.workspace());
    let one_plan = median_seconds(|| {
        all.run(&mut memory, &params, &[("xs", together.view()), ("ts", together_t.view())])
    })?;
    let a_loop = median_seconds(|| {
        examples.iter().try_for_each(|(x, t)| {
            single.run(&mut memory_of_one, &params, &[("x", x.view()), ("t", t.view())])?;
            black_box(memory_of_one.output(0));
            Ok(())
        })
    })?;
    let size: usize = widths[0] * widths[1];
    let of_last = memory.output(0).to_tensor().to_vec::<f32>()[(n - 1) * size..].to_vec();
    check(&of_last, &memory_of_one.output(0).to_tensor().to_vec::<f32>());
    print(&format!("gradients of {n} examples, MLP {widths:?}"), one_plan, a_loop);
    Ok(())
}

/// The Jacobian of a perceptron's outputs by its inputs, by rows.
fn rows_of_a_jacobian(widths: &[usize; 3]) -> Result<(), Error> {
    let mlp = Mlp::new(*widths).activation(Activation::Tanh);
    let params = mlp.params(&mut seeded(1));
    let g = Graph::new();
    let x = g.input_with("x", Tensor::full(DType::F32, [widths[0]], 0.1));
    let y = mlp.apply(&g.bind(&params), x);
    let seed = g.input("seed", [widths[2]]);
    let (jacobian, row) =
        (Plan::compile(&[y.jacobian(x)], &[])?, Plan::compile(&y.vjp(seed, &[x]), &[])?);
    let unit =
        |k: usize| -> Vec<f32> { (0..widths[2]).map(|i| f32::from(u8::from(i == k))).collect() };
    let seeds: Vec<_> = (0..widths[2]).map(|k| Tensor::from(unit(k))).collect();

    let (mut memory, mut memory_of_row) = (jacobian.workspace(), row.workspace());
    let one_plan = median_seconds(|| jacobian.run(&mut memory, &params, &[]))?;
    let a_loop = median_seconds(|| {
        seeds.iter().try_for_each(|seed| {
            row.run(&mut memory_of_row, &params, &[("seed", seed.view())])?;
            black_box(memory_of_row.output(0));
            Ok(())
        })
    })?;
    let rows = memory.output(0).to_tensor().to_vec::<f32>();
    check(&rows[rows.len() - widths[0]..], &memory_of_row.output(0).to_tensor().to_vec::<f32>());
    print(&format!("{} rows of a Jacobian, MLP {widths:?}", widths[2]), one_plan, a_loop);
    Ok(())
}

fn median_seconds(mut run: impl FnMut() -> Result<(), Error>) -> Result<f64, Error> {
    let mut times = Vec::new();
    for _ in 0..N_RUNS {
        let start = Instant::now();
        run()?;
        times.push(start.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    Ok(times[N_RUNS / 2])
}

/// Both roads lead to the same numbers.
fn check(a: &[f32], b: &[f32]) {
    let is_same = a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-4);
    assert!(is_same, "the plan of a batch and the loop disagree");
}

fn print(what: &str, one_plan: f64, a_loop: f64) {
    let [one, many] = [one_plan, a_loop].map(|seconds| 1e6 * seconds);
    println!("| {what} | {one:.0} µs | {many:.0} µs | {:.1} |", a_loop / one_plan);
}
