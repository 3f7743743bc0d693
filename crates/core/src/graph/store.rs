//! The graph: an append-only arena of hash-consed nodes, with side tables of names, regions and lines.

mod recording;

use std::{
    cell::{Ref, RefCell, RefMut},
    panic::Location,
    sync::Arc,
};

use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::{
    data::{
        dtype::DType,
        error::{Operand, shortened, written},
        shape::Shape,
        tensor::Tensor,
    },
    graph::{
        Inputs, Node, NodeId,
        expr::Expr,
        leaves::LeafInfo,
        ops::{Leaf, LeafKind, Op},
        region::{RegionGuard, RegionId, Regions},
        required::Requirements,
    },
};

/// The origin of a node, which is no part of its identity.
#[derive(Clone, Debug)]
struct Provenance {
    location: &'static Location<'static>,
    origin: Option<NodeId>,
    region: RegionId,
}

/// The node that others are derived from, while these are recorded.
struct Inherited {
    location: &'static Location<'static>,
    origin: Option<NodeId>,
    /// The region that was open before.
    open: RegionId,
}

#[derive(Default)]
struct GraphState {
    nodes: IndexSet<Node, FxBuildHasher>,
    provenance: Vec<Provenance>,
    names: FxHashMap<NodeId, Arc<str>>,
    leaves: Vec<LeafInfo>,
    leaf_names: FxHashMap<Arc<str>, NodeId>,
    requirements: Requirements,
    params: Vec<NodeId>,
    values: FxHashMap<NodeId, Tensor>,
    regions: Regions,
    inherited: Option<Inherited>,
}

/// A computation graph that grows as expressions are written.
///
/// ```
/// use retrograd_core::Graph;
///
/// let g = Graph::new();
/// let x = g.constant([1.0, 2.0, 3.0]).named("x");
/// let y = (x * x + 1.0).sum();
/// assert_eq!(y.value().item(), 17.0);
/// assert_eq!(y.grad(&[x])[0].value().to_vec::<f64>(), [2.0, 4.0, 6.0]);
/// ```
pub struct Graph {
    dtype: DType,
    state: RefCell<GraphState>,
}

impl Default for Graph {
    fn default() -> Self {
        Self::new()
    }
}

impl Graph {
    /// An empty graph of dtype `f32`.
    pub fn new() -> Self {
        Self::with_dtype(DType::F32)
    }

    /// An empty graph of the given float dtype.
    ///
    /// # Panics
    /// If `dtype` is not a floating-point type.
    #[track_caller]
    pub fn with_dtype(dtype: DType) -> Self {
        assert!(dtype.is_float(), "a graph's numbers are f32 or f64, not {dtype}");
        Self { dtype, state: RefCell::default() }
    }

