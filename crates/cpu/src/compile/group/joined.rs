//! What a group's kernel does beside computing its nodes: numbers of a program are put together, and elements of a value are
//! added up.

use retrograd_core::{NodeId, Op};

use super::Groups;
use crate::{
    compile::classify::{Class, Classified},
    kernels::code::Extent,
};

/// The most elements of a vector for each number of a program of scalars that is put in it; the others are constants.
const MOST_PLACES: usize = 4;

impl Groups {
    /// Has programs of scalars put their numbers together, where a node does nothing else.
    pub(super) fn join_numbers(&mut self, classified: &Classified<'_>) {
        if self.programs.is_empty() {
            return;
        }
        for (index, node) in classified.computation.nodes.iter().enumerate() {
            let id = NodeId::new(index);
            if matches!(node.op, Op::Concat(_))
                && let Some(group) = self.program_that_joins(classified, id)
            {
                self.programs.entry(group).or_default().push(id);
                self.group_of[index] = Some(group);
            }
        }
    }

    /// The program that can put numbers together to a node, since whatever else is joined is there before it runs.
    fn program_that_joins(&self, classified: &Classified<'_>, id: NodeId) -> Option<u32> {
        let nodes = &classified.computation.nodes;
        let node = &nodes[id.index()];
        let level_of = |group: u32| self.levels[self.members[group as usize][0].index()];
        let groups = node.inputs.iter().filter_map(|input| self.group_of[input.index()]);
        let groups = groups.filter(|group| self.programs.contains_key(group));
        // What is made of inputs only, the first program can join.
        let earliest =
            || self.programs.keys().copied().min_by_key(|&group| (level_of(group), group));
        let group = groups.max_by_key(|&group| level_of(group)).or_else(earliest)?;
        let is_there = |input: &NodeId| {
            let base = classified.base(*input);
            let is_there = match classified.fused(base) {
                Some(_) if self.group_of[base.index()] == Some(group) => true,
                Some(_) => self.levels[base.index()] < level_of(group),
                None => self.levels[base.index()] <= level_of(group),
            };
            let is_constant = classified.classes[input.index()] == Class::Literal;
            is_there && (is_constant || classified.n_elements(*input) == 1)
        };
        let is_possible = classified.fused(self.members[group as usize][0]) == Some(node.dtype)
            && node.shape.n_elements() <= MOST_PLACES * node.inputs.len()
            && classified.computation.awaited[id.index()].is_none()
            && level_of(group) < self.levels[id.index()]
            && node.inputs.iter().all(is_there);
        is_possible.then_some(group)
    }

    /// Has kernels add up their values, block by block, where a node sums all elements of one.
    pub(super) fn join_totals(&mut self, classified: &Classified<'_>) {
        for (index, node) in classified.computation.nodes.iter().enumerate() {
            let id = NodeId::new(index);
            let is_total = classified.classes[index] == Class::Step
                && matches!(node.op, Op::Sum(_))
                && node.shape.n_elements() == 1
                && classified.computation.awaited[index].is_none();
            if is_total && let Some(group) = self.kernel_that_adds_up(classified, node.inputs[0]) {
                self.totals.entry(group).or_default().push(id);
                self.group_of[index] = Some(group);
            }
        }
    }

    /// The fused kernel that has all elements of a value at hand, each once.
    fn kernel_that_adds_up(&self, classified: &Classified<'_>, id: NodeId) -> Option<u32> {
        let source = classified.source(id);
        let group = self.group_of[source.base.index()]?;
        let has_all = classified.fused(source.base)?.is_float()
            && source.is_contiguous()
            && self.homes.get(source.base)?.extent == Extent::Element
            && source.shape.n_elements() == classified.n_elements(source.base);
        (has_all && !self.programs.contains_key(&group)).then_some(group)
    }
}
