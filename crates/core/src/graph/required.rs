//! Requirements: conditions that a function sets on the data of its operands, beyond dtype and shape.
//!
//! Requirements cost nothing in a run. Known data are checked when the function is recorded; the oracle and checked
//! plans check the data of a run. After a failed run, requirements explain the failure.

use std::{fmt, sync::Arc};

use rustc_hash::FxHashMap;

use crate::{
    data::{
        error::{Error, Operand},
        tensor::{Tensor, View},
    },
    graph::{
        Graph, NodeId,
        expr::Expr,
        ops::{LeafKind, Op, OperationKind},
    },
};

/// A check of data: the reason why the data are not acceptable, if so.
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
    /// Checks data of the leaf.
    ///
    /// # Errors
    /// If the data do not satisfy the condition.
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
    /// Requires that the data of this operand satisfy `condition`, which returns the reason for a failure. The
    /// condition reads the operand, or the leaf with the operand's elements, in its own shape and dtype.
    ///
    /// Known data of inputs and constants are checked at once. Data of an evaluation or a checked plan are checked in
    /// the run, and data of other plans after a failed run. Parameters, and values computed from them, are never
    /// checked.
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
            if let Some(leaf) = node.op.as_leaf() {
                let is_data = matches!(leaf.kind, LeafKind::Input | LeafKind::Constant);
                return is_data.then(|| (id, graph.leaf_info(leaf).data.clone()));
            }
            // Casts to other types change numbers.
            let keeps_numbers = node.op.behavior().kind() == OperationKind::Identity
                || node.op == Op::Reshape
                || node.op == Op::Cast && node.dtype.is_float();
            if !keeps_numbers {
                return None;
            }
            id = node.inputs[0];
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
        let op = &self.node(id).op;
        let Some(leaf) = op.as_leaf() else { return op.behavior().is_cheap() };
        let is_data = matches!(leaf.kind, LeafKind::Input | LeafKind::Constant);
        is_data && self.leaf_info(leaf).data.is_some()
    }

    /// The requirements on the data of a leaf.
    pub fn requirements_on(&self, leaf: NodeId) -> Vec<Requirement> {
        self.requirements().get(&leaf).cloned().unwrap_or_default()
    }
}
