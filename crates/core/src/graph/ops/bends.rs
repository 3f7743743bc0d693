//! Bends: how cotangents move with values that have a kink, at the kink.
//!
//! At a kink, a length `r = |x|` has the derivative 0 by choice, so that a smooth `f(|x|)` has the gradient `f'(r)·0`, and
//! the derivative of that by the usual rules is 0, too. It is `f''(0)`: near the kink the gradient is `g·x/r` with the
//! cotangent `g = f'(r)`, and `g/r` goes to the derivative of `g` by `r`, its *bend*. Bends of all cotangents come from one
//! forward sweep, from the values that have kinks, each moved where its kink is met and nowhere else.
//!
//! Moving all of them at once is right where a cotangent that is 0 at one kink stays 0 while other values move, as it does
//! in smooth functions of lengths of different numbers. It does not in a product of `|x|` and `|2x|`: how far one of the two
//! moves with the other depends on more than is known here. So where several kinks can be met, a second sweep moves each
//! by a length of its own, and a bend that is not proportional to that of its kink is NaN.

use std::{cell::RefCell, collections::BTreeMap};

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::{
    data::dtype::DType,
    graph::{
        Graph, NodeId,
        expr::Expr,
        nodes::NodeSet,
        ops::{Corner, Kinked, Op, Tangents},
    },
};

/// How many different lengths there are that values are moved by. They are powers of two, so that what is proportional to
/// them is so to all digits, and differ little enough for the digits of `f32`.
const N_LENGTHS: usize = 13;

/// The bends that a sweep needs.
#[derive(Default)]
pub(crate) struct Bends<'g> {
    by_one: Bending<'g>,
    /// The bends by values that are moved by different lengths, if there are several.
    by_others: Option<Bending<'g>>,
}

/// Bends by values that are moved in one way; they are recorded when they are asked for, each once.
#[derive(Default)]
pub(crate) struct Bending<'g> {
    /// Values that have a kink, each with how far it moves: 0 where the kink is not met.
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
    Tangents(&'a Bending<'g>),
}

impl<'g> Bends<'g> {
    /// The bends by the kinks that some nodes have been differentiated at.
    pub fn among(graph: &'g Graph, nodes: &NodeSet) -> Self {
        let mut moved: BTreeMap<NodeId, Expr<'g>> = BTreeMap::new();
        for id in nodes.iter() {
            let node = graph.node(id);
            let Op::Kinked(Kinked { corner, .. }) = node.op else { continue };
            let [is_met, value] = [3, 4].map(|k| graph.expr(node.inputs[k]));
            drop(node);
            moved.entry(value.id()).or_insert_with(|| match corner {
                // How far the value moves is not known, so the bend only tells what depends on it.
                Corner::Pole | Corner::Unknown => {
                    is_met.select(value.like(f64::NAN), value.like(0.0))
                }
                Corner::Jump | Corner::Tie(_) | Corner::Root => is_met.cast(value.dtype()),
            });
        }
        let n_moved: usize = moved.values().map(|by| by.shape().n_elements()).sum();
        let by_others = (n_moved > 1).then(|| Bending::by(of_different_lengths(&moved)));
        Self { by_one: Bending::by(moved.into_iter().collect()), by_others }
    }

    /// The bend of a cotangent by all kinks; `None` if it is zero.
    pub fn of(&self, g: Expr<'g>) -> Option<Expr<'g>> {
        self.by_one.of(g)
    }

    /// The same by values that are moved by different lengths, if there are several.
    pub fn by_others(&self) -> Option<&Bending<'g>> {
        self.by_others.as_ref()
    }
}

/// How far each value is moved, times a length of its own for each element.
fn of_different_lengths<'g>(moved: &BTreeMap<NodeId, Expr<'g>>) -> FxHashMap<NodeId, Expr<'g>> {
    let mut n_before = 0;
    let mut longer = |(&id, &by): (&NodeId, &Expr<'g>)| {
        let shape = by.shape();
        let index = by.graph().arange(shape.n_elements()).cast(DType::F64) + n_before as f64;
        n_before = (n_before + shape.n_elements()) % N_LENGTHS;
        let lengths = index.fmod(N_LENGTHS as f64).exp2().cast(by.dtype());
        (id, by * lengths.reshape(shape))
    };
    moved.iter().map(&mut longer).collect()
}

impl<'g> Bending<'g> {
    fn by(kinked: FxHashMap<NodeId, Expr<'g>>) -> Self {
        Self { kinked, known: RefCell::default() }
    }

    /// How far a value that has a kink is moved.
    pub fn length(&self, kinked: Expr<'g>) -> Option<Expr<'g>> {
        self.kinked.get(&kinked.id()).copied()
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
