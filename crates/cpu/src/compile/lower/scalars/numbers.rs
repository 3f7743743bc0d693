//! The virtual registers of a program of scalars, and its operations, before registers are assigned.

use indexmap::IndexSet;
use retrograd_core::{DType, Op, computation::ValueId};
use rustc_hash::FxBuildHasher;

use crate::{
    compile::{accumulate::Roles, classify::Class, lower::scalars::schedule::Work},
    kernels::scalars::ScalarOperation,
};

/// A virtual register: a number of a program before a register is assigned to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum VirtualRegister {
    /// From outside, by its index among those.
    Outside(u32),
    /// Computed, by its index among those.
    Computed(u32),
}

/// A number from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Outside {
    /// The bits of a constant.
    Literal(u64),
    Element(ValueElement),
}

/// An element of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct ValueElement {
    pub of: ValueId,
    pub is_mask: bool,
    pub position: usize,
}

impl Outside {
    /// The element, if it is one.
    pub fn element(self) -> Option<ValueElement> {
        if let Outside::Element(element) = self { Some(element) } else { None }
    }
}

/// How a number is computed.
struct Computed {
    /// The place of the operation among all that there are.
    kind: usize,
    operands: [VirtualRegister; 3],
    /// How many times it is an operand, or wanted outside.
    n_uses: usize,
}

/// The virtual registers of a group, and the operations on them.
pub(super) struct Numbers<'a> {
    roles: &'a Roles<'a>,
    pub outside: IndexSet<Outside, FxBuildHasher>,
    computed: Vec<Computed>,
    operations: IndexSet<ScalarOperation, FxBuildHasher>,
    /// The numbers of the nodes from the first of the group to the last.
    known: Vec<Option<VirtualRegister>>,
    first: usize,
}

impl<'a> Numbers<'a> {
    /// None of a group's nodes, ascending, yet.
    pub fn new(roles: &'a Roles<'a>, members: &[ValueId]) -> Self {
        let [first, .., last] = members else { panic!("a program has many nodes") };
        Self {
            roles,
            outside: IndexSet::default(),
            computed: Vec::with_capacity(members.len()),
            operations: IndexSet::default(),
            known: vec![None; last.index() + 1 - first.index()],
            first: first.index(),
        }
    }

    /// Adds a node of the group.
    pub fn add(&mut self, id: ValueId) {
        let node = &self.roles.computation.nodes[id.index()];
        let mut operands = [VirtualRegister::Outside(0); 3];
        for (operand, &input) in operands.iter_mut().zip(&node.inputs) {
            *operand = self.find(input);
        }
        // Truth values are numbers already.
        let number = if node.op == Op::Cast {
            operands[0]
        } else {
            let operation = ScalarOperation::of(&node.op).expect("the group is elementwise");
            self.compute(operation, operands)
        };
        self.known[id.index() - self.first] = Some(number);
    }

    /// The number of a node that is used: of the group, a view of such a node, or from outside.
    pub fn find(&mut self, id: ValueId) -> VirtualRegister {
        let base = self.roles.base(id);
        let place = base.index().checked_sub(self.first);
        if let Some(&Some(number)) = place.and_then(|place| self.known.get(place)) {
            if let VirtualRegister::Computed(number) = number {
                self.computed[number as usize].n_uses += 1;
            }
            return number;
        }
        let node = &self.roles.computation.nodes[id.index()];
        let outside = match node.op.as_literal() {
            Some(value) if self.roles.classes[id.index()] == Class::Literal => {
                Outside::Literal(value.to_bits())
            }
            _ => {
                let source = self.roles.original(id);
                let is_mask = node.dtype == DType::Bool;
                let position = source.layout.offset;
                Outside::Element(ValueElement { of: source.base, is_mask, position })
            }
        };
        self.outside(outside)
    }

    /// The elements of a value that numbers are put together to, and constants.
    pub fn join(&mut self, id: ValueId) -> Vec<VirtualRegister> {
        let nodes = &self.roles.computation.nodes;
        let node = &nodes[id.index()];
        let mut elements = Vec::with_capacity(node.shape.n_elements());
        for &input in &node.inputs {
            let number = self.find(input);
            elements.extend(std::iter::repeat_n(number, nodes[input.index()].shape.n_elements()));
        }
        elements
    }

    fn compute(
        &mut self,
        operation: ScalarOperation,
        operands: [VirtualRegister; 3],
    ) -> VirtualRegister {
        let (kind, _) = self.operations.insert_full(operation);
        self.computed.push(Computed { kind, operands, n_uses: 0 });
        VirtualRegister::Computed(self.computed.len() as u32 - 1)
    }

    fn outside(&mut self, outside: Outside) -> VirtualRegister {
        VirtualRegister::Outside(self.outside.insert_full(outside).0 as u32)
    }

    /// The operation that computes a number.
    pub fn operation(&self, number: u32) -> ScalarOperation {
        self.operations[self.computed[number as usize].kind]
    }

    /// The operands that a number is computed from.
    pub fn operands_of(&self, number: u32) -> &[VirtualRegister] {
        let n_operands = self.operation(number).n_operands();
        &self.computed[number as usize].operands[..n_operands]
    }

    /// How many times a number is an operand, or wanted outside.
    pub fn n_uses(&self, number: u32) -> usize {
        self.computed[number as usize].n_uses
    }
}

impl Work for Numbers<'_> {
    fn n(&self) -> usize {
        self.computed.len()
    }

    fn operands(&self, number: u32) -> impl Iterator<Item = u32> + Clone {
        self.operands_of(number).iter().filter_map(|&operand| match operand {
            VirtualRegister::Outside(_) => None,
            VirtualRegister::Computed(number) => Some(number),
        })
    }

    fn kind(&self, number: u32) -> usize {
        self.computed[number as usize].kind
    }

    fn n_kinds(&self) -> usize {
        self.operations.len()
    }
}
