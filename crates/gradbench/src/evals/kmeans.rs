//! `kmeans`: the cost of a clustering, and the step of Newton's method that lowers it.
//! Source: GradBench, `evals/kmeans/README.md`; Bottou, Bengio 1994, "Convergence properties of the k-means algorithms".

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
struct KmeansInput {
    points: Vec<Vec<f64>>,
    centroids: Vec<Vec<f64>>,
}

/// `Σᵢ minⱼ ‖Pᵢ − Cⱼ‖²` with `‖P − C‖² = ‖P‖² − 2P·C + ‖C‖²`, for points `P: [n, d]` and centroids `C: [k, d]`.
fn cost<'g>(points: Expr<'g>, centroids: Expr<'g>) -> Expr<'g> {
    let relative = centroids.square().sum_over(1) - 2.0 * points.dot(centroids.t());
    (points.square().sum_over(1) + relative.min_over(1)).sum()
}

/// The gradient divided by the Hessian, which is diagonal, so that its product with ones is its diagonal.
fn direction<'g>(points: Expr<'g>, centroids: Expr<'g>) -> Expr<'g> {
    let cost = cost(points, centroids);
    let ones = centroids.graph().full(centroids.shape(), 1.0);
    cost.grad(&[centroids])[0] / cost.hessian_vector(&[(centroids, ones)])[0]
}

pub(crate) fn evaluate(function: &str, input: &RawValue) -> Result<Evaluation, Error> {
    let is_direction = is_derived(function, ["cost", "dir"])?;
    let KmeansInput { points, centroids } = json::input(input)?;
    let (n, k, d) = (points.len(), centroids.len(), points.first().map_or(0, Vec::len));
    for (name, count) in [("number of points", n), ("number of centroids", k), ("dimension", d)] {
        json::check_range(name, count, 1..=json::MOST)?;
    }
    json::check_product("points·centroids", &[n, k], json::MOST_ELEMENTS)?;
    let points = json::matrix("points", &points, [n, d])?;
    let centroids = json::matrix("centroids", &centroids, [k, d])?;
    measure_plan(
        input,
        |g| {
            let points = g.input_with("points", points);
            let centroids = g.input_with("centroids", centroids);
            let function = if is_direction { direction } else { cost };
            vec![function(points, centroids)]
        },
        only,
    )
}
