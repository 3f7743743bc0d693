//! Whether the tables of single stages are sound.

use retrograd_core::computation::ValueId;
use rustc_hash::FxHashMap;

use crate::{
    compile::{
        accumulate::Roles,
        classify::{Class, Classified},
        group::Groups,
        levels::Levels,
        lower::Lowered,
        order::Order,
        rematerialize::Fusion,
        update::LeafUpdates,
    },
    step::{StepId, writers},
};

/// Fails with a fault of a value, unless it is sound.
fn check(is_sound: bool, id: ValueId, fault: &str) -> Result<(), String> {
    if is_sound { Ok(()) } else { Err(format!("{id} {fault}")) }
}

impl Classified<'_> {
    /// Checks that views read buffers, within these.
    pub fn verify(&self) -> Result<(), String> {
        for id in (0..self.classes.len()).map(ValueId::new) {
            let (source, is_view) = (self.source(id), self.classes[id.index()] == Class::View);
            check(self.base(source.base) == source.base, id, "is a view of a view")?;
            check(is_view || source.base == id, id, "is no view, and read as one")?;
            let mut positions = source.layout.positions(&source.shape);
            let n = self.n_elements(source.base);
            // All positions of a large value take too long.
            let is_within = source.shape.n_elements() > 4096 || positions.all(|at| at < n);
            check(is_within, id, "reaches beyond its buffer")?;
        }
        Ok(())
    }
}

impl Roles<'_> {
    /// Checks that each part has one user, which is a step.
    pub fn verify(&self) -> Result<(), String> {
        for id in (0..self.classes.len()).map(ValueId::new) {
            let is_part = self.classes[id.index()] == Class::Part;
            let is_used =
                |user: ValueId| matches!(self.classes[user.index()], Class::Step | Class::Part);
            let is_alone = matches!(self.users(id), [user] if is_used(*user));
            check(!is_part || is_alone && !self.is_root[id.index()], id, "is a part of no step")?;
        }
        for (&id, sum) in &self.accumulations {
            let parts = self.parts(id);
            check(parts.contains(&sum.added), id, "accumulates what is no part of it")?;
            check(self.source(sum.onto).is_contiguous(), id, "is added onto a strided view")?;
        }
        Ok(())
    }
}

impl Levels<'_> {
    /// Checks that no value comes before its operands, and that a step or another home climbs.
    pub fn verify(&self) -> Result<(), String> {
        let roles = self.roles;
        for (id, node) in (0..roles.classes.len()).map(ValueId::new).zip(&roles.computation.nodes) {
            let own = self.homes.get(id).map(|home| home.rows);
            for &input in &node.inputs {
                let other = self.homes.get(input).map(|home| home.rows);
                let climbs = own != other && other.is_some();
                let is_part = roles.classes[id.index()] == Class::Part;
                let is_early = self.level(id) < self.level(input) + u32::from(climbs && !is_part);
                let is_leaf = roles.classes[roles.base(id).index()] == Class::Leaf
                    || roles.copies.contains_key(&id);
                check(!is_early || is_leaf, id, "is on a level below an operand")?;
            }
            let awaited = roles.computation.awaited[id.index()];
            let is_early = awaited.is_some_and(|awaited| self.level(id) <= self.level(awaited));
            // A view that is not copied has no step that could wait.
            let is_mere_view =
                roles.classes[id.index()] == Class::View && !roles.copies.contains_key(&id);
            check(!is_early || is_mere_view, id, "is on a level below the value it awaits")?;
        }
        Ok(())
    }
}

