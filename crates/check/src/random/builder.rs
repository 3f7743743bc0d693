//! A graph while it grows: the recorded expressions, and random choices among them.

use std::{collections::BTreeSet, ops::RangeInclusive};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use retrograd_core::{DType, Expr, Graph, NodeId, Shape, Tensor, region::RegionGuard};

use super::{Options, probe::elements};

/// Largest magnitude of the numbers that moves work on.
const BOUND: f64 = 3.0;

/// Names of scopes.
const SCOPES: &[&str] = &["encoder", "block", "head"];

/// Largest magnitude of integers.
const LARGEST_INTEGER: f64 = 100.0;

/// Records an operation on earlier expressions; `None` if those picked do not suit it.
pub(super) type Move<'g> = fn(&mut GraphBuilder<'g>) -> Option<Expr<'g>>;

/// A function that can be given to several expressions.
pub(super) type RandomFunction<'g> = Box<dyn Fn(Expr<'g>) -> Expr<'g>>;

pub(super) struct GraphBuilder<'g> {
    pub(super) graph: &'g Graph,
    pub(super) options: Options,
    seed: u64,
    rng: ChaCha8Rng,
    /// Expressions of the graph's floating-point type, at most [`BOUND`].
    floats: Vec<Expr<'g>>,
    masks: Vec<Expr<'g>>,
    integers: Vec<Expr<'g>>,
    /// Leaves by which gradients are taken.
    pub(super) wrt: Vec<Expr<'g>>,
}

impl<'g> GraphBuilder<'g> {
    /// A graph of a few leaves.
    pub(super) fn new(graph: &'g Graph, seed: u64, options: &Options) -> Self {
        let mut builder = Self {
            graph,
            options: options.clone(),
            seed,
            rng: ChaCha8Rng::seed_from_u64(seed),
            floats: Vec::new(),
            masks: Vec::new(),
            integers: Vec::new(),
            wrt: Vec::new(),
        };
        for _ in 0..builder.number(2..=4) {
            let shape = builder.shape();
            let leaf = builder.leaf(&shape);
            builder.floats.push(leaf);
        }
        let n = builder.size();
        builder.integers.push(graph.arange(n));
        let full_shape = builder.shape();
        let value = builder.uniform();
        builder.floats.push(graph.full(full_shape, value));
        builder
    }

    /// Makes moves, some of them in scopes, until there are enough nodes.
    pub(super) fn grow(&mut self) {
        while self.graph.len() < self.options.n_nodes {
            let _outer = self.scope();
            let _inner = self.scope();
            for _ in 0..self.number(1..=4) {
                self.make_move();
            }
        }
    }

