//! Lowering: from fused nodes and all others to steps.

mod combine;
mod fuse;
mod registers;
mod scalars;

use retrograd_core::{DType, Op, computation::ValueId, ops::Padding, shape::Layout};

use crate::{
    compile::{
        accumulate::{Roles, scalar},
        classify::Class,
        rematerialize::Fusion,
    },
    kernels::{
        embed::Embed,
        kernel::Kernel,
        plain::{CopyView, Plain},
        product::{Addend, Product},
        reduce::Reduce,
    },
    layout::{Source, Walk},
    program::Task,
    step::{Sizes, Step, StepId, writers},
};
use fuse::{BlockSums, fill, fuse, rows_of_group};

/// The steps that compute a task, in no particular order.
pub(crate) struct Lowered {
    pub steps: Vec<Step>,
    /// The leaf of each slot.
    pub leaves: Vec<ValueId>,
    /// The value of each root: the root, or a copy of it.
    pub roots: Vec<ValueId>,
    /// For each update of a checked task, a value for the new value of the leaf, beside it.
    pub beside: Vec<ValueId>,
    pub sizes: Sizes,
    /// Ordering edges `(before, after)`: a recomputing step waits for the value it awaits.
    pub edges: Vec<(StepId, StepId)>,
}

/// Lowers fused nodes and all others to steps.
pub(crate) fn lower(task: &Task, fusion: &Fusion<'_>) -> Lowered {
    let roles = fusion.groups.levels.roles;
    let mut lowering = Lowering { task, roles, fusion, lowered: Lowered::new(task) };
    lowering.add_groups();
    for index in 0..task.computation.nodes.len() {
        lowering.add_step(ValueId::new(index));
    }
    for &root in &task.computation.roots {
        lowering.add_root(root);
    }
    lowering.delay_recomputation();
    lowering.lowered
}

impl Lowered {
    /// No steps yet.
    fn new(task: &Task) -> Self {
        let nodes = &task.computation.nodes;
        // Leaves stand in the order of their slots.
        let leaves = nodes.iter().enumerate().filter(|(_, node)| matches!(node.op, Op::Leaf(_)));
        let leaves: Vec<_> = leaves.map(|(index, _)| ValueId::new(index)).collect();
        let mut sizes =
            Sizes::new(nodes.iter().map(|node| (node.dtype, node.shape.n_elements())).collect());
        let targets = task.targets.iter().filter(|_| task.is_checked);
        let beside = targets.map(|&slot| sizes.mint(sizes.of(leaves[slot]))).collect();
        Self { steps: Vec::new(), leaves, roots: Vec::new(), beside, sizes, edges: Vec::new() }
    }
}

/// Steps while they are lowered.
struct Lowering<'a> {
    task: &'a Task,
    roles: &'a Roles<'a>,
    fusion: &'a Fusion<'a>,
    lowered: Lowered,
}