impl Groups<'_> {
    /// Checks that each node that can be fused is in one group, all of whose nodes are of one level and the same rows.
    pub fn verify(&self) -> Result<(), String> {
        let (roles, levels) = (self.levels.roles, self.levels);
        let mut n_members = 0;
        for (group, members) in (0..).zip(&self.members) {
            n_members += members.len();
            let rows = |id: ValueId| levels.homes.get(id).map(|home| home.rows);
            for pair in members.windows(2) {
                check(pair[0] < pair[1], pair[1], "is out of order in its group")?;
                check(rows(pair[0]) == rows(pair[1]), pair[1], "is of other rows than its group")?;
            }
            for &id in members {
                let is_own = self.group_of[id.index()] == Some(group) && roles.fused(id).is_some();
                check(is_own, id, "is in a group that is not its own")?;
                check(levels.level(id) == self.level(group), id, "is on another level")?;
            }
        }
        let ids = (0..roles.classes.len()).map(ValueId::new);
        match ids.filter(|&id| roles.fused(id).is_some()).count() == n_members {
            true => Ok(()),
            false => Err("a node that can be fused is in no group, or in two".to_owned()),
        }
    }
}

impl Fusion<'_> {
    /// Checks the stored values against a fresh search for the values that other kernels read.
    pub fn verify(&self) -> Result<(), String> {
        let are_needed = self.are_needed();
        let ids = (0..are_needed.len()).map(ValueId::new);
        ids.zip(are_needed).try_for_each(|(id, is_needed)| {
            let is_fused = self.groups.levels.roles.fused(id).is_some();
            let is_sound = !is_fused || is_needed == self.are_stored[id.index()];
            check(is_sound, id, "is stored for nobody, or read and not stored")
        })
    }
}

impl Lowered {
    /// Checks that each value is written once, that operands are written values or leaves, and that sizes fit.
    pub fn verify(&self) -> Result<(), String> {
        let mut n_writers: FxHashMap<ValueId, usize> = FxHashMap::default();
        let results = self.steps.iter().flat_map(|step| step.writes.iter().chain(&step.scratch));
        results.chain(&self.leaves).for_each(|&id| *n_writers.entry(id).or_default() += 1);
        for step in &self.steps {
            let ids = step.reads.iter().chain(&step.writes).chain(&step.scratch);
            for &id in ids {
                check(id.index() < self.sizes.len(), id, "has no size")?;
                check(n_writers.get(&id) == Some(&1), id, "is not written once")?;
            }
            step.kernel.behavior().check_sizes(&|id| self.sizes.n_elements(id))?;
        }
        let mut roots = self.roots.iter();
        roots.try_for_each(|root| check(n_writers.contains_key(root), *root, "is not written"))
    }
}

impl LeafUpdates {
    /// Checks that new values have the size of their targets, and that one in place is computed at one target.
    pub fn verify(&self, lowered: &Lowered) -> Result<(), String> {
        for update in &self.all {
            let fits = lowered.sizes.of(update.target) == lowered.sizes.of(update.value);
            check(fits, update.value, "does not fit its target")?;
            let there = self.in_place.iter().filter(|other| other.value == update.value);
            check(there.count() <= 1, update.value, "is computed in two places")?;
        }
        Ok(())
    }
}

