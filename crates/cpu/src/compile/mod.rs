//! The compiler: from a task to a program, one stage after another.
//!
//! A stage takes the tables of earlier stages by reference and returns one table of its own. No stage calls another. Each
//! table is verified, in builds with debug assertions, and can be printed.

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
pub(crate) mod stages;
#[cfg(test)]
mod tests;
mod text;
mod update;
mod verify;

use self::{
    accumulate::accumulate, check::check, classify::classify, group::group, levels::levels,
    link::link, lower::lower, order::order, place::place, rematerialize::rematerialize,
    stages::Stages, update::update,
};
use crate::{
    program::{Program, Shortage, Task},
    tuning::Tuning,
};

/// Compiles a task, unless its arena would be larger than memory can be.
pub(crate) fn compile(task: &Task, tuning: &Tuning) -> Result<Program, Shortage> {
    compile_in(&mut Stages(&mut |_, _| {}), task, tuning)
}

/// Compiles a task in stages that are observed.
pub(crate) fn compile_in(
    stages: &mut Stages<'_>,
    task: &Task,
    tuning: &Tuning,
) -> Result<Program, Shortage> {
    let simplified = stages.end("simplify", &task.computation, |it| it.verify());
    let classified = stages.end("classify", classify(simplified, tuning), |it| it.verify());
    let roles = stages.end("accumulate", accumulate(&classified), |it| it.verify());
    let levels = stages.end("levels", levels(&roles), |it| it.verify());
    let groups = stages.end("group", group(&levels), |it| it.verify());
    let fusion = stages.end("rematerialize", rematerialize(&groups), |it| it.verify());
    let lowered = stages.end("lower", lower(task, &fusion), |it| it.verify());
    let updates = stages.end("update", update(task, &lowered), |it| it.verify(&lowered));
    let order = stages.end("order", order(&lowered, &updates), |it| it.verify(&lowered, &updates));
    let steps = order.steps(&lowered, &updates);
    let places = place(task, &lowered, &updates, &steps, tuning)?;
    let places = stages.end("place", places, |it| it.verify(task, &lowered, &updates, &steps));
    let check = check(task, &lowered, &updates, &steps);
    Ok(link(task, lowered, updates, &order, places, check, tuning))
}
