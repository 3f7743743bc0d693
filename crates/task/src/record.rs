//! Recorded tasks: the task of some expressions, with the names of its leaves and values in their graph.

use std::sync::Arc;

use retrograd_core::{
    Error, Expr, Graph,
    computation::{Computation, RecordedComputation, ValueId},
    error::Operand,
    ops::LeafKind,
};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    backend::{CompileError, Shortage},
    signature::{Signature, out_of_memory},
    task::Task,
};

/// A task, and the names of its leaves and values in the graph that it was recorded in.
///
/// Its text names inputs, parameters, state, outputs and updates:
///
/// ```
/// use retrograd_core::Graph;
/// use retrograd_task::RecordedTask;
///
/// let g = Graph::new();
/// let (x, w) = (g.input("x", [2]), g.param("w", [1.0, 2.0]));
/// let loss = (w * x).sum().named("loss");
/// let recorded = RecordedTask::new(&[loss], &[(w, w - x)], false)?;
/// assert_eq!(
///     recorded.to_string(),
///     "%0 = input 0 : f32[2]  // x
/// %1 = param 1 : f32[2]  // w
/// %2 = mul %1, %0 : f32[2]
/// %3 = sum [0] %2 : f32[]
/// %4 = sub %1, %0 : f32[2]
/// output %3
/// update w = %4
/// "
/// );
/// # Ok::<(), retrograd_core::Error>(())
/// ```
pub struct RecordedTask<'g> {
    /// The task; shared, since programs and caches keep it.
    pub task: Arc<Task>,
    /// The names and data of its leaves.
    pub signature: Signature,
    /// The graph of the recording, unless nothing has been recorded.
    graph: Option<&'g Graph>,
}

impl<'g> RecordedTask<'g> {
    /// Checks and canonizes `outputs`, and `updates` of parameters and state: pairs of a leaf and its new value. A
    /// checked task requires outputs and new values to be finite, and has a site for each value.
    ///
    /// # Errors
    /// If expressions of different graphs are mixed, or an update is not of a parameter or state of that shape, or not
    /// the only one of it.
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
        let RecordedComputation { mut computation, leaves: slots, origins } =
            Computation::of(&roots);
        let slot_of: FxHashMap<_, _> = slots.iter().copied().zip(0..).collect();
        let targets: Vec<usize> = leaves.iter().map(|leaf| slot_of[&leaf.id()]).collect();
        computation.roots = computation.roots[..outputs.len() + updates.len()].into();
        let signature = match roots.first() {
            Some(root) => Signature::new(*root, &computation, &slots, &origins, &targets),
            None => Signature::default(),
        };
        let task = Arc::new(Task { computation, n_outputs: outputs.len(), targets, is_checked });
        let graph = roots.first().map(|root| root.graph());
        let this = Self { task, signature, graph };
        if cfg!(debug_assertions)
            && let Err(fault) = this.task.verify().and_then(|()| this.signature.verify(&this.task))
        {
            panic!("a recorded task is not sound: {fault}");
        }
        Ok(if is_checked { this.with_sites() } else { this })
    }

    /// This task, with a site for each value: name or formula, function, scope and line.
    ///
    /// ```
    /// use retrograd_core::Graph;
    /// use retrograd_task::RecordedTask;
    ///
    /// let g = Graph::new();
    /// let x = g.input("x", [2]);
    /// let y = {
    ///     let _scope = g.scope("head");
    ///     x.exp()
    /// };
    /// let text = RecordedTask::new(&[y], &[], false)?.with_sites().to_string();
    /// let line = text.lines().nth(1).expect("there are two values");
    /// assert!(line.starts_with("%1 = exp %0 : f32[2]  // exp(x), head, "), "{line}");
    /// # Ok::<(), retrograd_core::Error>(())
    /// ```
    pub fn with_sites(mut self) -> Self {
        if let Some(graph) = self.graph {
            let origins = self.signature.origins.iter();
            self.signature.sites = origins.map(|&origin| graph.site(origin)).collect();
        }
        self
    }

    /// A value, as its recording calls it.
    pub fn describe(&self, id: ValueId) -> Option<Operand> {
        self.graph.map(|graph| graph.describe(self.signature.origins[id.index()]))
    }

    /// The error of a backend, in the terms of the recording.
    pub fn error(&self, error: CompileError) -> Error {
        match error {
            CompileError::OutOfMemory(Shortage { n_bytes, largest }) => {
                out_of_memory(n_bytes, largest.and_then(|id| self.describe(id)).as_ref())
            }
            CompileError::Unsupported { value, reason } => {
                misfit(self.describe(value).into_iter().collect(), &reason)
            }
        }
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
    let kind = leaf.graph().node(leaf.id()).op.as_leaf().map(|leaf| leaf.kind);
    let is_updatable = matches!(kind, Some(LeafKind::Param | LeafKind::State));
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
