//! The setting of a law: a random graph as a function, with directions, seeds and a batch.

use std::collections::HashMap;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use retrograd_core::{DType, Expr, Graph, Tensor, expr::Pair, ops::Custom};

use crate::{
    random::{Options, RandomGraph, random_graph},
    rounding::Values,
};

/// Examples in a batch, which is also one of two batches of two.
pub(super) const N_EXAMPLES: usize = 4;

/// The largest leaf by which whole matrices of derivatives are recorded.
const LARGEST_DENSE: usize = 6;

/// The random graph of a seed, small enough for every mode to be tried on it. In every third one, all scopes
/// and calls are checkpointed.
pub(super) fn graph_of(seed: u64) -> RandomGraph {
    let options = Options {
        dtype: DType::F64,
        n_nodes: 24,
        max_size: 3,
        max_elements: 12,
        n_outputs: 2,
        order: 0,
        is_differentiable: true,
    };
    let random = random_graph(seed, &options);
    if seed.is_multiple_of(3) {
        let graph = random.graph();
        let regions: Vec<_> = graph.regions().iter().map(|region| region.id()).skip(1).collect();
        regions.into_iter().for_each(|region| graph.checkpoint_region(region));
    }
    random
}

/// A function of some leaves, and its derivatives at a point.
pub(super) struct Setting<'g> {
    pub(super) graph: &'g Graph,
    /// The values of the function, as a vector.
    pub(super) y: Expr<'g>,
    /// A scalar of them, `Σ c·sin(y)`.
    pub(super) loss: Expr<'g>,
    /// Its second derivatives by them, `−c·sin(y)`.
    pub(super) curvature: Expr<'g>,
    pub(super) leaves: Vec<Expr<'g>>,
    /// Two directions of the leaves.
    pub(super) v: Vec<Pair<'g>>,
    pub(super) w: Vec<Pair<'g>>,
    /// Two seeds for the values.
    pub(super) u: [Expr<'g>; 2],
    /// A leaf by which matrices of derivatives stay small, and its direction.
    pub(super) small: Option<Pair<'g>>,
    /// Leaves that differ from example to example, with all of their data, and with all of their directions.
    pub(super) varied: Vec<Varied<'g>>,
    /// For each example, the data of those leaves and of their directions.
    pub(super) examples: Vec<Values>,
}

/// A leaf in a batch.
#[derive(Clone, Copy)]
pub(super) struct Varied<'g> {
    pub(super) x: Expr<'g>,
    pub(super) v: Expr<'g>,
    /// All of it, `[n, …]`.
    pub(super) xs: Expr<'g>,
    pub(super) vs: Expr<'g>,
}

impl<'g> Setting<'g> {
    /// The function of a random graph, with `custom` applied to it in every other one.
    pub(super) fn of(random: &'g RandomGraph, custom: &Custom) -> Self {
        let mut numbers = SettingNumbers {
            graph: random.graph(),
            rng: ChaCha8Rng::seed_from_u64(random.seed()),
            n: 0,
        };
        let values = random.outputs().into_iter().filter(|output| output.dtype().is_float());
        let values: Vec<_> = values.map(Expr::flatten).collect();
        let values = random.graph().concat(&values, 0);
        let has_custom = random.seed() % 2 == 1;
        let y = if has_custom { custom.apply(&[0.5 * values]) } else { values };
        let c = numbers.like(y);
        let leaves = random.leaves();
        let [v, w] = [(); 2].map(|()| -> Vec<_> {
            leaves.iter().map(|&leaf| (leaf, numbers.like(leaf))).collect()
        });
        let u = [numbers.like(y), numbers.like(y)];
        let is_small = |(x, _): &&Pair<'g>| (1..=LARGEST_DENSE).contains(&x.shape().n_elements());
        let small = v.iter().filter(is_small).max_by_key(|(x, _)| x.shape().n_elements()).copied();
        let (varied, examples) = numbers.batch(&v);
        let (loss, curvature) = ((c * y.sin()).sum(), -c * y.sin());
        let graph = random.graph();
        Self { graph, y, loss, curvature, leaves, v, w, u, small, varied, examples }
    }

    /// The leaves of the batch, each with one of `part`'s.
    pub(super) fn pairs(&self, part: impl Fn(&Varied<'g>) -> Pair<'g>) -> Vec<Pair<'g>> {
        self.varied.iter().map(part).collect()
    }
}

/// Random numbers, as leaves.
struct SettingNumbers<'g> {
    graph: &'g Graph,
    rng: ChaCha8Rng,
    n: usize,
}

impl<'g> SettingNumbers<'g> {
    fn leaf(&mut self, data: Tensor) -> Expr<'g> {
        self.n += 1;
        self.graph.input_with(&format!("numbers {}", self.n), data)
    }

    /// Numbers between −1 and 1 in the shape of an expression.
    fn like(&mut self, x: Expr<'_>) -> Expr<'g> {
        let data = self.tensor(x, |_| 0.0, 1.0);
        self.leaf(data)
    }

    /// Numbers in the shape of an expression, up to `spread` around those of `center`.
    fn tensor(&mut self, x: Expr<'_>, center: impl Fn(usize) -> f64, spread: f64) -> Tensor {
        let shape = x.shape();
        let numbers =
            (0..shape.n_elements()).map(|k| center(k) + self.rng.random_range(-spread..spread));
        let numbers: Vec<f64> = numbers.collect();
        Tensor::new(shape, numbers).expect("there is a number for every element")
    }

    /// Examples in which some of the leaves differ: by little, so that no function meets a jump on the way.
    fn batch(&mut self, v: &[Pair<'g>]) -> (Vec<Varied<'g>>, Vec<Values>) {
        let mut examples = vec![HashMap::new(); N_EXAMPLES];
        let always = self.rng.random_range(0..v.len());
        let chosen: Vec<_> = (0..v.len()).filter(|&k| k == always || self.rng.random()).collect();
        let varied = chosen.into_iter().map(|k| {
            let (x, v) = v[k];
            let center = x.value().to_vec::<f64>();
            let [xs, vs] = [1e-3, 1.0].map(|spread| {
                let near = |k: usize| if spread < 1.0 { center[k] } else { 0.0 };
                let data = (0..N_EXAMPLES).map(|_| self.tensor(x, near, spread));
                data.collect::<Vec<_>>()
            });
            for (example, (data, direction)) in examples.iter_mut().zip(xs.iter().zip(&vs)) {
                example.insert(x.id(), data.clone());
                example.insert(v.id(), direction.clone());
            }
            let [xs, vs] = [xs, vs].map(|data| self.leaf(side_by_side(&data)));
            Varied { x, v, xs, vs }
        });
        let varied = varied.collect();
        (varied, examples)
    }
}

/// Tensors of one shape along a new axis in front.
pub(super) fn side_by_side(tensors: &[Tensor]) -> Tensor {
    let shape = tensors[0].shape().with_axis(0, tensors.len());
    let numbers = tensors.iter().flat_map(Tensor::to_vec::<f64>).collect::<Vec<_>>();
    Tensor::new(shape, numbers).expect("all have as many elements")
}
