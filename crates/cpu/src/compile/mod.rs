//! The compiler: from a task to a program, one stage after another.
//!
//! A stage takes the tables of earlier stages by reference and returns one table of its own. No stage calls another.

mod accumulate;
mod check;
mod classify;
mod group;
mod levels;
mod link;
mod lists;
mod lower;
mod order;
mod place;
mod rematerialize;
mod rows;
mod update;
mod verify;

use self::{
    accumulate::accumulate, check::check, classify::classify, group::group, levels::levels,
    link::link, lower::lower, order::order, place::place, rematerialize::rematerialize,
    update::update,
};
use crate::program::{Program, Shortage, Task};

/// Compiles a task.
///
/// # Errors
/// If its arena would be larger than memory can be.
pub(crate) fn compile(task: &Task) -> Result<Program, Shortage> {
    let classified = classify(&task.computation);
    let roles = accumulate(&classified);
    let levels = levels(&roles);
    let groups = group(&levels);
    let fusion = rematerialize(&groups);
    let lowered = lower(task, &fusion);
    let updates = update(task, &lowered);
    let order = order(&lowered, &updates);
    let steps = order.steps(&lowered, &updates);
    let places = place(task, &lowered, &updates, &steps)?;
    verify("place", || places.verify(task, &lowered, &updates, &steps));
    let check = check(task, &lowered, &updates, &steps);
    Ok(link(task, lowered, updates, &order, places, check))
}

/// Verifies the table of a stage, in builds with debug assertions.
///
/// # Panics
/// If it is not sound: a fault of the stage.
fn verify(stage: &str, verdict: impl FnOnce() -> Result<(), String>) {
    if cfg!(debug_assertions)
        && let Err(fault) = verdict()
    {
        panic!("{stage}: {fault}");
    }
}

/// The steps of a task, for tests of later stages.
#[cfg(test)]
fn lowered(task: &Task) -> lower::Lowered {
    let classified = classify(&task.computation);
    let roles = accumulate(&classified);
    let levels = levels(&roles);
    let groups = group(&levels);
    lower(task, &rematerialize(&groups))
}
