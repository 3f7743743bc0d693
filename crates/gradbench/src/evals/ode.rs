//! `ode`: a system of differential equations solved by the method of Runge and Kutta, and a gradient of its end.
//! Source: GradBench, `evals/ode/README.md`; <https://en.wikipedia.org/wiki/Runge–Kutta_methods>.

use retrograd_core::Expr;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::is_derived;
use crate::{
    error::Error,
    evaluation::{Evaluation, measure_plan, only},
    json,
};

/// Each step is recorded.
const MOST_STEPS: usize = 1 << 14;
/// For the gradient, some ten values are kept of each element in each step.
const MOST_ELEMENTS: usize = 1 << 25;

#[derive(Deserialize)]
struct OdeInput {
    x: Vec<f64>,
    s: usize,
}

/// `y′₀ = x₀` and `y′ᵢ = xᵢ·yᵢ₋₁`.
fn slope<'g>(x: Expr<'g>, y: Expr<'g>) -> Expr<'g> {
    let g = x.graph();
    let before = y.slice(0, ..x.shape()[0] - 1);
    x * g.concat(&[g.full([1], 1.0), before], 0)
}

/// `y` at time 2, from 0 at time 0, in `s` steps.
fn solve(x: Expr<'_>, s: usize) -> Expr<'_> {
    let h = 2.0 / s as f64;
    let mut y = x.graph().full(x.shape(), 0.0);
    for _ in 0..s {
        let k1 = slope(x, y);
        let k2 = slope(x, y + h / 2.0 * k1);
        let k3 = slope(x, y + h / 2.0 * k2);
        let k4 = slope(x, y + h * k3);
        y = y + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4);
    }
    y
}

pub(crate) fn evaluate(function: &str, input: &RawValue) -> Result<Evaluation, Error> {
    let is_gradient = is_derived(function, ["primal", "gradient"])?;
    let OdeInput { x, s } = json::input(input)?;
    json::check_range("length of x", x.len(), 1..=json::MOST)?;
    json::check_range("s", s, 1..=MOST_STEPS)?;
    json::check_product("x·s", &[x.len(), s], MOST_ELEMENTS)?;
    measure_plan(
        input,
        |g| {
            let x = g.input_with("x", x);
            let y = solve(x, s);
            vec![if is_gradient { y.select_index(0, -1).grad(&[x])[0] } else { y }]
        },
        only,
    )
}
