//! Signatures: the names of a task's leaves in one recording, and which data they take.

use retrograd_core::{
    DType, Error, Expr, Node, NodeId, Op, Params, Shape, Tensor, View,
    computation::{Computation, ValueId},
    error::Operand,
    nonfinite::Site,
    ops::LeafKind,
    required::Requirement,
};
use rustc_hash::FxHashMap;

use crate::task::Task;

/// The names of a task's slots and values in one recording, and the data that it was recorded with.
#[derive(Default)]
pub struct Signature {
    /// The leaf of each slot.
    pub leaves: Vec<LeafSpec>,
    /// The slots of inputs, parameters and state, by name.
    pub slots: FxHashMap<String, usize>,
    /// Nodes that can refuse data, described for messages.
    pub refusing: FxHashMap<ValueId, (String, Operand)>,
    /// The node of the graph that each node of the program comes from.
    pub origins: Vec<NodeId>,
    /// All nodes, described for messages, if the plan is checked.
    pub sites: Vec<Site>,
    /// The slots that are updated, in the order of the updates.
    pub targets: Vec<usize>,
    /// The node whose value takes the most memory, described for messages.
    pub largest: Option<Operand>,
}

/// A leaf as it was declared.
pub struct LeafSpec {
    /// The leaf among the values of the task.
    pub value: ValueId,
    /// Name, dtype, shape and line.
    pub description: Operand,
    /// The kind.
    pub kind: LeafKind,
    /// The data that it was recorded with.
    pub data: Option<Tensor>,
    /// The index of the update of this leaf, if there is one.
    pub update: Option<usize>,
    /// Requirements of functions on its data.
    pub requirements: Vec<Requirement>,
}

impl Signature {
    /// The signature of a computation, taken from the graph of `root`. Each slot has its leaf in `slots`, each value its
    /// node in `origins`; the slots in `targets` are updated.
    pub(crate) fn new(
        root: Expr<'_>,
        computation: &Computation,
        slots: &[NodeId],
        origins: &[NodeId],
        targets: &[usize],
    ) -> Self {
        let graph = root.graph();
        let updates: FxHashMap<_, _> = targets.iter().copied().zip(0..).collect();
        let values = computation.nodes.iter().enumerate();
        let values = values.filter(|(_, node)| matches!(node.op, Op::Leaf(_)));
        let spec = |((slot, &id), (value, _)): ((usize, &NodeId), (usize, _))| {
            let Op::Leaf(leaf) = graph.node(id).op else { unreachable!("slots are of leaves") };
            let data = graph.leaf_info(leaf).data.clone();
            LeafSpec {
                value: ValueId::new(value),
                description: graph.describe(id),
                kind: leaf.kind,
                data,
                update: updates.get(&slot).copied(),
                requirements: graph.requirements_on(id),
            }
        };
        let nodes = computation
            .nodes
            .iter()
            .enumerate()
            .filter(|(_, node)| node.op.behavior().can_refuse());
        let describe = |(index, _): (usize, &Node<ValueId>)| {
            let origin = origins[index];
            (ValueId::new(index), (graph.function_of(origin), graph.describe(origin)))
        };
        let leaves: Vec<_> = slots.iter().enumerate().zip(values).map(spec).collect();
        let named = leaves.iter().enumerate().filter(|(_, leaf)| leaf.kind != LeafKind::Constant);
        let slots = named.map(|(slot, leaf)| (leaf.name().to_owned(), slot)).collect();
        let refusing = nodes.map(describe).collect();
        Self {
            leaves,
            slots,
            refusing,
            origins: origins.to_vec(),
            sites: Vec::new(),
            targets: targets.to_vec(),
            largest: None,
        }
    }

