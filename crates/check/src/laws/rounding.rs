//! What rounding can do to a value: evaluation in which every operation rounds at random, and much more coarsely.
//!
//! Two expressions that are equal by mathematics differ by what rounding makes of them, and how much that is depends on
//! the graph: a sum of terms that cancel keeps few digits. Instead of guessing it, each operation is given a relative error
//! of its own, larger than that of rounding and still so small that all depends on it linearly; how far the difference of
//! the two moves then says how far rounding may have moved it (Parker 1997, "Monte Carlo arithmetic").

use std::collections::{BTreeSet, HashMap};

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use retrograd_core::{Expr, Graph, Node, NodeId, Op, Tensor, View, ViewMut};

/// The size of errors: far above unit roundoff, and small enough for its square to be nothing.
const SIZE: f64 = 1.0 / (1u64 << 32) as f64;

/// How many units of roundoff an error of [`SIZE`] is.
pub(super) const UNITS: f64 = SIZE / (f64::EPSILON / 2.0);

/// Where an operation errs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rounds {
    /// It moves, picks or compares numbers, and makes none.
    Nowhere,
    /// Its result is that of exact arithmetic, rounded.
    AtTheEnd,
    /// It accumulates: its result is that of exact arithmetic on operands a little off, rounded.
    Inside,
}

impl Rounds {
    fn of(op: &Op) -> Self {
        match op {
            Op::Leaf(_) | Op::Literal(_) | Op::Iota(_) => Self::Nowhere,
            Op::Compare(_) | Op::Select | Op::Identity | Op::StopGradient => Self::Nowhere,
            Op::Cast | Op::Broadcast | Op::Reshape | Op::Permute(_) => Self::Nowhere,
            Op::Slice(_) | Op::Pad(_) | Op::Concat(_) | Op::Gather(_) => Self::Nowhere,
            Op::Max(_) | Op::ArgMax(_) | Op::ArgSort(_) => Self::Nowhere,
            Op::Unary(_) | Op::Binary(_) => Self::AtTheEnd,
            Op::ScatterAdd(_) | Op::Sum(_) | Op::MatMul => Self::Inside,
            Op::Cholesky | Op::Solve | Op::Adjugate | Op::LogDeterminant => Self::Inside,
            Op::Svd | Op::Custom(_) => Self::Inside,
        }
    }
}

/// Values of the nodes that some roots need.
pub(super) struct Evaluation<'g> {
    graph: &'g Graph,
    /// In the order of recording.
    needed: Vec<NodeId>,
}

/// Values by node.
pub(super) type Values = HashMap<NodeId, Tensor>;

impl<'g> Evaluation<'g> {
    pub(super) fn of(graph: &'g Graph, roots: &[Expr<'g>]) -> Self {
        let mut pending: BTreeSet<_> = roots.iter().map(|root| root.id()).collect();
        let mut needed = Vec::new();
        while let Some(id) = pending.pop_last() {
            needed.push(id);
            pending.extend(&graph.node(id).inputs);
        }
        needed.reverse();
        Self { graph, needed }
    }

    /// The values with `data` in place of what leaves hold; with errors, if there is something to draw them from.
    pub(super) fn run(&self, data: &Values, mut errors: Option<&mut ChaCha8Rng>) -> Values {
        let mut values = Values::default();
        for &id in &self.needed {
            let node = self.graph.node(id).clone();
            let value = match (&node.op, data.get(&id)) {
                (_, Some(data)) => data.clone(),
                (Op::Leaf(_), None) => self.graph.expr(id).value(),
                _ => {
                    let inputs: Vec<_> = node.inputs.iter().map(|x| values[x].clone()).collect();
                    apply(&node, inputs, errors.as_deref_mut())
                }
            };
            values.insert(id, value);
        }
        values
    }
}

/// The value of a node from those of its inputs.
pub(super) fn apply(
    node: &Node,
    mut inputs: Vec<Tensor>,
    mut errors: Option<&mut ChaCha8Rng>,
) -> Tensor {
    let rounds = Rounds::of(&node.op);
    if let (Rounds::Inside, Some(errors)) = (rounds, &mut errors) {
        inputs.iter_mut().for_each(|input| disturb(input, errors));
    }
    let mut value = Tensor::zeros(node.dtype, node.shape.clone());
    let views: Vec<View<'_>> = inputs.iter().map(Tensor::view).collect();
    let output = ViewMut { shape: &node.shape, data: value.as_mut_slice() };
    node.op.behavior().eval(&views, output);
    if let (Rounds::AtTheEnd | Rounds::Inside, Some(errors)) = (rounds, errors) {
        disturb(&mut value, errors);
    }
    value
}

/// Gives every number an error of its own, of 1/2 to 3/2 of [`SIZE`]. Zero stays zero.
fn disturb(tensor: &mut Tensor, errors: &mut ChaCha8Rng) {
    if !tensor.dtype().is_float() {
        return;
    }
    let wrong = |x: &f64| {
        let size = SIZE * errors.random_range(0.5..1.5);
        x * if errors.random_bool(0.5) { 1.0 + size } else { 1.0 - size }
    };
    let numbers: Vec<f64> = tensor.to_vec::<f64>().iter().map(wrong).collect();
    *tensor = Tensor::new(tensor.shape().clone(), numbers).expect("as many numbers as before");
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use retrograd_core::DType;

    use super::*;

    /// How far errors move a value, in units of roundoff of it.
    fn scatter(record: impl for<'g> Fn(&'g Graph) -> Expr<'g>) -> f64 {
        let g = Graph::with_dtype(DType::F64);
        let y = record(&g);
        let evaluation = Evaluation::of(&g, &[y]);
        let exact = evaluation.run(&Values::default(), None)[&y.id()].item();
        let mut errors = ChaCha8Rng::seed_from_u64(1);
        let moved = evaluation.run(&Values::default(), Some(&mut errors))[&y.id()].item();
        (moved - exact).abs() / exact / SIZE * 2.0
    }

    #[test]
    fn a_sum_that_cancels_is_as_uncertain_as_its_terms_are_large() {
        let benign = scatter(|g| g.constant([1.0, 2.0]).sum());
        let cancelling = scatter(|g| g.constant([1.0, -1.0 + 1e-3]).sum());
        assert!((0.1..8.0).contains(&benign), "{benign}");
        assert!((1e2..1e4).contains(&cancelling), "{cancelling}");
    }

    #[test]
    fn numbers_that_are_only_moved_stay_what_they_are() {
        assert_eq!(scatter(|g| g.constant([1.0, 3.0]).slice_by(0, .., -1).max_over(0)), 0.0);
    }
}
