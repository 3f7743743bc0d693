//! `ht`: hand tracking, the distances of measured points from the skin of a hand in some pose, and their Jacobian.
//! Source: GradBench, `evals/ht/README.md`; ADBench, arXiv:1807.10129, §4.3, and `src/cpp/shared/hand.h`.

mod model;

use retrograd_core::{Expr, Graph, Tensor};
use retrograd_plan::Workspace;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use self::model::{Hand, HandModel, N_THETA};
use super::is_derived;
use crate::{
    error::Error,
    evaluation::{Evaluation, measure_plan},
    json,
};

#[derive(Deserialize)]
struct HandInput {
    theta: Vec<f64>,
    data: Data,
    us: Vec<[f64; 2]>,
}

#[derive(Deserialize)]
struct Data {
    model: HandModel,
    correspondences: Vec<usize>,
    points: Vec<[f64; 3]>,
}

/// Points that were measured, and what they are measured of: a vertex each, or a place in a triangle.
struct Measured {
    points: Tensor,
    /// The vertex of each point, or the three corners of its triangle.
    vertices: Vec<Vec<i64>>,
    /// Shares of the first two corners: `[n, 2]`.
    shares: Option<Tensor>,
}

impl Measured {
    fn new(input: &HandInput) -> Result<Self, Error> {
        let HandInput { data: Data { model, correspondences, points }, us, .. } = input;
        let n = points.len();
        let misfit = |reason: &str| Err(Error::Misfit(reason.to_owned()));
        if correspondences.len() != n || ![0, n].contains(&us.len()) {
            return misfit("there are not as many points as what they correspond to");
        }
        json::check_range("number of points", n, 1..=json::MOST)?;
        let n_places = if us.is_empty() { model.n_vertices() } else { model.triangles.len() };
        if correspondences.iter().any(|&place| place >= n_places) {
            return misfit("a point corresponds to what does not exist");
        }
        let vertices = match us.is_empty() {
            true => vec![correspondences.iter().map(|&vertex| vertex as i64).collect()],
            false => {
                let corner = |k| correspondences.iter().map(move |&t| model.triangles[t][k] as i64);
                (0..3).map(|k| corner(k).collect()).collect()
            }
        };
        let shares = (!us.is_empty()).then(|| Tensor::new([n, 2], us.concat()));
        Ok(Self {
            points: Tensor::new([n, 3], points.concat())?,
            vertices,
            shares: shares.transpose()?,
        })
    }
}

/// `xᵢ − v(θ)ᵢ` for points `x` and vertices `v`, or `xᵢ − (u₀·v₀ + u₁·v₁ + (1 − u₀ − u₁)·v₂)` for corners of triangles:
/// `[3, n]`; with it the leaf of `u: [n, 2]`.
fn distances<'g>(
    g: &'g Graph,
    hand: &Hand<'g>,
    measured: &Measured,
) -> (Expr<'g>, Option<Expr<'g>>) {
    let skin = hand.skin();
    let points = g.input_with("points", &measured.points).t();
    let vertices = |k: usize| {
        let places = g.input_with(&format!("vertices {k}"), measured.vertices[k].as_slice());
        skin.index_select(1, places)
    };
    match &measured.shares {
        None => (points - vertices(0), None),
        Some(shares) => {
            let u = g.input_with("us", shares);
            let (u0, u1) = (u.select_index(1, 0), u.select_index(1, 1));
            let on_skin = u0 * vertices(0) + u1 * vertices(1) + (1.0 - u0 - u1) * vertices(2);
            (points - on_skin, Some(u))
        }
    }
}

/// The Jacobian in columns: by the two shares of each point's own triangle, `[3, n]` each, if there are any, and by all of
/// `θ`, `[26, 3, n]`.
fn columns<'g>(distances: Expr<'g>, shares: Option<Expr<'g>>, theta: Expr<'g>) -> Vec<Expr<'g>> {
    let g = theta.graph();
    // A distance depends on the shares of its own point alone, so that all points move at once.
    let by_shares = shares.iter().flat_map(|&u| {
        let directions =
            [[1.0, 0.0], [0.0, 1.0]].map(|one| g.constant(one).broadcast_to(u.shape()));
        directions.map(|direction| distances.jvp(&[(u, direction)]))
    });
    let direction = g.input("direction", [N_THETA]);
    let by_theta = distances.jvp(&[(theta, direction)]);
    let by_theta = by_theta.vmap(&[(direction, g.arange(N_THETA).one_hot(N_THETA))]);
    by_shares.chain([by_theta]).collect()
}

/// The Jacobian in rows, three for each point.
fn rows(outputs: &Workspace, n_outputs: usize) -> Value {
    let columns: Vec<&[f64]> = (0..n_outputs).map(|k| outputs.output(k).elements()).collect();
    let n_points = columns[n_outputs - 1].len() / (3 * N_THETA);
    let row = |row: usize| -> Value {
        let at = row % 3 * n_points + row / 3;
        columns
            .iter()
            .flat_map(|columns| columns[at..].iter().step_by(3 * n_points).copied())
            .collect()
    };
    (0..3 * n_points).map(row).collect()
}

pub(crate) fn evaluate(function: &str, input: &RawValue) -> Result<Evaluation, Error> {
    let is_jacobian = is_derived(function, ["objective", "jacobian"])?;
    let parsed: HandInput = json::input(input)?;
    let tensors = parsed.data.model.tensors()?;
    let theta = json::matrix("theta", std::slice::from_ref(&parsed.theta), [1, N_THETA])?;
    let measured = Measured::new(&parsed)?;
    let n_outputs = if measured.shares.is_some() { 3 } else { 1 };
    measure_plan(
        input,
        |g| {
            let theta = g.input_with("theta", theta).reshape([N_THETA]);
            let hand = Hand::new(g, &parsed.data.model, tensors, theta);
            let (distances, shares) = distances(g, &hand, &measured);
            if is_jacobian {
                columns(distances, shares, theta)
            } else {
                vec![distances.t().flatten()]
            }
        },
        |outputs| match is_jacobian {
            true => rows(outputs, n_outputs),
            false => json::nested(outputs.output(0)),
        },
    )
}
