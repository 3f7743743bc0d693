//! Numbers beside the reference's.

use retrograd_core::{DType, Tensor};

use super::{
    format::{Case, Second},
    record::Values,
    verdicts::{Part, Point, Verdicts},
};

/// How far values, gradients and second derivatives may be from the reference, relative to `max(1, |reference|)`.
pub const TOLERANCES: [f64; 3] = [1e-12, 1e-10, 1e-8];

/// Whether all values of a case are those of the reference, or of a row of a table; else the first that is not.
pub fn agrees(values: &Values, case: &Case, name: &str, faults: &Verdicts) -> Result<(), String> {
    let is_right = |part, ours: &Tensor, theirs: &Tensor| {
        let beside = Beside { case, name, part, faults };
        beside.is_right(ours, theirs)
    };
    for (k, (ours, theirs)) in values.outputs.iter().zip(&case.outputs).enumerate() {
        is_right(Part::Value, ours, theirs).map_err(|how| format!("output {k}: {how}"))?;
    }
    for (k, ours) in values.first.iter().enumerate() {
        is_right(Part::Gradient(k), ours, &or_zeros(case.grads.get(k), ours))
            .map_err(|how| format!("gradient by input {k}: {how}"))?;
    }
    let none = Vec::new();
    let second = match &case.second {
        Second::Weighted { grads, .. } => grads,
        Second::Zero | Second::Unknown => &none,
    };
    for (k, ours) in values.second.iter().enumerate() {
        is_right(Part::Curvature, ours, &or_zeros(second.get(k), ours))
            .map_err(|how| format!("second derivative by input {k}: {how}"))?;
    }
    Ok(())
}

/// A gradient of the reference, which says nothing where nothing depends on the input.
fn or_zeros(reference: Option<&Option<Tensor>>, ours: &Tensor) -> Tensor {
    let reference = reference.cloned().flatten();
    reference.unwrap_or_else(|| Tensor::zeros(ours.dtype(), ours.shape()))
}

/// The reference of a tensor of a case.
struct Beside<'a> {
    case: &'a Case,
    name: &'a str,
    part: Part,
    faults: &'a Verdicts,
}

impl Beside<'_> {
    fn is_right(&self, ours: &Tensor, theirs: &Tensor) -> Result<(), String> {
        let of_same_kind = ours.dtype().is_float() == theirs.dtype().is_float();
        if ours.shape() != theirs.shape() || !of_same_kind {
            let (ours, theirs) = ((ours.dtype(), ours.shape()), (theirs.dtype(), theirs.shape()));
            return Err(format!("ours is {ours:?}, the reference's {theirs:?}"));
        }
        let tolerance = match (ours.dtype(), self.part) {
            (DType::F64, Part::Value) => TOLERANCES[0],
            (DType::F64, Part::Gradient(_)) => TOLERANCES[1],
            (DType::F64, Part::Curvature) => TOLERANCES[2],
            _ => 0.0,
        };
        let close = |a: f64, b: f64| is_near(a, b, tolerance * b.abs().max(1.0));
        let decided = self.decided(ours, |k, right| !close(theirs.to_vec::<f64>()[k], right));
        for (k, (a, b)) in ours.to_vec::<f64>().iter().zip(&theirs.to_vec::<f64>()).enumerate() {
            match decided.as_ref().and_then(|decided| decided[k]) {
                Some(right) if !close(*a, right) => {
                    return Err(format!(
                        "element {k} is {a:e}, right is {right:e}, the reference's {b:e}"
                    ));
                }
                None if !close(*a, *b) => {
                    return Err(format!("element {k} is {a:e}, the reference's {b:e}"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The numbers that the table decides: of functions that work elementwise on all inputs.
    fn decided(
        &self,
        ours: &Tensor,
        is_needed: impl Fn(usize, f64) -> bool,
    ) -> Option<Vec<Option<f64>>> {
        if !self.faults.speak_of(self.name) {
            return None;
        }
        let n = ours.shape().n_elements();
        let elements = |tensor: &Tensor| {
            let data = tensor.to_vec::<f64>();
            match data[..] {
                [one] => Some(vec![one; n]),
                _ => (tensor.shape() == ours.shape()).then_some(data),
            }
        };
        let inputs = self.case.inputs().into_iter().map(|input| elements(&input.data));
        let inputs: Vec<_> = inputs.collect::<Option<_>>()?;
        let weights = self.weights().iter().map(elements).collect::<Option<Vec<_>>>()?;
        let right = |k: usize| {
            let x: Vec<_> = inputs.iter().map(|input| input[k]).collect();
            let point = Point { x: &x, element: k, options: &self.case.kwargs };
            let weigh = |right: f64| weights.iter().fold(right, |right, weight| right * weight[k]);
            let is_needed = |right| is_needed(k, weigh(right));
            self.faults.right(self.name, self.part, &point, is_needed).map(weigh)
        };
        Some((0..n).map(right).collect())
    }

    /// The cotangents of the function.
    fn weights(&self) -> Vec<Tensor> {
        let first = self.case.cotangents.first().map(|(_, weight)| weight.clone());
        let second = match &self.case.second {
            Second::Weighted { v, .. } => v.first().map(|(_, weight)| weight.clone()),
            Second::Zero | Second::Unknown => None,
        };
        match self.part {
            Part::Value => Vec::new(),
            Part::Gradient(_) => first.into_iter().collect(),
            Part::Curvature => first.into_iter().chain(second).collect(),
        }
    }
}

/// Whether two numbers are the same, both NaN, or at most `distance` apart.
pub fn is_near(a: f64, b: f64, distance: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= distance
}
