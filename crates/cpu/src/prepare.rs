//! From expressions to a task: what can be compiled, and what its recording calls things.

use std::sync::Arc;

use retrograd_core::{
    Error, Expr, Graph, Op,
    computation::{Computation, Recording, ValueId},
    error::Operand,
    ops::LeafKind,
};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    plan::Plan,
    program::{Program, Shortage, Task},
    signature::Signature,
    workspace::out_of_memory,
};

/// A task and what its recording calls things.
pub(crate) struct Prepared<'g> {
    pub task: Task,
    signature: Signature,
    /// The graph of the recording, unless nothing has been recorded.
    graph: Option<&'g Graph>,
}

impl<'g> Prepared<'g> {
    /// Checks and canonizes outputs and updates, for a plan that is checked or not.
    pub fn new(
        outputs: &[Expr<'g>],
        updates: &[(Expr<'g>, Expr<'g>)],
        is_checked: bool,
    ) -> Result<Self, Error> {
        check_one_graph(outputs, updates)?;
        let leaves = updates
            .iter()
            .map(|&(leaf, value)| updated_leaf(leaf, value))
            .collect::<Result<Vec<_>, _>>()?;
        check_updated_once(updates)?;
        // The leaves to be updated are roots too, so that each has a slot even if nothing reads it.
        let roots: Vec<_> = outputs
            .iter()
            .copied()
            .chain(updates.iter().map(|update| update.1))
            .chain(leaves.iter().copied())
            .collect();
        let Recording { mut computation, leaves: slots, origins } = Computation::of(&roots);
        let slot_of: FxHashMap<_, _> = slots.iter().copied().zip(0..).collect();
        let targets: Vec<usize> = leaves.iter().map(|leaf| slot_of[&leaf.id()]).collect();
        computation.roots = computation.roots[..outputs.len() + updates.len()].into();
        let mut signature = match roots.first() {
            Some(root) => Signature::new(*root, &computation, &slots, &origins, &targets),
            None => Signature::default(),
        };
        if is_checked && let Some(root) = roots.first() {
            signature.sites = origins.iter().map(|&origin| root.graph().site(origin)).collect();
        }
        let task = Task { computation, n_outputs: outputs.len(), targets, is_checked };
        Ok(Self { task, signature, graph: roots.first().map(|root| root.graph()) })
    }

    /// The plan that runs a program of this task.
    pub fn into_plan(mut self, program: Arc<Program>) -> Plan {
        self.signature.largest = program.largest().and_then(|id| self.describe(id));
        Plan { program, signature: Arc::new(self.signature) }
    }

    /// The error of a task whose program cannot have memory.
    pub fn out_of_memory(&self, Shortage { n_bytes, largest }: Shortage) -> Error {
        out_of_memory(n_bytes, largest.and_then(|id| self.describe(id)).as_ref())
    }

    /// A node of the computation, as its recording calls it.
    fn describe(&self, id: ValueId) -> Option<Operand> {
        self.graph.map(|graph| graph.describe(self.signature.origins[id.index()]))
    }
}

fn check_one_graph<'g>(
    outputs: &[Expr<'g>],
    updates: &[(Expr<'g>, Expr<'g>)],
) -> Result<(), Error> {
    let all: Vec<_> = outputs
        .iter()
        .copied()
        .chain(updates.iter().flat_map(|&(leaf, value)| [leaf, value]))
        .collect();
    match all.iter().find(|expr| !std::ptr::eq(expr.graph(), all[0].graph())) {
        Some(stranger) => {
            let operands = [all[0], *stranger].map(|expr| expr.graph().describe(expr.id())).into();
            Err(misfit(operands, "the expressions belong to different graphs"))
        }
        None => Ok(()),
    }
}

/// Checks that `value` can become the new value of `leaf`.
fn updated_leaf<'g>(leaf: Expr<'g>, value: Expr<'g>) -> Result<Expr<'g>, Error> {
    let is_updatable = match leaf.graph().node(leaf.id()).op {
        Op::Leaf(leaf) => matches!(leaf.kind, LeafKind::Param | LeafKind::State),
        _ => false,
    };
    let describe = || vec![leaf.graph().describe(leaf.id()), value.graph().describe(value.id())];
    if !is_updatable {
        return Err(misfit(
            describe(),
            "only parameters and state are updated, and the first is neither",
        ));
    }
    if (leaf.dtype(), leaf.shape()) != (value.dtype(), value.shape()) {
        return Err(misfit(
            describe(),
            "the new value must have the shape and dtype of what it replaces",
        ));
    }
    Ok(leaf)
}

fn check_updated_once<'g>(updates: &[(Expr<'g>, Expr<'g>)]) -> Result<(), Error> {
    let mut seen = FxHashSet::default();
    match updates.iter().find(|(leaf, _)| !seen.insert(leaf.id())) {
        Some(again) => {
            let operands = [again.0, again.1].map(|expr| expr.graph().describe(expr.id())).into();
            Err(misfit(operands, "the first has another new value already"))
        }
        None => Ok(()),
    }
}

fn misfit(operands: Vec<Operand>, reason: &str) -> Error {
    Error::Operands { op: "compile".to_owned(), operands, reason: reason.to_owned() }
}
