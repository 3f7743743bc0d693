//! Which nodes are fused into one kernel: elementwise ones, and those that compute of rows.
//!
//! Every node has a level: leaves 0, a step or view one more than its highest input, a node that can be fused that of its
//! highest input, or one more where that belongs to a kernel over other rows. Views that a kernel has at hand do not climb
//! either: of all elements in order, or of one number of each row all over the row. So an edge on one level leads from a
//! step to a kernel, or joins nodes of the same rows, and those are fused. Whatever leaves a group climbs, and cannot come
//! back: there is no cycle.
//!
//! Nodes that only a later group uses sink to its level, so that what the backward pass derives from a stored value is
//! computed there and not stored as well. What is computed again after some value has a higher level than that, so that
//! no kernel joins it with the forward pass.

mod joined;

use petgraph::unionfind::UnionFind;
use retrograd_core::{DType, NodeId, Op};
use rustc_hash::FxHashMap;

use crate::{
    compile::{
        classify::{Class, Classified},
        rematerialize::rematerialize,
        rows::{Home, Homes, rows_of_operation},
    },
    kernels::{code::Extent, rows::Rows},
    layout::Walk,
};

/// Levels of all nodes, and the groups of those that are fused.
pub(crate) struct Groups {
    pub levels: Vec<u32>,
    /// For nodes that can be fused, and views of them that are read without being stored: among which others.
    pub homes: Homes,
    /// The nodes of each group, ascending, views left out.
    pub members: Vec<Vec<NodeId>>,
    /// The group of each node and view that is fused.
    pub group_of: Vec<Option<u32>>,
    /// The groups that are programs of scalars, each with the nodes that put some of its numbers together.
    pub programs: FxHashMap<u32, Vec<NodeId>>,
    /// The sums of all elements of a value that a group's kernel adds up block by block while it has them.
    pub totals: FxHashMap<u32, Vec<NodeId>>,
    /// For each group, the nodes of others that its kernel computes again, ascending.
    again: FxHashMap<u32, Vec<NodeId>>,
}

/// The fewest single numbers of a level that are computed by a program of scalars, and not by a fused kernel.
const LEAST_SCALARS: usize = 32;

impl Groups {
    /// Groups the nodes of a computation; roots are not moved.
    pub fn new(classified: &Classified<'_>) -> Self {
        let mut places = Places::new(classified);
        places.sink();
        let mut sets = UnionFind::<u32>::new(places.levels.len());
        places.join_neighbors(&mut sets);
        let first_scalars = places.join_scalars(&mut sets);
        let Places { levels, homes, .. } = places;
        let mut groups = collect(classified, levels, homes, sets);
        let programs = first_scalars.iter().filter_map(|id| groups.group_of[id.index()]);
        groups.programs = programs.map(|group| (group, Vec::new())).collect();
        groups.join_numbers(classified);
        groups.join_totals(classified);
        groups.again = rematerialize(classified, &groups);
        groups
    }

    /// The home that an operand has in the kernel of a node.
    pub fn home_of_operand(&self, classified: &Classified<'_>, user: NodeId) -> Home {
        home_of_operand(classified, &self.homes, user).expect("nodes of kernels have a home")
    }

    /// Whether anything but what programs of scalars join reads a value from memory, by some rule of what reads.
    pub fn is_read(
        &self,
        classified: &Classified<'_>,
        id: NodeId,
        reads: impl Fn(NodeId) -> bool,
    ) -> bool {
        let is_joined = |user: NodeId| {
            classified.classes[user.index()] == Class::Step && self.group_of[user.index()].is_some()
        };
        classified.users(id).iter().any(|&user| !is_joined(user) && reads(user))
    }

    /// All nodes that the kernel of a group computes, ascending.
    pub fn computed(&self, group: usize) -> Vec<NodeId> {
        let again = self.again.get(&(group as u32)).map_or(&[][..], Vec::as_slice);
        let mut computed = [again, &self.members[group]].concat();
        computed.sort_unstable();
        computed
    }

