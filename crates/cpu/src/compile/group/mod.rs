//! Fusion: the groups of elementwise nodes and row operations that become one kernel.
//!
//! Nodes of one level and the same rows are fused where one uses the other or both read the same large value. Many single
//! numbers of a level become a program of scalars.

mod joined;

use petgraph::unionfind::UnionFind;
use retrograd_core::{DType, computation::ValueId};
use rustc_hash::FxHashMap;

use crate::compile::{classify::Class, levels::Levels, rows::Home};

/// The groups of fused nodes.
pub(crate) struct Groups<'a> {
    pub levels: &'a Levels<'a>,
    /// The nodes of each group, ascending, views left out.
    pub members: Vec<Vec<ValueId>>,
    /// The group of each node and view that is fused.
    pub group_of: Vec<Option<u32>>,
    /// The groups that are programs of scalars, each with the nodes that put some of its numbers together.
    pub programs: FxHashMap<u32, Vec<ValueId>>,
    /// The sums of all elements of a value that a group's kernel adds up block by block while it has them.
    pub totals: FxHashMap<u32, Vec<ValueId>>,
}

/// Groups the nodes of a computation.
pub(crate) fn group<'a>(levels: &'a Levels<'a>) -> Groups<'a> {
    let mut joining = Joining { levels, sets: UnionFind::new(levels.roles.classes.len()) };
    joining.join_neighbors();
    let first_scalars = joining.join_scalars();
    let mut groups = joining.collect();
    let programs = first_scalars.iter().filter_map(|id| groups.group_of[id.index()]);
    groups.programs = programs.map(|group| (group, Vec::new())).collect();
    groups.join_numbers();
    groups.join_totals();
    groups
}

impl Groups<'_> {
    /// The level of the nodes of a group.
    pub fn level(&self, group: u32) -> u32 {
        self.levels.level(self.members[group as usize][0])
    }

    /// Whether anything but what programs of scalars join reads a value from memory, by some rule of what reads.
    pub fn is_read(&self, id: ValueId, reads: impl Fn(ValueId) -> bool) -> bool {
        let roles = self.levels.roles;
        let is_joined = |user: ValueId| {
            roles.classes[user.index()] == Class::Step && self.group_of[user.index()].is_some()
        };
        roles.users(id).iter().any(|&user| !is_joined(user) && reads(user))
    }
}

/// Sets of nodes that are being joined.
struct Joining<'a> {
    levels: &'a Levels<'a>,
    sets: UnionFind<u32>,
}

impl<'a> Joining<'a> {
    /// Joins nodes of one level and the same rows that use each other, or the same value, unless that is small: then a
    /// kernel of two results saves nothing, and may keep the operands of one waiting for those of the other.
    fn join_neighbors(&mut self) {
        let levels = self.levels;
        let mut readers: FxHashMap<(ValueId, u32), ValueId> = FxHashMap::default();
        for (index, node) in levels.roles.computation.nodes.iter().enumerate() {
            let id = ValueId::new(index);
            let level = levels.level(id);
            let Some(own) = levels.homes.get(id) else { continue };
            let is_alike = |other: ValueId| {
                levels.level(other) == level
                    && levels.homes.get(other).is_some_and(|home| home.rows == own.rows)
            };
            for &input in &node.inputs {
                if is_alike(input) {
                    self.sets.union(index as u32, input.index() as u32);
                } else if self.shares_reading(input, id) {
                    let first = *readers.entry((input, level)).or_insert(id);
                    if is_alike(first) {
                        self.sets.union(index as u32, first.index() as u32);
                    }
                }
            }
        }
    }

    /// Joins all single numbers of a level, if there are many; returns one node of each such set.
    fn join_scalars(&mut self) -> Vec<ValueId> {
        let levels = self.levels;
        let mut sets_of: FxHashMap<(u32, DType), Vec<u32>> = FxHashMap::default();
        for index in 0..levels.roles.classes.len() {
            let id = ValueId::new(index);
            let level = levels.level(id);
            let Some(Home { rows, .. }) = levels.homes.get(id) else { continue };
            if rows.n_rows == 1 && rows.n_columns == 1 && levels.roles.fused(id).is_some() {
                sets_of.entry((level, rows.dtype)).or_default().push(index as u32);
            }
        }
        let many = sets_of
            .into_values()
            .filter(|scalars| scalars.len() >= levels.roles.tuning.least_scalars);
        many.map(|scalars| {
            scalars.windows(2).for_each(|pair| {
                self.sets.union(pair[0], pair[1]);
            });
            ValueId::new(scalars[0] as usize)
        })
        .collect()
    }

    /// Whether fusing kernels that share an input pays.
    fn shares_reading(&self, input: ValueId, id: ValueId) -> bool {
        let class = |id: ValueId| self.levels.roles.classes[id.index()];
        class(input) != Class::Literal
            && class(id) != Class::View
            && self.levels.roles.computation.nodes[input.index()].dtype != DType::I64
            && !self.levels.roles.is_small(input, id)
    }
    /// The groups that the sets are.
    fn collect(self) -> Groups<'a> {
        let Self { levels, sets } = self;
        let n = levels.roles.classes.len();
        let mut members: Vec<Vec<ValueId>> = Vec::new();
        let mut group_of_set: FxHashMap<u32, u32> = FxHashMap::default();
        for index in 0..n {
            if levels.roles.fused(ValueId::new(index)).is_none() {
                continue;
            }
            let group = *group_of_set.entry(sets.find(index as u32)).or_insert_with(|| {
                members.push(Vec::new());
                members.len() as u32 - 1
            });
            members[group as usize].push(ValueId::new(index));
        }
        let group_of = |index: usize| {
            levels.homes.get(ValueId::new(index))?;
            group_of_set.get(&sets.find(index as u32)).copied()
        };
        let group_of = (0..n).map(group_of).collect();
        let (programs, totals) = Default::default();
        Groups { levels, group_of, members, programs, totals }
    }
}
