//! What kernels compute again instead of reading it: arithmetic that an earlier kernel needs itself, but would have to
//! store for them.
//!
//! The backward pass needs many values of the forward pass. To compute one again, of what is there anyway, takes an
//! instruction or two on a block in the nearest cache; to store and to read it takes two passes over memory that grows
//! with every layer. All values stay the same to the bit.

use retrograd_core::{
    NodeId, Op,
    ops::{Binary, Unary},
};
use rustc_hash::FxHashMap;
use smallvec::{SmallVec, smallvec};

use crate::{
    compile::{
        classify::{Class, Classified},
        group::{Groups, is_small},
    },
    kernels::code::Extent,
};

/// The most instructions that take the place of a value.
const MOST_INSTRUCTIONS: usize = 4;

/// Fewer numbers are stored and read in less time than an instruction is dispatched in.
const LEAST_ELEMENTS: usize = 64;

/// For each group, the nodes of others that it computes again, ascending. A value that all of its readers compute again
/// is not stored.
pub(crate) fn rematerialize(
    classified: &Classified<'_>,
    groups: &Groups,
) -> FxHashMap<u32, Vec<NodeId>> {
    let are_stored = groups.are_needed_elsewhere(classified);
    let mut finder = Finder { classified, groups, are_stored, again: FxHashMap::default() };
    (0..classified.classes.len()).for_each(|index| finder.add(NodeId::new(index)));
    finder.again
}

struct Finder<'a> {
    classified: &'a Classified<'a>,
    groups: &'a Groups,
    are_stored: Vec<bool>,
    again: FxHashMap<u32, Vec<NodeId>>,
}

impl Finder<'_> {
    /// Has all kernels that read a value compute it again, if each of them can.
    fn add(&mut self, id: NodeId) {
        if !self.are_stored[id.index()] || !self.is_cheap(id) {
            return;
        }
        let own = self.groups.group_of[id.index()];
        let users = self.classified.users(id).iter();
        let mut readers: SmallVec<[u32; 4]> = SmallVec::new();
        for user in users.filter(|user| self.groups.group_of[user.index()] != own) {
            // A view has a group, too, but is read from memory.
            match self.groups.group_of[user.index()] {
                Some(group) if self.classified.fused(*user).is_some() => readers.push(group),
                _ => return,
            }
        }
        readers.sort_unstable();
        readers.dedup();
        let nodes = readers.iter().map(|&reader| Some((reader, self.nodes(id, reader)?)));
        let Some(nodes) = nodes.collect::<Option<Vec<_>>>() else { return };
        for (reader, nodes) in nodes {
            let again = self.again.entry(reader).or_default();
            again.extend(nodes);
            again.sort_unstable();
        }
        self.are_stored[id.index()] = false;
    }

    /// The nodes that a kernel computes to have a value, if they are few, and take no more memory than the value does:
    /// they read what is there anyway, and at most one value more.
    fn nodes(&self, id: NodeId, reader: u32) -> Option<SmallVec<[NodeId; 4]>> {
        let again = self.again.get(&reader).map_or(&[][..], Vec::as_slice);
        let (mut nodes, mut more) = (SmallVec::new(), None);
        let mut open: SmallVec<[NodeId; 4]> = smallvec![id];
        while let Some(next) = open.pop() {
            if nodes.len() == MOST_INSTRUCTIONS || !self.is_cheap_for(next, reader) {
                return None;
            }
            nodes.push(next);
            for &input in &self.classified.computation.nodes[next.index()].inputs {
                let is_computed = again.contains(&input) || nodes.contains(&input);
                if is_computed || open.contains(&input) || self.is_there(input, reader) {
                    continue;
                }
                let base = self.classified.base(input);
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
    fn is_cheap(&self, id: NodeId) -> bool {
        let classified = self.classified;
        let node = &classified.computation.nodes[id.index()];
        let is_own = |user: &NodeId| {
            classified.fused(*user).is_some()
                && self.groups.group_of[user.index()] == self.groups.group_of[id.index()]
        };
        matches!(classified.classes[id.index()], Class::Elementwise(_))
            && is_arithmetic(&node.op)
            && node.shape.n_elements() >= LEAST_ELEMENTS
            && !classified.is_root[id.index()]
            && !classified.is_awaited[id.index()]
            && classified.computation.awaited[id.index()].is_none()
            && classified.users(id).iter().any(is_own)
    }

    /// Whether such a value has a number for each element of the rows of another kernel.
    fn is_cheap_for(&self, id: NodeId, reader: u32) -> bool {
        let home = |id: NodeId| self.groups.homes.get(id);
        let rows = home(self.groups.members[reader as usize][0]).map(|home| home.rows);
        self.is_cheap(id) && home(id) == rows.map(|rows| rows.home(Extent::Element))
    }

    /// Whether a value is there when a kernel runs, whatever that reads: from outside, or needed then or later; or small.
    fn is_there(&self, id: NodeId, reader: u32) -> bool {
        let (classified, levels) = (self.classified, &self.groups.levels);
        let (base, first) = (classified.base(id), self.groups.members[reader as usize][0]);
        let is_outside = matches!(classified.classes[base.index()], Class::Leaf | Class::Literal);
        let is_needed = |user: &NodeId| levels[user.index()] >= levels[first.index()];
        is_outside
            || self.is_stored(base)
                && (is_small(classified, id, first) || classified.users(id).iter().any(is_needed))
    }

    /// Whether a value is in memory.
    fn is_stored(&self, base: NodeId) -> bool {
        self.classified.fused(base).is_none() || self.are_stored[base.index()]
    }

    fn n_bytes(&self, id: NodeId) -> usize {
        let dtype = self.classified.computation.nodes[id.index()].dtype;
        dtype.n_bytes() * self.classified.n_elements(id)
    }
}

/// Whether an operation takes a cycle or two for as many numbers as vectors hold.
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
        Op::Compare(_) | Op::Select | Op::Cast => true,
        _ => false,
    }
}
