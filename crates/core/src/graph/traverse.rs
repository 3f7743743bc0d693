//! A borrowed view of a graph for `petgraph`: its traversals and algorithms run on ours.

use petgraph::{
    Directed, Direction,
    visit::{
        Data, EdgeRef, GraphBase, GraphProp, GraphRef, IntoEdgeReferences, IntoNeighbors,
        IntoNeighborsDirected, IntoNodeIdentifiers, IntoNodeReferences, NodeCompactIndexable,
        NodeCount, NodeIndexable, Visitable,
    },
};

use crate::graph::{Graph, Inputs, Node, NodeId};

/// A graph as `petgraph` sees it: an edge leads from each input to the node that uses it.
///
/// ```
/// use petgraph::algo::is_cyclic_directed;
/// use retrograd_core::Graph;
///
/// let g = Graph::new();
/// let x = g.input("x", [2]);
/// let _ = (x.sin() + x.cos()).sum();
/// assert!(!is_cyclic_directed(&g.view()));
/// ```
pub struct GraphView {
    nodes: Vec<Node>,
    users: Vec<Inputs>,
}

impl Graph {
    /// A snapshot of this graph for `petgraph`.
    pub fn view(&self) -> GraphView {
        let nodes: Vec<_> =
            (0..self.len()).map(|index| self.node(NodeId::new(index)).clone()).collect();
        let mut users = vec![Inputs::new(); nodes.len()];
        for (index, node) in nodes.iter().enumerate() {
            node.inputs.iter().for_each(|input| users[input.index()].push(NodeId::new(index)));
        }
        GraphView { nodes, users }
    }
}

/// An edge: input `k` of a node.
#[derive(Clone, Copy, Debug)]
pub struct Edge {
    source: NodeId,
    target: NodeId,
    k: usize,
}

impl EdgeRef for Edge {
    type NodeId = NodeId;
    type EdgeId = (NodeId, usize);
    type Weight = ();

    fn source(&self) -> NodeId {
        self.source
    }

    fn target(&self) -> NodeId {
        self.target
    }

    fn weight(&self) -> &() {
        &()
    }

    fn id(&self) -> (NodeId, usize) {
        (self.target, self.k)
    }
}

impl GraphBase for GraphView {
    type NodeId = NodeId;
    type EdgeId = (NodeId, usize);
}

impl Data for GraphView {
    type NodeWeight = Node;
    type EdgeWeight = ();
}

impl GraphProp for GraphView {
    type EdgeType = Directed;
}

impl NodeCount for GraphView {
    fn node_count(&self) -> usize {
        self.nodes.len()
    }
}

impl NodeIndexable for GraphView {
    fn node_bound(&self) -> usize {
        self.nodes.len()
    }

    fn to_index(&self, id: NodeId) -> usize {
        id.index()
    }

    fn from_index(&self, index: usize) -> NodeId {
        NodeId::new(index)
    }
}

impl NodeCompactIndexable for GraphView {}

impl Visitable for GraphView {
    type Map = std::collections::HashSet<NodeId>;

    fn visit_map(&self) -> Self::Map {
        Self::Map::new()
    }

    fn reset_map(&self, map: &mut Self::Map) {
        map.clear();
    }
}

impl<'a> IntoNeighbors for &'a GraphView {
    type Neighbors = std::iter::Copied<std::slice::Iter<'a, NodeId>>;

    fn neighbors(self, id: NodeId) -> Self::Neighbors {
        self.users[id.index()].iter().copied()
    }
}

impl<'a> IntoNeighborsDirected for &'a GraphView {
    type NeighborsDirected = std::iter::Copied<std::slice::Iter<'a, NodeId>>;

    fn neighbors_directed(self, id: NodeId, direction: Direction) -> Self::NeighborsDirected {
        match direction {
            Direction::Outgoing => self.users[id.index()].iter().copied(),
            Direction::Incoming => self.nodes[id.index()].inputs.iter().copied(),
        }
    }
}

impl IntoNodeIdentifiers for &GraphView {
    type NodeIdentifiers = std::iter::Map<std::ops::Range<usize>, fn(usize) -> NodeId>;

    fn node_identifiers(self) -> Self::NodeIdentifiers {
        (0..self.nodes.len()).map(NodeId::new)
    }
}

impl<'a> IntoNodeReferences for &'a GraphView {
    type NodeRef = (NodeId, &'a Node);
    type NodeReferences = std::iter::Map<
        std::iter::Enumerate<std::slice::Iter<'a, Node>>,
        fn((usize, &'a Node)) -> (NodeId, &'a Node),
    >;

    fn node_references(self) -> Self::NodeReferences {
        self.nodes.iter().enumerate().map(|(index, node)| (NodeId::new(index), node))
    }
}

impl<'a> IntoEdgeReferences for &'a GraphView {
    type EdgeRef = Edge;
    type EdgeReferences = Box<dyn Iterator<Item = Edge> + 'a>;

    fn edge_references(self) -> Self::EdgeReferences {
        Box::new(self.nodes.iter().enumerate().flat_map(|(index, node)| {
            let target = NodeId::new(index);
            node.inputs.iter().enumerate().map(move |(k, &source)| Edge { source, target, k })
        }))
    }
}

const _: fn() = || {
    fn is_graph<G: GraphRef>() {}
    is_graph::<&GraphView>();
};

#[cfg(test)]
mod tests {
    use petgraph::{
        algo::{connected_components, has_path_connecting, toposort},
        visit::EdgeRef,
    };

    use super::*;

    #[test]
    fn algorithms_of_petgraph_run_on_our_graphs() {
        let g = Graph::new();
        let (x, apart) = (g.input("x", [2]), g.input("apart", [3]));
        let y = (x.sin() + x.cos()).sum();
        let view = g.view();
        assert_eq!(connected_components(&view), 2);
        assert!(has_path_connecting(&view, x.id(), y.id(), None));
        assert!(!has_path_connecting(&view, apart.id(), y.id(), None));
        assert!((&view).edge_references().all(|edge| edge.source() < edge.target()));
    }

    #[test]
    fn recording_order_is_topological() {
        let g = Graph::new();
        let x = g.input("x", []);
        let y = (x * x + x).exp();
        let order = toposort(&g.view(), None).expect("a graph of expressions has no cycle");
        assert_eq!((order[0], order[order.len() - 1]), (x.id(), y.id()));
        assert!(order.is_sorted());
    }
}
