//! `llsq`: the squared distance of a polynomial from a step, and its gradient by the coefficients.
//! Source: GradBench, `evals/llsq/README.md`.

use retrograd_core::{Expr, Graph};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::is_derived;
use crate::{
    error::Error,
    evaluation::{Evaluation, measure_plan, only},
    json,
};

/// Each term of the polynomial is recorded.
const MOST_COEFFICIENTS: usize = 1 << 16;

#[derive(Deserialize)]
struct LlsqInput {
    x: Vec<f64>,
    n: usize,
}

/// `½ Σᵢ (sᵢ − Σⱼ xⱼ tᵢʲ)²` with `sᵢ = sign tᵢ`, for coefficients `x: [m]` and points `t: [n]`.
fn squares<'g>(x: Expr<'g>, t: Expr<'g>) -> Expr<'g> {
    let mut residual = t.sign();
    let mut power = t.graph().full(t.shape(), 1.0);
    for coefficient in x.unbind(0) {
        residual = residual - coefficient * power;
        power = power * t;
    }
    0.5 * residual.square().sum()
}

/// `n` points from −1 to 1 at equal distances.
fn points(g: &Graph, n: usize) -> Expr<'_> {
    g.arange(n).cast(g.dtype()) * (2.0 / (n as f64 - 1.0)) - 1.0
}

pub(crate) fn evaluate(function: &str, input: &RawValue) -> Result<Evaluation, Error> {
    let is_gradient = is_derived(function, ["primal", "gradient"])?;
    let LlsqInput { x, n } = json::input(input)?;
    json::check_range("number of coefficients", x.len(), 0..=MOST_COEFFICIENTS)?;
    json::check_range("n", n, 0..=json::MOST)?;
    json::check_product("coefficients·points", &[x.len(), n], json::MOST_ELEMENTS)?;
    json::check_range("n", n, 2..=json::MOST)?;
    measure_plan(
        input,
        |g| {
            let x = g.input_with("x", x);
            let y = squares(x, points(g, n));
            vec![if is_gradient { y.grad(&[x])[0] } else { y }]
        },
        only,
    )
}
