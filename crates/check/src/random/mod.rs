//! Random graphs, on which plans are compared with the oracle and derivatives with finite differences.
//!
//! A graph grows by random moves: each picks earlier expressions and records an operation on them. Moves look at
//! values while the graph grows, so that all stay small and finite, and so that no comparison, step or maximum lies
//! near its jump: a plan that rounds differently takes the same branches.
//!
//! Now and then one function is applied to a value and to a view of it, since what is equal but for its shape is what a
//! plan may compute once. Values, gradients and gradients of these are outputs of one graph.

mod builder;
mod calls;
mod elementwise;
mod functions;
mod probe;
mod products;
mod structural;
mod views;

use retrograd_core::{DType, Expr, Graph, NodeId};

use builder::GraphBuilder;

/// The properties of random graphs.
///
/// ```
/// use retrograd_check::{Options, random_graph};
/// use retrograd_core::DType;
///
/// let large = Options { dtype: DType::F64, n_nodes: 200, max_size: 9, ..Options::default() };
/// assert!(random_graph(1, &large).graph().len() >= 200);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// The dtype of the graph: `f32` or `f64`.
    pub dtype: DType,
    /// Nodes to record before the outputs and their gradients.
    pub n_nodes: usize,
    /// Largest size of an axis of a leaf.
    pub max_size: usize,
    /// The largest number of elements of a tensor.
    pub max_elements: usize,
    /// Number of outputs.
    pub n_outputs: usize,
    /// The order of gradients among the outputs: 0 for none, 1 for first ones, 2 for second ones too.
    pub order: usize,
    /// Whether finite differences see the derivative: without `stop_gradient`, which hides a dependence.
    pub is_differentiable: bool,
}

impl Default for Options {
    /// Graphs of 60 nodes in `f32`, of tensors of up to 64 elements, with three outputs and no gradients.
    fn default() -> Self {
        Self {
            dtype: DType::F32,
            n_nodes: 60,
            max_size: 4,
            max_elements: 64,
            n_outputs: 3,
            order: 0,
            is_differentiable: false,
        }
    }
}

/// A random graph, whose leaves all hold data.
///
/// ```
/// use retrograd_check::{Options, random_graph};
///
/// let random = random_graph(3, &Options { order: 2, n_outputs: 1, ..Options::default() });
/// let n_gradients = random.leaves().len();
/// let second = &random.outputs()[random.outputs().len() - n_gradients..];
/// for (gradient, leaf) in second.iter().zip(random.leaves()) {
///     assert_eq!(gradient.shape(), leaf.shape());
/// }
/// ```
pub struct RandomGraph {
    seed: u64,
    graph: Graph,
    outputs: Vec<NodeId>,
    leaves: Vec<NodeId>,
}

/// The random graph of a seed: the same for the same options, on every machine that rounds alike.
///
/// Its nodes are operations of all kinds, in nested scopes, on parameters, inputs and constants of rank 0 to 3,
/// now and then an empty one.
///
/// ```
/// use retrograd_check::{Options, random_graph};
///
/// let random = random_graph(7, &Options { order: 1, ..Options::default() });
/// for output in random.outputs() {
///     assert!(output.value().to_vec::<f64>().iter().all(|number| number.is_finite()));
/// }
/// ```
///
/// # Panics
/// If the dtype is not a floating-point type, or a value turns out not to be finite: then an operation is wrong.
pub fn random_graph(seed: u64, options: &Options) -> RandomGraph {
    let graph = Graph::with_dtype(options.dtype);
    let (outputs, leaves) = {
        let mut builder = GraphBuilder::new(&graph, seed, options);
        builder.grow();
        let outputs = builder.outputs();
        (ids(&outputs), ids(&builder.wrt))
    };
    RandomGraph { seed, graph, outputs, leaves }
}

fn ids(exprs: &[Expr<'_>]) -> Vec<NodeId> {
    exprs.iter().map(|expr| expr.id()).collect()
}

impl RandomGraph {
    /// The seed that it grew from.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The graph.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The outputs: values, then gradients by all [`leaves`](Self::leaves) as far as they are asked for.
    pub fn outputs(&self) -> Vec<Expr<'_>> {
        self.outputs.iter().map(|&id| self.graph.expr(id)).collect()
    }

    /// The leaves by which gradients are taken: named parameters and inputs with a float dtype.
    pub fn leaves(&self) -> Vec<Expr<'_>> {
        self.leaves.iter().map(|&id| self.graph.expr(id)).collect()
    }
}
