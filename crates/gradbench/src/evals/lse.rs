//! `lse`: the logarithm of a sum of exponentials, and its gradient. Source: GradBench, `evals/lse/README.md`.

use retrograd_core::Expr;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::is_derived;
use crate::{
    error::Error,
    evaluation::{Evaluation, measure_plan, only},
    json,
};

#[derive(Deserialize)]
struct LseInput {
    x: Vec<f64>,
}

/// `LSE(x) = a + ln Σᵢ exp(xᵢ − a)` with `a = max x`, on which the value does not depend.
fn log_sum_exp(x: Expr<'_>) -> Expr<'_> {
    let a = x.max().stop_gradient();
    a + (x - a).exp().sum().log()
}

pub(crate) fn evaluate(function: &str, input: &RawValue) -> Result<Evaluation, Error> {
    let is_gradient = is_derived(function, ["primal", "gradient"])?;
    let LseInput { x } = json::input(input)?;
    json::check_range("length of x", x.len(), 1..=json::MOST)?;
    measure_plan(
        input,
        |g| {
            let x = g.input_with("x", x);
            let y = log_sum_exp(x);
            vec![if is_gradient { y.grad(&[x])[0] } else { y }]
        },
        only,
    )
}
