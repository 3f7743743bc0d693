//! Bends: how cotangents move with values that have a kink, at the kink.
//!
//! At a kink, a length `r = |x|` has the derivative 0 by choice, so that a smooth `f(|x|)` has the gradient `f'(r)·0`, and
//! the derivative of that by the usual rules is 0, too. It is `f''(0)`: near the kink the gradient is `g·x/r` with the
//! cotangent `g = f'(r)`, and `g/r` goes to the derivative of `g` by `r`, its *bend*. Bends of all cotangents come from one
//! forward sweep, from the values that have kinks, each moved where its kink is met and nowhere else. Moving all of them
//! at once is right: where the function is smooth, a cotangent that is 0 at one kink stays 0 while other values move.

use std::cell::RefCell;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::{
    expr::Expr,
    graph::{Graph, NodeId},
    nodes::NodeSet,
    ops::{Op, Tangents},
};

/// The bends that one sweep needs; they are recorded when they are asked for, each once.
#[derive(Default)]
pub(crate) struct Bends<'g> {
    /// Values that have a kink, each with 1 where it is met and 0 elsewhere.
    kinked: FxHashMap<NodeId, Expr<'g>>,
    known: RefCell<FxHashMap<NodeId, Option<Expr<'g>>>>,
}

/// The bends that a tangent rule can look up.
#[derive(Clone, Copy)]
pub(crate) enum Ahead<'a, 'g> {
    /// Nothing, in a mode that looks at single nodes.
    Nothing,
    /// All bends.
    Bends(&'a Bends<'g>),
    /// All bends of the inputs, which are their tangents.
    Tangents(&'a Bends<'g>),
}

impl<'g> Bends<'g> {
    /// The bends by the kinks that some nodes have been differentiated at.
    pub fn among(graph: &'g Graph, nodes: &NodeSet) -> Self {
        let mut kinked = FxHashMap::default();
        for id in nodes.iter() {
            let node = graph.node(id);
            let Op::Kinked(_) = node.op else { continue };
            let [is_met, value] = [3, 4].map(|k| graph.expr(node.inputs[k]));
            drop(node);
            kinked.entry(value.id()).or_insert_with(|| is_met.cast(value.dtype()));
        }
        Self { kinked, known: RefCell::default() }
    }

    /// The bend of a cotangent; `None` if it is zero.
    pub fn of(&self, g: Expr<'g>) -> Option<Expr<'g>> {
        for id in self.missing(g) {
            let bend = self.passed_on(g.graph().expr(id));
            self.known.borrow_mut().insert(id, bend);
        }
        self.known(g.id())
    }

    fn known(&self, id: NodeId) -> Option<Expr<'g>> {
        self.known.borrow().get(&id).copied().flatten()
    }

    /// The nodes that a cotangent is made of, and whose bends are not known yet, in the order of recording. None that was
    /// recorded before the first kink has a bend.
    fn missing(&self, g: Expr<'g>) -> Vec<NodeId> {
        let Some(first) = self.kinked.keys().copied().min() else { return Vec::new() };
        let known = self.known.borrow();
        let is_missing = |id: NodeId| id >= first && !known.contains_key(&id);
        let (mut found, mut pending) = (rustc_hash::FxHashSet::default(), vec![g.id()]);
        while let Some(id) = pending.pop() {
            if is_missing(id) && found.insert(id) {
                pending.extend(&g.graph().node(id).inputs);
            }
        }
        let mut found: Vec<_> = found.into_iter().collect();
        found.sort_unstable();
        found
    }

    /// The bend of a node, from those of its inputs.
    fn passed_on(&self, y: Expr<'g>) -> Option<Expr<'g>> {
        let node = y.graph().node(y.id()).clone();
        let of: SmallVec<[_; 4]> = node.inputs.iter().map(|&x| self.known(x)).collect();
        let own = self.kinked.get(&y.id()).copied();
        if !node.dtype.is_float() || of.iter().all(Option::is_none) {
            return own;
        }
        let rule = Tangents::new(y, &node.inputs, &of, Ahead::Tangents(self));
        let passed = y.graph().recording_gradient_of(y.id(), || node.op.behavior().jvp(rule));
        [own, passed].into_iter().flatten().reduce(|a, b| a + b)
    }
}
