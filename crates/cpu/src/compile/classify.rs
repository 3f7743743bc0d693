//! Classes of nodes: views, which are layouts of a buffer, elementwise nodes, rows, and steps of their own.

use retrograd_core::{
    DType, Op,
    computation::{Computation, ValueId},
    ops::OperationKind,
    shape::Layout,
};
use rustc_hash::FxHashMap;

use crate::{
    compile::{lists::Lists, rows::row_operation},
    kernels::code::Instruction,
    layout::Source,
    tuning::Tuning,
};

/// The class of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Data from outside.
    Leaf,
    /// A number known beforehand.
    Literal,
    /// Its input, read in another way.
    View,
    /// Computed element by element in numbers of this type: fused with its neighbors.
    Elementwise(DType),
    /// Computed of rows of numbers of this type, or put into them: fused with its neighbors too.
    Row(DType),
    /// Anything else: a step of its own.
    Step,
    /// An operand whose only user is computed by its kernel: [`accumulate`](super::accumulate) finds them.
    Part,
}

/// The class of each node, its users, and the buffer that it is read from.
pub(crate) struct Classified<'a> {
    pub computation: &'a Computation,
    pub tuning: &'a Tuning,
    pub classes: Vec<Class>,
    /// Whether each node is a root.
    pub is_root: Vec<bool>,
    /// Whether a rematerialization waits for each node.
    pub is_awaited: Vec<bool>,
    users: Lists<ValueId>,
    /// The source of each view without a buffer of its own.
    views: FxHashMap<ValueId, Source>,
    /// The source of each view with a buffer of its own, which is copied there.
    pub copies: FxHashMap<ValueId, Source>,
}

/// Classifies the nodes of a computation, and settles the buffers that views read.
pub(crate) fn classify<'a>(computation: &'a Computation, tuning: &'a Tuning) -> Classified<'a> {
    let n = computation.nodes.len();
    let uses = computation.nodes.iter().enumerate().flat_map(|(index, node)| {
        node.inputs.iter().map(move |input| (input.index(), ValueId::new(index)))
    });
    let mut this = Classified {
        computation,
        tuning,
        classes: Vec::with_capacity(n),
        is_root: vec![false; n],
        is_awaited: vec![false; n],
        users: Lists::new(n, uses),
        views: FxHashMap::default(),
        copies: FxHashMap::default(),
    };
    for index in 0..n {
        let id = ValueId::new(index);
        this.classes.push(class(computation, id, tuning));
        if this.classes[index] == Class::View {
            this.resolve_view(id);
        }
    }
    computation.roots.iter().for_each(|root| this.is_root[root.index()] = true);
    let awaited = computation.awaited.iter().flatten();
    awaited.for_each(|id| this.is_awaited[id.index()] = true);
    this.copy_inputs_of_steps();
    this
}

impl Classified<'_> {
    /// Settles the source of a view, or that its elements must be copied.
    fn resolve_view(&mut self, id: ValueId) {
        let node = &self.computation.nodes[id.index()];
        let input = self.source(node.inputs[0]);
        match node.op.behavior().view(&input.layout, &input.shape, &node.shape) {
            Some(layout) => {
                let source = Source { layout, shape: node.shape.clone(), base: input.base };
                self.views.insert(id, source);
            }
            None => drop(self.copies.insert(id, input)),
        }
    }

    /// Gives views buffers of their own where a step other than a product wants contiguous elements.
    fn copy_inputs_of_steps(&mut self) {
        // Kernels of rows want contiguous indices, and other steps than products contiguous elements.
        let nodes = self.computation.nodes.iter().zip(&self.classes);
        let inputs = nodes.flat_map(|(node, class)| match class {
            Class::Step if node.op != Op::MatMul => &node.inputs[..],
            // Indices.
            Class::Row(_) => node.inputs.get(1..).unwrap_or(&[]),
            Class::Leaf
            | Class::Literal
            | Class::View
            | Class::Elementwise(_)
            | Class::Step
            | Class::Part => &[],
        });
        for input in inputs {
            if self.views.get(input).is_some_and(|view| !view.is_contiguous()) {
                self.copies.extend(self.views.remove_entry(input));
            }
        }
    }

    /// The nodes that use a node, in the order of recording.
    pub fn users(&self, id: ValueId) -> &[ValueId] {
        self.users.of(id.index())
    }

    /// The buffer and layout through which a node's value is read.
    pub fn source(&self, id: ValueId) -> Source {
        match self.views.get(&id) {
            Some(source) => source.clone(),
            None => {
                let shape = self.computation.nodes[id.index()].shape.clone();
                Source { base: id, layout: Layout::contiguous(&shape), shape }
            }
        }
    }

    /// The buffer and layout of the copied value if the node is a copy, else of its own value.
    pub fn original(&self, id: ValueId) -> Source {
        self.copies.get(&id).cloned().unwrap_or_else(|| self.source(id))
    }

    /// The node whose buffer holds a node's value.
    pub fn base(&self, id: ValueId) -> ValueId {
        self.views.get(&id).map_or(id, |view| view.base)
    }

    /// The number of elements of a node.
    pub fn n_elements(&self, id: ValueId) -> usize {
        self.computation.nodes[id.index()].shape.n_elements()
    }
}

fn class(computation: &Computation, id: ValueId, tuning: &Tuning) -> Class {
    if let Some(dtype) = row_operation(computation, id, tuning.longest_row) {
        return Class::Row(dtype);
    }
    let node = &computation.nodes[id.index()];
    let input_dtype = |k: usize| computation.nodes[node.inputs[k].index()].dtype;
    let numbers = if matches!(node.op, Op::Compare(_)) { input_dtype(0) } else { node.dtype };
    let has_code = match node.op.behavior().kind() {
        OperationKind::Source if node.op.as_leaf().is_some() => return Class::Leaf,
        OperationKind::Source if node.op.as_literal().is_some() && numbers.is_float() => {
            return Class::Literal;
        }
        OperationKind::Identity | OperationKind::View => return Class::View,
        // Truth values are numbers already; other casts change the type.
        OperationKind::Elementwise if node.op == Op::Cast => input_dtype(0) == DType::Bool,
        OperationKind::Elementwise => Instruction::exists(&node.op, node.inputs.len()),
        OperationKind::Source | OperationKind::Movement | OperationKind::Other => false,
    };
    if has_code && numbers.is_float() { Class::Elementwise(numbers) } else { Class::Step }
}
