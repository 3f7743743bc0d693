//! Levels: the order in which nodes can be computed, coarse enough that fusion needs to look for no cycle.
//!
//! Every node has a level: leaves 0, a step or view one more than its highest input, a node that can be fused that of its
//! highest input, or one more where that belongs to a kernel over other rows. Views that a kernel has at hand do not climb
//! either: of all elements in order, or of one number of each row all over the row. So an edge on one level leads from a
//! step to a kernel, or joins nodes of the same rows, and those are fused. Whatever leaves a group climbs, and cannot come
//! back: there is no cycle.
//!
//! Nodes that only a later group uses sink to its level, so that derivatives of a stored value are computed in the
//! backward pass and not stored as well. A recomputed node has a higher level than the value it awaits, so that no kernel
//! joins it with the forward pass.

use retrograd_core::{Op, computation::ValueId};

use crate::{
    compile::{
        accumulate::Roles,
        classify::Class,
        rows::{Home, Homes, rows_of_operation},
    },
    kernels::{code::Extent, rows::Rows},
    layout::Walk,
};

/// Levels of all nodes, and the homes of nodes that can be fused.
pub(crate) struct Levels<'a> {
    pub roles: &'a Roles<'a>,
    levels: Vec<u32>,
    /// For nodes that can be fused, and views of them that are read without being stored: the rows that they are fused
    /// along.
    pub homes: Homes,
}

/// Finds the levels of all nodes; roots do not sink.
pub(crate) fn levels<'a>(roles: &'a Roles<'a>) -> Levels<'a> {
    let mut levels = Levels::earliest(roles);
    levels.sink();
    levels
}

impl<'a> Levels<'a> {
    /// Levels and homes when each node is computed as early as possible.
    fn earliest(roles: &'a Roles<'a>) -> Self {
        let n = roles.classes.len();
        let (levels, homes) = (Vec::with_capacity(n), Homes::with_capacity(n));
        let mut this = Self { roles, levels, homes };
        for (index, node) in roles.computation.nodes.iter().enumerate() {
            let id = ValueId::new(index);
            let awaited = roles.computation.awaited[index].map(|id| this.level(id) + 1);
            let inputs = node.inputs.iter().map(|&input| this.level(input));
            let highest = inputs.chain(awaited).max().unwrap_or(0);
            let home = this.home_at(id, highest);
            let above = |&input: &ValueId| {
                let comes_from_others = this
                    .homes
                    .get(input)
                    .is_some_and(|other| home.is_none_or(|own| own.rows != other.rows));
                this.level(input) + u32::from(comes_from_others)
            };
            let level = match roles.classes[index] {
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

    /// The level of a node.
    pub fn level(&self, id: ValueId) -> u32 {
        self.levels[id.index()]
    }

    /// The home of a node with its highest inputs at some level.
    fn home_at(&self, id: ValueId, level: u32) -> Option<Home> {
        let roles = self.roles;
        match roles.classes[id.index()] {
            Class::Elementwise(dtype) => {
                let is_of_row =
                    |home: &Home| home.extent == Extent::Row && home.rows.dtype == dtype;
                let inputs = &roles.computation.nodes[id.index()].inputs;
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
    fn first_home(&self, id: ValueId) -> Option<Home> {
        let computation = self.roles.computation;
        let node = &computation.nodes[id.index()];
        match self.roles.classes[id.index()] {
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
    fn home_of_view(&self, id: ValueId) -> Option<Home> {
        let node = &self.roles.computation.nodes[id.index()];
        let source = self.roles.source(id);
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

    fn is_view_of_leaf(&self, id: ValueId) -> bool {
        let roles = self.roles;
        let is_of_leaf = |base: ValueId| roles.classes[base.index()] == Class::Leaf;
        match roles.copies.get(&id) {
            Some(source) => {
                is_of_leaf(source.base) && roles.computation.awaited[id.index()].is_none()
            }
            None => is_of_leaf(roles.base(id)),
        }
    }

    /// Moves nodes that only later groups use down to the first of them, where that keeps no more values alive.
    fn sink(&mut self) {
        let roles = self.roles;
        for index in (0..self.levels.len()).rev() {
            let id = ValueId::new(index);
            let Class::Elementwise(own) = roles.classes[index] else { continue };
            let users = roles.users(id);
            let all_in_kernels = users.iter().all(|&user| roles.fused(user) == Some(own));
            let Some(target) = users.iter().map(|&user| self.level(user)).min() else { continue };
            let is_fixed = roles.is_root[index] || roles.is_awaited[index];
            if is_fixed || !all_in_kernels || target == self.levels[index] {
                continue;
            }
            let mut homes = users
                .iter()
                .filter(|&&user| self.level(user) == target)
                .map(|&user| self.home_of_operand(user));
            let home = homes.next().flatten();
            if homes.all(|other| other == home) && self.keeps_no_more_alive(id, target) {
                self.levels[index] = target;
                self.homes.set(id, home);
            }
        }
    }

    /// Whether computing a node at a later level trades at most one stored value, its own, for one input.
    fn keeps_no_more_alive(&self, id: ValueId, target: u32) -> bool {
        let roles = self.roles;
        let mut inputs: Vec<_> = roles.computation.nodes[id.index()].inputs.to_vec();
        inputs.sort_unstable();
        inputs.dedup();
        let is_kept_anyway = |&input: &ValueId| {
            let base = roles.base(input);
            let is_outside = matches!(roles.classes[base.index()], Class::Leaf | Class::Literal);
            let mut others = roles.users(input).iter().filter(|&&user| user != id);
            is_outside
                || roles.is_small(input, id)
                || others.any(|&user| self.level(user) >= target)
        };
        inputs.iter().filter(|input| !is_kept_anyway(input)).count() <= 1
    }

    /// The home that an operand has in the kernel of a node, if the node can be fused.
    pub fn home_of_operand(&self, user: ValueId) -> Option<Home> {
        let home = self.homes.get(user)?;
        let extent = match (self.roles.classes[user.index()], home.extent) {
            (Class::Row(_), Extent::Row) => Extent::Element,
            (Class::Row(_), Extent::Element) => Extent::Row,
            (_, extent) => extent,
        };
        Some(home.rows.home(extent))
    }
}
