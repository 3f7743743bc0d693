//! Where NaN stays behind a cotangent, or a tangent, that is exactly 0: in every operation but those named here.

use std::collections::BTreeSet;

use retrograd_check::cases::{self, Case, FAMILIES};
use retrograd_core::{Bindings, DType, Error, Expr, Graph, Op, Tensor, eval, ops::Binary};
use retrograd_plan::Plan;

/// Operations through which NaN leaks, by the name of their family, and why.
const LEAKS: &[(&str, &str)] = &[
    ("matmul", "an element is a sum of products, of which one is 0·NaN"),
    ("solve", "the gradient is a solution of the transposed equations"),
    ("det", "the gradient is a sum of products with the adjugate"),
    ("slogdet", "the gradient is a sum of products with the inverse"),
    ("svd", "the gradient is a sum of products with the factors"),
    ("cholesky", "the gradient is a sum of products with the factor"),
];

/// Operations whose derivative is a user's.
const FOREIGN: &[&str] = &["custom"];

/// The operations that a case records.
fn operations(case: &Case) -> Vec<Op> {
    let graph = Graph::with_dtype(DType::F64);
    let inputs: Vec<_> = case.inputs.iter().map(|data| graph.constant(data)).collect();
    let y = case.record(&inputs);
    graph.ancestors(&[y]).into_iter().map(|id| graph.node(id).op.clone()).collect()
}

/// Whether an operation is the product of a cotangent with a local derivative. Forwards, a tangent of the derivative that
/// is 0 does not win over a cotangent that is not finite: only the cotangent's own 0 does.
fn is_chain(op: &Op) -> bool {
    matches!(op, Op::Binary(Binary::Chain) | Op::Kinked(_))
}

/// The derivatives of a case whose numbers are all `value`, backwards and forwards, for cotangents or tangents that are
/// all 0: as data, so that nothing is simplified.
fn derivatives(case: &Case, value: f64) -> Result<Vec<(&'static str, Vec<Tensor>)>, Error> {
    let graph = Graph::with_dtype(DType::F64);
    let data = |data: &Tensor| match data.dtype() {
        DType::F64 => Tensor::full(DType::F64, data.shape(), value),
        _ => data.clone(),
    };
    let named = case.inputs.iter().enumerate();
    let inputs: Vec<_> =
        named.map(|(k, input)| graph.input_with(&format!("x{k}"), data(input))).collect();
    let y = case.record(&inputs);
    let numbers: Vec<_> = inputs.into_iter().filter(|x| x.dtype().is_float()).collect();
    if !y.dtype().is_float() {
        return Ok(Vec::new());
    }
    let zeros = |name: &str, of: Expr<'_>| {
        graph.input_with(name, Tensor::zeros(of.dtype(), of.shape())).id()
    };
    let seed = graph.expr(zeros("seed", y));
    let backwards = y.try_vjp(seed, &numbers)?;
    let tangents: Vec<_> = numbers
        .iter()
        .enumerate()
        .map(|(k, &x)| (x, graph.expr(zeros(&format!("v{k}"), x))))
        .collect();
    let forwards = if tangents.is_empty() { Vec::new() } else { vec![y.try_jvp(&tangents)?] };
    let mut all = Vec::new();
    for (mode, outputs) in [("backwards", backwards), ("forwards", forwards)] {
        if !outputs.is_empty() {
            all.push((mode, by_oracle(&outputs)?));
            all.push((mode, by_plan(&outputs)?));
        }
    }
    Ok(all)
}

fn by_oracle(outputs: &[Expr<'_>]) -> Result<Vec<Tensor>, Error> {
    let ids: Vec<_> = outputs.iter().map(|output| output.id()).collect();
    eval::values(outputs[0].graph(), &ids, &Bindings::new())
}

fn by_plan(outputs: &[Expr<'_>]) -> Result<Vec<Tensor>, Error> {
    let plan = Plan::compile(outputs, &[])?;
    let mut workspace = plan.workspace();
    plan.run(&mut workspace, &outputs[0].graph().recorded_params(), &[])?;
    Ok((0..outputs.len()).map(|k| workspace.output(k).to_tensor()).collect())
}

/// The modes in which a case leaks, or refuses its data.
fn leaks(case: &Case, value: f64) -> BTreeSet<&'static str> {
    let Ok(all) = derivatives(case, value) else { return ["refused"].into() };
    let is_zero = |tensors: &[Tensor]| {
        tensors.iter().all(|tensor| tensor.to_vec::<f64>().iter().all(|x| *x == 0.0))
    };
    all.iter().filter(|(_, values)| !is_zero(values)).map(|(mode, _)| *mode).collect()
}

#[test]
fn nan_leaks_behind_zeros_only_through_the_operations_that_are_named() {
    let names: BTreeSet<_> =
        LEAKS.iter().map(|(name, _)| *name).chain(FOREIGN.iter().copied()).collect();
    let unknown: Vec<_> =
        names.iter().filter(|name| FAMILIES.iter().all(|family| family.name != **name)).collect();
    assert!(unknown.is_empty(), "there are no families {unknown:?}");
    let (mut wrong, mut n_tight) = (Vec::new(), 0);
    for case in cases::all() {
        let operations = operations(&case);
        if operations.iter().any(|op| names.contains(op.family())) {
            continue;
        }
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let mut leaks = leaks(&case, value);
            if operations.iter().any(is_chain) {
                leaks.remove("forwards");
            }
            if !leaks.is_empty() {
                wrong.push(format!("{} of {value}: {leaks:?}", case.name));
            }
            n_tight += 1;
        }
    }
    wrong.iter().for_each(|line| println!("{line}"));
    assert!(wrong.is_empty(), "{} cases leak, as printed", wrong.len());
    assert!(n_tight > 1000, "only {n_tight} cases were tried");
}

#[test]
fn each_operation_that_is_said_to_leak_does() {
    for (name, why) in LEAKS {
        let family = FAMILIES.iter().find(|family| family.name == *name).expect("it is a family");
        let leaks_somewhere = (family.cases)().iter().any(|case| !leaks(case, f64::NAN).is_empty());
        assert!(leaks_somewhere, "{name} leaks nowhere: no more is it so that {why}");
    }
    let leaks_forwards = |case: &Case| leaks(case, f64::NAN).contains("forwards");
    assert!(
        cases::all()
            .iter()
            .any(|case| { operations(case).iter().any(is_chain) && leaks_forwards(case) }),
        "`chain` is tight forwards, too"
    );
}

#[test]
fn a_number_beside_nan_keeps_its_derivative_in_elementwise_functions() {
    let g = Graph::with_dtype(DType::F64);
    let (x, mask) = (g.param("x", [1.0, f64::NAN]), g.constant(Tensor::from([true, false])));
    // The product with NaN is not chosen; the slope of what is, is 3.
    let y = mask.select(x * 3.0, x * x * f64::NAN);
    let chosen = y.sum().grad(&[x])[0].value().to_vec::<f64>();
    assert_eq!(
        (chosen[0], y.jvp(&[(x, g.constant([1.0, 0.0]))]).value().to_vec::<f64>()[0]),
        (3.0, 3.0)
    );
    let hidden = mask.select(x * g.constant([f64::NAN, f64::NAN]), x * 3.0);
    assert_eq!(hidden.sum().grad(&[x])[0].value().to_vec::<f64>()[1], 3.0);
}