impl Order {
    /// Checks that the sequence has each step once, after the writers of its operands and after all that it waits for.
    pub fn verify(&self, lowered: &Lowered, updates: &LeafUpdates) -> Result<(), String> {
        let n_steps = lowered.steps.len() + updates.copies.len();
        let mut position = vec![None; n_steps];
        self.sequence.iter().enumerate().for_each(|(at, id)| position[id.index()] = Some(at));
        if self.sequence.len() != n_steps || position.contains(&None) {
            return Err("a step is missing, or runs twice".to_owned());
        }
        let writers = writers(&lowered.steps);
        let all = lowered.steps.iter().chain(&updates.copies).enumerate();
        let dependencies = all.flat_map(|(index, step)| {
            let reads = step.reads.iter().filter_map(|read| writers.get(read));
            reads.map(move |&writer| (writer, StepId::new(index)))
        });
        let mut edges = dependencies.chain(lowered.edges.iter().chain(&updates.edges).copied());
        match edges.find(|(before, after)| position[before.index()] >= position[after.index()]) {
            Some((before, after)) => Err(format!("{after} runs before {before}")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use retrograd_core::{Graph, computation::Computation};

    use super::*;
    use crate::{
        compile::{
            accumulate::accumulate, classify::classify, group::group, levels::levels, lower::lower,
            order::order, rematerialize::rematerialize, update::update,
        },
        program::Task,
        tuning::Tuning,
    };

    /// A product, fused nodes around it, and the update of a parameter by a sum with a product.
    fn task() -> Task {
        let g = Graph::new();
        let (x, w) = (g.input("x", [8, 8]), g.param("w", [[0.5; 8]; 8]));
        let y = x.exp().matmul(w).tanh();
        let loss = y.square().sum();
        let roots = [loss, w - 0.1 * loss.grad(&[w])[0]];
        let computation = Computation::of(&roots).computation;
        let slots = computation.nodes.iter().filter_map(|node| match node.op {
            retrograd_core::Op::Leaf(leaf) if node.shape == [8, 8].into() => Some(leaf),
            _ => None,
        });
        let param = slots.max_by_key(|leaf| leaf.slot).expect("there are two leaves");
        Task { computation, n_outputs: 1, targets: vec![param.slot], is_checked: false }
    }

    #[test]
    fn faults_of_classes_and_roles_are_found() {
        let (task, tuning) = (task(), Tuning::default());
        let mut classified = classify(&task.computation, &tuning);
        assert_eq!(classified.verify(), Ok(()));
        let view = classified.classes.iter().position(|class| *class == Class::View);
        let sound = accumulate(&classified);
        assert_eq!(sound.verify(), Ok(()));
        let mut roles = accumulate(&classified);
        roles.classes[0] = Class::Part;
        assert!(roles.verify().expect_err("a leaf").contains("%0 is a part of no step"));
        let mut roles = accumulate(&classified);
        roles.accumulations.values_mut().for_each(|sum| sum.added = sum.onto);
        assert!(roles.verify().expect_err("no part").contains("accumulates what is no part"));
        let view = view.expect("a gradient transposes an operand");
        classified.classes[view] = Class::Step;
        assert!(classified.verify().expect_err("a step").contains("is no view, and read as one"));
    }

    #[test]
    fn faults_of_groups_and_of_stored_values_are_found() {
        let (task, tuning) = (task(), Tuning::default());
        let classified = classify(&task.computation, &tuning);
        let roles = accumulate(&classified);
        let levels = levels(&roles);
        assert_eq!(levels.verify(), Ok(()));
        let mut groups = group(&levels);
        let mut fusion = rematerialize(&groups);
        assert_eq!((groups.verify(), fusion.verify()), (Ok(()), Ok(())));
        let stored = (0..).map(ValueId::new).zip(&fusion.are_stored);
        let mut stored = stored.filter(|(id, is_stored)| **is_stored && roles.fused(*id).is_some());
        let (id, _) = stored.next().expect("a kernel stores a value");
        fusion.are_stored[id.index()] = false;
        assert!(fusion.verify().expect_err("it is read").contains("read and not stored"));
        let last = groups.members.pop().expect("there are groups");
        assert!(groups.verify().expect_err("it is gone").contains("in no group"));
        groups.members[0].extend(last);
        assert!(groups.verify().is_err(), "another level");
    }

    #[test]
    fn faults_of_steps_updates_and_their_order_are_found() {
        let (task, tuning) = (task(), Tuning::default());
        let classified = classify(&task.computation, &tuning);
        let roles = accumulate(&classified);
        let levels = levels(&roles);
        let groups = group(&levels);
        let mut lowered = lower(&task, &rematerialize(&groups));
        let mut updates = update(&task, &lowered);
        let mut sequence = order(&lowered, &updates);
        assert_eq!(lowered.verify(), Ok(()));
        assert_eq!(updates.verify(&lowered), Ok(()));
        assert_eq!(sequence.verify(&lowered, &updates), Ok(()));
        sequence.sequence.reverse();
        let fault = sequence.verify(&lowered, &updates).expect_err("it is backwards");
        assert!(fault.contains("runs before"), "{fault}");
        sequence.sequence.pop();
        assert!(sequence.verify(&lowered, &updates).expect_err("fewer").contains("is missing"));
        updates.all[0].value = lowered.roots[0];
        assert!(updates.verify(&lowered).expect_err("a scalar").contains("does not fit"));
        lowered.steps.pop();
        assert!(lowered.verify().expect_err("fewer steps").contains("written"));
    }
}
