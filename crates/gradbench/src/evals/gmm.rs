//! `gmm`: the posterior of a mixture of Gaussian distributions with a Wishart prior, and its gradient.
//! Source: GradBench, `evals/gmm/README.md`; Šrajer, Kukelova, Fitzgibbon 2018, arXiv:1807.10129, §4.1.

use std::f64::consts::PI;

use retrograd_core::{Expr, Real};
use retrograd_plan::Workspace;
use serde::Deserialize;
use serde_json::{json, value::RawValue};

use super::is_derived;
use crate::{
    error::Error,
    evaluation::{Evaluation, measure_plan},
    json,
};

#[derive(Deserialize)]
struct GmmInput {
    d: usize,
    k: usize,
    n: usize,
    x: Vec<Vec<f64>>,
    m: f64,
    gamma: f64,
    alpha: Vec<f64>,
    mu: Vec<Vec<f64>>,
    q: Vec<Vec<f64>>,
    l: Vec<Vec<f64>>,
}

/// `k` distributions in `d` dimensions.
#[derive(Clone, Copy)]
struct Mixture<'g> {
    /// Logarithms of weights, up to a constant: `[k]`.
    alpha: Expr<'g>,
    /// Means: `[k, d]`.
    mu: Expr<'g>,
    /// Logarithms of the diagonals of `Q`: `[k, d]`.
    q: Expr<'g>,
    /// The elements below the diagonals, column by column: `[k, d·(d − 1)/2]`.
    l: Expr<'g>,
}

impl<'g> Mixture<'g> {
    /// The triangular factors `Q` of the precision matrices `Σ⁻¹ = QᵀQ`: `[k, d, d]`.
    fn factors(self) -> Expr<'g> {
        let (g, shape) = (self.q.graph(), self.q.shape());
        let (k, d) = (shape[0], shape[1]);
        let zero = d * (d + 1) / 2;
        let mut place = vec![zero as i64; d * d];
        let mut below = d..zero;
        for column in 0..d {
            place[column * d + column] = column as i64;
            for (row, element) in (column + 1..d).zip(&mut below) {
                place[row * d + column] = element as i64;
            }
        }
        let elements = g.concat(&[self.q.exp(), self.l, g.full([k, 1], 0.0)], 1);
        elements.index_select(1, g.constant(place)).reshape([k, d, d])
    }
}

/// `ln p(x | θ, φ) = −N·(D/2·ln 2π + logsumexp α) + Σᵢ logsumexpₖ βᵢₖ` with
/// `βᵢₖ = αₖ − ½‖Qₖ(xᵢ − μₖ)‖² + Σⱼ qₖⱼ`, for points `x: [n, d]`.
fn log_likelihood<'g>(mixture: Mixture<'g>, factors: Expr<'g>, x: Expr<'g>) -> Expr<'g> {
    let Mixture { alpha, mu, q, .. } = mixture;
    let (n, k, d) = (x.shape()[0], mu.shape()[0], mu.shape()[1]);
    let scaled = factors.reshape([k * d, d]).dot(x.t()).reshape([k, d, n]);
    let distances = (scaled - factors.matmul(mu.unsqueeze(2))).square().sum_over(1);
    let beta = (alpha + q.sum_over(1)).unsqueeze(1) - 0.5 * distances;
    let constant = 0.5 * d as f64 * (2.0 * PI).ln() + alpha.logsumexp(0);
    beta.logsumexp(0).sum() - n as f64 * constant
}

/// `ln p(θ) = K·(νD·ln(γ/√2) − ln Γ_D(ν/2)) − γ²/2·Σₖ‖Qₖ‖² + m·Σₖⱼ qₖⱼ` with `ν = D + m + 1`.
fn log_prior<'g>(q: Expr<'g>, factors: Expr<'g>, m: f64, gamma: f64) -> Expr<'g> {
    let (k, d) = (q.shape()[0] as f64, q.shape()[1]);
    let nu = d as f64 + m + 1.0;
    let constant = nu * d as f64 * (gamma / 2.0f64.sqrt()).ln() - log_multigamma(nu / 2.0, d);
    m * q.sum() - 0.5 * gamma * gamma * factors.square().sum() + k * constant
}

/// `ln Γ_D(a) = D(D − 1)/4·ln π + Σⱼ ln Γ(a + (1 − j)/2)`.
fn log_multigamma(a: f64, d: usize) -> f64 {
    let terms = (0..d).map(|j| (a - 0.5 * j as f64).lgamma());
    0.25 * (d * d.saturating_sub(1)) as f64 * PI.ln() + terms.sum::<f64>()
}

fn log_posterior<'g>(mixture: Mixture<'g>, x: Expr<'g>, m: f64, gamma: f64) -> Expr<'g> {
    let factors = mixture.factors();
    log_likelihood(mixture, factors, x) + log_prior(mixture.q, factors, m, gamma)
}

pub(crate) fn evaluate(function: &str, input: &RawValue) -> Result<Evaluation, Error> {
    let is_gradient = is_derived(function, ["objective", "jacobian"])?;
    let GmmInput { d, k, n, x, m, gamma, alpha, mu, q, l } = json::input(input)?;
    for (name, count) in [("d", d), ("k", k), ("n", n)] {
        json::check_range(name, count, 1..=json::MOST)?;
    }
    json::check_product("n·k·d", &[n, k, d], json::MOST_ELEMENTS)?;
    let x = json::matrix("x", &x, [n, d])?;
    let mu = json::matrix("mu", &mu, [k, d])?;
    let q = json::matrix("q", &q, [k, d])?;
    let l = json::matrix("l", &l, [k, d * (d - 1) / 2])?;
    let alpha = json::matrix("alpha", &[alpha], [1, k])?.reshape([k])?;
    let show = move |outputs: &Workspace| {
        let output = |k| json::nested(outputs.output(k));
        match is_gradient {
            true => json!({"alpha": output(0), "mu": output(1), "q": output(2), "l": output(3)}),
            false => output(0),
        }
    };
    measure_plan(
        input,
        |g| {
            let mixture = Mixture {
                alpha: g.input_with("alpha", alpha),
                mu: g.input_with("mu", mu),
                q: g.input_with("q", q),
                l: g.input_with("l", l),
            };
            let y = log_posterior(mixture, g.input_with("x", x), m, gamma);
            match is_gradient {
                true => y.grad(&[mixture.alpha, mixture.mu, mixture.q, mixture.l]),
                false => vec![y],
            }
        },
        show,
    )
}
