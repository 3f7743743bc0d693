//! Requirements: conditions that a function sets on the data of its operands, beyond dtype and shape.
//!
//! They cost nothing in a run: data that are known are checked when the function is recorded, and the oracle and checked
//! plans check the data that they are given. A run that has failed is explained by them.

use std::{fmt, sync::Arc};

use rustc_hash::FxHashMap;

use crate::{
    error::{Error, Operand},
    expr::Expr,
    graph::{Graph, NodeId},
    ops::{LeafKind, Op},
    tensor::{Tensor, View},
};

/// Whether data are as they must be; else the reason why they are not.
type Condition = dyn Fn(View<'_>) -> Result<(), String> + Send + Sync;

/// A condition that a function sets on the data of a leaf.
#[derive(Clone)]
pub struct Requirement {
    function: String,
    leaf: Operand,
    condition: Arc<Condition>,
}

/// The requirements of a graph, by leaf.
pub(crate) type Requirements = FxHashMap<NodeId, Vec<Requirement>>;

impl Requirement {
    /// Whether data of the leaf are as they must be.
    ///
    /// # Errors
    /// If they are not.
    pub fn check(&self, data: View<'_>) -> Result<(), Error> {
        (self.condition)(data).map_err(|reason| Error::Data {
            op: self.function.clone(),
            node: Box::new(self.leaf.clone()),
            reason,
        })
    }
}

impl fmt::Debug for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} requires something of `{}`", self.function, self.leaf.name)
    }
}

impl<'g> Expr<'g> {
    /// Requires of the data of this operand of a function what `condition` says, which gives the reason why data do not
    /// satisfy it. It is handed the operand, or the leaf that the operand has its numbers from, in its shape and dtype.
    ///
    /// Data that are known, of inputs and constants, are checked at once; those that an evaluation or a
    /// checked plan is given, then; those of other plans, when a run has failed. Values of parameters, and
    /// those computed from them, are never checked.
    ///
    /// ```
    /// use retrograd_core::{Graph, Tensor, View};
    ///
    /// let g = Graph::new();
    /// let (rate, other) = (g.input("rate", [2]), g.constant([1.0, -1.0]));
    /// let is_positive = |data: View<'_>| match data.elements::<f32>().iter().find(|rate| **rate < 0.0) {
    ///     Some(rate) => Err(format!("the rate {rate} is negative")),
    ///     None => Ok(()),
    /// };
    /// rate.try_require(is_positive)?;
    /// assert!(other.try_require(is_positive).unwrap_err().to_string().contains("the rate -1 is negative"));
    /// # Ok::<(), retrograd_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the data are known and do not satisfy the condition.
    pub fn try_require(
        self,
        condition: impl Fn(View<'_>) -> Result<(), String> + Send + Sync + 'static,
    ) -> Result<(), Error> {
        let graph = self.graph();
        let requirement = |id| Requirement {
            function: graph.called().map_or_else(|| "require".to_owned(), str::to_owned),
            leaf: graph.describe(id),
            condition: Arc::new(condition),
        };
        match self.source() {
            Some((id, data)) => {
                let requirement = requirement(id);
                data.map_or(Ok(()), |data| requirement.check(data.view()))?;
                graph.requirements_mut().entry(id).or_default().push(requirement);
                Ok(())
            }
            None if self.is_known() => requirement(self.id()).check(self.try_value()?.view()),
            None => Ok(()),
        }
    }

    /// The input or constant that has the numbers of this expression, in another dtype or shape perhaps, and its data.
    fn source(self) -> Option<(NodeId, Option<Tensor>)> {
        let graph = self.graph();
        let mut id = self.id();
        loop {
            let node = graph.node(id);
            match node.op {
                Op::Leaf(leaf) => {
                    let is_data = matches!(leaf.kind, LeafKind::Input | LeafKind::Constant);
                    return is_data.then(|| (id, graph.leaf_info(leaf).data.clone()));
                }
                Op::Identity | Op::StopGradient | Op::Reshape => id = node.inputs[0],
                // Other casts change numbers.
                Op::Cast if node.dtype.is_float() => id = node.inputs[0],
                _ => return None,
            }
        }
    }

    /// Whether this is computed by little but comparing and rearranging from data that are known.
    fn is_known(self) -> bool {
        const MOST_NODES: usize = 32;
        let graph = self.graph();
        let nodes = graph.ancestors(&[self]);
        nodes.len() <= MOST_NODES && nodes.iter().all(|&id| graph.is_known(id))
    }
}

impl Graph {
    /// Whether a node is a leaf whose data are known, or as cheap as a copy of its inputs.
    fn is_known(&self, id: NodeId) -> bool {
        match self.node(id).op {
            Op::Leaf(leaf) => {
                let is_data = matches!(leaf.kind, LeafKind::Input | LeafKind::Constant);
                is_data && self.leaf_info(leaf).data.is_some()
            }
            Op::Literal(_) | Op::Iota(_) | Op::Identity | Op::StopGradient => true,
            Op::Binary(_) | Op::Compare(_) | Op::Select | Op::Cast => true,
            Op::Broadcast | Op::Reshape | Op::Permute(_) | Op::Slice(_) => true,
            Op::Pad(_) | Op::Concat(_) => true,
            Op::Unary(_) | Op::Gather(_) | Op::ScatterAdd(_) | Op::MatMul => false,
            Op::Sum(_) | Op::Max(_) | Op::ArgMax(_) | Op::ArgSort(_) => false,
            Op::Cholesky | Op::Solve | Op::Adjugate(_) | Op::LogDeterminant | Op::Svd(_) => false,
            Op::Length(_) | Op::Kinked(_) | Op::Custom(_) => false,
        }
    }

    /// The requirements on the data of a leaf.
    pub fn requirements_on(&self, leaf: NodeId) -> Vec<Requirement> {
        self.requirements().get(&leaf).cloned().unwrap_or_default()
    }
}
