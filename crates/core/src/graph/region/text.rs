//! The tree of regions as text, for tests and for readers who look for a call.

use std::fmt;

use super::{Region, RegionKind, arguments::separated};
use crate::graph::{Graph, NodeId};

/// The regions of a graph with their nodes, as text: [`Graph::region_tree`].
pub struct RegionTree<'g>(&'g Graph);

impl Graph {
    /// The tree of regions as text, a line for each region: index, kind and name; then the arguments and results of a call, or
    /// the primal of a derived region; last the nodes recorded directly inside.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let x = g.input("x", [2, 3]);
    /// let _head = g.scope("head");
    /// let y = x.mean_over(1);
    /// assert_eq!(g.region_tree().to_string(), "\
    /// ##0 root: %0
    ///   ##1 scope head
    ///     ##2 mean_over(x = %0, axes = [1]) → [%3]: %2–%3
    ///       ##3 sum_over(x = %0, axes = [1]) → [%1]: %1
    /// ");
    /// ```
    pub fn region_tree(&self) -> RegionTree<'_> {
        RegionTree(self)
    }
}

impl fmt::Display for RegionTree<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let regions = self.0.regions();
        let (mut inner, mut nodes) = (Vec::new(), Vec::new());
        // The regions to write, each with its depth; the next one is the last.
        let mut pending = Vec::new();
        for region in regions.iter() {
            inner.push(Vec::new());
            nodes.push(Vec::new());
            match region.parent() {
                Some(parent) => inner[parent.id().index()].push(region),
                None => pending.insert(0, (region, 0)),
            }
        }
        for id in (0..self.0.len()).map(NodeId::new) {
            nodes[self.0.region_of(id).index()].push(id.index());
        }
        while let Some((region, depth)) = pending.pop() {
            let index = region.id().index();
            write!(f, "{:depth$}#{index} ", "", depth = 2 * depth)?;
            write_region(f, region)?;
            write_ranges(f, &nodes[index])?;
            pending.extend(inner[index].iter().rev().map(|&region| (region, depth + 1)));
        }
        Ok(())
    }
}

fn write_region(f: &mut fmt::Formatter<'_>, region: Region<'_>) -> fmt::Result {
    let name = region.name();
    if let Some(of) = region.derived_from() {
        let how = if region.batch_of().is_some() { "batch of" } else { "of" };
        return write!(f, "{name} {how} #{}", of.id().index());
    }
    match region.kind() {
        RegionKind::Scope if region.parent().is_none() => f.write_str("root"),
        RegionKind::Scope => write!(f, "scope {name}"),
        RegionKind::Checkpoint => write!(f, "checkpoint {name}"),
        RegionKind::Call => {
            write!(f, "{name}(")?;
            separated(f, region.arguments())?;
            let results: Vec<_> =
                region.results().iter().map(|id| format!("%{}", id.index())).collect();
            write!(f, ") → [{}]", results.join(", "))
        }
    }
}

/// Writes `: %1–%3 %5`, and the end of the line.
fn write_ranges(f: &mut fmt::Formatter<'_>, nodes: &[usize]) -> fmt::Result {
    for (k, run) in nodes.chunk_by(|a, b| a + 1 == *b).enumerate() {
        f.write_str(if k == 0 { ": " } else { " " })?;
        match run {
            [first, .., last] => write!(f, "%{first}–%{last}")?,
            [only] => write!(f, "%{only}")?,
            [] => {}
        }
    }
    f.write_str("\n")
}
