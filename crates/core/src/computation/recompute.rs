//! Checkpoints: values that are computed again for a gradient, so that nothing has to keep them.
//!
//! A gradient reads copies of the nodes inside its checkpointed scope. A copy is computed from the inputs of the scope, once
//! the first cotangent has come in; its original is needed in the forward pass alone. A copy has the operation of its
//! original, so that its value is the same, bit for bit.

use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Builder, ValueId};
use crate::graph::{Graph, NodeId, expr::Expr, region::RegionId};

/// A checkpointed scope, or a gradient of one.
#[derive(Clone, Copy)]
struct CheckpointPart {
    id: RegionId,
    /// The checkpointed scope.
    segment: RegionId,
    /// How often it is differentiated: 0 for the scope itself, 1 for its gradient, 2 for the gradient of that.
    order: usize,
    /// The part around it.
    around: Option<RegionId>,
    /// For a gradient, the first cotangent that comes in from outside.
    entry: Option<NodeId>,
}

/// The checkpoints of a graph, and the rematerialized values.
#[derive(Default)]
pub(super) struct Checkpoints {
    parts: FxHashMap<RegionId, CheckpointPart>,
    /// The innermost part around each scope.
    innermost: Vec<Option<RegionId>>,
    /// For each gradient of a checkpointed scope, its copies of the graph's nodes.
    copies: FxHashMap<(RegionId, NodeId), ValueId>,
    /// Values that are there in the backward pass anyway: outputs, and what a gradient has read from outside its part.
    kept: FxHashSet<ValueId>,
    roots: FxHashSet<NodeId>,
}

impl Checkpoints {
    /// The checkpoints of a graph, of which `reachable` is computed, in the order of recording, for the roots.
    pub fn find(graph: &Graph, reachable: &[NodeId], roots: &[Expr<'_>]) -> Self {
        let roots = roots.iter().map(|root| root.id()).collect();
        let mut this = Self { roots, ..Self::default() };
        this.find_parts(graph);
        if !this.parts.is_empty() {
            reachable.iter().for_each(|&id| this.find_entries(graph, id));
        }
        this
    }

    fn find_parts(&mut self, graph: &Graph) {
        let regions = graph.regions();
        // The region that each region is a gradient of, and the order; a region comes before its gradients.
        let mut primals: Vec<(RegionId, usize)> = Vec::new();
        for region in regions.iter() {
            let id = region.id();
            let (segment, order) = match region.gradient_of().map(|of| primals[of.id().index()]) {
                Some((primal, order)) => (primal, order + 1),
                None => (id, 0),
            };
            primals.push((segment, order));
            let around = region.parent().and_then(|parent| self.innermost[parent.id().index()]);
            let is_part = regions.get(segment).is_checkpointed();
            if is_part {
                self.parts.insert(id, CheckpointPart { id, segment, order, around, entry: None });
            }
            self.innermost.push(if is_part { Some(id) } else { around });
        }
    }

    /// Notes what a node reads if that is the first cotangent to come into a part.
    fn find_entries(&mut self, graph: &Graph, id: NodeId) {
        let Some(origin) = graph.origin(id) else { return };
        let node = graph.node(id);
        // A cotangent comes from a later node of the model. A tangent comes from an earlier one: then nothing is kept
        // for long, and nothing need be computed again.
        let is_cotangent = |input: NodeId| graph.origin(input).is_some_and(|from| from > origin);
        let parts: Vec<_> = self.parts(graph.region_of(id)).collect();
        for part in parts.into_iter().filter(|part| part.order > 0 && part.entry.is_none()) {
            let is_outside = |input: NodeId| {
                self.parts(graph.region_of(input)).all(|other| other.segment != part.segment)
            };
            let mut inputs = node.operands().iter().copied();
            let entry = inputs.find(|&input| is_cotangent(input) && is_outside(input));
            self.parts.insert(part.id, CheckpointPart { entry, ..part });
        }
    }

    /// The parts around a scope, the innermost first.
    fn parts(&self, scope: RegionId) -> impl Iterator<Item = CheckpointPart> {
        let innermost = self.innermost[scope.index()].map(|id| self.parts[&id]);
        std::iter::successors(innermost, |part| part.around.map(|id| self.parts[&id]))
    }
}

impl Builder<'_> {
    /// The node that stands for a node of the graph, once it has been built.
    pub(super) fn stands_for(&mut self, id: NodeId, canonical: ValueId) {
        self.canonical[id.index()] = Some(canonical);
        if self.checkpoints.roots.contains(&id) {
            self.checkpoints.kept.insert(canonical);
        }
    }

