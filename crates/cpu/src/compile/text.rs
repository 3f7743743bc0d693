//! The text of each stage's table: one value or step a line.

use std::fmt;

use retrograd_core::computation::{Computation, ValueId};

use crate::{
    arena::Place,
    compile::{
        accumulate::Roles, classify::Classified, group::Groups, levels::Levels, lower::Lowered,
        order::Order, place::Places, rematerialize::Fusion, update::LeafUpdates,
    },
    step::Step,
};

/// Writes all values of a computation, each with a note, if there is one.
fn write_values(
    f: &mut fmt::Formatter<'_>,
    computation: &Computation,
    note: impl Fn(ValueId) -> String,
) -> fmt::Result {
    let ids = (0..computation.nodes.len()).map(ValueId::new);
    ids.zip(&computation.nodes)
        .try_for_each(|(id, node)| writeln!(f, "{id} = {node}  // {}", note(id)))
}

impl fmt::Display for Classified<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_values(f, self.computation, |id| {
            let class = format!("{:?}", self.classes[id.index()]).to_lowercase();
            match self.copies.get(&id) {
                Some(source) => format!("{class}, copied from {}", source.base),
                None if self.base(id) != id => format!("{class} of {}", self.base(id)),
                None => class,
            }
        })
    }
}

impl fmt::Display for Roles<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_values(f, self.computation, |id| {
            let role = format!("{:?}", self.classes[id.index()]).to_lowercase();
            match self.accumulations.get(&id) {
                Some(sum) => format!("{role}, {} added onto {}", sum.added, sum.onto),
                None => role,
            }
        })
    }
}

impl fmt::Display for Levels<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_values(f, self.roles.computation, |id| match self.homes.get(id) {
            Some(home) => {
                let rows = home.rows;
                let extent = format!("{:?}", home.extent).to_lowercase();
                let (n_rows, n_columns) = (rows.n_rows, rows.n_columns);
                format!("level {}, each {extent} of {n_rows} × {n_columns}", self.level(id))
            }
            None => format!("level {}", self.level(id)),
        })
    }
}

/// Writes the nodes of each group, with a note of each.
fn write_groups(
    f: &mut fmt::Formatter<'_>,
    groups: &Groups<'_>,
    members: impl Fn(u32) -> Vec<ValueId>,
    note: impl Fn(u32, ValueId) -> &'static str,
) -> fmt::Result {
    let nodes = &groups.levels.roles.computation.nodes;
    for group in 0..groups.members.len() as u32 {
        let is_program = groups.programs.contains_key(&group);
        let kind = if is_program { "program" } else { "kernel" };
        writeln!(f, "{kind} {group}, level {}", groups.level(group))?;
        for id in members(group) {
            writeln!(f, "    {id} = {}{}", nodes[id.index()], note(group, id))?;
        }
        let more = [("joins", groups.programs.get(&group)), ("adds up", groups.totals.get(&group))];
        for (verb, ids) in more {
            ids.into_iter().flatten().try_for_each(|id| writeln!(f, "    {verb} {id}"))?;
        }
    }
    Ok(())
}

impl fmt::Display for Groups<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_groups(f, self, |group| self.members[group as usize].clone(), |_, _| "")
    }
}

impl fmt::Display for Fusion<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_groups(
            f,
            self.groups,
            |group| self.computed(group),
            |group, id| {
                if self.again(group).contains(&id) {
                    "  // again"
                } else if self.are_stored[id.index()] {
                    "  // stored"
                } else {
                    ""
                }
            },
        )
    }
}

impl fmt::Display for Lowered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_steps(f, 0, &self.steps)?;
        let edges = self.edges.iter();
        edges.clone().try_for_each(|(before, after)| writeln!(f, "{before} before {after}"))?;
        writeln!(f, "roots {:?}", self.roots)
    }
}

/// Writes steps, the first of them with a number.
fn write_steps(f: &mut fmt::Formatter<'_>, first: usize, steps: &[Step]) -> fmt::Result {
    let mut steps = steps.iter().enumerate();
    steps.try_for_each(|(k, step)| writeln!(f, "step {}: {step}", first + k))
}

impl fmt::Display for LeafUpdates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for update in &self.all {
            let is_in_place = self.in_place.contains(update);
            let way = match (is_in_place, self.last.contains(&update.value)) {
                (_, true) => "in place, last, once it is bounded",
                (true, false) => "in place",
                (false, false) => "copied",
            };
            writeln!(f, "{} <- {}  // {way}", update.target, update.value)?;
        }
        let mut edges = self.edges.iter();
        edges.try_for_each(|(before, after)| writeln!(f, "{before} before {after}"))
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sequence.iter().try_for_each(|id| writeln!(f, "{id}"))
    }
}

impl fmt::Display for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids = (0..self.places.len()).map(ValueId::new);
        let mut placed = ids.zip(&self.places).filter(|(_, place)| **place != Place::Nowhere);
        placed.try_for_each(|(id, place)| writeln!(f, "{id} {place}"))?;
        writeln!(f, "arena of {} bytes, {} of them live", self.n_bytes, self.n_bytes_live)
    }
}
