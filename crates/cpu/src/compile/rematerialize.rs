//! Rematerialization: kernels compute arithmetic of earlier kernels again, instead of reading it from memory.
//!
//! The backward pass needs many values of the forward pass. To compute one again, of what is there anyway, takes an
//! instruction or two on a block in the nearest cache; to store and to read it takes two passes over memory that grows
//! with every layer. All values stay the same to the bit.

use retrograd_core::{
    Op,
    computation::ValueId,
    ops::{Binary, Unary},
};
use rustc_hash::FxHashMap;
use smallvec::{SmallVec, smallvec};

use crate::{
    compile::{accumulate::Roles, classify::Class, group::Groups},
    kernels::code::Extent,
};

/// The kernels of all groups: the nodes that each computes, its own and recomputed ones, and the values that are stored.
pub(crate) struct Fusion<'a> {
    pub groups: &'a Groups<'a>,
    /// For each group, the nodes of others that its kernel computes again, ascending.
    again: FxHashMap<u32, Vec<ValueId>>,
    /// Whether anything but the kernels that compute it needs the value of each node.
    pub are_stored: Vec<bool>,
}

/// Finds the arithmetic that kernels compute again. A value that all of its readers compute again is not stored.
pub(crate) fn rematerialize<'a>(groups: &'a Groups<'a>) -> Fusion<'a> {
    let again = FxHashMap::default();
    let mut fusion = Fusion { groups, again, are_stored: Vec::new() };
    fusion.are_stored = fusion.are_needed();
    let roles = groups.levels.roles;
    let mut finder = Finder { roles, groups, fusion };
    (0..roles.classes.len()).for_each(|index| finder.add(ValueId::new(index)));
    // A node that is computed again can be all that has read another value, or read a value that nothing else has read.
    let mut fusion = finder.fusion;
    fusion.are_stored = fusion.are_needed();
    fusion
}

impl Fusion<'_> {
    /// All nodes that the kernel of a group computes, ascending.
    pub fn computed(&self, group: u32) -> Vec<ValueId> {
        let mut computed = [self.again(group), &self.groups.members[group as usize]].concat();
        computed.sort_unstable();
        computed
    }

    /// The nodes of other groups that the kernel of a group computes again.
    pub fn again(&self, group: u32) -> &[ValueId] {
        self.again.get(&group).map_or(&[], Vec::as_slice)
    }

    /// Whether anything but the kernels that compute it needs the value of each node. Operands of recomputed nodes are
    /// needed in any case.
    pub(super) fn are_needed(&self) -> Vec<bool> {
        let roles = self.groups.levels.roles;
        let mut are_needed = roles.is_root.clone();
        for index in (0..are_needed.len()).rev() {
            let id = ValueId::new(index);
            are_needed[index] |= roles.users(id).iter().any(|user| {
                let is_view = roles.classes[user.index()] == Class::View;
                !self.computes(self.groups.group_of[user.index()], id)
                    || is_view && are_needed[user.index()]
            });
        }
        are_needed
    }

    /// Whether a group computes a node, as one of its own or again.
    fn computes(&self, group: Option<u32>, id: ValueId) -> bool {
        group == self.groups.group_of[id.index()]
            || group.is_some_and(|group| self.again(group).contains(&id))
    }
}

struct Finder<'a> {
    roles: &'a Roles<'a>,
    groups: &'a Groups<'a>,
    fusion: Fusion<'a>,
}

