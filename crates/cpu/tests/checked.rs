//! Checked plans: what is not finite stops a step before it updates anything, and is traced as the oracle traces it.

use retrograd_check::{Options, random_graph};
use retrograd_core::{
    Bindings, DType, Error, Expr, Graph, NonFinite, Op, Params, Tensor, ops::LeafKind,
};
use retrograd_plan::{CompileOptions, Plan, PlanCache};

/// The finding of a checked run of a plan of `outputs`.
fn found(outputs: &[Expr<'_>]) -> Option<NonFinite> {
    let plan = Plan::compile_with(outputs, &[], &CompileOptions::new().checked())
        .expect("the graph compiles");
    let params = outputs[0].graph().recorded_params();
    verdict(plan.run(&mut plan.workspace(), &params, &[]))
}

fn verdict(result: Result<(), Error>) -> Option<NonFinite> {
    match result {
        Ok(()) => None,
        Err(Error::NonFinite(found)) => Some(*found),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn the_node_inside_a_fused_kernel_is_named() {
    let g = Graph::new();
    let x = g.input_with("x", [1.0, 2.0, -3.0]);
    let plan = Plan::compile(&[((x * 2.0 + 1.0).log() * x).tanh()], &[]).unwrap();
    assert_eq!(plan.n_steps(), 1);
    let found = found(&[((x * 2.0 + 1.0).log() * x).tanh()]).unwrap();
    assert_eq!(found.site.operand.name, "log(((x · 2) + 1))");
    assert_eq!((found.index, found.inputs[0].there), (vec![2], Some(-5.0)));
}

#[test]
fn gradients_are_checked_where_the_value_is_finite() {
    let g = Graph::new();
    let w = g.param("w", [[3.0, 4.0], [0.0, 0.0]]);
    let norms = w.square().sum_over(1).sqrt().named("norms");
    assert_eq!(found(&[norms]), None);
    let found = found(&norms.sum().grad(&[w])).unwrap();
    assert_eq!(found.site.gradient_of.unwrap().name, "norms");
    assert_eq!(found.index, [1]);
}

#[test]
fn overflow_that_only_the_plan_meets_is_found_too() {
    // The oracle sums in double precision, and so does not overflow on the way.
    let g = Graph::new();
    let numbers: Vec<f32> = (0..256).map(|k| if k < 128 { 3e38 } else { -3e38 }).collect();
    let x = g.input_with("x", Tensor::new([1, 256], numbers).unwrap()).named("x");
    let product = x.matmul(g.full([256, 1], 1.0)).named("product");
    assert_eq!(g.find_non_finite(&[product], &Bindings::new()).unwrap(), None);
    let found = found(&[product]).expect("products are computed in single precision");
    assert_eq!((&*found.site.operand.name, &*found.inputs[0].operand.name), ("product", "x"));
}

#[test]
fn masks_and_branches_that_reach_no_output_are_no_fault() {
    let g = Graph::new();
    let x = g.param("x", [4.0, -1.0, 0.5]);
    let masked = x.gt(0.0).select(x, f64::NEG_INFINITY).softmax(0);
    let loss = (masked * x.gt(0.0).select(x.sqrt(), 0.0)).sum();
    assert_eq!(found(&[loss, loss.grad(&[x])[0]]), None);
}

#[test]
fn nothing_is_updated_after_an_error() {
    let g = Graph::new();
    let (w, n) = (g.param("w", [1.0, 2.0]), g.state("n", Tensor::from(0.0f32)));
    let x = g.input("x", [2]);
    let loss = (w * x).exp().sum().named("loss");
    let updates = [(w, w - 0.5 * loss.grad(&[w])[0]), (n, n + 1.0)];
    let plan = Plan::compile_with(&[loss], &updates, &CompileOptions::new().checked()).unwrap();
    let (mut params, mut state) = (g.recorded_params(), plan.initial_state());
    let mut workspace = plan.workspace();
    let mut step = |params: &mut Params, state: &mut Params, x: [f32; 2]| {
        let x = Tensor::from(x);
        verdict(plan.step(&mut workspace, params, state, &[("x", x.view())]))
    };
    assert_eq!(step(&mut params, &mut state, [0.1, 0.2]), None);
    let before = (params.clone(), state.clone());
    assert_eq!(state.get("n").unwrap().item(), 1.0);
    for (bad, name) in [([200.0, 0.0], "exp((w · x))"), ([0.0, f32::NAN], "x")] {
        let found = step(&mut params, &mut state, bad).unwrap();
        assert_eq!(found.site.operand.name, name);
        assert_eq!((&params, &state), (&before.0, &before.1));
    }
    // After an error the plan goes on as if nothing had happened.
    assert_eq!(step(&mut params, &mut state, [0.1, 0.2]), None);
    assert_eq!(state.get("n").unwrap().item(), 2.0);
    assert_ne!(params, before.0);
}

#[test]
fn a_new_value_that_overflows_is_found_before_it_is_stored() {
    let g = Graph::new();
    let (w, rate) = (g.param("w", [1.0, 3e38]), g.input_with("rate", 1e38));
    let loss = (w * g.constant([1.0, -1.0])).sum();
    let plan = Plan::compile_with(
        &[loss],
        &[(w, w - rate * loss.grad(&[w])[0])],
        &CompileOptions::new().checked(),
    )
    .unwrap();
    let mut params = g.recorded_params();
    let result = plan.step(&mut plan.workspace(), &mut params, &mut Params::new(), &[]);
    assert_eq!(verdict(result).unwrap().index, [1]);
    assert_eq!(params, g.recorded_params());
}

#[test]
fn checked_steps_compute_what_others_do() {
    let g = Graph::new();
    let w = g.param("w", [[0.5, -1.0], [2.0, 0.25]]);
    let loss = w.matmul(w).tanh().square().sum();
    let updates = [(w, w - 0.1 * loss.grad(&[w])[0])];
    let plans = [CompileOptions::new(), CompileOptions::new().checked()]
        .map(|options| PlanCache::with_options(options).compile(&[loss], &updates));
    let trained = plans.map(|plan| {
        let (plan, mut params) = (plan.unwrap(), g.recorded_params());
        let mut workspace = plan.workspace();
        for _ in 0..5 {
            plan.step(&mut workspace, &mut params, &mut Params::new(), &[]).unwrap();
        }
        (params, workspace.output(0).to_tensor())
    });
    assert_eq!(trained[0], trained[1]);
}

#[test]
fn checked_steps_of_random_graphs_compute_what_others_do() {
    let options = Options { max_size: 24, max_elements: 3000, n_outputs: 1, ..Options::default() };
    let mut n_updated = 0;
    for seed in 0..60 {
        let random = random_graph(seed, &options);
        let (graph, loss) = (random.graph(), random.outputs()[0].sum());
        let params: Vec<_> = random.leaves().into_iter().filter(is_param).collect();
        let slopes = loss.grad(&params);
        let new_values = params.iter().zip(slopes).map(|(&leaf, slope)| (leaf, leaf - 0.1 * slope));
        let updates: Vec<_> = new_values.collect();
        n_updated += updates.len();
        let trained = [CompileOptions::new(), CompileOptions::new().checked()].map(|options| {
            let plan = Plan::compile_with(&[loss], &updates, &options).expect("the graph compiles");
            let (mut params, mut workspace) = (graph.recorded_params(), plan.workspace());
            let result = plan.step(&mut workspace, &mut params, &mut Params::new(), &[]);
            result.expect("all values are small");
            (params, workspace.output(0).to_tensor())
        });
        assert_eq!(trained[0], trained[1], "seed {seed}");
    }
    assert!(n_updated > 60, "{n_updated}");
}

fn is_param(leaf: &Expr<'_>) -> bool {
    matches!(leaf.graph().node(leaf.id()).op, Op::Leaf(leaf) if leaf.kind == LeafKind::Param)
}

/// Puts a bad number into one leaf of a random graph, and compares what oracle and plan say; whether they find it.
fn check_random(seed: u64, bad: f64, dtype: DType) -> bool {
    let random = random_graph(seed, &Options { dtype, order: 1, ..Options::default() });
    let (graph, outputs, leaves) = (random.graph(), random.outputs(), random.leaves());
    let leaf = leaves[seed as usize % leaves.len()];
    let mut numbers = leaf.value().to_vec::<f64>();
    let Some(number) = numbers.last_mut() else { return false };
    *number = bad;
    let data = Tensor::new(leaf.shape(), numbers).expect("only one has changed").cast(dtype);
    let name = graph.name(leaf.id()).expect("inputs and parameters have names");
    let meant = graph.find_non_finite(&outputs, &Bindings::new().with(&name, &data));

    let mut params = graph.recorded_params();
    let is_param = params.get(&name).is_some();
    if is_param {
        params.replace(&name, data.clone()).expect("the parameter is there");
    }
    let feeds = [(&*name, data.view())];
    let plan = Plan::compile_with(&outputs, &[], &CompileOptions::new().checked())
        .expect("the graph compiles");
    let feeds = if is_param || !plan.has_input(&name) { &feeds[..0] } else { &feeds[..] };
    let ours = plan.run(&mut plan.workspace(), &params, feeds);
    // As text, since the sign of a NaN means nothing.
    let site = |found: NonFinite| (found.site, found.index, found.value.to_string());
    match (ours, meant) {
        (Ok(()), Ok(None)) => false,
        (Err(Error::NonFinite(ours)), Ok(Some(meant))) => {
            assert_eq!(site(*ours), site(meant), "seed {seed} with {bad}");
            true
        }
        // Data that an operation has no answer for.
        (Err(Error::Data { .. }), Err(Error::Data { .. })) => false,
        (ours, meant) => panic!("seed {seed} with {bad} in `{name}`: {ours:?}, not {meant:?}"),
    }
}

#[test]
fn plans_blame_what_the_oracle_blames() {
    let mut n_found = 0;
    for dtype in [DType::F32, DType::F64] {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 1e30, -1e200] {
            n_found += (0..60).filter(|&seed| check_random(seed, bad, dtype)).count();
        }
    }
    println!("{n_found} values that are not finite were traced alike");
    assert!(n_found > 200, "{n_found}");
}

#[test]
fn what_is_not_finite_is_found_by_every_thread() {
    for at in [0, 400_000, 999_999] {
        let g = Graph::new();
        let mut elements = vec![0.5f32; 1_000_000];
        elements[at] = -1.0;
        let x = g.constant(elements);
        let plan =
            Plan::compile_with(&[(x.sqrt() * 2.0).exp()], &[], &CompileOptions::new().checked())
                .unwrap();
        for n_threads in [1, 2, 3] {
            let mut workspace = plan.workspace().with_threads(n_threads);
            let error = plan.run(&mut workspace, &Params::new(), &[]).unwrap_err().to_string();
            assert!(error.contains(&format!("is NaN at [{at}]")), "{error}");
        }
    }
}
