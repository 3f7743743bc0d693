//! Nodes that join a group whose kernel has their operands at hand: numbers of a program put together, and sums of all
//! elements of a value.

use retrograd_core::{Op, computation::ValueId};

use super::Groups;
use crate::{compile::classify::Class, kernels::code::Extent};

/// The most elements of a vector for each number of a program of scalars that is put in it; the others are constants.
const MOST_PLACES: usize = 4;

impl Groups<'_> {
    /// Has programs of scalars put their numbers together, where a node does nothing else.
    pub(super) fn join_numbers(&mut self) {
        if self.programs.is_empty() {
            return;
        }
        let roles = self.levels.roles;
        for (index, node) in roles.computation.nodes.iter().enumerate() {
            let id = ValueId::new(index);
            if matches!(node.op, Op::Concat(_))
                && let Some(group) = self.program_that_joins(id)
            {
                self.programs.entry(group).or_default().push(id);
                self.group_of[index] = Some(group);
            }
        }
    }

    /// The program that can put numbers together to a node, since whatever else is joined is there before it runs.
    fn program_that_joins(&self, id: ValueId) -> Option<u32> {
        let roles = self.levels.roles;
        let nodes = &roles.computation.nodes;
        let node = &nodes[id.index()];
        let groups = node.inputs.iter().filter_map(|input| self.group_of[input.index()]);
        let groups = groups.filter(|group| self.programs.contains_key(group));
        // A vector of inputs only can join the first program.
        let earliest =
            || self.programs.keys().copied().min_by_key(|&group| (self.level(group), group));
        let group = groups.max_by_key(|&group| self.level(group)).or_else(earliest)?;
        let is_there = |input: &ValueId| {
            let base = roles.base(*input);
            let is_there = match roles.fused(base) {
                Some(_) if self.group_of[base.index()] == Some(group) => true,
                Some(_) => self.levels.level(base) < self.level(group),
                None => self.levels.level(base) <= self.level(group),
            };
            let is_constant = roles.classes[input.index()] == Class::Literal;
            is_there && (is_constant || roles.n_elements(*input) == 1)
        };
        let is_possible = roles.fused(self.members[group as usize][0]) == Some(node.dtype)
            && node.shape.n_elements() <= MOST_PLACES * node.inputs.len()
            && roles.computation.awaited[id.index()].is_none()
            && self.level(group) < self.levels.level(id)
            && node.inputs.iter().all(is_there);
        is_possible.then_some(group)
    }

    /// Has kernels add up their values, block by block, where a node sums all elements of one.
    pub(super) fn join_totals(&mut self) {
        let roles = self.levels.roles;
        for (index, node) in roles.computation.nodes.iter().enumerate() {
            let id = ValueId::new(index);
            let is_total = roles.classes[index] == Class::Step
                && matches!(node.op, Op::Sum(_))
                && node.shape.n_elements() == 1
                && roles.computation.awaited[index].is_none();
            if is_total && let Some(group) = self.kernel_that_adds_up(node.inputs[0]) {
                self.totals.entry(group).or_default().push(id);
                self.group_of[index] = Some(group);
            }
        }
    }

    /// The fused kernel that has all elements of a value at hand, each once.
    fn kernel_that_adds_up(&self, id: ValueId) -> Option<u32> {
        let roles = self.levels.roles;
        let source = roles.source(id);
        let group = self.group_of[source.base.index()]?;
        let has_all = roles.fused(source.base)?.is_float()
            && source.is_contiguous()
            && self.levels.homes.get(source.base)?.extent == Extent::Element
            && source.shape.n_elements() == roles.n_elements(source.base);
        (has_all && !self.programs.contains_key(&group)).then_some(group)
    }
}
