//! Promises of plans beyond values: updates in place, caching, errors that leave everything as it was.

use retrograd_core::{DType, Error, Graph, Params, Tensor};
use retrograd_plan::{Plan, PlanCache};

fn params() -> Params {
    let mut params = Params::new();
    params.insert("w", Tensor::from([[0.5f32, -1.0], [2.0, 0.25]]));
    params.insert("b", Tensor::from([0.1f32, -0.1]));
    params
}

/// A step of gradient descent with momentum on a small least-squares problem.
fn training_step(params: &Params, n: usize, cache: &mut PlanCache) -> Result<Plan, Error> {
    let g = Graph::new();
    let bound = g.bind(params);
    let (x, t) = (g.input("x", [n, 2]), g.input("t", [n, 2]));
    let rate = g.input("learning_rate", ());
    let loss = (x.dot(bound.param("w")) + bound.param("b") - t).square().mean();
    let mut updates = Vec::new();
    for (p, gradient) in g.params().into_iter().zip(loss.grad(&g.params())) {
        let name = format!("momentum.{}", g.name(p.id()).expect("parameters have names"));
        let velocity = g.state(&name, Tensor::zeros(p.dtype(), p.shape()));
        let next = 0.9 * velocity + gradient;
        updates.extend([(velocity, next), (p, p - rate * next)]);
    }
    cache.compile(&[loss], &updates)
}

