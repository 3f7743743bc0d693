//! Leaves: inputs, parameters, optimizer state and constants, each under a name of its own.

use std::{panic::Location, sync::Arc};

use crate::{
    data::{
        dtype::DType,
        error::{Error, located},
        shape::Shape,
        tensor::Tensor,
    },
    graph::{Graph, NodeId, expr::Expr, ops::LeafKind, params::MapId},
};

/// A leaf's name, and the data it was recorded with.
#[derive(Clone, Debug)]
pub struct LeafInfo {
    /// The full name, unique in its graph; empty for constants without a name.
    pub name: Arc<str>,
    /// The data bound when it was recorded.
    pub data: Option<Tensor>,
    /// Whether gradients are wanted: for float parameters that are not frozen.
    pub trainable: bool,
    /// The map of parameters that it was bound from.
    pub(crate) map: Option<MapId>,
}

/// A named leaf that is to be recorded.
pub(crate) struct NewLeaf {
    pub kind: LeafKind,
    /// The full name.
    pub name: String,
    pub dtype: DType,
    pub shape: Shape,
    pub data: Option<Tensor>,
    pub trainable: bool,
    pub map: Option<MapId>,
}

impl NewLeaf {
    /// A leaf that holds data.
    fn holding(kind: LeafKind, name: String, data: Tensor) -> Self {
        let (dtype, shape) = (data.dtype(), data.shape().clone());
        let trainable = kind == LeafKind::Param && dtype.is_float();
        Self { kind, name, dtype, shape, data: Some(data), trainable, map: None }
    }
}