impl Finder<'_> {
    /// Has all kernels that read a value compute it again, if each of them can.
    fn add(&mut self, id: ValueId) {
        if !self.fusion.are_stored[id.index()] || !self.is_cheap(id) {
            return;
        }
        let own = self.groups.group_of[id.index()];
        let users = self.roles.users(id).iter();
        let mut readers: SmallVec<[u32; 4]> = SmallVec::new();
        for user in users.filter(|user| self.groups.group_of[user.index()] != own) {
            // A view has a group, too, but is read from memory.
            match self.groups.group_of[user.index()] {
                Some(group) if self.roles.fused(*user).is_some() => readers.push(group),
                _ => return,
            }
        }
        readers.sort_unstable();
        readers.dedup();
        let nodes = readers.iter().map(|&reader| Some((reader, self.nodes(id, reader)?)));
        let Some(nodes) = nodes.collect::<Option<Vec<_>>>() else { return };
        for (reader, nodes) in nodes {
            let again = self.fusion.again.entry(reader).or_default();
            again.extend(nodes);
            again.sort_unstable();
        }
        self.fusion.are_stored[id.index()] = false;
    }

    /// The nodes that a kernel computes to have a value, if they are few, and take no more memory than the value does:
    /// they read what is there anyway, and at most one value more.
    fn nodes(&self, id: ValueId, reader: u32) -> Option<SmallVec<[ValueId; 4]>> {
        let again = self.fusion.again(reader);
        let (mut nodes, mut more) = (SmallVec::new(), None);
        let mut open: SmallVec<[ValueId; 4]> = smallvec![id];
        while let Some(next) = open.pop() {
            if nodes.len() == self.roles.tuning.most_recomputed || !self.is_cheap_for(next, reader)
            {
                return None;
            }
            nodes.push(next);
            for &input in &self.roles.computation.nodes[next.index()].inputs {
                let is_computed = again.contains(&input) || nodes.contains(&input);
                if is_computed || open.contains(&input) || self.is_there(input, reader) {
                    continue;
                }
                let base = self.roles.base(input);
                if !self.is_stored(base) {
                    open.push(input);
                } else if more.is_none_or(|more| more == base)
                    && self.n_bytes(base) <= self.n_bytes(id)
                {
                    more = Some(base);
                } else {
                    return None;
                }
            }
        }
        Some(nodes)
    }

    /// Whether a value is one of arithmetic that its own kernel needs.
    fn is_cheap(&self, id: ValueId) -> bool {
        let roles = self.roles;
        let node = &roles.computation.nodes[id.index()];
        let is_own = |user: &ValueId| {
            roles.fused(*user).is_some()
                && self.groups.group_of[user.index()] == self.groups.group_of[id.index()]
        };
        matches!(roles.classes[id.index()], Class::Elementwise(_))
            && is_arithmetic(&node.op)
            && node.shape.n_elements() >= roles.tuning.least_recomputed
            && !roles.is_root[id.index()]
            && !roles.is_awaited[id.index()]
            && roles.computation.awaited[id.index()].is_none()
            && roles.users(id).iter().any(is_own)
    }

    /// Whether such a value has a number for each element of the rows of another kernel.
    fn is_cheap_for(&self, id: ValueId, reader: u32) -> bool {
        let home = |id: ValueId| self.groups.levels.homes.get(id);
        let rows = home(self.groups.members[reader as usize][0]).map(|home| home.rows);
        self.is_cheap(id) && home(id) == rows.map(|rows| rows.home(Extent::Element))
    }

    /// Whether a value is there when a kernel runs, whatever that reads: from outside, or needed then or later; or small.
    fn is_there(&self, id: ValueId, reader: u32) -> bool {
        let (roles, levels) = (self.roles, self.groups.levels);
        let (base, first) = (roles.base(id), self.groups.members[reader as usize][0]);
        let is_outside = matches!(roles.classes[base.index()], Class::Leaf | Class::Literal);
        let is_needed = |user: &ValueId| levels.level(*user) >= levels.level(first);
        is_outside
            || self.is_stored(base)
                && (roles.is_small(id, first) || roles.users(id).iter().any(is_needed))
    }

    /// Whether a value is in memory.
    fn is_stored(&self, base: ValueId) -> bool {
        self.roles.fused(base).is_none() || self.fusion.are_stored[base.index()]
    }

    fn n_bytes(&self, id: ValueId) -> usize {
        let dtype = self.roles.computation.nodes[id.index()].dtype;
        dtype.n_bytes() * self.roles.n_elements(id)
    }
}

/// Whether an operation takes a cycle or two for as many numbers as vectors hold.
#[expect(clippy::wildcard_enum_match_arm, reason = "a few of many rows are told apart")]
fn is_arithmetic(op: &Op) -> bool {
    match op {
        Op::Unary(op) => matches!(
            op,
            Unary::Neg | Unary::Abs | Unary::Sign | Unary::Step | Unary::Square | Unary::Relu
        ),
        Op::Binary(op) => matches!(
            op,
            Binary::Add
                | Binary::Sub
                | Binary::Mul
                | Binary::Chain
                | Binary::ClampMin
                | Binary::ClampMax
        ),
        op => matches!(op, Op::Compare(_) | Op::Select | Op::Cast),
    }
}
