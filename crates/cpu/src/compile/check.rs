//! Checks: the values that a checked program tests before it updates anything.

use rustc_hash::FxHashSet;

use crate::{
    compile::{lower::Lowered, update::LeafUpdates},
    program::Task,
    run::check::Check,
    step::Step,
};

/// The check of a task, if it is checked.
pub(crate) fn check(
    task: &Task,
    lowered: &Lowered,
    updates: &LeafUpdates,
    steps: &[&Step],
) -> Option<Check> {
    if !task.is_checked {
        return None;
    }
    let (computation, n_updating) = (task.computation.clone(), updates.last.len());
    let outputs = lowered.roots[..task.n_outputs].iter().map(|&output| (output, output));
    let targets = updates.all.iter().map(|update| (update.target, update.value));
    let (computing, updating) = steps.split_at(steps.len() - n_updating);
    let bounded = updating.iter().map(|step| step.writes[0]);
    let tests = computing.iter().flat_map(|step| step.kernel.behavior().tests());
    let tested: FxHashSet<_> = tests.chain(bounded).collect();
    let written = outputs.chain(targets).zip(&computation.roots);
    let rest = written.filter(|((_, value), _)| !tested.contains(value));
    let rest = rest.map(|((target, _), root)| (target, computation.nodes[root.index()].dtype));
    Some(Check { rest: rest.collect(), computation, n_updating })
}
