//! The scene at the level of operations: a node for each node of the graph, a cluster for each scope.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use retrograd_core::{
    Graph, Node, NodeId, Op,
    ops::LeafKind,
    scope::{Scope, ScopeId, Scopes},
};

use crate::{
    scene::{Cluster, Role, Scene, SceneEdge, SceneNode},
    text::{elided, number},
};

/// Significant digits of a number in a node, and of one in a tooltip, where they tell all numbers apart.
const N_DIGITS: usize = 6;
const N_EXACT_DIGITS: usize = 17;
/// Characters of a name in a node, and of a formula in a tooltip.
const LABEL_LENGTH: usize = 40;
const FORMULA_LENGTH: usize = 160;

/// The scene of everything that `outputs` are computed from.
pub(crate) fn scene(
    graph: &Graph,
    outputs: &[NodeId],
    shows_source_lines: bool,
    times: &BTreeMap<NodeId, Duration>,
) -> Scene {
    let mut painter = Painter {
        graph,
        outputs: outputs.iter().copied().collect(),
        shows_source_lines,
        times,
        longest: times.values().copied().fold(Duration::from_nanos(1), Duration::max),
        scene: Scene::default(),
        positions: HashMap::new(),
        clusters: HashMap::from([(Scopes::ROOT, None)]),
    };
    let outputs: Vec<_> = outputs.iter().map(|&id| graph.expr(id)).collect();
    for id in graph.ancestors(&outputs) {
        painter.add(id);
    }
    painter.scene
}

struct Painter<'g> {
    graph: &'g Graph,
    outputs: BTreeSet<NodeId>,
    shows_source_lines: bool,
    times: &'g BTreeMap<NodeId, Duration>,
    longest: Duration,
    scene: Scene,
    /// Where the nodes of the graph are in the scene. Literals that are drawn at each use have no place.
    positions: HashMap<NodeId, usize>,
    clusters: HashMap<ScopeId, Option<usize>>,
}

