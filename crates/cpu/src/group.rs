//! Which elementwise nodes are fused into one kernel.
//!
//! Every node has a level: leaves 0, a step or view one more than its highest input, an elementwise node that of its
//! highest input. A path that leaves a group and comes back passes a step or a view, and so climbs; nodes of one
//! level can therefore be fused without a cycle. Nodes that only a later group uses sink to its level, so that what
//! the backward pass derives from a stored value is computed there and not stored as well. What is computed again after
//! some value has a higher level than that, so that no kernel joins it with the forward pass.

use petgraph::unionfind::UnionFind;
use retrograd_core::NodeId;
use rustc_hash::FxHashMap;

use crate::classify::{Class, Classified};

/// Levels of all nodes, and the groups of elementwise nodes.
pub(crate) struct Groups {
    pub levels: Vec<u32>,
    /// The nodes of each group, ascending.
    pub members: Vec<Vec<NodeId>>,
    /// The group of each elementwise node.
    pub group_of: Vec<Option<u32>>,
}

impl Groups {
    /// Groups the elementwise nodes of a computation; roots are not moved.
    pub fn new(classified: &Classified<'_>) -> Self {
        let mut levels = earliest_levels(classified);
        sink(classified, &mut levels);
        let mut sets = UnionFind::<u32>::new(levels.len());
        join_neighbors(classified, &levels, &mut sets);
        collect(classified, levels, sets)
    }
}

/// The level of each node when it is computed as early as possible.
fn earliest_levels(classified: &Classified<'_>) -> Vec<u32> {
    let mut levels: Vec<u32> = Vec::with_capacity(classified.classes.len());
    for (index, node) in classified.computation.nodes.iter().enumerate() {
        let own = classified.elementwise(NodeId::new(index));
        let above = |input: &NodeId| {
            let level = levels[input.index()];
            // A mask made in numbers of another type comes from another kernel.
            let is_other_kernel = own.is_some()
                && classified.elementwise(*input).is_some_and(|other| Some(other) != own);
            if is_other_kernel { level + 1 } else { level }
        };
        let awaited = classified.computation.awaited[index].map(|id| levels[id.index()] + 1);
        let highest = node.inputs.iter().map(above).chain(awaited).max().unwrap_or(0);
        let level = match classified.classes[index] {
            Class::Leaf | Class::Literal => 0,
            Class::Elementwise(_) => highest,
            // A view of a leaf is there from the start.
            Class::View if is_view_of_leaf(classified, NodeId::new(index)) => 0,
            Class::View | Class::Step => highest + 1,
            // Its step comes after all that the parts need.
            Class::Part => highest,
        };
        levels.push(level);
    }
    levels
}

fn is_view_of_leaf(classified: &Classified<'_>, id: NodeId) -> bool {
    let base = classified.base(id);
    base != id && classified.classes[base.index()] == Class::Leaf
}

/// Moves nodes that only later groups use down to the first of them, where that keeps no more values alive.
fn sink(classified: &Classified<'_>, levels: &mut [u32]) {
    for index in (0..levels.len()).rev() {
        let id = NodeId::new(index);
        let Some(own) = classified.elementwise(id) else { continue };
        let users = classified.users(id);
        let all_in_kernels = users.iter().all(|&user| classified.elementwise(user) == Some(own));
        let Some(target) = users.iter().map(|user| levels[user.index()]).min() else { continue };
        let is_fixed = classified.is_root[index] || classified.is_awaited[index];
        if is_fixed || !all_in_kernels || target == levels[index] {
            continue;
        }
        if keeps_no_more_alive(classified, levels, id, target) {
            levels[index] = target;
        }
    }
}

/// Whether computing a node at a later level trades at most one stored value, its own, for one input.
fn keeps_no_more_alive(
    classified: &Classified<'_>,
    levels: &[u32],
    id: NodeId,
    target: u32,
) -> bool {
    let mut inputs: Vec<_> = classified.computation.nodes[id.index()].inputs.to_vec();
    inputs.sort_unstable();
    inputs.dedup();
    let is_kept_anyway = |&input: &NodeId| {
        let base = classified.base(input);
        let is_outside = matches!(classified.classes[base.index()], Class::Leaf | Class::Literal);
        let mut others = classified.users(input).iter().filter(|&&user| user != id);
        is_outside
            || is_small(classified, input, id)
            || others.any(|user| levels[user.index()] >= target)
    };
    inputs.iter().filter(|input| !is_kept_anyway(input)).count() <= 1
}

/// Whether the buffer that an input is read from is small beside the node that reads it.
fn is_small(classified: &Classified<'_>, input: NodeId, id: NodeId) -> bool {
    let n_elements = |id: NodeId| classified.computation.nodes[id.index()].shape.n_elements();
    n_elements(classified.base(input)) * 8 <= n_elements(id)
}

/// Joins elementwise nodes of one level that use each other, or the same value, unless that is small: then a kernel of
/// two results saves nothing, and may keep the operands of one waiting for those of the other.
fn join_neighbors(classified: &Classified<'_>, levels: &[u32], sets: &mut UnionFind<u32>) {
    let mut readers: FxHashMap<(NodeId, u32), NodeId> = FxHashMap::default();
    for (index, node) in classified.computation.nodes.iter().enumerate() {
        let id = NodeId::new(index);
        let Some(own) = classified.elementwise(id) else { continue };
        let is_alike = |other: NodeId| {
            classified.elementwise(other) == Some(own)
                && levels[other.index()] == levels[index]
                && classified.computation.nodes[other.index()].shape == node.shape
        };
        for &input in &node.inputs {
            let is_literal = classified.classes[input.index()] == Class::Literal;
            if is_alike(input) {
                sets.union(index as u32, input.index() as u32);
            } else if !is_literal && !is_small(classified, input, id) {
                let first = *readers.entry((input, levels[index])).or_insert(id);
                if is_alike(first) {
                    sets.union(index as u32, first.index() as u32);
                }
            }
        }
    }
}

fn collect(classified: &Classified<'_>, levels: Vec<u32>, sets: UnionFind<u32>) -> Groups {
    let mut members: Vec<Vec<NodeId>> = Vec::new();
    let mut group_of = vec![None; levels.len()];
    let mut group_of_set: FxHashMap<u32, u32> = FxHashMap::default();
    for (index, own) in group_of.iter_mut().enumerate() {
        if classified.elementwise(NodeId::new(index)).is_none() {
            continue;
        }
        let group = *group_of_set.entry(sets.find(index as u32)).or_insert_with(|| {
            members.push(Vec::new());
            members.len() as u32 - 1
        });
        members[group as usize].push(NodeId::new(index));
        *own = Some(group);
    }
    Groups { levels, members, group_of }
}