impl Lowering<'_> {
    /// Orders each step that computes something again after the value that it awaits.
    fn delay_recomputation(&mut self) {
        let writers = writers(&self.lowered.steps);
        let step_of = |id: ValueId| match self.fusion.groups.group_of[id.index()] {
            // Groups have been added first.
            Some(group) => Some(StepId::new(group as usize)),
            None => writers.get(&id).copied(),
        };
        let awaited = self.roles.computation.awaited.iter().enumerate();
        let pair = |(index, awaited): (usize, &Option<ValueId>)| {
            // A view has no step, but its readers have.
            Some((step_of(self.roles.base((*awaited)?))?, step_of(ValueId::new(index))?))
        };
        let mut edges: Vec<_> = awaited.filter_map(pair).collect();
        edges.sort_unstable();
        edges.dedup();
        self.lowered.edges = edges;
    }

    fn add_groups(&mut self) {
        let (fusion, groups) = (self.fusion, self.fusion.groups);
        let mut all_sums = Vec::new();
        for (group, members) in (0..).zip(&groups.members) {
            let stored = members.iter().copied().filter(|id| fusion.are_stored[id.index()]);
            let stored: Vec<_> = stored.collect();
            if let Some(joined) = groups.programs.get(&group) {
                self.push_scalars(members, joined, &stored, groups.level(group));
                continue;
            }
            let sums = self.new_sums(group);
            let is_tested = |id: ValueId| self.is_tested(id);
            let kernel = fuse(fusion, group, &stored, &sums, is_tested);
            let (whole, parts): (Vec<_>, Vec<_>) =
                sums.into_iter().partition(|sums| sums.to == sums.total);
            let totals = whole.iter().map(|sums| sums.total);
            let computes = members.iter().copied().chain(totals);
            self.push(Kernel::Elementwise(kernel), computes, groups.level(group));
            all_sums.extend(parts);
        }
        // Behind the groups, whose steps have their numbers.
        for BlockSums { to, total, .. } in all_sums {
            let (dtype, n) = self.lowered.sizes.of(to);
            let kernel = Kernel::Reduce(Reduce::of_sums(to, n, total, dtype));
            self.push(kernel, [total], groups.levels.level(total));
        }
    }

    /// Whether a kernel tests a result for being finite while it stores it.
    fn is_tested(&self, id: ValueId) -> bool {
        self.task.is_checked && self.roles.is_root[id.index()]
    }

    /// The values for the sums of a group's kernel: of a single block, the total itself.
    fn new_sums(&mut self, group: u32) -> Vec<BlockSums> {
        let Some(totals) = self.fusion.groups.totals.get(&group) else { return Vec::new() };
        let rows = rows_of_group(self.fusion, &self.fusion.computed(group));
        let (roles, sizes) = (self.roles, &mut self.lowered.sizes);
        let sums = totals.iter().map(|&total| {
            let to = match rows.n_rows.div_ceil(rows.at_once(roles.tuning.block)) {
                1 => total,
                n_blocks => sizes.mint((rows.dtype, n_blocks)),
            };
            let of = roles.base(roles.computation.nodes[total.index()].inputs[0]);
            BlockSums { of, to, total }
        });
        sums.collect()
    }

    /// The step of a program on single numbers, which keeps some and puts some together.
    fn push_scalars(
        &mut self,
        members: &[ValueId],
        joined: &[ValueId],
        kept: &[ValueId],
        level: u32,
    ) {
        let file = self.lowered.sizes.next();
        let program = scalars::program(self.roles, members, joined, kept, file);
        self.lowered.sizes.mint((program.dtype, program.n_registers));
        let computes = members.iter().chain(joined).copied();
        self.push(Kernel::Scalars(program), computes, level);
    }

    /// The step of a node that has one of its own.
    fn add_step(&mut self, id: ValueId) {
        let level = self.fusion.groups.levels.level(id);
        let (roles, groups) = (self.roles, self.fusion.groups);
        let node = &roles.computation.nodes[id.index()];
        match roles.classes[id.index()] {
            Class::Leaf | Class::Elementwise(_) | Class::Row(_) | Class::Part => {}
            Class::Literal => {
                if groups.is_read(id, |user| roles.reads_memory(user)) {
                    self.push(
                        Kernel::Elementwise(fill(roles, id, id, self.is_tested(id))),
                        [id],
                        level,
                    );
                }
            }
            Class::View => {
                if let Some(source) = roles.copies.get(&id)
                    && (roles.is_root[id.index()] || groups.is_read(id, |_| true))
                {
                    self.push_copy(source, [id, id], node.dtype, level);
                }
            }
            Class::Step if groups.group_of[id.index()].is_some() => {}
            Class::Step => {
                let op = &self.roles.added(id).op;
                if *op == Op::MatMul {
                    self.push_product(id, level);
                } else if let Op::Pad(_) = op {
                    self.push_embed(id, level);
                } else {
                    self.push(kernel(self.roles, id), [id], level);
                }
            }
        }
    }

    /// The step of a part among zeros, or of a sum that its kernel adds to.
    fn push_embed(&mut self, id: ValueId, level: u32) {
        let onto = self.roles.accumulations.get(&id).map(|sum| self.roles.base(sum.onto));
        let (pad, nodes) = (self.roles.added(id), &self.roles.computation.nodes);
        let Op::Pad(Padding(windows)) = &pad.op else { unreachable!("the node is of this kind") };
        let (shape, part) = (&nodes[pad.inputs[0].index()].shape, self.roles.base(pad.inputs[0]));
        let embed = Embed {
            part,
            n_elements: shape.n_elements(),
            walk: Walk::new(&windows.view(&Layout::contiguous(&pad.shape)), shape),
            onto,
            out: id,
            dtype: pad.dtype,
        };
        self.push(Kernel::Embed(embed), self.roles.parts(id), level);
    }

    /// The step of a product, or of a sum that the kernel of a product adds to.
    fn push_product(&mut self, id: ValueId, level: u32) {
        let roles = self.roles;
        let accumulation = roles.accumulations.get(&id);
        let product = self.roles.added(id);
        let operands = [0, 1].map(|k| self.roles.source(product.inputs[k]));
        let addend = accumulation.map(|accumulation| Addend {
            of: self.roles.base(accumulation.onto),
            scale: accumulation.keep,
            product_scale: accumulation.scale,
            product_factor: accumulation.factor.and_then(|factor| scalar(roles, factor)),
        });
        let scratch = |n_elements| self.lowered.sizes.mint((product.dtype, n_elements));
        let product = Product::new(id, product.dtype, &operands, addend, scratch);
        self.push(Kernel::Product(product), self.roles.parts(id), level);
    }

    /// Pushes the copy of a node's source to some place.
    fn push_copy(&mut self, source: &Source, [id, to]: [ValueId; 2], dtype: DType, level: u32) {
        let walk = Walk::new(&source.layout, &source.shape);
        let kernel = Kernel::Copy(CopyView { from: source.base, walk, to, dtype });
        self.push(kernel, [id], level);
    }

    /// Makes sure that a root has a buffer that nothing else changes: its own, or a copy's.
    fn add_root(&mut self, root: ValueId) {
        let class = self.roles.classes[root.index()];
        let is_copied = self.roles.copies.contains_key(&root);
        if is_copied || matches!(class, Class::Elementwise(_) | Class::Row(_) | Class::Step) {
            return self.lowered.roots.push(root);
        }
        let size = self.lowered.sizes.of(root);
        let copy = self.lowered.sizes.mint(size);
        self.lowered.roots.push(copy);
        let level = self.fusion.groups.levels.level(root);
        if class == Class::Literal {
            self.push(
                Kernel::Elementwise(fill(self.roles, root, copy, self.task.is_checked)),
                [root],
                level,
            );
        } else {
            self.push_copy(&self.roles.source(root), [root, copy], size.0, level);
        }
    }

    fn push(&mut self, kernel: Kernel, computes: impl IntoIterator<Item = ValueId>, level: u32) {
        self.lowered.steps.push(Step::new(kernel, computes.into_iter().collect(), level));
    }
}

/// The kernel of a node with a step of its own that is no product.
fn kernel(roles: &Roles<'_>, id: ValueId) -> Kernel {
    let node = &roles.computation.nodes[id.index()];
    let input =
        |k: usize| (roles.base(node.inputs[k]), &roles.computation.nodes[node.inputs[k].index()]);
    if let Op::Sum(_) | Op::Max(_) = node.op {
        let (base, x) = input(0);
        if let Some(reduce) = Reduce::new(&node.op, id, base, &x.shape, node.dtype) {
            return Kernel::Reduce(reduce);
        }
    }
    let inputs = (0..node.inputs.len())
        .map(input)
        .map(|(base, x)| (base, x.dtype, x.shape.clone()))
        .collect();
    Kernel::Plain(Plain {
        op: node.op.clone(),
        out: id,
        dtype: node.dtype,
        shape: node.shape.clone(),
        inputs,
    })
}
