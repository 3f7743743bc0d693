//! `hello`: a square, and its derivative. Source: GradBench, `evals/hello/README.md`.

use retrograd_scalar::{Scalar, derivative};
use serde_json::value::RawValue;

use super::is_derived;
use crate::{
    error::Error,
    evaluation::{Evaluation, measure_code},
    json,
};

fn square<R: Scalar>(x: R) -> R {
    x * x
}

pub(crate) fn evaluate(function: &str, input: &RawValue) -> Result<Evaluation, Error> {
    let is_double = is_derived(function, ["square", "double"])?;
    let x: f64 = json::input(input)?;
    // The input is a number alone, which is evaluated once.
    measure_code(RawValue::NULL, move || {
        Ok(if is_double { derivative(square, x) } else { square(x) })
    })
}