#[test]
fn a_step_updates_parameters_and_state_as_the_formulas_say() {
    let (mut cache, mut params) = (PlanCache::new(), params());
    let (before, plan) = (params.clone(), training_step(&params, 3, &mut cache).unwrap());
    let mut state = plan.initial_state();
    let mut workspace = plan.workspace();
    let x = Tensor::new([3, 2], vec![1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
    let t = Tensor::zeros(DType::F32, [3, 2]);
    let rate = Tensor::from(0.01f32);
    let feeds = [("x", x.view()), ("t", t.view()), ("learning_rate", rate.view())];
    let mut losses = Vec::new();
    for _ in 0..3 {
        plan.step(&mut workspace, &mut params, &mut state, &feeds).unwrap();
        losses.push(workspace.output(0).to_tensor().item());
    }
    assert!(losses[0] > losses[1] && losses[1] > losses[2], "{losses:?}");
    // By hand: two parameters, three steps.
    let (mut w, mut b) =
        (before.get("w").unwrap().to_vec::<f64>(), before.get("b").unwrap().to_vec::<f64>());
    let (mut vw, mut vb) = (vec![0.0; 4], vec![0.0; 2]);
    let x = x.to_vec::<f64>();
    for _ in 0..3 {
        let (mut gw, mut gb) = (vec![0.0; 4], vec![0.0; 2]);
        for row in 0..3 {
            for column in 0..2 {
                let y = x[2 * row] * w[column] + x[2 * row + 1] * w[2 + column] + b[column];
                let d = 2.0 * y / 6.0;
                gw[column] += d * x[2 * row];
                gw[2 + column] += d * x[2 * row + 1];
                gb[column] += d;
            }
        }
        let step = |p: &mut [f64], v: &mut [f64], g: &[f64]| {
            for ((p, v), g) in p.iter_mut().zip(v).zip(g) {
                *v = 0.9 * *v + g;
                *p -= 0.01 * *v;
            }
        };
        step(&mut w, &mut vw, &gw);
        step(&mut b, &mut vb, &gb);
    }
    for (name, expected) in [("w", w), ("b", b)] {
        for (ours, expected) in params.get(name).unwrap().to_vec::<f64>().iter().zip(expected) {
            assert!((ours - expected).abs() < 1e-5, "{name}: {ours} instead of {expected}");
        }
    }
    assert_eq!(
        before.get("b").unwrap().to_vec::<f32>(),
        [0.1, -0.1],
        "a clone taken before keeps its values"
    );
}

#[test]
fn a_model_recorded_again_is_compiled_once_per_batch_size() {
    let (mut cache, params) = (PlanCache::new(), params());
    for n in [3, 3, 2, 3, 2] {
        training_step(&params, n, &mut cache).unwrap();
    }
    assert_eq!(cache.len(), 2);
}

#[test]
fn leaves_can_exchange_their_values() {
    let mut params = Params::new();
    params.insert("a", Tensor::from([1.0f32, 2.0]));
    params.insert("b", Tensor::from([3.0f32, 4.0]));
    let g = Graph::new();
    let bound = g.bind(&params);
    let (a, b) = (bound.param("a"), bound.param("b"));
    for (new_a, new_b) in [(b, a), (b * 1.0 + 0.0, a + 0.0), (b + 0.0, a.sum() + b)] {
        let plan = Plan::compile(&[a.sum()], &[(a, new_a), (b, new_b)]).unwrap();
        let mut changed = params.clone();
        plan.step(&mut plan.workspace(), &mut changed, &mut Params::new(), &[]).unwrap();
        assert_eq!(changed.get("a").unwrap(), &new_a.value());
        assert_eq!(changed.get("b").unwrap(), &new_b.value());
    }
}

#[test]
fn an_index_out_of_bounds_is_an_error_and_nothing_is_updated() {
    let mut params = Params::new();
    params.insert("w", Tensor::from([[1.0f32, 2.0, 3.0]]));
    let g = Graph::new();
    let w = g.bind(&params).param("w");
    let label = g.input_as("label", DType::I64, [1, 1]);
    let loss = w.gather(1, label).sum();
    let plan = Plan::compile(&[loss], &[(w, w * 2.0)]).unwrap();
    let (mut workspace, mut state) = (plan.workspace(), Params::new());
    let bad = Tensor::from([[3i64]]);
    let error =
        plan.step(&mut workspace, &mut params, &mut state, &[("label", bad.view())]).unwrap_err();
    assert!(
        error.to_string().starts_with("gather: index 3 is out of bounds for axis 1 of size 3"),
        "{error}"
    );
    assert_eq!(params.get("w").unwrap().to_vec::<f32>(), [1.0, 2.0, 3.0]);
    let good = Tensor::from([[2i64]]);
    plan.step(&mut workspace, &mut params, &mut state, &[("label", good.view())]).unwrap();
    assert_eq!(params.get("w").unwrap().to_vec::<f32>(), [2.0, 4.0, 6.0]);
}

#[test]
fn parameters_and_state_are_taken_from_their_own_map() {
    let (g, params) = (Graph::new(), params());
    let w = g.bind(&params).param("b");
    let count = g.state("count", Tensor::from([0.0f32]));
    let plan = Plan::compile(&[], &[(w, w * 2.0), (count, count + 1.0)]).unwrap();
    // Each map has an entry with the name of a leaf of the other kind, and of another size.
    let (mut params, mut state) = (params, plan.initial_state());
    params.insert("count", Tensor::from([7.0f32; 5]));
    state.insert("b", Tensor::from([9.0f32]));
    plan.step(&mut plan.workspace(), &mut params, &mut state, &[]).unwrap();
    assert_eq!(params.get("b"), Some(&Tensor::from([0.2f32, -0.2])));
    assert_eq!(state.get("count"), Some(&Tensor::from([1.0f32])));
    assert_eq!(params.get("count"), Some(&Tensor::from([7.0f32; 5])));
    assert_eq!(state.get("b"), Some(&Tensor::from([9.0f32])));
}

#[test]
fn a_leaf_is_updated_once() {
    let g = Graph::new();
    let w = g.param("w", [1.0, 2.0]);
    let Err(error) = Plan::compile(&[], &[(w, w * 2.0), (w, w * 3.0)]) else {
        panic!("two new values of one leaf compile");
    };
    assert!(
        error.to_string().starts_with("compile: `w` [2] × `w · 3` [2]: the first has another"),
        "{error}"
    );
}

#[test]
fn an_index_outside_of_the_part_that_is_read_is_no_error() {
    let g = Graph::new();
    let x = g.constant([[1.0, 2.0, 3.0]]);
    let indices = g.constant([[2i64], [9]]);
    let picked = x.gather(1, indices.slice(0, 0..1));
    let plan = Plan::compile(&[picked], &[]).unwrap();
    let mut workspace = plan.workspace();
    plan.run(&mut workspace, &Params::new(), &[]).unwrap();
    assert_eq!(workspace.output(0).to_tensor(), picked.value());
}

#[test]
fn after_a_run_that_fails_outputs_are_zeros() {
    let g = Graph::new();
    let (x, index) = (g.input("x", [64]), g.input_as("index", DType::I64, [64]));
    // The mask is placed where numbers lie before the indices are refused.
    let scaled = (x.dot(x) * x).softmax(0) * x.slice_by(0, .., -1);
    let picked = scaled.gather(0, index);
    let mask = picked.gt(picked.slice_by(0, .., -1));
    let plan = Plan::compile(&[mask], &[]).unwrap();
    let mut workspace = plan.workspace();
    let x = Tensor::new([64], (0..64).map(|k| -1.3 * k as f32).collect()).unwrap();
    let index = Tensor::from([64i64; 64]);
    let feeds = [("x", x.view()), ("index", index.view())];
    plan.run(&mut workspace, &Params::new(), &feeds).unwrap_err();
    assert_eq!(workspace.output(0).to_tensor(), Tensor::zeros(DType::Bool, [64]));
}

#[test]
fn missing_and_misshapen_data_are_named() {
    let (params, g) = (params(), Graph::new());
    let (x, w) = (g.input("x", [4, 2]), g.bind(&params).param("w"));
    let plan = Plan::compile(&[x.dot(w)], &[]).unwrap();
    let mut workspace = plan.workspace();
    let mut message = |params: &Params, feeds: &[_]| {
        plan.run(&mut workspace, params, feeds).unwrap_err().to_string()
    };
    let data = Tensor::from([[1.0f32, 2.0]]);
    assert!(message(&params, &[]).starts_with("`x` [4, 2] has no data yet"));
    assert_eq!(
        message(&params, &[("x", data.view())]),
        "`x` is declared as f32 [4, 2], but the data given are f32 [1, 2]"
    );
    let data = Tensor::zeros(DType::F32, [4, 2]);
    assert_eq!(
        message(&Params::new(), &[("x", data.view())]),
        "there is no parameter `w`; there are none"
    );
    assert_eq!(
        message(&params, &[("x", data.view()), ("y", data.view())]),
        "there is no input `y`; there is `x`"
    );
    assert_eq!(
        message(&params, &[("x", data.view()), ("x", data.view())]),
        "data for `x` are given twice; give them once"
    );
}

#[test]
fn state_that_is_missing_is_called_so() {
    let g = Graph::new();
    let (w, n) = (g.param("w", [1.0]), g.state("n", Tensor::from([0.0f32])));
    let plan = Plan::compile(&[w.sum()], &[(w, w + n), (n, n + 1.0)]).unwrap();
    let (mut workspace, mut params) = (plan.workspace(), g.recorded_params());
    let mut other = Params::new();
    other.insert("m", Tensor::from([0.0f32]));
    for (state, known) in [(Params::new(), "are none"), (other, "is `m`")] {
        let error = plan.step(&mut workspace, &mut params, &mut state.clone(), &[]).unwrap_err();
        let expected = format!(
            "there is no state `n`; there {known}: make it by `initial_state()` of the step"
        );
        assert_eq!(error.to_string(), expected);
    }
    plan.step(&mut workspace, &mut params, &mut plan.initial_state(), &[]).unwrap();
}

#[test]
fn plans_can_be_shared_between_threads() {
    fn is_shareable<T: Send + Sync>() {}
    is_shareable::<Plan>();
    is_shareable::<retrograd_plan::Workspace>();
}

#[test]
fn a_matrix_without_an_inverse_is_an_error_and_nothing_is_updated() {
    let mut params = Params::new();
    params.insert("a", Tensor::from([[1.0f32, 2.0], [2.0, 4.0]]));
    let g = Graph::new();
    let a = g.bind(&params).param("a");
    let plan = Plan::compile(&[a.inv().sum()], &[(a, a * 2.0)]).unwrap();
    let before = params.clone();
    let (mut workspace, mut state) = (plan.workspace(), Params::new());
    let error = plan.step(&mut workspace, &mut params, &mut state, &[]).unwrap_err();
    let expected = "inv: the matrix is singular: column 1 depends on those before it";
    assert!(error.to_string().starts_with(expected), "{error}");
    assert_eq!(params.get("a"), before.get("a"));
}