    fn scope(&mut self) -> Option<RegionGuard<'g>> {
        let name: &&str = self.pick(SCOPES);
        self.chance(0.3).then(|| self.graph.scope(name))
    }

    fn make_move(&mut self) {
        let families = [
            Self::ELEMENTWISE,
            Self::STRUCTURAL,
            Self::PRODUCTS,
            Self::FUNCTIONS,
            Self::CALLS,
            Self::VIEWS,
        ];
        let family = *self.pick(&families);
        let record = *self.pick(family);
        let Some(expr) = record(self) else { return };
        match expr.dtype() {
            DType::Bool => self.masks.push(expr),
            DType::I64 => {
                if elements(expr).iter().all(|i| i.abs() <= LARGEST_INTEGER) {
                    self.integers.push(expr);
                }
            }
            DType::F32 | DType::F64 => self.keep(expr),
        }
    }

    /// Lets later moves work on an expression.
    pub(super) fn keep(&mut self, x: Expr<'g>) {
        let scaled = self.scaled_down(x);
        let settled =
            if scaled.id() != x.id() && self.chance(0.3) { scaled.tanh() } else { scaled };
        self.floats.push(settled);
    }

    /// An expression brought back to at most [`BOUND`].
    fn scaled_down(&self, x: Expr<'g>) -> Expr<'g> {
        let values = elements(x);
        let seed = self.seed;
        assert!(
            values.iter().all(|x| x.is_finite()),
            "the random graph of seed {seed} is not finite: {x:?} is {values:?}"
        );
        let largest = values.iter().map(|x| x.abs()).fold(0.0, f64::max);
        if largest <= BOUND {
            return x;
        }
        x * (BOUND / largest).log2().floor().exp2()
    }

    /// Floating-point expressions, perhaps one of another type, and gradients.
    pub(super) fn outputs(&mut self) -> Vec<Expr<'g>> {
        let mut differentiated = self.most_dependent();
        let mut outputs = differentiated.clone();
        if self.chance(0.3) {
            outputs.push(self.integer());
            outputs.extend(self.mask());
        }
        for order in 0..self.options.order {
            // Of gradients also their squares, so that the Hessian meets what depends on the same leaves.
            let is_square = order > 0 && self.chance(0.5);
            let terms = differentiated.iter().map(|&y| match is_square {
                true => self.scaled_down(y).square().sum(),
                false => self.weighted_sum(y),
            });
            let terms: Vec<_> = terms.collect();
            let Some(loss) = terms.into_iter().reduce(|a, b| a + b) else { break };
            differentiated = loss.grad(&self.wrt);
            outputs.extend(&differentiated);
        }
        outputs
    }

    /// The expressions that depend on most leaves, the later ones of those. Leaves that none of them depends on are
    /// forgotten, but for now and then, when their gradients are zeros.
    fn most_dependent(&mut self) -> Vec<Expr<'g>> {
        let leaves = self.leaves_of_nodes();
        let mut candidates: Vec<_> = self.floats.iter().map(|x| x.id()).collect();
        candidates.sort_by_key(|id| (leaves[id.index()].len(), *id));
        candidates.dedup();
        let chosen: Vec<_> = candidates.into_iter().rev().take(self.options.n_outputs).collect();
        let is_used =
            |leaf: &Expr<'g>| chosen.iter().any(|id| leaves[id.index()].contains(&leaf.id()));
        if !self.chance(0.2) && self.wrt.iter().any(is_used) {
            self.wrt.retain(is_used);
        }
        chosen.iter().map(|&id| self.graph.expr(id)).collect()
    }

    /// For each node, the leaves that it depends on.
    fn leaves_of_nodes(&self) -> Vec<BTreeSet<NodeId>> {
        let mut leaves: Vec<BTreeSet<NodeId>> = Vec::with_capacity(self.graph.len());
        for index in 0..self.graph.len() {
            let id = NodeId::new(index);
            let own = self.wrt.iter().map(|leaf| leaf.id()).filter(|&leaf| leaf == id);
            let inputs = &self.graph.node(id).inputs;
            let from_inputs = inputs.iter().flat_map(|input| &leaves[input.index()]).copied();
            leaves.push(from_inputs.chain(own).collect());
        }
        leaves
    }

    /// `Σ w·y` with random constants `w`.
    fn weighted_sum(&mut self, y: Expr<'g>) -> Expr<'g> {
        let weights = self.tensor(&y.shape());
        (y * self.graph.constant(weights)).sum()
    }

    // Random choices.

    pub(super) fn number(&mut self, range: RangeInclusive<usize>) -> usize {
        self.rng.random_range(range)
    }

    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.rng.random_bool(probability)
    }

    pub(super) fn uniform(&mut self) -> f64 {
        self.rng.random_range(-2.0..2.0)
    }

    pub(super) fn pick<'t, T>(&mut self, choices: &'t [T]) -> &'t T {
        &choices[self.rng.random_range(0..choices.len())]
    }

    /// A size of an axis: mostly 1 to the largest, now and then 0.
    pub(super) fn size(&mut self) -> usize {
        let least = usize::from(!self.chance(0.02));
        self.number(least..=self.options.max_size)
    }

    /// A random axis, by a number from either end.
    pub(super) fn axis(&mut self, rank: usize) -> Option<isize> {
        let axis = self.number(0..=rank.checked_sub(1)?) as isize;
        Some(if self.chance(0.5) { axis } else { axis - rank as isize })
    }

    fn shape(&mut self) -> Shape {
        let rank = self.number(0..=3);
        let shape: Shape = (0..rank).map(|_| self.size()).collect();
        if self.fits(&shape) { shape } else { Shape::scalar() }
    }

    pub(super) fn fits(&self, shape: &Shape) -> bool {
        shape.n_elements() <= self.options.max_elements
    }

    // Expressions.

    /// An expression of floating-point numbers, more often a late one.
    pub(super) fn float(&mut self) -> Expr<'g> {
        let n = self.floats.len();
        let from = if self.chance(0.5) { n.saturating_sub(4) } else { 0 };
        self.floats[self.rng.random_range(from..n)]
    }

    /// An expression of floating-point numbers that meets a condition.
    pub(super) fn float_that(&mut self, suits: impl Fn(Expr<'g>) -> bool) -> Option<Expr<'g>> {
        let suitable: Vec<_> = self.floats.iter().copied().filter(|&x| suits(x)).collect();
        if suitable.is_empty() { None } else { Some(*self.pick(&suitable)) }
    }

    pub(super) fn mask(&mut self) -> Option<Expr<'g>> {
        let masks = std::mem::take(&mut self.masks);
        let mask = if masks.is_empty() { None } else { Some(*self.pick(&masks)) };
        self.masks = masks;
        mask
    }

    pub(super) fn integer(&mut self) -> Expr<'g> {
        self.integers[self.rng.random_range(0..self.integers.len())]
    }

    /// An expression of any type, most often of floating-point numbers.
    pub(super) fn any(&mut self) -> Expr<'g> {
        match self.number(0..=7) {
            0 => self.integer(),
            1 => self.mask().unwrap_or_else(|| self.float()),
            _ => self.float(),
        }
    }

    /// Two expressions whose shapes broadcast to a common one.
    pub(super) fn pair(&mut self) -> Option<(Expr<'g>, Expr<'g>)> {
        let x = self.float();
        let limit = self.options.max_elements;
        let y = self.float_that(|y| {
            x.shape().broadcast(&y.shape()).is_some_and(|shape| shape.n_elements() <= limit)
        })?;
        Some(if self.chance(0.5) { (x, y) } else { (y, x) })
    }

    /// A new parameter, input or constant.
    pub(super) fn leaf(&mut self, shape: &Shape) -> Expr<'g> {
        let data = self.tensor(shape);
        let n = self.wrt.len();
        let leaf = match self.number(0..=3) {
            0 if n > 0 => return self.graph.constant(data),
            1 if n > 0 => self.graph.input_with(&format!("input{n}"), data),
            _ => self.graph.param(&format!("param{n}"), data),
        };
        self.wrt.push(leaf);
        leaf
    }

    /// Random numbers.
    pub(super) fn tensor(&mut self, shape: &Shape) -> Tensor {
        let numbers: Vec<f64> = (0..shape.n_elements()).map(|_| self.uniform()).collect();
        Tensor::new(shape, numbers).expect("there is a number for every element")
    }

    /// Random indices below `size`, as a constant.
    pub(super) fn indices(&mut self, shape: &Shape, size: usize) -> Expr<'g> {
        let n = if size == 0 { 0 } else { shape.n_elements() };
        let indices: Vec<i64> = (0..n).map(|_| self.number(0..=size - 1) as i64).collect();
        self.graph.constant(Tensor::new(shape, indices).expect("an index for every element"))
    }
}
