//! Sets of nodes, and the walks that find them: the ancestors of nodes, and the paths between two sets.

use crate::graph::{Graph, NodeId, expr::Expr};

/// A set of nodes: a bit for each one between two of the graph.
#[derive(Default)]
pub(crate) struct NodeSet {
    /// The number of words left out in front.
    first: usize,
    words: Vec<u64>,
}

impl NodeSet {
    const BITS: usize = u64::BITS as usize;

    /// An empty set for nodes from `first` to `last`.
    fn within(first: NodeId, last: NodeId) -> Self {
        let [first, last] = [first, last].map(|id| id.index() / Self::BITS);
        Self { first, words: vec![0; (last + 1).saturating_sub(first)] }
    }

    /// A set of some nodes.
    pub fn of(nodes: impl Iterator<Item = NodeId> + Clone) -> Self {
        let mut set = match (nodes.clone().min(), nodes.clone().max()) {
            (Some(first), Some(last)) => Self::within(first, last),
            _ => Self::default(),
        };
        nodes.for_each(|id| set.insert(id));
        set
    }

    fn insert(&mut self, id: NodeId) {
        self.words[id.index() / Self::BITS - self.first] |= 1 << (id.index() % Self::BITS);
    }

    /// Whether a node is in the set.
    pub fn contains(&self, id: NodeId) -> bool {
        let word = (id.index() / Self::BITS).checked_sub(self.first);
        let word = word.and_then(|word| self.words.get(word));
        word.is_some_and(|word| word >> (id.index() % Self::BITS) & 1 == 1)
    }

    /// The nodes in the order of recording.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = NodeId> {
        let words = self.words.iter().enumerate().filter(|(_, word)| **word != 0);
        words.flat_map(move |(k, &word)| {
            let bits = (0..Self::BITS).filter(move |bit| word >> bit & 1 == 1);
            bits.map(move |bit| NodeId::new((self.first + k) * Self::BITS + bit))
        })
    }

    /// The latest node of the set that is before `end`.
    fn last_before(&self, end: usize) -> Option<NodeId> {
        let (last, n_bits) = (end / Self::BITS - self.first, end % Self::BITS);
        let (k, word) = match self.words[last] & ((1 << n_bits) - 1) {
            0 => {
                let k = self.words[..last].iter().rposition(|&word| word != 0)?;
                (k, self.words[k])
            }
            word => (last, word),
        };
        Some(NodeId::new((self.first + k) * Self::BITS + word.ilog2() as usize))
    }
}

impl Graph {
    /// All that `roots` are computed from, themselves included, in the order of recording.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let (x, y) = (g.input("x", []), g.input("y", []));
    /// let (_, z) = (y.exp(), x.sin() + x);
    /// assert_eq!(g.ancestors(&[z]), [x.id(), x.sin().id(), z.id()]);
    /// ```
    pub fn ancestors(&self, roots: &[Expr<'_>]) -> Vec<NodeId> {
        self.ancestors_since(NodeId::new(0), roots).iter().collect()
    }

    /// The ancestors of `roots` recorded at or after `first`, and `roots` themselves.
    fn ancestors_since(&self, first: NodeId, roots: &[Expr<'_>]) -> NodeSet {
        let roots = roots.iter().map(|root| root.id()).filter(|&id| id >= first);
        let Some(last) = roots.clone().max() else { return NodeSet::default() };
        let mut found = NodeSet::within(first, last);
        roots.for_each(|root| found.insert(root));
        let mut next = Some(last);
        while let Some(id) = next {
            let node = self.node(id);
            node.inputs
                .iter()
                .filter(|&&input| input >= first)
                .for_each(|&input| found.insert(input));
            next = found.last_before(id.index());
        }
        found
    }
}

/// The nodes that lie on a path from one of `sources` to one of `outputs`, both included. Nothing recorded before the
/// first source is looked at.
pub(crate) fn between(sources: &NodeSet, outputs: &[Expr<'_>]) -> NodeSet {
    let (Some(first), Some(output)) = (sources.iter().next(), outputs.first()) else {
        return NodeSet::default();
    };
    let graph = output.graph();
    let reachable = graph.ancestors_since(first, outputs);
    let mut active = NodeSet { words: vec![0; reachable.words.len()], ..reachable };
    for id in reachable.iter() {
        let depends = || graph.node(id).inputs.iter().any(|&input| active.contains(input));
        if sources.contains(id) || depends() {
            active.insert(id);
        }
    }
    active
}
