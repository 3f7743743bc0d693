//! A function of every observation of a scene, as a plan for a block of them at a time.

use std::{array, ops::Range};

use retrograd_core::{DType, Expr, Graph, Params, Shape, Slice, View};
use retrograd_plan::{Plan, Workspace};
use serde::Deserialize;

use super::{CAMERA, VARIABLES, errors};
use crate::{error::Error, json};

/// How many observations are computed side by side: no power of two, so that their variables, which lie this far apart,
/// do not compete for the same places of the cache.
const BLOCK: usize = 500;
/// Variables and a feature.
const INPUTS: usize = VARIABLES + 2;

#[derive(Deserialize)]
pub(super) struct BundleInput {
    n: usize,
    m: usize,
    p: usize,
    cam: [f64; CAMERA],
    x: [f64; 3],
    w: f64,
    feat: [f64; 2],
}

/// The observations of points by cameras.
pub(super) struct BundleScene {
    pub cameras: Vec<[f64; CAMERA]>,
    pub points: Vec<[f64; 3]>,
    /// A camera and a point each.
    pub observations: Vec<(usize, usize)>,
    weights: Vec<f64>,
    features: Vec<[f64; 2]>,
}

impl BundleScene {
    /// `n` copies of the camera, `m` of the point, and `p` of the observation, as the suite prescribes.
    pub fn of(BundleInput { n, m, p, cam, x, w, feat }: BundleInput) -> Result<Self, Error> {
        // The suite's largest scene has 13,682 cameras, 4,456,117 points and 28,987,644 observations.
        for (name, count, most) in [("n", n, 1 << 20), ("m", m, 1 << 23), ("p", p, 1 << 25)] {
            json::check_range(name, count, 1..=most)?;
        }
        Ok(Self {
            cameras: vec![cam; n],
            points: vec![x; m],
            observations: (0..p).map(|k| (k % n, k % m)).collect(),
            weights: vec![w; p],
            features: vec![feat; p],
        })
    }

    /// Variables and feature of an observation.
    fn inputs(&self, observation: usize) -> impl Iterator<Item = f64> {
        let (camera, point) = self.observations[observation];
        let variables = self.cameras[camera].iter().chain(&self.points[point]);
        variables.chain([&self.weights[observation]]).chain(&self.features[observation]).copied()
    }
}

/// A function of the observations of a scene.
pub(super) struct Blocks {
    pub scene: BundleScene,
    plan: Plan,
    workspace: Workspace,
    /// One row for each variable, and for each part of a feature.
    inputs: Vec<f64>,
}

impl Blocks {
    /// Compiles the expressions that `record` makes of the variables and errors of `BLOCK` observations, all of them
    /// `[BLOCK]`.
    pub fn new(
        scene: BundleScene,
        record: impl for<'g> FnOnce(&[Expr<'g>; VARIABLES], [Expr<'g>; 3]) -> Vec<Expr<'g>>,
    ) -> Result<Self, Error> {
        let g = Graph::with_dtype(DType::F64);
        let rows = g.input("inputs", [INPUTS, BLOCK]).unbind(0);
        let variables = array::from_fn(|k| rows[k]);
        let errors = errors(variables, [rows[VARIABLES], rows[VARIABLES + 1]]);
        let plan = Plan::compile(&record(&variables, errors), &[])?;
        let workspace = plan.try_workspace()?;
        Ok(Self { scene, plan, workspace, inputs: vec![0.0; INPUTS * BLOCK] })
    }

    /// Computes the function, and hands on its `N` values for each block of observations; of the last block only the
    /// first ones count.
    pub fn for_each<const N: usize>(
        &mut self,
        mut each: impl FnMut(Range<usize>, [&[f64]; N]),
    ) -> Result<(), Error> {
        let shape = Shape::from([INPUTS, BLOCK]);
        let n = self.scene.observations.len();
        for start in (0..n).step_by(BLOCK) {
            let block = start..n.min(start + BLOCK);
            for (column, observation) in block.clone().enumerate() {
                for (row, input) in self.scene.inputs(observation).enumerate() {
                    self.inputs[row * BLOCK + column] = input;
                }
            }
            let inputs = View::new(&shape, Slice::F64(&self.inputs))?;
            self.plan.run(&mut self.workspace, &Params::new(), &[("inputs", inputs)])?;
            each(block, array::from_fn(|k| self.workspace.output(k).elements()));
        }
        Ok(())
    }
}
