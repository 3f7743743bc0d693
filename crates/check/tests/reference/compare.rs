//! Numbers beside the reference's.

use retrograd_core::{DType, Tensor};

use super::{
    exceptions::is_fault,
    format::{Case, Second},
    record::Values,
};

/// How far values, gradients and second derivatives may be from the reference, relative to `max(1, |reference|)`.
pub const TOLERANCES: [f64; 3] = [1e-12, 1e-10, 1e-8];

/// Whether all values of a case are those of the reference; else the first that is not.
pub fn agrees(values: &Values, case: &Case, name: &str) -> Result<(), String> {
    for (k, (ours, theirs)) in values.outputs.iter().zip(&case.outputs).enumerate() {
        is_close(ours, theirs, name, 0).map_err(|how| format!("output {k}: {how}"))?;
    }
    for (k, ours) in values.first.iter().enumerate() {
        is_close(ours, &or_zeros(case.grads.get(k), ours), name, 1)
            .map_err(|how| format!("gradient by input {k}: {how}"))?;
    }
    let none = Vec::new();
    let second = match &case.second {
        Second::Weighted { grads, .. } => grads,
        Second::Zero | Second::Unknown => &none,
    };
    for (k, ours) in values.second.iter().enumerate() {
        is_close(ours, &or_zeros(second.get(k), ours), name, 2)
            .map_err(|how| format!("second derivative by input {k}: {how}"))?;
    }
    Ok(())
}

/// A gradient of the reference, which says nothing where nothing depends on the input.
fn or_zeros(reference: Option<&Option<Tensor>>, ours: &Tensor) -> Tensor {
    let reference = reference.cloned().flatten();
    reference.unwrap_or_else(|| Tensor::zeros(ours.dtype(), ours.shape()))
}

fn is_close(ours: &Tensor, theirs: &Tensor, name: &str, order: usize) -> Result<(), String> {
    let of_same_kind = ours.dtype().is_float() == theirs.dtype().is_float();
    if ours.shape() != theirs.shape() || !of_same_kind {
        let (ours, theirs) = ((ours.dtype(), ours.shape()), (theirs.dtype(), theirs.shape()));
        return Err(format!("ours is {ours:?}, the reference's {theirs:?}"));
    }
    let tolerance = if ours.dtype() == DType::F64 { TOLERANCES[order] } else { 0.0 };
    let (ours, theirs) = (ours.to_vec::<f64>(), theirs.to_vec::<f64>());
    let mut pairs = ours.iter().zip(&theirs).enumerate();
    let is_right =
        |a: f64, b: f64| is_near(a, b, tolerance * b.abs().max(1.0)) || is_fault(name, order, a, b);
    match pairs.find(|(_, (a, b))| !is_right(**a, **b)) {
        None => Ok(()),
        Some((k, (a, b))) => Err(format!("element {k} is {a:e}, the reference's {b:e}")),
    }
}

/// Whether two numbers are the same, both NaN, or at most `distance` apart.
pub fn is_near(a: f64, b: f64, distance: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= distance
}