    /// Whether the value of each node is needed by anything but the groups that compute it. What a group reads to compute
    /// others' nodes again is needed in any case.
    pub fn are_needed_elsewhere(&self, classified: &Classified<'_>) -> Vec<bool> {
        let mut are_needed = classified.is_root.clone();
        for index in (0..are_needed.len()).rev() {
            let id = NodeId::new(index);
            are_needed[index] |= classified.users(id).iter().any(|user| {
                let is_view = classified.classes[user.index()] == Class::View;
                !self.computes(self.group_of[user.index()], id)
                    || is_view && are_needed[user.index()]
            });
        }
        are_needed
    }

    /// Whether a group computes a node, as one of its own or again.
    fn computes(&self, group: Option<u32>, id: NodeId) -> bool {
        let is_again = |group| self.again.get(group).is_some_and(|again| again.contains(&id));
        group == self.group_of[id.index()] || group.as_ref().is_some_and(is_again)
    }
}

/// Levels and homes while they are found.
struct Places<'a> {
    classified: &'a Classified<'a>,
    levels: Vec<u32>,
    homes: Homes,
}

impl<'a> Places<'a> {
    /// The place of each node when it is computed as early as possible.
    fn new(classified: &'a Classified<'a>) -> Self {
        let n = classified.classes.len();
        let mut this =
            Self { classified, levels: Vec::with_capacity(n), homes: Homes::with_capacity(n) };
        for (index, node) in classified.computation.nodes.iter().enumerate() {
            let id = NodeId::new(index);
            let awaited = classified.computation.awaited[index].map(|id| this.level(id) + 1);
            let inputs = node.inputs.iter().map(|&input| this.level(input));
            let highest = inputs.chain(awaited).max().unwrap_or(0);
            let home = this.home_at(id, highest);
            let above = |&input: &NodeId| {
                let comes_from_others = this
                    .homes
                    .get(input)
                    .is_some_and(|other| home.is_none_or(|own| own.rows != other.rows));
                this.level(input) + u32::from(comes_from_others)
            };
            let level = match classified.classes[index] {
                Class::Leaf | Class::Literal => 0,
                // A view of a leaf is there from the start, or can be copied then.
                Class::View if this.is_view_of_leaf(id) => 0,
                Class::View | Class::Step if home.is_none() => highest + 1,
                // Its step comes after all that the parts need.
                Class::Part => highest,
                Class::Elementwise(_) | Class::Row(_) | Class::View | Class::Step => {
                    node.inputs.iter().map(above).chain([highest]).max().unwrap_or(0)
                }
            };
            // One number for each row of nodes of a lower level: no row is at hand any more.
            let home = if level > highest { this.first_home(id) } else { home };
            this.levels.push(level);
            this.homes.push(home);
        }
        this
    }

    fn level(&self, id: NodeId) -> u32 {
        self.levels[id.index()]
    }

    /// The home of a node with its highest inputs at some level.
    fn home_at(&self, id: NodeId, level: u32) -> Option<Home> {
        let classified = self.classified;
        match classified.classes[id.index()] {
            Class::Elementwise(dtype) => {
                let is_of_row =
                    |home: &Home| home.extent == Extent::Row && home.rows.dtype == dtype;
                let inputs = &classified.computation.nodes[id.index()].inputs;
                let highest = inputs.iter().filter(|&&input| self.level(input) == level);
                let of_row = highest.filter_map(|input| self.homes.get(*input)).find(is_of_row);
                of_row.or_else(|| self.first_home(id))
            }
            Class::View => self.home_of_view(id),
            Class::Row(_) => self.first_home(id),
            Class::Leaf | Class::Literal | Class::Step | Class::Part => None,
        }
    }

