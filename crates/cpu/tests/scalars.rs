//! Graphs of many single numbers run as programs of scalars, and give what the oracle gives.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use retrograd_check::assert_close;
use retrograd_core::{DType, Expr, Graph, Params, Tensor};
use retrograd_plan::{CompileOptions, Plan};

/// The elements of a vector.
fn elements(x: Expr<'_>) -> Vec<Expr<'_>> {
    (0..x.shape()[0]).map(|k| x.slice(0, k..k + 1).reshape([])).collect()
}

/// Checks outputs against the oracle, in a plan and in a checked one; returns the number of steps.
fn check(outputs: &[Expr<'_>], n_units: f64) -> usize {
    let plans = [CompileOptions::new(), CompileOptions::new().checked()]
        .map(|options| Plan::compile_with(outputs, &[], &options).expect("the graph compiles"));
    for plan in &plans {
        let mut workspace = plan.workspace();
        // The second run finds the arena as the first has left it.
        for _ in 0..2 {
            let params = outputs[0].graph().recorded_params();
            plan.run(&mut workspace, &params, &[]).expect("all leaves hold data");
            for (k, output) in outputs.iter().enumerate() {
                assert_close(&workspace.output(k).to_tensor(), &output.value(), n_units);
            }
        }
    }
    plans[0].n_steps()
}

/// A number that is bounded and smooth, of some that are.
fn random_number<'g>(rng: &mut ChaCha8Rng, numbers: &[Expr<'g>]) -> Expr<'g> {
    // Mostly of recent ones, so that graphs are deep as well as wide.
    let recent = numbers.len().saturating_sub(rng.random_range(1..=60));
    let from = if rng.random_bool(0.2) { 0 } else { recent };
    let [a, b, c] = [(); 3].map(|()| numbers[rng.random_range(from..numbers.len())]);
    match rng.random_range(0..12) {
        0 => 0.5 * a + 0.5 * b,
        1 => (a - b) * 0.5,
        2 => a * b,
        3 => a / (1.25 + 0.25 * b * c),
        4 => (a * 2.0).sin(),
        5 => (a - 1.0).exp(),
        6 => (a + b).tanh(),
        7 => -a,
        8 => (a * a + 0.25).sqrt() - 0.5,
        9 => (1.5 + a).log(),
        10 => a.gt(b + 0.01).select(b, c),
        _ => a.maximum(b) * c,
    }
}

#[test]
fn random_programs_and_their_gradients_equal_the_oracle() {
    for seed in 0..300 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let g = Graph::with_dtype(if seed % 3 == 0 { DType::F32 } else { DType::F64 });
        let n = rng.random_range(1..40);
        let data: Vec<f64> = (0..n).map(|_| rng.random_range(-1.0..1.0)).collect();
        let x = g.input_with("x", Tensor::from(data).cast(g.dtype()));
        let mut numbers = elements(x);
        for _ in 0..rng.random_range(50..400) {
            numbers.push(random_number(&mut rng, &numbers));
        }
        let kept = numbers.iter().rev().step_by(7).copied().collect::<Vec<_>>();
        let joined = g.stack(&kept, 0);
        let y = kept.iter().copied().reduce(|a, b| a + b).unwrap();
        let gradient = g.stack(&y.grad(&numbers[..n]), 0);
        assert!(check(&[y, joined, gradient, x.sum()], 4096.0) <= n + 2, "seed {seed}");
    }
}

#[test]
fn a_loop_over_numbers_and_its_gradient_are_one_step() {
    let g = Graph::with_dtype(DType::F64);
    let x = g.input_with("x", (0..100).map(|k| f64::from(k).sin()).collect::<Vec<_>>());
    let xs = elements(x);
    let rounds = xs.windows(2);
    let terms = rounds.map(|x| 100.0 * (x[1] - x[0].square()).square() + (1.0 - x[0]).square());
    let y = terms.reduce(|a, b| a + b).unwrap();
    let gradient = g.stack(&y.grad(&xs), 0);
    assert_eq!(check(&[y, gradient], 64.0), 1);
}

#[test]
fn a_chain_of_numbers_goes_on_one_by_one() {
    for dtype in [DType::F32, DType::F64] {
        let g = Graph::with_dtype(dtype);
        let (a, b) = (g.param("a", 0.99), g.param("b", 0.01));
        let y = (0..500).fold(a, |y, k| match k % 6 {
            0 => y * a + b,
            1 => b - y,
            2 => a / (y + 2.0),
            3 => y.gt(0.3).select(y.sin(), a),
            4 => y.maximum(b).exp() * 0.3,
            _ => (y - b) * y / a,
        });
        let gradient = y.grad(&[a, b]);
        assert_eq!(check(&[y, gradient[0], gradient[1]], 4096.0), 1);
    }
}

