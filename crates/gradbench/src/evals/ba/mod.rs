//! `ba`: bundle adjustment, the errors of observing points with cameras, and their sparse Jacobian.
//! Source: GradBench, `evals/ba/README.md`; ADBench, arXiv:1807.10129, §4.2, and `src/cpp/shared/ba.h`.

mod blocks;

use std::array;

use retrograd_core::Real;
use serde_json::{Value, json, value::RawValue};

use self::blocks::{Blocks, BundleScene};
use super::is_derived;
use crate::{
    error::Error,
    evaluation::{Evaluation, Timeable, measure},
    json,
};

/// Rotation (3), center (3), focal length, principal point (2), radial distortion (2).
const CAMERA: usize = 11;
/// The number of variables of an observation: a camera, a point (3) and a weight.
const VARIABLES: usize = CAMERA + 4;
/// Derivatives of the two errors of where a point is seen.
const DERIVATIVES: usize = 2 * VARIABLES;

fn dot<R: Real>(a: [R; 3], b: [R; 3]) -> R {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn cross<R: Real>(a: [R; 3], b: [R; 3]) -> [R; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// `X` turned by the angle `‖r‖` about the axis `r` (Rodrigues): with `w = r/‖r‖`,
/// `X·cos‖r‖ + (w × X)·sin‖r‖ + w·(w·X)·(1 − cos‖r‖)`, and `X + r × X` where `r = 0`.
fn rotate<R: Real>(r: [R; 3], x: [R; 3]) -> [R; 3] {
    let square = dot(r, r);
    let is_turned = square.gt(square.lit(0.0));
    let angle = square.sqrt();
    let (cos, sin) = (angle.cos(), angle.sin());
    let w = r.map(|r| r / angle);
    let (w_cross_x, r_cross_x) = (cross(w, x), cross(r, x));
    let along = dot(w, x) * (cos.lit(1.0) - cos);
    array::from_fn(|i| {
        let turned = x[i] * cos + w_cross_x[i] * sin + w[i] * along;
        R::select(is_turned, turned, x[i] + r_cross_x[i])
    })
}

/// Where a camera sees a point: the point relative to the camera is turned, projected, distorted by
/// `1 + k₁‖u‖² + k₂‖u‖⁴`, and scaled.
fn project<R: Real>(camera: [R; CAMERA], x: [R; 3]) -> [R; 2] {
    let [r0, r1, r2, c0, c1, c2, focal, u0, v0, k1, k2] = camera;
    let [x, y, z] = rotate([r0, r1, r2], [x[0] - c0, x[1] - c1, x[2] - c2]);
    let (u, v) = (x / z, y / z);
    let square = u * u + v * v;
    let distortion = square.lit(1.0) + k1 * square + k2 * square * square;
    [u * distortion * focal + u0, v * distortion * focal + v0]
}

/// `w·(project(c, X) − feature)` and `1 − w²`, of `(c, X, w)`.
fn errors<R: Real>(variables: [R; VARIABLES], feature: [R; 2]) -> [R; 3] {
    let camera = array::from_fn(|k| variables[k]);
    let [x, y, z, w] = array::from_fn(|k| variables[CAMERA + k]);
    let [u, v] = project(camera, [x, y, z]);
    [w * (u - feature[0]), w * (v - feature[1]), w.lit(1.0) - w * w]
}

/// The errors of all observations.
struct Reprojection {
    blocks: Blocks,
    /// Two for each observation.
    reprojection: Vec<f64>,
    weight: Vec<f64>,
}

impl Timeable for Reprojection {
    fn run(&mut self) -> Result<(), Error> {
        let Self { blocks, reprojection, weight } = self;
        blocks.for_each(|block, [u, v, w]| {
            let places = reprojection[2 * block.start..2 * block.end].chunks_exact_mut(2);
            for ((place, &u), &v) in places.zip(u).zip(v) {
                place.copy_from_slice(&[u, v]);
            }
            weight[block.clone()].copy_from_slice(&w[..block.len()]);
        })
    }

    fn output(&self) -> Value {
        let (reprojection, weight) = (&self.reprojection, &self.weight);
        json!({
            "reproj_error": {"elements": reprojection[..2], "repeated": reprojection.len() / 2},
            "w_err": {"element": weight[0], "repeated": weight.len()},
        })
    }
}

/// The Jacobian of all errors, those of where points are seen first: the elements of row `r` are those from number
/// `rows[r]` to `rows[r + 1]`.
struct Jacobian {
    blocks: Blocks,
    rows: Vec<u32>,
    columns: Vec<u32>,
    values: Vec<f64>,
}

impl Timeable for Jacobian {
    fn run(&mut self) -> Result<(), Error> {
        let Self { blocks, rows, columns, values } = self;
        let n_observations = blocks.scene.observations.len();
        let (reprojection, weight) = values.split_at_mut(DERIVATIVES * n_observations);
        blocks.for_each(|block, derivatives: [&[f64]; DERIVATIVES + 1]| {
            let places = &mut reprojection[DERIVATIVES * block.start..DERIVATIVES * block.end];
            // A few observations at a time, so that their values stay in cache.
            for (few, places) in places.chunks_mut(8 * DERIVATIVES).enumerate() {
                for (k, derivative) in derivatives[..DERIVATIVES].iter().enumerate() {
                    let places = places[k..].iter_mut().step_by(DERIVATIVES);
                    places.zip(&derivative[8 * few..]).for_each(|(place, &value)| *place = value);
                }
            }
            weight[block.clone()].copy_from_slice(&derivatives[DERIVATIVES][..block.len()]);
        })?;
        blocks.scene.pattern(rows, columns);
        Ok(())
    }

    fn output(&self) -> Value {
        fn shown<T: Copy>(all: &[T]) -> Vec<T> {
            all.iter().take(DERIVATIVES).chain(all.last()).copied().collect()
        }
        json!({"rows": shown(&self.rows), "cols": shown(&self.columns), "vals": shown(&self.values)})
    }
}

impl BundleScene {
    /// Where the elements of the Jacobian are. Columns are those of cameras, points, and weights.
    fn pattern(&self, rows: &mut Vec<u32>, columns: &mut Vec<u32>) {
        let (n_rows, n_in_rows) =
            (2 * self.observations.len(), DERIVATIVES * self.observations.len());
        rows.clear();
        rows.extend((0..n_rows).map(|row| (VARIABLES * row) as u32));
        rows.extend((n_in_rows..=n_in_rows + self.observations.len()).map(|at| at as u32));
        let first_point = CAMERA * self.cameras.len();
        let first_weight = first_point + 3 * self.points.len();
        columns.clear();
        for (weight, &(camera, point)) in self.observations.iter().enumerate() {
            let row: [u32; VARIABLES] = array::from_fn(|k| match k.checked_sub(CAMERA) {
                None => (CAMERA * camera + k) as u32,
                Some(3) => (first_weight + weight) as u32,
                Some(k) => (first_point + 3 * point + k) as u32,
            });
            columns.extend_from_slice(&row);
            columns.extend_from_slice(&row);
        }
        columns.extend((first_weight..).map(|at| at as u32).take(self.observations.len()));
    }
}

pub(crate) fn evaluate(function: &str, input: &RawValue) -> Result<Evaluation, Error> {
    let is_jacobian = is_derived(function, ["objective", "jacobian"])?;
    let scene = BundleScene::of(json::input(input)?)?;
    let n = scene.observations.len();
    if !is_jacobian {
        return measure(input, || {
            let blocks = Blocks::new(scene, |_, errors| errors.into())?;
            Ok(Reprojection { blocks, reprojection: vec![0.0; 2 * n], weight: vec![0.0; n] })
        });
    }
    let values = vec![0.0; (DERIVATIVES + 1) * n];
    measure(input, || {
        // An error depends on its own observation alone, so that a row of each is the gradient of the sum.
        let blocks = Blocks::new(scene, |variables, [u, v, w]| {
            let [u, v] = [u, v].map(|error| error.sum().grad(variables));
            [u, v, w.sum().grad(&variables[VARIABLES - 1..])].concat()
        })?;
        Ok(Jacobian { blocks, rows: Vec::new(), columns: Vec::new(), values })
    })
}