    /// Checks that the signature fits a task: one leaf for each slot, with its shape and dtype, and unique names.
    ///
    /// # Errors
    /// If the signature does not fit, which is a fault of its maker.
    pub fn verify(&self, task: &Task) -> Result<(), String> {
        let declared = self.leaves.iter().map(|leaf| (leaf.kind, &leaf.description));
        let mut declared = declared.map(|(kind, leaf)| (kind, leaf.dtype, &leaf.shape));
        for (slot, id) in task.leaves().enumerate() {
            let node = &task.computation.nodes[id.index()];
            let Op::Leaf(leaf) = node.op else { continue };
            let is_declared = self.leaves.get(slot).is_some_and(|leaf| leaf.value == id);
            if !is_declared || declared.next() != Some((leaf.kind, node.dtype, &node.shape)) {
                return Err(format!("slot {slot}: the leaf is declared as another"));
            }
        }
        let named = self.leaves.iter().filter(|leaf| leaf.kind != LeafKind::Constant).count();
        if declared.next().is_some() || self.slots.len() != named {
            return Err("leaves without slots, or of one name".to_owned());
        }
        Ok(())
    }

    /// The names of the leaves of a kind.
    pub fn names(&self, kind: LeafKind) -> Vec<String> {
        let leaves = self.leaves.iter().filter(|leaf| leaf.kind == kind);
        leaves.map(|leaf| leaf.description.name.clone()).collect()
    }

    /// The slot of the leaf of a kind and name. `guess` is tried first, since names usually arrive in slot order.
    pub fn slot(&self, kind: LeafKind, name: &str, guess: usize) -> Option<usize> {
        let is_it = |slot: usize| {
            self.leaves.get(slot).is_some_and(|leaf| leaf.kind == kind && leaf.name() == name)
        };
        if is_it(guess) {
            Some(guess)
        } else {
            self.slots.get(name).copied().filter(|&slot| is_it(slot))
        }
    }
}

impl LeafSpec {
    /// The name.
    pub fn name(&self) -> &str {
        &self.description.name
    }

    /// The data of a parameter or of state: those of its name in their map, or else those that it was recorded with.
    /// `None` for other leaves.
    ///
    /// # Errors
    /// If there are none, or they do not fit.
    pub fn held<'a>(
        &'a self,
        params: &'a Params,
        state: Option<&'a Params>,
    ) -> Result<Option<View<'a>>, Error> {
        let map = match self.kind {
            LeafKind::Input | LeafKind::Constant => return Ok(None),
            LeafKind::Param => Some(params),
            LeafKind::State => state,
        };
        let tensor = match map {
            Some(map) => map.get(self.name()).ok_or_else(|| self.missing(map))?,
            None => self.data.as_ref().expect("state is recorded with its initial value"),
        };
        self.checked(tensor.view()).map(Some)
    }

    /// The error that a map has no tensor for this leaf.
    fn missing(&self, map: &Params) -> Error {
        match self.kind {
            LeafKind::State => Error::MissingState {
                name: self.name().to_owned(),
                known: map.iter().map(|(name, _)| name.to_owned()).collect(),
            },
            LeafKind::Param | LeafKind::Input | LeafKind::Constant => map.unknown(self.name()),
        }
    }

    /// The data that the leaf was recorded with.
    ///
    /// # Errors
    /// If there are none.
    pub fn recorded(&self) -> Result<View<'_>, Error> {
        self.data.as_ref().map(Tensor::view).ok_or_else(|| self.unbound())
    }

    /// The error that says that there are no data.
    pub fn unbound(&self) -> Error {
        Error::Unbound { leaf: Box::new(self.description.clone()) }
    }

    /// These data, if they fit.
    ///
    /// # Errors
    /// If their shape or dtype is another.
    pub fn checked<'a>(&self, view: View<'a>) -> Result<View<'a>, Error> {
        let (declared, given) =
            ((self.description.dtype, &self.description.shape), (view.dtype(), view.shape()));
        let own = |(dtype, shape): (DType, &Shape)| Box::new((dtype, shape.clone()));
        if declared == given {
            return Ok(view);
        }
        Err(Error::Binding {
            leaf: self.name().to_owned(),
            declared: own(declared),
            given: own(given),
        })
    }
}

/// The error of a plan that cannot allocate its memory; the message names the largest value.
pub fn out_of_memory(n_bytes: u128, largest: Option<&Operand>) -> Error {
    let what = match largest {
        Some(Operand { name, dtype, shape, .. }) => {
            format!("the workspace of a plan whose largest value is `{name}` {dtype} {shape}")
        }
        None => "the workspace of a plan".to_owned(),
    };
    Error::OutOfMemory { what, n_bytes }
}
