//! Text of tasks.

use std::fmt;

use retrograd_core::{Op, computation::ValueId, ops::LeafKind};

use crate::{RecordedTask, Signature, Task};

/// One value a line, then outputs and updates.
impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(f, self, &Signature::default())
    }
}

/// One value a line, with its name, scope and line as far as they are known, then outputs and updates.
impl fmt::Display for RecordedTask<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(f, &self.task, &self.signature)
    }
}

fn write(f: &mut fmt::Formatter<'_>, task: &Task, signature: &Signature) -> fmt::Result {
    let computation = &task.computation;
    for (index, (node, awaited)) in computation.nodes.iter().zip(&computation.awaited).enumerate() {
        write!(f, "{} = {node}", ValueId::new(index))?;
        awaited.map_or(Ok(()), |awaited| write!(f, " after {awaited}"))?;
        let notes = notes(&node.op, index, signature);
        if !notes.is_empty() {
            write!(f, "  // {}", notes.join(", "))?;
        }
        writeln!(f)?;
    }
    for output in task.outputs() {
        writeln!(f, "output {output}")?;
    }
    for update in task.updates() {
        match signature.leaves.get(update.slot) {
            Some(leaf) => writeln!(f, "update {} = {}", leaf.name(), update.value)?,
            None => writeln!(f, "update slot {} = {}", update.slot, update.value)?,
        }
    }
    Ok(())
}

/// Name or formula, scope and line.
fn notes(op: &Op, index: usize, signature: &Signature) -> Vec<String> {
    if let Some(site) = signature.sites.get(index) {
        let location = site.operand.location.map(|location| {
            let file = location.file().rsplit('/').next().unwrap_or_default();
            format!("{file}:{}", location.line())
        });
        let notes = [Some(site.operand.name.clone()), Some(site.scope.clone()), location];
        return notes.into_iter().flatten().filter(|note| !note.is_empty()).collect();
    }
    let named = op.as_leaf().filter(|leaf| leaf.kind != LeafKind::Constant);
    let name = named.and_then(|leaf| signature.leaves.get(leaf.slot));
    name.map(|leaf| leaf.name().to_owned()).into_iter().collect()
}