    /// The home that a node has of itself.
    fn first_home(&self, id: NodeId) -> Option<Home> {
        let computation = self.classified.computation;
        let node = &computation.nodes[id.index()];
        match self.classified.classes[id.index()] {
            Class::Elementwise(dtype) => Some(Rows::of(&node.shape, dtype).home(Extent::Element)),
            Class::Row(_) => {
                let is_put_into_rows = matches!(node.op, Op::ScatterAdd(_));
                let extent = if is_put_into_rows { Extent::Element } else { Extent::Row };
                Some(rows_of_operation(computation, id).home(extent))
            }
            Class::Leaf | Class::Literal | Class::View | Class::Step | Class::Part => None,
        }
    }

    /// The home of a view that a kernel has at hand when it has what is viewed: all of it in order, or one number of
    /// each row all over the row.
    fn home_of_view(&self, id: NodeId) -> Option<Home> {
        let node = &self.classified.computation.nodes[id.index()];
        let source = self.classified.source(id);
        if source.base == id {
            return None;
        }
        self.homes.get(node.inputs[0])?;
        let Home { rows, extent } = self.homes.get(source.base)?;
        let is_same = source.is_contiguous()
            && match extent {
                Extent::Row => node.shape.n_elements() == rows.n_rows,
                Extent::Element => Rows::of(&node.shape, rows.dtype) == rows,
            };
        if is_same {
            return Some(rows.home(extent));
        }
        let walk = Walk::new(&source.layout, &source.shape);
        let is_spread = extent == Extent::Row
            && Rows::of(&node.shape, rows.dtype) == rows
            && walk.repeats_each(rows.n_rows, rows.n_columns);
        is_spread.then(|| rows.home(Extent::Element))
    }

    fn is_view_of_leaf(&self, id: NodeId) -> bool {
        let classified = self.classified;
        let is_of_leaf = |base: NodeId| classified.classes[base.index()] == Class::Leaf;
        match classified.copies.get(&id) {
            Some(source) => {
                is_of_leaf(source.base) && classified.computation.awaited[id.index()].is_none()
            }
            None => is_of_leaf(classified.base(id)),
        }
    }

    /// Moves nodes that only later groups use down to the first of them, where that keeps no more values alive.
    fn sink(&mut self) {
        let classified = self.classified;
        for index in (0..self.levels.len()).rev() {
            let id = NodeId::new(index);
            let Class::Elementwise(own) = classified.classes[index] else { continue };
            let users = classified.users(id);
            let all_in_kernels = users.iter().all(|&user| classified.fused(user) == Some(own));
            let Some(target) = users.iter().map(|&user| self.level(user)).min() else { continue };
            let is_fixed = classified.is_root[index] || classified.is_awaited[index];
            if is_fixed || !all_in_kernels || target == self.levels[index] {
                continue;
            }
            let mut homes = users
                .iter()
                .filter(|&&user| self.level(user) == target)
                .map(|&user| home_of_operand(classified, &self.homes, user));
            let home = homes.next().flatten();
            if homes.all(|other| other == home) && self.keeps_no_more_alive(id, target) {
                self.levels[index] = target;
                self.homes.set(id, home);
            }
        }
    }

    /// Whether computing a node at a later level trades at most one stored value, its own, for one input.
    fn keeps_no_more_alive(&self, id: NodeId, target: u32) -> bool {
        let classified = self.classified;
        let mut inputs: Vec<_> = classified.computation.nodes[id.index()].inputs.to_vec();
        inputs.sort_unstable();
        inputs.dedup();
        let is_kept_anyway = |&input: &NodeId| {
            let base = classified.base(input);
            let is_outside =
                matches!(classified.classes[base.index()], Class::Leaf | Class::Literal);
            let mut others = classified.users(input).iter().filter(|&&user| user != id);
            is_outside
                || is_small(classified, input, id)
                || others.any(|&user| self.level(user) >= target)
        };
        inputs.iter().filter(|input| !is_kept_anyway(input)).count() <= 1
    }