impl Graph {
    /// A constant tensor. Numbers take the graph's floating-point type; integers and truth values stay.
    #[track_caller]
    pub fn constant(&self, data: impl Into<Tensor>) -> Expr<'_> {
        let data = self.adopt(data.into());
        if data.shape().rank() == 0 && data.dtype().is_float() {
            return self.literal(data.item(), Shape::scalar(), data.dtype());
        }
        let (dtype, shape) = (data.dtype(), data.shape().clone());
        self.unnamed_leaf(LeafKind::Constant, shape, dtype, Some(data))
    }

    /// An input of the graph's floating-point type: data bound anew for each run of a plan.
    ///
    /// Inputs, parameters and state have names of their own. In a [`scope`](Self::scope) the scope's name stands before
    /// that of the leaf, as [`Params::insert_nested`](crate::Params::insert_nested) joins them: plans and maps know the
    /// input `x` of the scope `encoder` as `encoder.x`.
    ///
    /// # Panics
    /// If the name is empty, or taken in this scope.
    #[track_caller]
    pub fn input(&self, name: &str, shape: impl Into<Shape>) -> Expr<'_> {
        located(self.try_input(name, shape))
    }

    /// The form of [`input`](Self::input) that returns an error instead of panicking.
    ///
    /// # Errors
    /// If the name is empty, or taken in this scope.
    #[track_caller]
    pub fn try_input(&self, name: &str, shape: impl Into<Shape>) -> Result<Expr<'_>, Error> {
        self.try_input_as(name, self.dtype(), shape)
    }

    /// An input of any dtype, such as integer labels.
    ///
    /// # Panics
    /// If the name is empty, or taken in this scope.
    #[track_caller]
    pub fn input_as(&self, name: &str, dtype: DType, shape: impl Into<Shape>) -> Expr<'_> {
        located(self.try_input_as(name, dtype, shape))
    }

    /// The form of [`input_as`](Self::input_as) that returns an error instead of panicking.
    ///
    /// # Errors
    /// If the name is empty, or taken in this scope.
    #[track_caller]
    pub fn try_input_as(
        &self,
        name: &str,
        dtype: DType,
        shape: impl Into<Shape>,
    ) -> Result<Expr<'_>, Error> {
        let (kind, name, shape) = (LeafKind::Input, self.full_name(name), shape.into());
        let (data, trainable, map) = (None, false, None);
        self.record_new(NewLeaf { kind, name, dtype, shape, data, trainable, map })
    }

    /// An input that holds data, so that values can be looked at while the graph is written; a plan uses the
    /// data where a run gives none.
    ///
    /// # Panics
    /// If the name is empty, or taken in this scope.
    #[track_caller]
    pub fn input_with(&self, name: &str, data: impl Into<Tensor>) -> Expr<'_> {
        located(self.try_input_with(name, data))
    }

    /// The form of [`input_with`](Self::input_with) that returns an error instead of panicking.
    ///
    /// # Errors
    /// If the name is empty, or taken in this scope.
    #[track_caller]
    pub fn try_input_with(&self, name: &str, data: impl Into<Tensor>) -> Result<Expr<'_>, Error> {
        self.try_leaf_at(LeafKind::Input, &self.full_name(name), data)
    }

    /// A parameter of its own, which is trained if its elements are floating-point numbers.
    ///
    /// Names are per scope, so that layers of one kind, each in a scope, have parameters of one name:
    ///
    /// ```
    /// use retrograd_core::Graph;
    ///
    /// let g = Graph::new();
    /// let mut x = g.constant([1.0, 2.0]);
    /// for k in 0..3 {
    ///     let _layer = g.scope(&format!("layer{k}"));
    ///     x = (x * g.param("w", [0.5, k as f64])).tanh();
    /// }
    /// let params = g.recorded_params();
    /// let names: Vec<_> = params.iter().map(|(name, _)| name).collect();
    /// assert_eq!(names, ["layer0.w", "layer1.w", "layer2.w"]);
    /// ```
    ///
    /// A parameter that two parts of a model share is one expression, used twice, or taken again by its full name
    /// with [`shared_param`](Self::shared_param).
    ///
    /// # Panics
    /// If the name is empty, or taken in this scope.
    #[track_caller]
    pub fn param(&self, name: &str, data: impl Into<Tensor>) -> Expr<'_> {
        located(self.try_param(name, data))
    }

    /// The form of [`param`](Self::param) that returns an error instead of panicking.
    ///
    /// # Errors
    /// If the name is empty, or taken in this scope.
    #[track_caller]
    pub fn try_param(&self, name: &str, data: impl Into<Tensor>) -> Result<Expr<'_>, Error> {
        self.try_leaf_at(LeafKind::Param, &self.full_name(name), data)
    }

    /// The parameter of a full name, in any open scope: for weights that parts of a model share.
    ///
    /// ```
    /// use retrograd_core::Graph;
    ///
    /// let g = Graph::new();
    /// let table = {
    ///     let _encoder = g.scope("encoder");
    ///     g.param("table", [[1.0, 2.0], [3.0, 4.0]])
    /// };
    /// let _decoder = g.scope("decoder");
    /// assert_eq!(g.shared_param("encoder.table").id(), table.id());
    /// ```
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub fn shared_param(&self, full_name: &str) -> Expr<'_> {
        located(self.try_shared_param(full_name))
    }

    /// The form of [`shared_param`](Self::shared_param) that returns an error instead of panicking.
    ///
    /// # Errors
    /// If there is none.
    pub fn try_shared_param(&self, full_name: &str) -> Result<Expr<'_>, Error> {
        let id = self.leaf_named(full_name);
        match id.filter(|&id| self.leaf_kind(id) == Some(LeafKind::Param)) {
            Some(id) => Ok(Expr::new(self, id)),
            None => Err(self.recorded_params().unknown(full_name)),
        }
    }

    /// A leaf like a parameter, but not trained, for what an optimizer remembers between steps: plans read and write
    /// it.
    ///
    /// # Panics
    /// If the name is empty, or taken in this scope.
    #[track_caller]
    pub fn state(&self, name: &str, initial: Tensor) -> Expr<'_> {
        located(self.try_state(name, initial))
    }

    /// The form of [`state`](Self::state) that returns an error instead of panicking.
    ///
    /// # Errors
    /// If the name is empty, or taken in this scope.
    #[track_caller]
    pub fn try_state(&self, name: &str, initial: Tensor) -> Result<Expr<'_>, Error> {
        self.try_leaf_at(LeafKind::State, &self.full_name(name), initial)
    }

    /// A leaf that holds data, under a full name, whatever scope is open: for libraries whose leaves are to be found
    /// by names that do not depend on where they are used, as an optimizer's are.
    ///
    /// ```
    /// use retrograd_core::{Graph, Tensor, ops::LeafKind};
    ///
    /// let g = Graph::new();
    /// let _scope = g.scope("update");
    /// let rate = g.try_leaf_at(LeafKind::Input, "learning_rate", 0.1)?;
    /// assert_eq!(g.name(rate.id()).as_deref(), Some("learning_rate"));
    /// # Ok::<(), retrograd_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the name is empty or taken.
    #[track_caller]
    pub fn try_leaf_at(
        &self,
        kind: LeafKind,
        full_name: &str,
        data: impl Into<Tensor>,
    ) -> Result<Expr<'_>, Error> {
        self.record_new(NewLeaf::holding(kind, full_name.to_owned(), self.adopt(data.into())))
    }

    /// A leaf that stands for something to be put in its place: it has neither name nor data.
    #[track_caller]
    pub(crate) fn placeholder(&self, shape: Shape, dtype: DType) -> Expr<'_> {
        self.unnamed_leaf(LeafKind::Input, shape, dtype, None)
    }

    #[track_caller]
    fn unnamed_leaf(
        &self,
        kind: LeafKind,
        shape: Shape,
        dtype: DType,
        data: Option<Tensor>,
    ) -> Expr<'_> {
        let info = LeafInfo { name: Arc::default(), data, trainable: false, map: None };
        self.record_leaf(kind, info, shape, dtype)
    }

    /// Records a leaf whose name no other has.
    #[track_caller]
    pub(crate) fn record_new(&self, leaf: NewLeaf) -> Result<Expr<'_>, Error> {
        if leaf.name.is_empty() {
            let reason = format!("{} needs a name", leaf.kind);
            let op = leaf.kind.label().to_owned();
            return Err(Error::Operands { op, operands: Vec::new(), reason });
        }
        if let Some(id) = self.leaf_named(&leaf.name) {
            return Err(self.taken(id, |holder| advice(&leaf, holder)));
        }
        let NewLeaf { kind, name, dtype, shape, data, trainable, map } = leaf;
        let info = LeafInfo { name: name.into(), data, trainable, map };
        Ok(self.record_leaf(kind, info, shape, dtype))
    }

    /// The error that the name of the leaf at `id` is given a second time, at the caller's line.
    #[track_caller]
    pub(crate) fn taken(&self, id: NodeId, advice: impl FnOnce(LeafKind) -> String) -> Error {
        let name = self.name(id).expect("a leaf found by name has one").to_string();
        let holder = self.leaf_kind(id).expect("only leaves are entered under a leaf's name");
        let reason = format!("{holder} has it; {}", advice(holder));
        Error::NameTaken { name, first: Some(self.location(id)), again: Location::caller(), reason }
    }

    /// The kind of the leaf at `id`; `None` if that is no leaf.
    fn leaf_kind(&self, id: NodeId) -> Option<LeafKind> {
        self.node(id).op.as_leaf().map(|leaf| leaf.kind)
    }

    /// The name of a leaf in the scope that is open, after the names of the scopes around it.
    fn full_name(&self, name: &str) -> String {
        let regions = self.regions();
        regions.full_name(regions.current, name)
    }

    /// Data in the graph's floating-point type, if they are numbers.
    pub(crate) fn adopt(&self, data: Tensor) -> Tensor {
        if data.dtype().is_float() { data.cast(self.dtype()) } else { data }
    }
}

/// The way out for a leaf whose name is taken by one of the kind `holder`.
fn advice(leaf: &NewLeaf, holder: LeafKind) -> String {
    let NewLeaf { kind, name, .. } = leaf;
    let apart = format!("record {kind} under another name or in a scope of its own");
    match kind {
        _ if *kind != holder => apart,
        LeafKind::Param => {
            format!("{apart}, or share the first by its expression or `shared_param(\"{name}\")`")
        }
        LeafKind::Input | LeafKind::State | LeafKind::Constant => {
            format!("use the expression of the first again, or {apart}")
        }
    }
}
