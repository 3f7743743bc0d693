//! The model of a hand: bones, and the skin that they move.

use retrograd_core::{Expr, Graph, Tensor};
use serde::Deserialize;

use crate::{error::Error, json};

/// Rotation (3) and translation (3) of the hand, and four angles of each finger.
pub(super) const N_THETA: usize = 26;
/// Wrist and forearm, and four bones of each finger.
const FEWEST_BONES: usize = 22;

#[derive(Deserialize)]
pub(super) struct HandModel {
    parents: Vec<i64>,
    base_relatives: Vec<[[f64; 4]; 4]>,
    inverse_base_absolutes: Vec<[[f64; 4]; 4]>,
    base_positions: Vec<[f64; 4]>,
    weights: Vec<Vec<f64>>,
    pub triangles: Vec<[usize; 3]>,
    is_mirrored: bool,
}

/// The data of a hand that do not depend on its pose.
pub(super) struct Tensors {
    /// Of each bone, relative to its parent: `[bones, 4, 4]`.
    base_relatives: Tensor,
    /// Inverses of the bones' transformations at rest: `[bones, 4, 4]`.
    inverse_base_absolutes: Tensor,
    /// Positions at rest, in homogeneous coordinates: `[4, vertices]`.
    base_positions: Tensor,
    /// How much each bone moves each vertex: `[bones, vertices]`.
    weights: Tensor,
}

impl HandModel {
    pub fn n_vertices(&self) -> usize {
        self.base_positions.len()
    }

    /// The model's numbers, if they fit each other.
    pub fn tensors(&self) -> Result<Tensors, Error> {
        let (n_bones, n_vertices) = (self.parents.len(), self.n_vertices());
        json::check_range("number of bones", n_bones, FEWEST_BONES..=json::MOST)?;
        json::check_range("number of vertices", n_vertices, 1..=json::MOST)?;
        let comes_before = |(bone, &parent): (usize, &i64)| parent < bone as i64;
        if !self.parents.iter().enumerate().all(comes_before) {
            return Err(Error::Misfit("a bone comes before the one it is attached to".to_owned()));
        }
        if self.triangles.as_flattened().iter().any(|&vertex| vertex >= n_vertices) {
            return Err(Error::Misfit("a triangle has a corner that does not exist".to_owned()));
        }
        json::check_matrix("weights", &self.weights, [n_vertices, n_bones])?;
        let transposed = |[m, n]: [usize; 2], element: &dyn Fn(usize, usize) -> f64| {
            Tensor::new([m, n], (0..m * n).map(|at| element(at / n, at % n)).collect())
        };
        let matrices = |matrices: &[[[f64; 4]; 4]]| {
            Tensor::new([n_bones, 4, 4], matrices.as_flattened().as_flattened().to_vec())
        };
        Ok(Tensors {
            base_relatives: matrices(&self.base_relatives)?,
            inverse_base_absolutes: matrices(&self.inverse_base_absolutes)?,
            base_positions: transposed([4, n_vertices], &|k, v| self.base_positions[v][k])?,
            weights: transposed([n_bones, n_vertices], &|bone, v| self.weights[v][bone])?,
        })
    }
}

/// Where in `θ` the angles about `x`, `z` and `y` are that bend each bone; past its end where there is none. The first
/// bone of a finger is bent about two axes, the next two about one, and the last not at all.
fn angles_of_bones(n_bones: usize) -> [Vec<i64>; 3] {
    let mut angles = [(); 3].map(|()| vec![N_THETA as i64; n_bones]);
    for finger in 0..5 {
        let (bone, theta) = (2 + 4 * finger, (6 + 4 * finger) as i64);
        angles[0][bone..bone + 3].copy_from_slice(&[theta, theta + 2, theta + 3]);
        angles[1][bone] = theta + 1;
    }
    angles
}

/// Numbers `[…]` in rows, as matrices `[…, 3, 3]`.
fn matrices<'g>(rows: [[Expr<'g>; 3]; 3]) -> Expr<'g> {
    let g = rows[0][0].graph();
    g.stack(&rows.map(|row| g.stack(&row, -1)), -2)
}

