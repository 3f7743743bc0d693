//! The steps of a program, and from which nodes they come.

mod combine;
mod fuse;
mod registers;
mod scalars;

use retrograd_core::{DType, NodeId, Op, computation::Computation, ops::Padding, shape::Layout};

use crate::{
    compile::{
        accumulate::scalar,
        classify::{Class, Classified},
        group::Groups,
        lower::fuse::{Sums, fill, fuse, rows_of_group},
        order::writers,
    },
    kernels::{
        embed::Embed,
        kernel::Kernel,
        plain::{Copy, Plain},
        product::{Addend, Product},
        reduce::Reduce,
    },
    layout::{Source, Walk},
    step::Step,
};

/// The steps that compute a computation, in no particular order, and where each root is found afterwards.
pub(crate) struct Steps {
    pub steps: Vec<Step>,
    /// The value of each root: the root, or a copy of it under a number beyond the nodes.
    pub roots: Vec<NodeId>,
    /// Dtype and number of elements of each value: of the nodes, then of copies and scratch.
    pub sizes: Vec<(DType, usize)>,
    /// Pairs of steps, the second of which computes something again that the first must come before.
    pub after: Vec<(usize, usize)>,
}

impl Steps {
    /// The steps for all roots.
    pub fn new(computation: &Computation) -> Self {
        let classified = Classified::new(computation);
        let groups = Groups::new(&classified);
        let sizes =
            computation.nodes.iter().map(|node| (node.dtype, node.shape.n_elements())).collect();
        let mut this = Self { steps: Vec::new(), roots: Vec::new(), sizes, after: Vec::new() };
        this.add_groups(&classified, &groups);
        for index in 0..computation.nodes.len() {
            this.add_step(&classified, &groups, NodeId::new(index));
        }
        for &root in &computation.roots {
            this.add_root(&classified, &groups, root);
        }
        this.delay_recomputation(&classified, &groups);
        this
    }

    /// Orders each step that computes something again after the value that it awaits.
    fn delay_recomputation(&mut self, classified: &Classified<'_>, groups: &Groups) {
        let writers = writers(&self.steps);
        let step_of = |id: NodeId| match groups.group_of[id.index()] {
            // Groups have been added first.
            Some(group) => Some(group as usize),
            None => writers.get(&id).copied(),
        };
        let awaited = classified.computation.awaited.iter().enumerate();
        let pair = |(index, awaited): (usize, &Option<NodeId>)| {
            // A view has no step, but what reads it has.
            Some((step_of(classified.base((*awaited)?))?, step_of(NodeId::new(index))?))
        };
        self.after = awaited.filter_map(pair).collect();
        self.after.sort_unstable();
        self.after.dedup();
    }

    fn add_groups(&mut self, classified: &Classified<'_>, groups: &Groups) {
        let are_needed = groups.are_needed_elsewhere(classified);
        let mut all_sums = Vec::new();
        for (group, members) in groups.members.iter().enumerate() {
            let kept: Vec<_> =
                members.iter().copied().filter(|id| are_needed[id.index()]).collect();
            let level = groups.levels[members[0].index()];
            match groups.programs.get(&(group as u32)) {
                Some(joined) => self.push_scalars(classified, members, joined, &kept, level),
                None => {
                    let sums = self.new_sums(classified, groups, group);
                    let kernel = fuse(classified, groups, group, &kept, &sums);
                    let (whole, parts): (Vec<_>, Vec<_>) =
                        sums.into_iter().partition(|sums| sums.to == sums.total);
                    let totals = whole.iter().map(|sums| sums.total);
                    let computes = members.iter().copied().chain(totals);
                    self.push(Kernel::Elementwise(kernel), computes, level);
                    all_sums.extend(parts);
                }
            }
        }
        // Behind the groups, whose steps have their numbers.
        for Sums { to, total, .. } in all_sums {
            let (dtype, n) = self.sizes[to.index()];
            let kernel = Kernel::Reduce(Reduce::of_sums(to, n, total, dtype));
            self.push(kernel, [total], groups.levels[total.index()]);
        }
    }

    /// Where the kernel of a group keeps sums: of a single block, in the place of the total.
    fn new_sums(
        &mut self,
        classified: &Classified<'_>,
        groups: &Groups,
        group: usize,
    ) -> Vec<Sums> {
        let Some(totals) = groups.totals.get(&(group as u32)) else { return Vec::new() };
        let rows = rows_of_group(classified, groups, &groups.computed(group));
        let sums = totals.iter().map(|&total| {
            let to = match rows.n_blocks() {
                1 => total,
                n_blocks => self.new_value((rows.dtype, n_blocks)),
            };
            let of = classified.base(classified.computation.nodes[total.index()].inputs[0]);
            Sums { of, to, total }
        });
        sums.collect()
    }