impl Painter<'_> {
    fn add(&mut self, id: NodeId) {
        if self.is_drawn_at_each_use(id) {
            return;
        }
        let Node { inputs, scope, .. } = self.graph.node(id).clone();
        let cluster = self.cluster(scope);
        let node = self.paint(id, cluster);
        let mut uses: BTreeMap<_, (NodeId, Vec<usize>)> = BTreeMap::new();
        for (k, input) in inputs.into_iter().enumerate() {
            let source = self.source(input, &node);
            uses.entry(source).or_insert_with(|| (input, Vec::new())).1.push(k);
        }
        let target = self.push(node);
        self.positions.insert(id, target);
        for (source, (input, places)) in uses {
            let label = self.edge_label(id, input, &places);
            self.scene.edges.push(SceneEdge { source, target, label });
        }
    }

    /// Where the input of a node is drawn: a literal beside the node, with which it belongs together.
    fn source(&mut self, input: NodeId, user: &SceneNode) -> usize {
        if let Some(&position) = self.positions.get(&input) {
            return position;
        }
        let literal = self.paint(input, user.cluster);
        self.push(SceneNode { order: user.order, ..literal })
    }

    /// Whether a node is a number without a name: drawn once, a popular one such as 1 would tie the whole
    /// picture together.
    fn is_drawn_at_each_use(&self, id: NodeId) -> bool {
        let is_literal = matches!(self.graph.node(id).op, Op::Literal(_));
        is_literal && self.name(id).is_none() && !self.outputs.contains(&id)
    }

    fn push(&mut self, node: SceneNode) -> usize {
        self.scene.nodes.push(node);
        self.scene.nodes.len() - 1
    }

    fn paint(&self, id: NodeId, cluster: Option<usize>) -> SceneNode {
        let graph = self.graph;
        let node = graph.node(id);
        let mut lines = vec![label(&node.op)];
        if let Op::Leaf(leaf) = node.op
            && leaf.kind == LeafKind::Param
            && !graph.leaf_info(leaf).trainable
        {
            lines.push("frozen".to_owned());
        }
        let kind = self.kind(&node);
        if self.outputs.contains(&id) && !kind.is_empty() {
            lines.push(kind);
        }
        let time = self.times.get(&id);
        lines.extend(time.map(|time| format!("{:.1} µs", time.as_secs_f64() * 1e6)));
        // The root lets small times be told from none.
        let heat = time.map(|time| time.div_duration_f64(self.longest).sqrt());
        let order = gradient_order(&graph.scopes(), node.scope);
        SceneNode {
            cluster,
            role: self.role(id, &node),
            name: self.name(id).map(|name| elided(name, LABEL_LENGTH)),
            lines,
            tooltip: self.tooltip(id, &node),
            order: order.max(usize::from(graph.origin(id).is_some())),
            heat,
        }
    }

    fn role(&self, id: NodeId, node: &Node) -> Role {
        if let Op::Leaf(leaf) = &node.op {
            return match leaf.kind {
                LeafKind::Input => Role::Input,
                LeafKind::Param => Role::Param,
                LeafKind::State => Role::State,
                LeafKind::Constant => Role::Constant,
            };
        }
        if self.outputs.contains(&id) {
            return Role::Output;
        }
        if self.is_drawn_at_each_use(id) {
            return Role::Literal;
        }
        if node.inputs.is_empty() { Role::Constant } else { Role::Op }
    }

    fn name(&self, id: NodeId) -> Option<Arc<str>> {
        self.graph.name(id).filter(|name| !name.is_empty())
    }

    /// The shape, unless it is a scalar's, after the dtype, unless it is the graph's.
    fn kind(&self, node: &Node) -> String {
        match (node.dtype == self.graph.dtype(), node.shape.rank()) {
            (true, 0) => String::new(),
            (true, _) => node.shape.to_string(),
            (false, 0) => node.dtype.to_string(),
            (false, _) => format!("{} {}", node.dtype, node.shape),
        }
    }

    /// The label of an edge: the positions among the user's inputs, if their order matters, and the kind of value.
    fn edge_label(&self, user: NodeId, input: NodeId, places: &[usize]) -> String {
        let mut words = Vec::new();
        if is_ordered(&self.graph.node(user)) {
            words.push(places.iter().copied().map(ordinal).collect::<Vec<_>>().join(", "));
        } else if places.len() > 1 {
            words.push(format!("{}×", places.len()));
        }
        words.push(self.kind(&self.graph.node(input)));
        words.retain(|word| !word.is_empty());
        words.join(" ")
    }

    fn tooltip(&self, id: NodeId, node: &Node) -> String {
        let mut lines = vec![self.formula(id), format!("{} {}", node.dtype, node.shape)];
        if let Some(origin) = self.graph.origin(id) {
            lines.push(format!("from the derivative of {}", self.formula(origin)));
        }
        if self.shows_source_lines {
            lines.push(self.graph.location(id).to_string());
        }
        lines.join("\n")
    }

    fn formula(&self, id: NodeId) -> String {
        let op = &self.graph.node(id).op;
        let expr = self.graph.expr(id);
        let meaning = match op.as_literal() {
            Some(value) => number(value, N_EXACT_DIGITS),
            None => elided(format_args!("{expr:?}"), FORMULA_LENGTH),
        };
        match (self.name(id), op) {
            (Some(name), Op::Leaf(_)) => elided(format_args!("{op} {name}"), FORMULA_LENGTH),
            (Some(name), _) => elided(format_args!("{name} = {meaning}"), FORMULA_LENGTH),
            (None, _) => meaning,
        }
    }

    /// The cluster of a scope, made with those around it when its first node is drawn.
    fn cluster(&mut self, scope: ScopeId) -> Option<usize> {
        let scopes = self.graph.scopes();
        let lineage = std::iter::successors(Some(scope), |&id| scopes.get(id).parent);
        let missing: Vec<_> = lineage.take_while(|id| !self.clusters.contains_key(id)).collect();
        for &id in missing.iter().rev() {
            let scope = scopes.get(id);
            let parent = scope.parent.and_then(|parent| self.clusters[&parent]);
            let order = gradient_order(&scopes, id);
            let mut tooltip = scopes.path(id);
            if self.shows_source_lines {
                tooltip = format!("{tooltip}\n{}", scope.location);
            }
            self.clusters.insert(id, Some(self.scene.clusters.len()));
            let label = cluster_label(scope, order);
            self.scene.clusters.push(Cluster { parent, label, tooltip, order });
        }
        self.clusters[&scope]
    }
}

/// The order of the gradient that a scope holds: 0 for a part of the model itself.
fn gradient_order(scopes: &Scopes, id: ScopeId) -> usize {
    let outwards = |&id: &ScopeId| {
        let scope = scopes.get(id);
        scope.gradient_of.or(scope.parent)
    };
    let lineage = std::iter::successors(Some(id), outwards);
    lineage.filter(|&id| scopes.get(id).gradient_of.is_some()).count()
}

fn cluster_label(scope: &Scope, order: usize) -> String {
    let is_of_root = scope.parent.is_none();
    match order {
        1 if is_of_root => format!("{} gradient", scope.name),
        _ if is_of_root => format!("{} gradient of order {order}", scope.name),
        _ => elided(&scope.name, LABEL_LENGTH),
    }
}

fn label(op: &Op) -> String {
    match op.as_literal() {
        Some(value) => number(value, N_DIGITS),
        None => op.to_string(),
    }
}

/// Whether exchanging two inputs changes the result.
fn is_ordered(node: &Node) -> bool {
    let is_symmetric = node.op.behavior().is_symmetric();
    !is_symmetric && node.inputs.iter().any(|input| *input != node.inputs[0])
}

/// The position of an input, as it is counted: 1st, 2nd, 3rd, 4th, …
fn ordinal(k: usize) -> String {
    let suffix = match (k + 1) % 100 {
        11..=13 => "th",
        n => ["th", "st", "nd", "rd"].get(n % 10).unwrap_or(&"th"),
    };
    format!("{}{suffix}", k + 1)
}
