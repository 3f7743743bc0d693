//! Computations: the operations of some expressions, stripped of how they were written down.
//!
//! A computation has no names, scopes and lines. Equal nodes of different scopes are merged, dead nodes are removed,
//! and simple algebra is applied. Values inside checkpointed scopes are rematerialized for gradients. Two recordings of
//! one model have equal computations, so plans are compiled from computations and cached by them.

mod basis;
mod recompute;
mod verify;

use std::fmt;

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;

use crate::{
    data::dtype::{DType, Float},
    graph::{
        Graph, Inputs, Node, NodeId,
        expr::Expr,
        ops::{Binary, Leaf, Literal, Op, OperationKind, Unary},
        region::RegionId,
    },
};
use recompute::Checkpoints;

/// Index of a value of a computation. A node's inputs have smaller indices, so ascending order is topological. A compiler
/// can number buffers of its own after the values of the computation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ValueId(
    /// As compact as the index of a node, but in another space.
    NodeId,
);

impl ValueId {
    /// The value at position `index`.
    pub fn new(index: usize) -> Self {
        Self(NodeId::new(index))
    }

    /// Position in the computation.
    pub fn index(self) -> usize {
        self.0.index()
    }
}

impl fmt::Display for ValueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "%{}", self.index())
    }
}

impl fmt::Debug for ValueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The nodes that some roots need, in topological order, in canonical form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Computation {
    /// The nodes. All are in the root scope, and leaves have the slots 0, 1, 2, … in order.
    pub nodes: Box<[Node<ValueId>]>,
    /// For each rematerialized node, the node that must be computed before it. The order saves memory and does not
    /// change values.
    pub awaited: Box<[Option<ValueId>]>,
    /// The nodes whose values are wanted.
    pub roots: Box<[ValueId]>,
}

/// A computation, with the links of its values to the nodes of their graph.
#[derive(Default)]
pub struct RecordedComputation {
    /// The computation.
    pub computation: Computation,
    /// For each slot, the leaf of the graph.
    pub leaves: Vec<NodeId>,
    /// For each node of the computation, the first node of the graph that it stands for.
    pub origins: Vec<NodeId>,
}

impl Computation {
    /// The computation of `roots`.
    ///
    /// ```
    /// use retrograd_core::{Graph, computation::Computation};
    ///
    /// let record = |name: &str| {
    ///     let g = Graph::new();
    ///     let x = g.input(name, [3]);
    ///     let _scope = g.scope(name);
    ///     Computation::of(&[(x * 1.0).named("unused"), -(-x)]).computation
    /// };
    /// assert_eq!(record("a"), record("b"));
    /// assert_eq!(record("a").nodes.len(), 1, "only the input is left");
    /// ```
    pub fn of(roots: &[Expr<'_>]) -> RecordedComputation {
        let Some(graph) = roots.first().map(|root| root.graph()) else {
            return RecordedComputation::default();
        };
        let reachable = graph.ancestors(roots);
        let mut builder = Builder::new(graph, &reachable, roots);
        for id in reachable {
            let node = graph.node(id);
            let operands = node.operands().iter();
            let region = graph.region_of(id);
            let inputs = operands.map(|&input| builder.read(input, region)).collect();
            let same = builder.add(id, &node, inputs, None);
            builder.stands_for(id, same);
        }
        builder.finish(roots)
    }
}

/// A computation while it is built.
struct Builder<'g> {
    graph: &'g Graph,
    /// The nodes, each with the node that it waits for.
    nodes: IndexSet<(Node<ValueId>, Option<ValueId>), FxBuildHasher>,
    origins: Vec<NodeId>,
    leaves: Vec<NodeId>,
    /// The node that stands for each node of the graph so far.
    canonical: Vec<Option<ValueId>>,
    checkpoints: Checkpoints,
}