    /// Joins nodes of one level and the same rows that use each other, or the same value, unless that is small: then a
    /// kernel of two results saves nothing, and may keep the operands of one waiting for those of the other.
    fn join_neighbors(&self, sets: &mut UnionFind<u32>) {
        let mut readers: FxHashMap<(NodeId, u32), NodeId> = FxHashMap::default();
        for (index, node) in self.classified.computation.nodes.iter().enumerate() {
            let (id, level) = (NodeId::new(index), self.levels[index]);
            let Some(own) = self.homes.get(id) else { continue };
            let is_alike = |other: NodeId| {
                self.level(other) == level
                    && self.homes.get(other).is_some_and(|home| home.rows == own.rows)
            };
            for &input in &node.inputs {
                if is_alike(input) {
                    sets.union(index as u32, input.index() as u32);
                } else if self.shares_reading(input, id) {
                    let first = *readers.entry((input, level)).or_insert(id);
                    if is_alike(first) {
                        sets.union(index as u32, first.index() as u32);
                    }
                }
            }
        }
    }

    /// Joins all single numbers of a level, if there are many; returns one node of each such set.
    fn join_scalars(&self, sets: &mut UnionFind<u32>) -> Vec<NodeId> {
        let mut sets_of: FxHashMap<(u32, DType), Vec<u32>> = FxHashMap::default();
        for (index, &level) in self.levels.iter().enumerate() {
            let id = NodeId::new(index);
            let Some(Home { rows, .. }) = self.homes.get(id) else { continue };
            if rows.n_rows == 1 && rows.n_columns == 1 && self.classified.fused(id).is_some() {
                sets_of.entry((level, rows.dtype)).or_default().push(index as u32);
            }
        }
        let many = sets_of.into_values().filter(|scalars| scalars.len() >= LEAST_SCALARS);
        many.map(|scalars| {
            scalars.windows(2).for_each(|pair| {
                sets.union(pair[0], pair[1]);
            });
            NodeId::new(scalars[0] as usize)
        })
        .collect()
    }

    /// Whether kernels that read an input had better be one.
    fn shares_reading(&self, input: NodeId, id: NodeId) -> bool {
        let class = |id: NodeId| self.classified.classes[id.index()];
        class(input) != Class::Literal
            && class(id) != Class::View
            && self.classified.computation.nodes[input.index()].dtype != DType::I64
            && !is_small(self.classified, input, id)
    }
}

/// The home that an operand has in the kernel of a node.
fn home_of_operand(classified: &Classified<'_>, homes: &Homes, user: NodeId) -> Option<Home> {
    let home = homes.get(user)?;
    let extent = match (classified.classes[user.index()], home.extent) {
        (Class::Row(_), Extent::Row) => Extent::Element,
        (Class::Row(_), Extent::Element) => Extent::Row,
        (_, extent) => extent,
    };
    Some(home.rows.home(extent))
}

/// Whether the buffer that an input is read from is small beside the node that reads it.
pub(crate) fn is_small(classified: &Classified<'_>, input: NodeId, id: NodeId) -> bool {
    classified.n_elements(classified.base(input)) * 8 <= classified.n_elements(id)
}

fn collect(
    classified: &Classified<'_>,
    levels: Vec<u32>,
    homes: Homes,
    sets: UnionFind<u32>,
) -> Groups {
    let mut members: Vec<Vec<NodeId>> = Vec::new();
    let mut group_of_set: FxHashMap<u32, u32> = FxHashMap::default();
    for index in 0..levels.len() {
        if classified.fused(NodeId::new(index)).is_none() {
            continue;
        }
        let group = *group_of_set.entry(sets.find(index as u32)).or_insert_with(|| {
            members.push(Vec::new());
            members.len() as u32 - 1
        });
        members[group as usize].push(NodeId::new(index));
    }
    let group_of = |index: usize| {
        homes.get(NodeId::new(index))?;
        group_of_set.get(&sets.find(index as u32)).copied()
    };
    let group_of = (0..levels.len()).map(group_of).collect();
    let (programs, totals, again) = Default::default();
    Groups { group_of, levels, homes, members, programs, totals, again }
}
