//! Single precision: on rounded inputs, held against our own double precision there.
//!
//! Tolerances are derived: values in double precision, each node rounded at random as single precision would round it,
//! lie so far apart.

use retrograd_check::rounding::Errors;
use retrograd_core::{DType, Graph, Tensor};

use super::{
    call::Adapter,
    compare::is_near,
    format::{Argument, Case, Input, Second},
    record::{Values, record},
};

/// The unit roundoff of `f32`.
const ROUNDOFF: f64 = f32::EPSILON as f64 / 2.0;

/// Runs that are rounded at random.
const N_RUNS: u64 = 16;

/// How many spreads of the runs a value may be off by: the quantile of Student's distribution with [`N_RUNS`] degrees
/// of freedom beyond which one number in 10⁹ lies, which is more than are compared.
const QUANTILE: f64 = 12.61;

/// Whether a case is right in single precision.
pub fn agrees(case: &Case, adapter: Adapter) -> Result<(), String> {
    let case = &mapped(case, &mut |x| f64::from(x as f32));
    let graph = Graph::with_dtype(DType::F64);
    let recorded = record(&graph, case, adapter).map_err(|e| e.to_string())?;
    let exact = recorded.by_oracle().map_err(|e| e.to_string())?;
    let run = |seed| recorded.by_rounding(&mut Errors::new(DType::F32, ROUNDOFF, seed));
    let runs: Result<Vec<_>, _> = (0..N_RUNS).map(run).collect();
    let runs = runs.map_err(|e| e.to_string())?;
    let graph = Graph::with_dtype(DType::F32);
    let recorded = record(&graph, case, adapter).map_err(|e| e.to_string())?;
    let by_oracle = recorded.by_oracle().map_err(|e| e.to_string())?;
    let by_plan = recorded.by_plan().map_err(|e| e.to_string())?;
    for (way, single) in [("oracle", by_oracle), ("plan", by_plan)] {
        for (k, (part, ours)) in all(&single).enumerate() {
            let exact = all(&exact).nth(k).expect("the same is computed").1;
            let runs = runs.iter().filter_map(|values| all(values).nth(k));
            let runs: Vec<_> = runs.map(|(_, tensor)| tensor).collect();
            is_close(ours, exact, &runs).map_err(|how| format!("{part}, {way}: {how}"))?;
        }
    }
    Ok(())
}

fn all(values: &Values) -> impl Iterator<Item = (&'static str, &Tensor)> {
    let named = |name| move |tensor| (name, tensor);
    let outputs = values.outputs.iter().map(named("output"));
    let first = values.first.iter().map(named("gradient"));
    outputs.chain(first).chain(values.second.iter().map(named("second derivative")))
}

fn is_close(ours: &Tensor, exact: &Tensor, runs: &[&Tensor]) -> Result<(), String> {
    let (ours, exact) = (ours.to_vec::<f64>(), exact.to_vec::<f64>());
    let mut squares = vec![0.0; exact.len()];
    for run in runs.iter().map(|run| run.to_vec::<f64>()) {
        for ((square, a), b) in squares.iter_mut().zip(&run).zip(&exact) {
            *square += (a - b).powi(2) / runs.len() as f64;
        }
    }
    for (k, ((a, b), square)) in ours.iter().zip(&exact).zip(&squares).enumerate() {
        let roundoff = ROUNDOFF * b.abs().max(1.0);
        let tolerance = roundoff + QUANTILE * square.sqrt();
        if !is_near(*a, rounded(*b), tolerance) {
            return Err(format!("element {k} is {a:e}, in double {b:e}, allowed {tolerance:e}"));
        }
    }
    Ok(())
}

/// A number in single precision: the largest finite one is that of the type.
fn rounded(exact: f64) -> f64 {
    if exact.abs() == f64::MAX {
        f64::from(f32::MAX).copysign(exact)
    } else {
        f64::from(exact as f32)
    }
}

/// A case with all numbers that go into it replaced.
fn mapped(case: &Case, f: &mut impl FnMut(f64) -> f64) -> Case {
    let mut case = case.clone();
    for given in case.args.iter_mut().chain(case.kwargs.values_mut()) {
        *given = mapped_argument(given, f);
    }
    for (_, weight) in &mut case.cotangents {
        *weight = mapped_tensor(weight, f);
    }
    if let Second::Weighted { v, .. } = &mut case.second {
        for (_, weight) in v {
            *weight = mapped_tensor(weight, f);
        }
    }
    case
}

fn mapped_argument(given: &Argument<Input>, f: &mut impl FnMut(f64) -> f64) -> Argument<Input> {
    match given {
        Argument::Float(x) => Argument::Float(f(*x)),
        _ => given.map(&mut |input| Input { data: mapped_tensor(&input.data, f), ..input.clone() }),
    }
}

fn mapped_tensor(tensor: &Tensor, f: &mut impl FnMut(f64) -> f64) -> Tensor {
    if !tensor.dtype().is_float() {
        return tensor.clone();
    }
    let elements = tensor.to_vec::<f64>().into_iter().map(f).collect();
    Tensor::new(tensor.shape(), elements).expect("there are as many elements")
}