impl<'g> Builder<'g> {
    fn new(graph: &'g Graph, reachable: &[NodeId], roots: &[Expr<'g>]) -> Self {
        let n_recorded = reachable.last().map_or(0, |last| last.index() + 1);
        Self {
            graph,
            nodes: IndexSet::with_capacity_and_hasher(reachable.len(), FxBuildHasher),
            origins: Vec::with_capacity(reachable.len()),
            leaves: Vec::new(),
            canonical: vec![None; n_recorded],
            checkpoints: Checkpoints::find(graph, reachable, roots),
        }
    }

    /// Adds a node with canonical inputs, or finds an equal one.
    fn add(
        &mut self,
        origin: NodeId,
        node: &Node,
        inputs: Inputs<ValueId>,
        awaited: Option<ValueId>,
    ) -> ValueId {
        if let Op::Kinked(_) = node.op {
            // The further inputs matter to derivatives only.
            let product = Node { op: Op::Binary(Binary::Chain), ..node.clone() };
            return self.add(origin, &product, inputs, awaited);
        }
        if let Some(same) = self.forwarded(node, &inputs) {
            return same;
        }
        let op = match node.op.as_leaf() {
            Some(leaf) => {
                self.leaves.push(origin);
                Op::Leaf(Leaf { slot: self.leaves.len() - 1, ..leaf })
            }
            None => self.rewritten(&node.op, node.dtype, &inputs),
        };
        let inputs = if op.as_literal().is_some() { Inputs::new() } else { inputs };
        let node = Node {
            op,
            inputs,
            shape: node.shape.clone(),
            dtype: node.dtype,
            scope: RegionId::ROOT,
        };
        // A node without inputs is there at once.
        let awaited = awaited.filter(|_| !node.inputs.is_empty());
        let (index, is_new) = self.nodes.insert_full((node, awaited));
        if is_new {
            self.origins.push(origin);
        }
        ValueId::new(index)
    }

    /// The input that a node is equal to, if it is equal to one.
    fn forwarded(&self, node: &Node, inputs: &[ValueId]) -> Option<ValueId> {
        if node.op.behavior().kind() == OperationKind::Identity {
            return Some(inputs[0]);
        }
        if matches!(node.op, Op::Reshape | Op::Broadcast) {
            return (self.node(inputs[0]).shape == node.shape).then(|| inputs[0]);
        }
        if node.op == Op::Unary(Unary::Neg) {
            let inner = self.node(inputs[0]);
            return (inner.op == Op::Unary(Unary::Neg)).then(|| inner.inputs[0]);
        }
        let Op::Binary(binary) = node.op else { return None };
        let literal = |k: usize| self.node(inputs[k]).op.as_literal();
        let is_one = |k: usize| literal(k) == Some(1.0);
        let is_product = matches!(binary, Binary::Mul | Binary::Chain);
        // Not where the zero is negative: −0 − (−0) is 0.
        let subtracts_zero = binary == Binary::Sub && literal(1).is_some_and(|x| x.to_bits() == 0);
        if (is_product || binary == Binary::Div) && is_one(1) || subtracts_zero {
            return Some(inputs[0]);
        }
        (is_product && is_one(0)).then(|| inputs[1])
    }

    /// A simpler operation with the same result.
    fn rewritten(&self, op: &Op, dtype: DType, inputs: &[ValueId]) -> Op {
        let input = |k: usize| self.node(inputs[k]);
        let literal = |k: usize| input(k).op.as_literal();
        let folded = if let Op::Unary(unary) = op {
            literal(0).map(|x| in_dtype(dtype, |f| f.unary(*unary, x)))
        } else if let Op::Binary(binary) = op {
            literal(0).zip(literal(1)).map(|(a, b)| in_dtype(dtype, |f| f.binary(*binary, a, b)))
        } else if op.behavior().kind() == OperationKind::View {
            literal(0)
        } else {
            None
        };
        if let Some(value) = folded {
            return Op::Literal(Literal::new(value));
        }
        // A finite factor needs no protection from a cotangent of zero.
        let is_protected = *op == Op::Binary(Binary::Chain);
        let is_finite = || literal(1).is_some_and(|factor| is_finite(dtype, factor));
        if is_protected && (is_finite() || self.is_truth_as_number(input(1))) {
            return Op::Binary(Binary::Mul);
        }
        op.clone()
    }

    /// Whether a node is 0 or 1 in every place.
    fn is_truth_as_number(&self, node: &Node<ValueId>) -> bool {
        node.op == Op::Cast && self.node(node.inputs[0]).dtype == DType::Bool
    }

    fn node(&self, id: ValueId) -> &Node<ValueId> {
        &self.nodes[id.index()].0
    }

    /// The node that stands for a node of the graph, which has been read before.
    fn canonical(&self, id: NodeId) -> ValueId {
        self.canonical[id.index()].expect("nodes are read in the order of recording")
    }

    /// The computation of the roots, without the nodes that simplification has left unused.
    fn finish(self, roots: &[Expr<'g>]) -> RecordedComputation {
        let roots: Vec<_> = roots.iter().map(|root| self.canonical(root.id())).collect();
        let is_live = self.live(&roots);
        let n_live = is_live.iter().filter(|&&is_live| is_live).count();
        let (mut nodes, mut all_awaited) = (Vec::with_capacity(n_live), Vec::with_capacity(n_live));
        let (mut leaves, mut origins) = (Vec::new(), Vec::with_capacity(n_live));
        let mut moved = vec![ValueId::new(0); is_live.len()];
        for (index, (mut node, awaited)) in self.nodes.into_iter().enumerate() {
            if !is_live[index] {
                continue;
            }
            if let Op::Leaf(leaf) = &mut node.op {
                leaves.push(self.leaves[leaf.slot]);
                leaf.slot = leaves.len() - 1;
            }
            node.inputs.iter_mut().for_each(|input| *input = moved[input.index()]);
            moved[index] = ValueId::new(nodes.len());
            nodes.push(node);
            all_awaited.push(awaited.map(|id| moved[id.index()]));
            origins.push(self.origins[index]);
        }
        let roots = roots.iter().map(|root| moved[root.index()]).collect();
        let computation = Computation { nodes: nodes.into(), awaited: all_awaited.into(), roots };
        RecordedComputation { computation, leaves, origins }
    }

    /// Whether the roots need each node.
    fn live(&self, roots: &[ValueId]) -> Vec<bool> {
        let mut is_live = vec![false; self.nodes.len()];
        roots.iter().for_each(|root| is_live[root.index()] = true);
        for (index, (node, awaited)) in self.nodes.iter().enumerate().rev() {
            if is_live[index] {
                node.inputs.iter().chain(awaited).for_each(|id| is_live[id.index()] = true);
            }
        }
        is_live
    }
}