    /// The node that a node recorded in the scope `by` reads in place of its input.
    pub(super) fn read(&mut self, input: NodeId, by: RegionId) -> ValueId {
        let original = self.canonical(input);
        if self.checkpoints.parts.is_empty() {
            return original;
        }
        if let Some(part) = self.recomputing_part(input, by) {
            return self.recomputed(input, part);
        }
        if self.graph.regions().get(by).gradient_of().is_some() {
            self.checkpoints.kept.insert(original);
        }
        original
    }

    /// The innermost part around the scope `by` that computes `value` again: a gradient of a scope that holds it.
    fn recomputing_part(&self, value: NodeId, by: RegionId) -> Option<RegionId> {
        let mut parts = self.checkpoints.parts(by).filter(|part| self.recomputes(part, value));
        parts.next().map(|part| part.id)
    }

    fn recomputes(&self, part: &CheckpointPart, value: NodeId) -> bool {
        let node = self.graph.node(value);
        let holds_value =
            |scope: CheckpointPart| scope.segment == part.segment && scope.order < part.order;
        !node.inputs.is_empty()
            && self.awaited(part).is_some()
            && self.checkpoints.parts(self.graph.region_of(value)).any(holds_value)
    }

    /// The cotangent that must be there before a part computes anything again. Where it is a number that is there from
    /// the start, or comes too late, keeping values costs nothing more.
    fn awaited(&self, part: &CheckpointPart) -> Option<ValueId> {
        let entry = self.canonical[part.entry?.index()]?;
        self.node(entry).op.as_literal().is_none().then_some(entry)
    }

    /// The value of a node as a part sees it, computed again with all that it takes, unless it is there.
    fn recomputed(&mut self, value: NodeId, part: RegionId) -> ValueId {
        let (mut missing, mut pending) = (Vec::new(), BTreeSet::from([(value, part)]));
        while let Some((value, part)) = pending.pop_last() {
            if self.available(value, part).is_some() {
                continue;
            }
            missing.push((value, part));
            for &input in self.graph.node(value).operands() {
                pending.extend(self.recomputing_part(input, part).map(|part| (input, part)));
            }
        }
        for (value, part) in missing.into_iter().rev() {
            self.recompute(value, part);
        }
        self.available(value, part).expect("it has been computed again")
    }

    fn recompute(&mut self, value: NodeId, part: RegionId) {
        let graph = self.graph;
        let node = graph.node(value);
        let mut read = |input| {
            let from = self.recomputing_part(input, part);
            let known = match from {
                Some(from) => self.available(input, from).expect("inputs are computed first"),
                None => self.canonical(input),
            };
            if from != Some(part) {
                self.checkpoints.kept.insert(known);
            }
            known
        };
        let inputs = node.operands().iter().map(|&input| read(input)).collect();
        let awaited = self.awaited(&self.checkpoints.parts[&part]);
        let copy = self.add(value, &node, inputs, awaited);
        self.checkpoints.copies.insert((part, value), copy);
    }

    /// The value of a node that a part can read: the original or a copy of a part around, if it is kept anyway, or the
    /// part's own copy.
    fn available(&self, value: NodeId, part: RegionId) -> Option<ValueId> {
        let Checkpoints { copies, kept, .. } = &self.checkpoints;
        let original = self.canonical(value);
        if kept.contains(&original) {
            return Some(original);
        }
        let copies = self.checkpoints.parts(part).filter_map(|at| {
            let copy = *copies.get(&(at.id, value))?;
            (at.id == part || kept.contains(&copy)).then_some(copy)
        });
        copies.last()
    }
}
