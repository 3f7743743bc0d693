//! Computations in terms of the basis: all other rows of the tables are expanded.

use std::cell::RefCell;

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;
use smallvec::smallvec;

use super::{Computation, ValueId};
use crate::{
    data::{dtype::DType, shape::Shape},
    graph::{
        Inputs, Node,
        ops::{Binary, Comparison, Literal, Op, Unary},
        real::{Real, operators_by_rows},
        region::RegionId,
    },
};

impl Computation {
    /// The same computation with rows of the [basis](Unary::BASIS) alone, for a backend that has no others. Values differ
    /// by rounding.
    ///
    /// ```
    /// use retrograd_core::{Graph, computation::Computation};
    ///
    /// let g = Graph::new();
    /// let computation = Computation::of(&[g.input("x", [3]).square()]).computation;
    /// let text = "%0 = input 0 : f32[3]\n%1 = mul %0, %0 : f32[3]\nroots %1\n";
    /// assert_eq!(computation.in_basis().to_string(), text);
    /// ```
    pub fn in_basis(&self) -> Computation {
        let expansion = RefCell::new(Expansion::default());
        let mut moved = Vec::with_capacity(self.nodes.len());
        for (node, awaited) in self.nodes.iter().zip(&self.awaited) {
            let inputs = node.inputs.iter().map(|input| moved[input.index()]).collect();
            let awaited = awaited.map(|id| moved[id.index()]);
            let shape = &node.shape;
            let term =
                |id| BasisTerm { id, dtype: node.dtype, shape, awaited, expansion: &expansion };
            let op = &node.op;
            let inputs: Inputs<ValueId> = inputs;
            let value = if let Op::Unary(row) = op {
                term(inputs[0]).unary(*row).id
            } else if let Op::Binary(row) = op {
                term(inputs[0]).binary(*row, term(inputs[1])).id
            } else {
                expansion.borrow_mut().add(Node { inputs, ..node.clone() }, awaited)
            };
            moved.push(value);
        }
        let (nodes, awaited): (Vec<_>, Vec<_>) = expansion.into_inner().nodes.into_iter().unzip();
        let roots = self.roots.iter().map(|root| moved[root.index()]).collect();
        Computation { nodes: nodes.into(), awaited: awaited.into(), roots }
    }
}

/// The expanded nodes so far, each with the value that it awaits.
#[derive(Default)]
struct Expansion {
    nodes: IndexSet<(Node<ValueId>, Option<ValueId>), FxBuildHasher>,
}

impl Expansion {
    fn add(&mut self, node: Node<ValueId>, awaited: Option<ValueId>) -> ValueId {
        ValueId::new(self.nodes.insert_full((node, awaited)).0)
    }
}

/// A value of an expansion, which other terms are made from.
#[derive(Clone, Copy)]
struct BasisTerm<'e> {
    id: ValueId,
    dtype: DType,
    shape: &'e Shape,
    awaited: Option<ValueId>,
    expansion: &'e RefCell<Expansion>,
}

impl BasisTerm<'_> {
    /// The term of an operation of other terms.
    fn record(self, op: Op, inputs: Inputs<ValueId>, dtype: DType) -> Self {
        // Values without inputs are there at once.
        let awaited = self.awaited.filter(|_| !inputs.is_empty());
        let node = Node { op, inputs, shape: self.shape.clone(), dtype, scope: RegionId::ROOT };
        Self { id: self.expansion.borrow_mut().add(node, awaited), ..self }
    }
}

impl Real for BasisTerm<'_> {
    type Mask = Self;

    fn lit(self, value: f64) -> Self {
        self.record(Op::Literal(Literal::new(value)), Inputs::new(), self.dtype)
    }

    fn unary(self, op: Unary) -> Self {
        let of_basis = || self.record(Op::Unary(op), smallvec![self.id], self.dtype);
        op.in_terms(self).unwrap_or_else(of_basis)
    }

    fn binary(self, op: Binary, rhs: Self) -> Self {
        let of_basis = || self.record(Op::Binary(op), smallvec![self.id, rhs.id], self.dtype);
        op.in_terms(self, rhs).unwrap_or_else(of_basis)
    }

    fn compare(self, op: Comparison, rhs: Self) -> Self {
        self.record(Op::Compare(op), smallvec![self.id, rhs.id], DType::Bool)
    }

    fn select(mask: Self, a: Self, b: Self) -> Self {
        a.record(Op::Select, smallvec![mask.id, a.id, b.id], a.dtype)
    }
}

operators_by_rows!(BasisTerm<'_>: Add add, Sub sub, Mul mul, Div div);
