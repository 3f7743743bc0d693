//! Single precision: on rounded inputs, held against our own double precision there.
//!
//! A backward stable computation is off by as much as its value moves when its data move by their roundoff. So the
//! tolerance is measured: every number that goes in is moved by one unit in the last place of `f32`, up or down at
//! random, a few times; what the values move by, and their own roundoff, times a factor, is allowed.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use retrograd_core::{DType, Graph, Tensor};

use super::{
    call::Adapter,
    compare::is_near,
    format::{Argument, Case, Input, Second},
    record::{Values, record},
};

/// How many roundoffs a value may be off by.
const N_ROUNDOFFS: f64 = 256.0;

/// How often the data are moved.
const N_MOVES: u64 = 4;

/// The unit roundoff of `f32`.
const ROUNDOFF: f64 = f32::EPSILON as f64 / 2.0;

/// Whether a case is right in single precision.
pub fn agrees(case: &Case, adapter: Adapter) -> Result<(), String> {
    let case = &mapped(case, &mut |x| f64::from(x as f32));
    let exact = in_double(case, adapter)?;
    let mut moved = Vec::new();
    for seed in 0..N_MOVES {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut nudge =
            |x: f64| x * if rng.random_bool(0.5) { 1.0 + ROUNDOFF } else { 1.0 - ROUNDOFF };
        moved.push(in_double(&mapped(case, &mut nudge), adapter)?);
    }
    let graph = Graph::with_dtype(DType::F32);
    let recorded = record(&graph, case, adapter).map_err(|e| e.to_string())?;
    let by_oracle = recorded.by_oracle().map_err(|e| e.to_string())?;
    let by_plan = recorded.by_plan().map_err(|e| e.to_string())?;
    for (way, single) in [("oracle", by_oracle), ("plan", by_plan)] {
        for (k, (part, ours)) in all(&single).enumerate() {
            let exact = all(&exact).nth(k).expect("the same is computed").1;
            let moved: Vec<_> = moved.iter().filter_map(|values| all(values).nth(k)).collect();
            let moved: Vec<_> = moved.into_iter().map(|(_, tensor)| tensor).collect();
            is_close(ours, exact, &moved).map_err(|how| format!("{part}, {way}: {how}"))?;
        }
    }
    Ok(())
}

fn in_double(case: &Case, adapter: Adapter) -> Result<Values, String> {
    let graph = Graph::with_dtype(DType::F64);
    let recorded = record(&graph, case, adapter).map_err(|e| e.to_string())?;
    recorded.by_oracle().map_err(|e| e.to_string())
}

fn all(values: &Values) -> impl Iterator<Item = (&'static str, &Tensor)> {
    let named = |name| move |tensor| (name, tensor);
    let outputs = values.outputs.iter().map(named("output"));
    let first = values.first.iter().map(named("gradient"));
    outputs.chain(first).chain(values.second.iter().map(named("second derivative")))
}

fn is_close(ours: &Tensor, exact: &Tensor, moved: &[&Tensor]) -> Result<(), String> {
    let (ours, exact) = (ours.to_vec::<f64>(), exact.to_vec::<f64>());
    let mut shifts = vec![0.0_f64; exact.len()];
    for other in moved.iter().map(|other| other.to_vec::<f64>()) {
        for ((shift, a), b) in shifts.iter_mut().zip(&other).zip(&exact) {
            *shift = shift.max((a - b).abs());
        }
    }
    let typical_shift = shifts.iter().sum::<f64>() / exact.len().max(1) as f64;
    for (k, ((a, b), shift)) in ours.iter().zip(&exact).zip(&shifts).enumerate() {
        let roundoff = ROUNDOFF * b.abs().max(1.0);
        let tolerance = N_ROUNDOFFS * (roundoff + shift.max(typical_shift));
        let rounded = rounded(*b);
        if !is_near(*a, rounded, tolerance) {
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