/// Whether a number is finite in the precision of a dtype.
fn is_finite(dtype: DType, number: f64) -> bool {
    in_dtype(dtype, |precision| precision.unary(Unary::Abs, number)).is_finite()
}

/// Arithmetic of constants in the precision of a dtype.
#[derive(Clone, Copy)]
enum Precision {
    Single,
    Double,
}

fn in_dtype(dtype: DType, compute: impl Fn(Precision) -> f64) -> f64 {
    compute(match dtype {
        DType::F32 => Precision::Single,
        DType::F64 | DType::I64 | DType::Bool => Precision::Double,
    })
}

impl Precision {
    fn unary(self, op: Unary, x: f64) -> f64 {
        match self {
            Precision::Single => f64::from(op.value(<f32 as Float>::lit(x))),
            Precision::Double => op.value(x),
        }
    }

    fn binary(self, op: Binary, a: f64, b: f64) -> f64 {
        match self {
            Precision::Single => {
                f64::from(op.value(<f32 as Float>::lit(a), <f32 as Float>::lit(b)))
            }
            Precision::Double => op.value(a, b),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Graph;

    #[test]
    fn equal_nodes_of_different_scopes_become_one() {
        let g = Graph::new();
        let x = g.input("x", [2]);
        let once = |name: &str| {
            let _scope = g.scope(name);
            x.exp()
        };
        let (a, b) = (once("a"), once("b"));
        assert_ne!(a.id(), b.id());
        assert_eq!(Computation::of(&[a, b]).computation.nodes.len(), 2);
    }

    #[test]
    fn constants_are_folded_in_the_precision_of_the_graph() {
        let g = Graph::new();
        let third = g.constant(3.0).reciprocal();
        let computation = Computation::of(&[third]).computation;
        assert_eq!(computation.nodes[0].op.as_literal(), Some(f64::from(1.0f32 / 3.0)));
    }

    #[test]
    fn a_factor_that_is_infinite_in_the_precision_of_the_graph_stays_protected() {
        let last_op = |dtype| {
            let g = Graph::with_dtype(dtype);
            let x = g.input("x", []);
            let share = x.chain(g.full([], 1e300));
            let nodes = Computation::of(&[share]).computation.nodes;
            nodes.last().map(|node| node.op.clone())
        };
        assert_eq!(last_op(DType::F64), Some(Op::Binary(Binary::Mul)));
        assert_eq!(last_op(DType::F32), Some(Op::Binary(Binary::Chain)));
    }

    #[test]
    fn zeros_of_both_signs_stay_apart() {
        let g = Graph::new();
        let x = g.input("x", [2]);
        let n_nodes = |y| Computation::of(&[y]).computation.nodes.len();
        // −0 − 0 is −0, but −0 − (−0) is 0.
        assert_eq!((n_nodes(x - 0.0), n_nodes(x - -0.0)), (1, 3));
    }

    #[test]
    fn dead_leaves_lose_their_slots() {
        let g = Graph::new();
        let (_unused, x) = (g.input("unused", [2]), g.input("x", [2]));
        let recording = Computation::of(&[x.sin()]);
        assert_eq!(recording.leaves, [x.id()]);
    }
}