    /// The float dtype of this graph: the dtype of literals and of leaves made from plain floats.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.state.borrow().nodes.len()
    }

    /// Whether nothing has been recorded.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Opens a scope: a named part of the model. It closes when the guard is dropped; scopes nest. A scope of the same
    /// name inside the same one is the same scope. Leaves recorded in it have its name before their own.
    ///
    /// ```
    /// use retrograd_core::Graph;
    ///
    /// let g = Graph::new();
    /// let x = g.constant(2.0);
    /// let y = {
    ///     let _scope = g.scope("encoder");
    ///     x.square()
    /// };
    /// assert_eq!(g.regions().get(g.region_of(y.id())).path(), "encoder");
    /// ```
    #[track_caller]
    #[must_use = "the scope closes when the guard is dropped"]
    pub fn scope(&self, name: &str) -> RegionGuard<'_> {
        let outer = self.regions_mut().enter(name, Location::caller());
        RegionGuard::new(self, outer)
    }

    /// The scopes, calls and checkpoints that nodes were recorded in, as a tree.
    pub fn regions(&self) -> Ref<'_, Regions> {
        Ref::map(self.state.borrow(), |state| &state.regions)
    }

    pub(crate) fn regions_mut(&self) -> RefMut<'_, Regions> {
        RefMut::map(self.state.borrow_mut(), |state| &mut state.regions)
    }

    /// The innermost region that recorded a node first.
    pub fn region_of(&self, id: NodeId) -> RegionId {
        self.state.borrow().provenance[id.index()].region
    }

    /// The region that the user has opened, also while a derivative rule records.
    pub(crate) fn open_region(&self) -> RegionId {
        let state = self.state.borrow();
        state.inherited.as_ref().map_or(state.regions.current, |inherited| inherited.open)
    }

    /// Whether a derivative rule records.
    pub(crate) fn is_in_rule(&self) -> bool {
        self.state.borrow().inherited.is_some()
    }

    /// Runs `record` so that its nodes belong to the gradient of `origin`: they lie in the gradient of its
    /// region, remember it, and carry its line.
    pub(crate) fn recording_gradient_of<T>(&self, origin: NodeId, record: impl FnOnce() -> T) -> T {
        let _guard = {
            let mut state = self.state.borrow_mut();
            let Provenance { location, region, .. } = state.provenance[origin.index()];
            let gradient = state.regions.gradient_of(region);
            self.inherit(&mut state, gradient, location, Some(origin))
        };
        record()
    }

    /// Runs `record` so that its nodes stand beside `model`: they lie in the batch of its region, and carry its line
    /// and origin.
    pub(crate) fn recording_beside<T>(&self, model: NodeId, record: impl FnOnce() -> T) -> T {
        let _guard = {
            let mut state = self.state.borrow_mut();
            let Provenance { location, origin, region } = state.provenance[model.index()];
            let batch = state.regions.batch_of(region);
            self.inherit(&mut state, batch, location, origin)
        };
        record()
    }

    /// Has nodes recorded in a region, with line and origin of another node, until the guard is dropped.
    fn inherit(
        &self,
        state: &mut GraphState,
        region: RegionId,
        location: &'static Location<'static>,
        origin: Option<NodeId>,
    ) -> RecordingGuard<'_> {
        let outer = std::mem::replace(&mut state.regions.current, region);
        let open = state.inherited.as_ref().map_or(outer, |inherited| inherited.open);
        let inherited = state.inherited.replace(Inherited { location, origin, open });
        RecordingGuard { graph: self, region: outer, inherited }
    }

    // Recording.

    /// Records a leaf in a slot of its own, under its name if it has one.
    #[track_caller]
    pub(crate) fn record_leaf(
        &self,
        kind: LeafKind,
        info: LeafInfo,
        shape: Shape,
        dtype: DType,
    ) -> Expr<'_> {
        let slot = self.state.borrow().leaves.len();
        let expr = self.record(Op::Leaf(Leaf { kind, slot }), Inputs::new(), shape, dtype);
        let state = &mut *self.state.borrow_mut();
        if !info.name.is_empty() {
            state.leaf_names.insert(Arc::clone(&info.name), expr.id());
            state.names.insert(expr.id(), Arc::clone(&info.name));
        }
        if info.trainable {
            state.params.push(expr.id());
        }
        state.leaves.push(info);
        expr
    }

    // Reading.

    /// The node at `id`.
    pub fn node(&self, id: NodeId) -> Ref<'_, Node> {
        Ref::map(self.state.borrow(), |state| &state.nodes[id.index()])
    }

    /// The expression at `id`.
    ///
    /// # Panics
    /// If this graph has no such node.
    #[track_caller]
    pub fn expr(&self, id: NodeId) -> Expr<'_> {
        assert!(
            id.index() < self.len(),
            "node {} is not in this graph of {} nodes",
            id.index(),
            self.len()
        );
        Expr::new(self, id)
    }

    /// All trainable parameters, in the order in which they were recorded.
    pub fn params(&self) -> Vec<Expr<'_>> {
        self.state.borrow().params.iter().map(|&id| Expr::new(self, id)).collect()
    }

    /// The leaf of a name.
    pub(crate) fn leaf_named(&self, name: &str) -> Option<NodeId> {
        self.state.borrow().leaf_names.get(name).copied()
    }

    /// Whether there is a leaf of this name; else the names that there are, in order of recording.
    pub(crate) fn has_leaf_named(&self, name: &str) -> Result<(), Vec<String>> {
        let state = self.state.borrow();
        if state.leaf_names.contains_key(name) {
            return Ok(());
        }
        let names = state.leaves.iter().map(|leaf| leaf.name.to_string());
        Err(names.filter(|name| !name.is_empty()).collect())
    }

    /// Name and data of a leaf of this graph.
    pub fn leaf_info(&self, leaf: Leaf) -> Ref<'_, LeafInfo> {
        Ref::map(self.state.borrow(), |state| &state.leaves[leaf.slot])
    }

    /// The name given to a node.
    pub fn name(&self, id: NodeId) -> Option<Arc<str>> {
        self.state.borrow().names.get(&id).cloned()
    }

    /// The user's line that recorded a node.
    pub fn location(&self, id: NodeId) -> &'static Location<'static> {
        self.state.borrow().provenance[id.index()].location
    }

    /// The forward node whose derivative rule recorded this node, if a gradient sweep did.
    pub fn origin(&self, id: NodeId) -> Option<NodeId> {
        self.state.borrow().provenance[id.index()].origin
    }

    /// A node as error messages describe it.
    pub fn describe(&self, id: NodeId) -> Operand {
        let expr = Expr::new(self, id);
        let name = match self.name(id) {
            Some(name) => shortened(&name),
            None => written(|f| write!(f, "{expr:?}")),
        };
        let location = expr.as_literal().is_none().then(|| self.location(id));
        Operand { name, dtype: expr.dtype(), shape: expr.shape(), location }
    }

    /// Names a node; false if it has another name already.
    pub(crate) fn try_name(&self, id: NodeId, name: &str) -> bool {
        let names = &mut self.state.borrow_mut().names;
        &**names.entry(id).or_insert_with(|| name.into()) == name
    }

    pub(crate) fn requirements(&self) -> Ref<'_, Requirements> {
        Ref::map(self.state.borrow(), |state| &state.requirements)
    }

    pub(crate) fn requirements_mut(&self) -> RefMut<'_, Requirements> {
        RefMut::map(self.state.borrow_mut(), |state| &mut state.requirements)
    }

    // Values remembered by the oracle.

    pub(crate) fn remembered(&self, id: NodeId) -> Option<Tensor> {
        self.state.borrow().values.get(&id).cloned()
    }

    pub(crate) fn remember(&self, values: impl IntoIterator<Item = (NodeId, Tensor)>) {
        self.state.borrow_mut().values.extend(values);
    }
}

/// Has a graph record as another node until it is dropped, as it is by a panic in a rule, too.
struct RecordingGuard<'g> {
    graph: &'g Graph,
    /// Region and provenance of the nodes recorded afterwards.
    region: RegionId,
    inherited: Option<Inherited>,
}

impl Drop for RecordingGuard<'_> {
    fn drop(&mut self) {
        let mut state = self.graph.state.borrow_mut();
        state.regions.current = self.region;
        state.inherited = self.inherited.take();
    }
}

impl GraphState {
    fn intern(&mut self, node: Node, location: &'static Location<'static>) -> NodeId {
        let (index, is_new) = self.nodes.insert_full(node);
        if is_new {
            let (location, origin) = match &self.inherited {
                Some(inherited) => (inherited.location, inherited.origin),
                None => (location, None),
            };
            self.provenance.push(Provenance { location, origin, region: self.regions.current });
        }
        NodeId::new(index)
    }
}