#[test]
fn numbers_of_all_origins_are_put_together() {
    let g = Graph::with_dtype(DType::F64);
    let x = g.input_with("x", (1..60).map(f64::from).collect::<Vec<_>>());
    let xs = elements(x);
    let sum = x.sum();
    let roots: Vec<_> = xs.iter().map(|x| (*x).sqrt() * 2.0).collect();
    // Numbers, constants, inputs, and what another step has computed.
    let mut parts = roots.clone();
    parts.extend([g.full([], 7.0), xs[3], sum]);
    let joined = g.stack(&parts, 0);
    check(&[joined], 8.0);
    // Numbers computed of a vector of numbers, and put together with earlier ones.
    let later = elements(joined.tanh());
    let mut parts: Vec<_> = later.iter().map(|y| (*y).exp() + roots[0]).collect();
    parts.push(roots[5]);
    let both = g.stack(&parts, 0);
    check(&[both, joined, both.sum().grad(&[x])[0]], 64.0);
    // Joined twice, in rows and backwards.
    let pairs: Vec<_> = roots.chunks(2).filter(|pair| pair.len() == 2).collect();
    let rows: Vec<_> = pairs.iter().map(|pair| g.stack(pair, 0)).collect();
    let backwards: Vec<_> = roots.iter().rev().copied().collect();
    check(&[g.stack(&rows, 0), g.stack(&backwards, 0), roots[2]], 8.0);
}

#[test]
fn truth_values_are_read_computed_and_kept() {
    let g = Graph::new();
    let x = g.input_with("x", (0..80).map(|k| (k * 7 % 13) as f32 - 6.0).collect::<Vec<_>>());
    let masks = elements(x.gt(0.0));
    let xs = elements(x.slice_by(0, .., -1));
    let chosen = masks.iter().zip(&xs).map(|(mask, x)| mask.select(*x, (*x).square()));
    let chosen: Vec<_> = chosen.collect();
    let kept = chosen[4].gt(chosen[5]);
    let counted = chosen.windows(2).map(|pair| pair[0].ge(pair[1]).cast(DType::F32));
    let count = counted.reduce(|a, b| a + b).unwrap();
    check(&[kept, count, g.stack(&chosen, 0), kept.select(x, -x)], 8.0);
}

#[test]
fn parameters_that_are_numbers_are_updated() {
    let g = Graph::with_dtype(DType::F64);
    let params: Vec<_> = (0..50).map(|k| g.param(&format!("p{k}"), f64::from(k))).collect();
    let loss = params.windows(2).map(|p| (p[0] * p[1]).sin()).reduce(|a, b| a + b).unwrap();
    let gradient = loss.grad(&params);
    let updates: Vec<_> = params.iter().zip(gradient).map(|(&p, d)| (p, p - 0.1 * d)).collect();
    let plan = Plan::compile(&[loss], &updates).unwrap();
    let (mut workspace, mut values) = (plan.workspace(), g.recorded_params());
    plan.step(&mut workspace, &mut values, &mut Params::new(), &[]).unwrap();
    for (param, value) in updates {
        let name = g.name(param.id()).unwrap();
        assert_close(values.get(&name).unwrap(), &value.value(), 64.0);
    }
}

#[test]
fn a_number_that_is_not_finite_is_named_in_a_program() {
    let g = Graph::with_dtype(DType::F64);
    let x = g.input("x", [40]);
    let xs = elements(x);
    let logs = xs.iter().map(|x| (*x).log() * 2.0);
    let y = logs.reduce(|a, b| a + b).unwrap();
    let plan = Plan::compile_with(&[y], &[], &CompileOptions::new().checked()).unwrap();
    let mut workspace = plan.workspace();
    let mut data = vec![1.0; 40];
    plan.run(&mut workspace, &Params::new(), &[("x", Tensor::from(data.clone()).view())]).unwrap();
    data[17] = -1.0;
    let data = Tensor::from(data);
    let error = plan.run(&mut workspace, &Params::new(), &[("x", data.view())]).unwrap_err();
    assert!(error.to_string().contains("log("), "{error}");
}

#[test]
fn a_profile_counts_the_operations_of_a_program() {
    let g = Graph::new();
    let x = g.input_with("x", vec![0.5f32; 64]);
    let y = elements(x).into_iter().map(f).reduce(|a, b| a + b).unwrap();
    fn f(x: Expr<'_>) -> Expr<'_> {
        x.exp() * x
    }
    let plan = Plan::compile(&[y], &[]).unwrap();
    let profile = plan.profile(3, &Params::new(), &Params::new(), &[]).unwrap();
    // The elements are equal values, but not one node.
    assert_eq!(profile.steps[0].n_operations(&g), 64 * 2 + 63);
}