    /// The step of a program on single numbers, which keeps some and puts some together.
    fn push_scalars(
        &mut self,
        classified: &Classified<'_>,
        members: &[NodeId],
        joined: &[NodeId],
        kept: &[NodeId],
        level: u32,
    ) {
        let file = NodeId::new(self.sizes.len());
        let program = scalars::program(classified, members, joined, kept, file);
        self.sizes.push((program.dtype, program.n_registers));
        let computes = members.iter().chain(joined).copied();
        self.push(Kernel::Scalars(program), computes, level);
    }

    /// The step of a node that has one of its own.
    fn add_step(&mut self, classified: &Classified<'_>, groups: &Groups, id: NodeId) {
        let level = groups.levels[id.index()];
        let node = &classified.computation.nodes[id.index()];
        match classified.classes[id.index()] {
            Class::Leaf | Class::Elementwise(_) | Class::Row(_) | Class::Part => {}
            Class::Literal => {
                if groups.is_read(classified, id, |user| classified.reads_memory(user)) {
                    self.push(Kernel::Elementwise(fill(classified, id, id)), [id], level);
                }
            }
            Class::View => {
                if let Some(source) = classified.copies.get(&id)
                    && (classified.is_root[id.index()] || groups.is_read(classified, id, |_| true))
                {
                    self.push_copy(source, [id, id], node.dtype, level);
                }
            }
            Class::Step if groups.group_of[id.index()].is_some() => {}
            Class::Step => match classified.added(id).op {
                Op::MatMul => self.push_product(classified, id, level),
                Op::Pad(_) => self.push_embed(classified, id, level),
                _ => self.push(kernel(classified, id), [id], level),
            },
        }
    }

    /// The step of a part among zeros, or of a sum that its kernel adds to.
    fn push_embed(&mut self, classified: &Classified<'_>, id: NodeId, level: u32) {
        let onto = classified.accumulations.get(&id).map(|sum| classified.base(sum.onto));
        let (pad, nodes) = (classified.added(id), &classified.computation.nodes);
        let Op::Pad(Padding(windows)) = &pad.op else { unreachable!("the node is of this kind") };
        let (shape, part) = (&nodes[pad.inputs[0].index()].shape, classified.base(pad.inputs[0]));
        let embed = Embed {
            part,
            n_elements: shape.n_elements(),
            walk: Walk::new(&windows.view(&Layout::contiguous(&pad.shape)), shape),
            onto,
            out: id,
            dtype: pad.dtype,
        };
        self.push(Kernel::Embed(embed), classified.parts(id), level);
    }

    /// The step of a product, or of a sum that the kernel of a product adds to.
    fn push_product(&mut self, classified: &Classified<'_>, id: NodeId, level: u32) {
        let accumulation = classified.accumulations.get(&id);
        let product = classified.added(id);
        let operands = [0, 1].map(|k| classified.source(product.inputs[k]));
        let addend = accumulation.map(|accumulation| Addend {
            of: classified.base(accumulation.onto),
            scale: accumulation.keep,
            product_scale: accumulation.scale,
            product_factor: accumulation.factor.and_then(|factor| scalar(classified, factor)),
        });
        let scratch = |n_elements| self.new_value((product.dtype, n_elements));
        let product = Product::new(id, product.dtype, &operands, addend, scratch);
        self.push(Kernel::Product(product), classified.parts(id), level);
    }

    /// Pushes the copy of a node's source to some place.
    fn push_copy(&mut self, source: &Source, [id, to]: [NodeId; 2], dtype: DType, level: u32) {
        let walk = Walk::new(&source.layout, &source.shape);
        let kernel = Kernel::Copy(Copy { from: source.base, walk, to, dtype });
        self.push(kernel, [id], level);
    }

    /// Makes sure that a root has a buffer that nothing else changes: its own, or that of a copy.
    fn add_root(&mut self, classified: &Classified<'_>, groups: &Groups, root: NodeId) {
        let class = classified.classes[root.index()];
        let is_copied = classified.copies.contains_key(&root);
        if is_copied || matches!(class, Class::Elementwise(_) | Class::Row(_) | Class::Step) {
            return self.roots.push(root);
        }
        let size = self.sizes[root.index()];
        let copy = self.new_value(size);
        self.roots.push(copy);
        let level = groups.levels[root.index()];
        if class == Class::Literal {
            self.push(Kernel::Elementwise(fill(classified, root, copy)), [root], level);
        } else {
            self.push_copy(&classified.source(root), [root, copy], size.0, level);
        }
    }

    fn push(&mut self, kernel: Kernel, computes: impl IntoIterator<Item = NodeId>, level: u32) {
        self.steps.push(Step::new(kernel, computes.into_iter().collect(), level));
    }

    /// A value that is no node's.
    fn new_value(&mut self, size: (DType, usize)) -> NodeId {
        self.sizes.push(size);
        NodeId::new(self.sizes.len() - 1)
    }
}

/// The kernel of a node with a step of its own that is no product.
fn kernel(classified: &Classified<'_>, id: NodeId) -> Kernel {
    let node = &classified.computation.nodes[id.index()];
    let input = |k: usize| {
        (classified.base(node.inputs[k]), &classified.computation.nodes[node.inputs[k].index()])
    };
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
