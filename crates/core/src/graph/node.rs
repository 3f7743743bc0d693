//! Nodes and their indices.

use std::{fmt, num::NonZeroU32};

use smallvec::SmallVec;

use crate::{
    data::{dtype::DType, shape::Shape},
    graph::{ops::Op, region::RegionId},
};

/// The index of a node in its graph. Inputs have smaller indices than their node, so ascending order is topological.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(
    /// One more than the index: so `Option<NodeId>` takes four bytes, too, and there are many of those.
    NonZeroU32,
);

impl NodeId {
    /// The node at position `index`.
    pub fn new(index: usize) -> Self {
        let number = u32::try_from(index + 1).ok().and_then(NonZeroU32::new);
        Self(number.expect("a graph has fewer than 2³² − 1 nodes"))
    }

    /// Position in the graph.
    pub fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NodeId({})", self.index())
    }
}

/// Inputs of a node; four fit without an allocation.
pub type Inputs<Id = NodeId> = SmallVec<[Id; 4]>;

/// An operation on earlier nodes of a graph, or on earlier values of a computation. Equal nodes are the same node: nothing else identifies them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Node<Id = NodeId> {
    /// The operation.
    pub op: Op,
    /// The operands.
    pub inputs: Inputs<Id>,
    /// Sizes of the result.
    pub shape: Shape,
    /// Type of the result's elements.
    pub dtype: DType,
    /// The innermost scope or checkpoint that recorded it: equal nodes of two scopes stay apart, so that a picture shows
    /// each at its place. The calls in between are no part of a node's identity: see [`Graph::region_of`](crate::Graph::region_of).
    pub scope: RegionId,
}

impl<Id> Node<Id> {
    /// The inputs that the value is computed from; others matter to derivatives alone.
    pub fn operands(&self) -> &[Id] {
        &self.inputs[..self.op.behavior().n_operands(self.inputs.len())]
    }
}
