//! Linking: all tables together are a program.

use crate::{
    compile::{lower::Lowered, order::Order, place::Places, update::LeafUpdates},
    program::{Program, Task},
    run::check::Check,
    step::StepId,
    tuning::Tuning,
};

/// The program of a task.
pub(crate) fn link(
    task: &Task,
    lowered: Lowered,
    updates: LeafUpdates,
    order: &Order,
    places: Places,
    check: Option<Check>,
    tuning: &Tuning,
) -> Program {
    let Lowered { steps, leaves, roots, sizes, .. } = lowered;
    let mut steps: Vec<_> = steps.into_iter().chain(updates.copies).map(Some).collect();
    let next = |id: &StepId| steps[id.index()].take().expect("each step comes once");
    let steps: Vec<_> = order.sequence.iter().map(next).collect();
    let nodes = task.computation.roots.iter().map(|root| &task.computation.nodes[root.index()]);
    let outputs = roots[..task.n_outputs].iter().zip(nodes);
    let outputs = outputs.map(|(&id, node)| (id, node.dtype, node.shape.clone())).collect();
    let targets = task.targets.iter().map(|&slot| leaves[slot]).zip(&updates.all);
    let are_beside = targets.map(|(leaf, update)| update.target != leaf).collect();
    let Places { places, n_bytes, n_bytes_live, largest } = places;
    Program {
        n_bytes_moved: steps.iter().map(|step| step.n_bytes(&sizes)).collect(),
        n_slots: leaves.len() + updates.all.len(),
        steps,
        check,
        places,
        outputs,
        n_bytes,
        n_bytes_live,
        largest,
        are_beside,
        tuning: tuning.clone(),
    }
}