/// Rotations about `x`, then `y`, then `z` by angles `[n]`: `R_z·R_y·R_x`, `[n, 3, 3]`.
fn turned_by_angles<'g>([x, y, z]: [Expr<'g>; 3]) -> Expr<'g> {
    let g = x.graph();
    let (zero, one) = (g.full(x.shape(), 0.0), g.full(x.shape(), 1.0));
    let [(sx, cx), (sy, cy), (sz, cz)] = [x, y, z].map(|angle| (angle.sin(), angle.cos()));
    let about_x = matrices([[one, zero, zero], [zero, cx, -sx], [zero, sx, cx]]);
    let about_y = matrices([[cy, zero, sy], [zero, one, zero], [-sy, zero, cy]]);
    let about_z = matrices([[cz, -sz, zero], [sz, cz, zero], [zero, zero, one]]);
    about_z.matmul(about_y).matmul(about_x)
}

/// The rotation by the angle `‖r‖` about the axis `r: [3]` (Rodrigues): with `u = r/‖r‖`,
/// `uuᵀ + (1 − uuᵀ)·cos‖r‖ + [u]ₓ·sin‖r‖`; none for tiny angles.
fn turned_about<'g>(axis: Expr<'g>) -> Expr<'g> {
    let g = axis.graph();
    let angle = axis.square().sum().sqrt();
    let u = axis / angle;
    let [x, y, z] = [0, 1, 2].map(|k| u.select_index(0, k));
    let zero = g.full([], 0.0);
    let cross = matrices([[zero, -z, y], [z, zero, -x], [-y, x, zero]]);
    let identity = g.constant([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]);
    let along = u.outer(u);
    let turned = along + (identity - along) * angle.cos() + cross * angle.sin();
    angle.lt(1e-4).select(identity, turned)
}

/// A hand in a pose `θ: [26]`.
pub(super) struct Hand<'g> {
    theta: Expr<'g>,
    parents: Vec<Option<usize>>,
    is_mirrored: bool,
    base_relatives: Expr<'g>,
    inverse_base_absolutes: Expr<'g>,
    base_positions: Expr<'g>,
    weights: Expr<'g>,
}

impl<'g> Hand<'g> {
    pub fn new(g: &'g Graph, model: &HandModel, tensors: Tensors, theta: Expr<'g>) -> Self {
        Self {
            theta,
            parents: model.parents.iter().map(|&parent| usize::try_from(parent).ok()).collect(),
            is_mirrored: model.is_mirrored,
            base_relatives: g.input_with("base_relatives", tensors.base_relatives),
            inverse_base_absolutes: g
                .input_with("inverse_base_absolutes", tensors.inverse_base_absolutes),
            base_positions: g.input_with("base_positions", tensors.base_positions),
            weights: g.input_with("weights", tensors.weights),
        }
    }

    /// How each bone has moved since it was at rest, before the whole hand moves: `[bones, 3, 4]`. A bone turns within its
    /// parent's coordinates, and takes with it those that are attached to it.
    fn transforms(&self) -> Expr<'g> {
        let g = self.theta.graph();
        let n_bones = self.parents.len();
        let angles = g.concat(&[self.theta, g.full([1], 0.0)], 0);
        let [x, z, y] =
            angles_of_bones(n_bones).map(|places| angles.index_select(0, g.constant(places)));
        let turned = turned_by_angles([x, y, z]);
        let turned = g.concat(&[turned, g.full([n_bones, 1, 3], 0.0)], 1);
        let corner = g.constant([[0.0], [0.0], [0.0], [1.0]]).broadcast_to([n_bones, 4, 1]);
        let relatives = self.base_relatives.matmul(g.concat(&[turned, corner], 2));
        let mut absolutes: Vec<Expr<'g>> = Vec::with_capacity(n_bones);
        for (parent, relative) in self.parents.iter().zip(relatives.unbind(0)) {
            absolutes.push(parent.map_or(relative, |parent| absolutes[parent].dot(relative)));
        }
        g.stack(&absolutes, 0).matmul(self.inverse_base_absolutes).slice(1, ..3)
    }

    /// Positions of the vertices: `R·Σ_b w_vb·T_b·p_v + t`, `[3, vertices]`.
    pub fn skin(&self) -> Expr<'g> {
        let n_bones = self.parents.len();
        let mut whole = turned_about(self.theta.slice(0, ..3));
        if self.is_mirrored {
            whole = whole * self.theta.graph().constant([-1.0, 1.0, 1.0]);
        }
        let transforms = whole.matmul(self.transforms()).permute(&[1, 0, 2]);
        let weighted = self.weights.unsqueeze(1) * self.base_positions;
        let weighted = weighted.reshape([4 * n_bones, self.weights.shape()[1]]);
        let translation = self.theta.slice(0, 3..6).unsqueeze(1);
        transforms.reshape([3, 4 * n_bones]).dot(weighted) + translation
    }
}
