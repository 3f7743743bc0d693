//! Which part of a graph a derivative is about: the nodes between what varies and what is asked for.

use std::collections::BTreeSet;

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;

use crate::{expr::Expr, graph::NodeId};

/// Nodes in the order of recording.
pub(crate) type Nodes = IndexSet<NodeId, FxBuildHasher>;

/// The nodes that lie on a path from one of `sources` to one of `outputs`, both included. Nothing recorded before the
/// first source is looked at.
pub(crate) fn between(sources: &BTreeSet<NodeId>, outputs: &[Expr<'_>]) -> Nodes {
    let mut active = Nodes::default();
    let (Some(&first), Some(output)) = (sources.first(), outputs.first()) else { return active };
    let graph = output.graph();
    let mut reachable = Vec::new();
    let mut pending: BTreeSet<_> =
        outputs.iter().map(|output| output.id()).filter(|&id| id >= first).collect();
    while let Some(id) = pending.pop_last() {
        reachable.push(id);
        pending.extend(graph.node(id).inputs.iter().filter(|&&input| input >= first));
    }
    for id in reachable.into_iter().rev() {
        if sources.contains(&id) || graph.node(id).inputs.iter().any(|input| active.contains(input))
        {
            active.insert(id);
        }
    }
    active
}
