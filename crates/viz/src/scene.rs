//! The scene of a picture, independent of the graph and of the output format.

/// Clusters, nodes and edges. Positions in the three lists are their identities.
#[derive(Debug, Default)]
pub(crate) struct Scene {
    /// Outer ones before inner ones.
    pub(crate) clusters: Vec<Cluster>,
    /// In topological order.
    pub(crate) nodes: Vec<SceneNode>,
    pub(crate) edges: Vec<SceneEdge>,
}

/// A frame around nodes.
#[derive(Debug)]
pub(crate) struct Cluster {
    /// The cluster around it.
    pub(crate) parent: Option<usize>,
    pub(crate) label: String,
    pub(crate) tooltip: String,
    /// 0 for a part of the model, 1 for its gradient, 2 for the gradient of that, …
    pub(crate) order: usize,
}

/// The role of a node in the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Input,
    Param,
    State,
    Constant,
    Literal,
    Op,
    Output,
}

/// A node of the picture.
#[derive(Debug)]
pub(crate) struct SceneNode {
    pub(crate) cluster: Option<usize>,
    pub(crate) role: Role,
    /// The name that the user gave, if any: it stands first.
    pub(crate) name: Option<String>,
    /// Further lines.
    pub(crate) lines: Vec<String>,
    pub(crate) tooltip: String,
    /// As for clusters.
    pub(crate) order: usize,
    /// How much of a color it has, from 0 to 1, where colors tell of time.
    pub(crate) heat: Option<f64>,
}

/// An edge from a node to a node that uses it.
#[derive(Debug)]
pub(crate) struct SceneEdge {
    pub(crate) source: usize,
    pub(crate) target: usize,
    pub(crate) label: String,
}
