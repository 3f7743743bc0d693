//! Leaves: inputs, parameters, optimizer state and constants, and which of them are one.

use std::sync::Arc;

use crate::{
    dtype::DType,
    error::Error,
    expr::Expr,
    graph::{Graph, NodeId},
    ops::{LeafKind, Op},
    shape::Shape,
    tensor::Tensor,
};

/// What a leaf is called, and the data it was recorded with.
#[derive(Clone, Debug)]
pub struct LeafInfo {
    /// The name, unique in its graph; empty for constants without a name.
    pub name: Arc<str>,
    /// The data bound when it was recorded.
    pub data: Option<Tensor>,
    /// Whether gradients are wanted: parameters that are not frozen.
    pub trainable: bool,
}

impl Graph {
    /// A constant tensor. Numbers take the graph's floating-point type; integers and truth values stay.
    #[track_caller]
    pub fn constant(&self, data: impl Into<Tensor>) -> Expr<'_> {
        let data = self.adopt(data.into());
        if data.shape().rank() == 0 && data.dtype().is_float() {
            return self.literal(data.item(), Shape::scalar(), data.dtype());
        }
        self.leaf(LeafKind::Constant, None, data.dtype(), data.shape().clone(), Some(data), false)
    }

    /// An input of the graph's floating-point type: data bound anew for each run of a plan.
    ///
    /// # Panics
    /// If the name is taken.
    #[track_caller]
    pub fn input(&self, name: &str, shape: impl Into<Shape>) -> Expr<'_> {
        self.input_as(name, self.dtype(), shape)
    }

    /// An input of any dtype, such as integer labels.
    ///
    /// # Panics
    /// If the name is taken.
    #[track_caller]
    pub fn input_as(&self, name: &str, dtype: DType, shape: impl Into<Shape>) -> Expr<'_> {
        self.leaf(LeafKind::Input, Some(name), dtype, shape.into(), None, false)
    }

    /// An input that holds data, so that values can be looked at while the graph is written; a plan uses the
    /// data where a run gives none.
    ///
    /// # Panics
    /// If the name is taken.
    #[track_caller]
    pub fn input_with(&self, name: &str, data: impl Into<Tensor>) -> Expr<'_> {
        self.leaf_with(LeafKind::Input, name, data.into(), false)
    }

    /// A trainable parameter. The same name with the same shape is the same parameter.
    ///
    /// # Panics
    /// If the name is taken by another kind of leaf, or with another shape.
    #[track_caller]
    pub fn param(&self, name: &str, data: impl Into<Tensor>) -> Expr<'_> {
        self.leaf_with(LeafKind::Param, name, data.into(), true)
    }

    /// What an optimizer remembers between steps: a leaf like a parameter, but not trained, which a plan reads
    /// and writes. The same name with the same shape is the same leaf.
    ///
    /// # Panics
    /// If the name is taken by another kind of leaf, or with another shape.
    #[track_caller]
    pub fn state(&self, name: &str, initial: Tensor) -> Expr<'_> {
        self.leaf_with(LeafKind::State, name, initial, false)
    }

    /// A leaf that stands for something to be put in its place: it has neither name nor data.
    #[track_caller]
    pub(crate) fn placeholder(&self, shape: Shape, dtype: DType) -> Expr<'_> {
        self.leaf(LeafKind::Input, None, dtype, shape, None, false)
    }

    /// A named leaf that holds data, in the graph's floating-point type if they are numbers.
    #[track_caller]
    fn leaf_with(&self, kind: LeafKind, name: &str, data: Tensor, trainable: bool) -> Expr<'_> {
        let data = self.adopt(data);
        self.leaf(kind, Some(name), data.dtype(), data.shape().clone(), Some(data), trainable)
    }

    /// A leaf of a kind, found again by its name if it is a parameter or state.
    #[track_caller]
    pub(crate) fn leaf(
        &self,
        kind: LeafKind,
        name: Option<&str>,
        dtype: DType,
        shape: Shape,
        data: Option<Tensor>,
        trainable: bool,
    ) -> Expr<'_> {
        let known = name.and_then(|name| self.leaf_named(name));
        if let Some(id) = known {
            return match self.same_leaf(id, kind, dtype, &shape) {
                Ok(()) => Expr::new(self, id),
                Err(error) => panic!("{error}"),
            };
        }
        let info = LeafInfo { name: name.map_or_else(Arc::default, Arc::from), data, trainable };
        self.record_leaf(kind, info, shape, dtype)
    }

    /// Whether a leaf may be found again under its name.
    fn same_leaf(
        &self,
        id: NodeId,
        kind: LeafKind,
        dtype: DType,
        shape: &Shape,
    ) -> Result<(), Error> {
        let node = self.node(id);
        let Op::Leaf(leaf) = node.op else {
            unreachable!("only leaves are entered under a leaf's name")
        };
        let reason = if leaf.kind != kind {
            format!("it is {}, and this is {}", leaf.kind, kind)
        } else if !kind.is_shared_by_name() {
            format!("{kind} is made once; use that expression again, or another name")
        } else if (node.dtype, &node.shape) != (dtype, shape) {
            format!("it is {} {}, and this is {dtype} {shape}", node.dtype, node.shape)
        } else {
            return Ok(());
        };
        let name = self.name(id).expect("a leaf found by name has one").to_string();
        Err(Error::NameTaken { name, first: self.location(id), reason })
    }

    /// Data in the graph's floating-point type, if they are numbers.
    pub(crate) fn adopt(&self, data: Tensor) -> Tensor {
        if data.dtype().is_float() { data.cast(self.dtype()) } else { data }
    }
}
