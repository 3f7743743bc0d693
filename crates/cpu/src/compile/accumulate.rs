//! Accumulation: sums that the kernel of an operand computes in place, matrix products and parts among zeros.
//!
//! Steps of gradient descent, `w − rate·xᵀδ`, are of this form: the product goes straight into the parameter. And so are
//! the gradients of what is read in many parts: each part's is added at its places alone.

use retrograd_core::{
    DType, Node, Op,
    computation::ValueId,
    ops::{Binary, Literal},
};

use std::ops::Deref;

use crate::{
    compile::classify::{Class, Classified},
    kernels::code::Scalar,
    layout::Walk,
};
use rustc_hash::FxHashMap;
use smallvec::{SmallVec, smallvec};

/// The value `keep·onto + scale·factor·added` of a node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Accumulation {
    /// A matrix product, or a part among zeros; then the numbers are 1 and there is no factor.
    pub added: ValueId,
    pub onto: ValueId,
    /// 1 or −1.
    pub keep: f64,
    /// 1 or −1.
    pub scale: f64,
    /// A scalar factor of the product: a node whose elements are all equal.
    pub factor: Option<ValueId>,
}

/// The role of each value: its class, unless it is an accumulation or a part of one.
pub(crate) struct Roles<'a> {
    pub classified: &'a Classified<'a>,
    /// The classes, with accumulated sums as steps and their operands as parts.
    pub classes: Vec<Class>,
    /// The sums that the kernel of an operand computes.
    pub accumulations: FxHashMap<ValueId, Accumulation>,
}

/// All else is as classified.
impl<'a> Deref for Roles<'a> {
    type Target = Classified<'a>;

    fn deref(&self) -> &Self::Target {
        self.classified
    }
}

/// Makes steps of the sums that the kernel of an operand can compute, and parts of these operands.
///
/// Left alone are sums of products that would be fused with what is computed before or after them: there a product that
/// is stored is one more operand, while a sum that is stored would be read and written once more.
pub(crate) fn accumulate<'a>(classified: &'a Classified<'a>) -> Roles<'a> {
    let (classes, accumulations) = (classified.classes.clone(), FxHashMap::default());
    let mut roles = Roles { classified, classes, accumulations };
    for index in 0..roles.classes.len() {
        let id = ValueId::new(index);
        let Some((accumulation, scaled)) = of_part(&roles, id).or_else(|| of_product(&roles, id))
        else {
            continue;
        };
        roles.classes[index] = Class::Step;
        for part in [accumulation.added, scaled] {
            roles.classes[part.index()] = Class::Part;
        }
        roles.accumulations.insert(id, accumulation);
    }
    roles
}

impl<'a> Roles<'a> {
    /// Whether a node takes literals from memory, and not as numbers in its code.
    pub fn reads_memory(&self, id: ValueId) -> bool {
        match self.classes[id.index()] {
            Class::Elementwise(_) | Class::Row(_) => false,
            Class::Part => matches!(self.computation.nodes[id.index()].op, Op::MatMul | Op::Pad(_)),
            Class::Leaf | Class::Literal | Class::View | Class::Step => true,
        }
    }

    /// The node whose kernel computes a value: the summand of an accumulation, else the node itself.
    pub fn added(&self, id: ValueId) -> &'a Node<ValueId> {
        let added = self.accumulations.get(&id).map_or(id, |sum| sum.added);
        &self.computation.nodes[added.index()]
    }

    /// Whether the buffer that an input is read from is small beside the node that reads it.
    pub fn is_small(&self, input: ValueId, id: ValueId) -> bool {
        self.n_elements(self.base(input)) * self.tuning.small <= self.n_elements(id)
    }

    /// All that the step of a node computes.
    pub fn parts(&self, id: ValueId) -> SmallVec<[ValueId; 2]> {
        let mut parts: SmallVec<[ValueId; 2]> = smallvec![id];
        let mut at = 0;
        while at < parts.len() {
            let inputs = &self.computation.nodes[parts[at].index()].inputs;
            parts.extend(
                inputs.iter().copied().filter(|&id| self.classes[id.index()] == Class::Part),
            );
            at += 1;
        }
        parts
    }

    /// The number type in which a node is computed in a fused kernel, if it is.
    pub fn fused(&self, id: ValueId) -> Option<DType> {
        match self.classes[id.index()] {
            Class::Elementwise(dtype) | Class::Row(dtype) => Some(dtype),
            Class::Leaf | Class::Literal | Class::View | Class::Step | Class::Part => None,
        }
    }
}

/// The part among zeros that a node adds to another value. To store that value for it costs no more than to store
/// zeros, even if it could be computed together with the sum; and the next part needs neither.
fn of_part(roles: &Roles<'_>, id: ValueId) -> Option<(Accumulation, ValueId)> {
    let node = &roles.computation.nodes[id.index()];
    if node.op != Op::Binary(Binary::Add) {
        return None;
    }
    let (a, b) = (node.inputs[0], node.inputs[1]);
    let is_part = |id: ValueId| matches!(roles.computation.nodes[id.index()].op, Op::Pad(_));
    let is_whole = |id: ValueId| {
        let class = roles.classes[id.index()];
        class != Class::Part && class != Class::Literal && roles.source(id).is_contiguous()
    };
    let (onto, added) = [(a, b), (b, a)].into_iter().find(|&(onto, added)| {
        is_whole(onto) && onto != added && is_part(added) && has_no_other_use(roles, added)
    })?;
    Some((Accumulation { added, onto, keep: 1.0, scale: 1.0, factor: None }, added))
}

/// The accumulation of a node, and its operand with the product in it.
fn of_product(roles: &Roles<'_>, id: ValueId) -> Option<(Accumulation, ValueId)> {
    let node = &roles.computation.nodes[id.index()];
    let Op::Binary(op @ (Binary::Add | Binary::Sub)) = node.op else { return None };
    let [keep, scale] = [1.0, if op == Binary::Add { 1.0 } else { -1.0 }];
    let is_fused_with = |&user: &ValueId| roles.fused(user).is_some();
    if roles.users(id).iter().any(is_fused_with) {
        return None;
    }
    let (a, b) = (node.inputs[0], node.inputs[1]);
    let sides = [(a, b, keep, scale), (b, a, scale, keep)];
    sides.into_iter().find_map(|(onto, scaled, keep, scale)| {
        let is_stored = matches!(
            roles.classes[roles.base(onto).index()],
            Class::Leaf | Class::Step | Class::View
        );
        if !is_stored || onto == scaled || !roles.source(onto).is_contiguous() {
            return None;
        }
        let (product, factor) = scaled_product(roles, scaled)?;
        // By a factor it is rounded once, and elementwise twice. A checkpoint can make others wait for the product, which
        // is stored then; none waits for what updates a leaf, so that values are the same with and without.
        let is_leaf = roles.classes[roles.base(onto).index()] == Class::Leaf;
        if factor.is_some() && !(is_leaf && roles.is_root[id.index()]) {
            return None;
        }
        Some((Accumulation { added: product, onto, keep, scale, factor }, scaled))
    })
}

/// The product that a node is, or is by a factor for all elements, if nothing else needs either.
fn scaled_product(roles: &Roles<'_>, id: ValueId) -> Option<(ValueId, Option<ValueId>)> {
    let node = &roles.computation.nodes[id.index()];
    if !has_no_other_use(roles, id) {
        return None;
    }
    let is_product = |id: ValueId| roles.computation.nodes[id.index()].op == Op::MatMul;
    if is_product(id) {
        return Some((id, None));
    }
    if node.op != Op::Binary(Binary::Mul) {
        return None;
    }
    let (a, b) = (node.inputs[0], node.inputs[1]);
    let is_scaled = |&(product, factor): &(ValueId, ValueId)| {
        is_product(product) && has_no_other_use(roles, product) && scalar(roles, factor).is_some()
    };
    let (product, factor) = [(a, b), (b, a)].into_iter().find(is_scaled)?;
    Some((product, Some(factor)))
}

/// Whether nothing but one node needs a value, so that it can be computed there.
fn has_no_other_use(roles: &Roles<'_>, id: ValueId) -> bool {
    roles.users(id).len() == 1
        && !roles.is_root[id.index()]
        && !roles.is_awaited[id.index()]
        && roles.computation.awaited[id.index()].is_none()
}

/// The number of a node of which all elements are one.
pub(crate) fn scalar(roles: &Roles<'_>, id: ValueId) -> Option<Scalar> {
    let node = &roles.computation.nodes[id.index()];
    if roles.classes[id.index()] == Class::Literal {
        return node.op.as_literal().map(|value| Scalar::Literal(Literal::new(value)));
    }
    let source = roles.source(id);
    let walk = Walk::new(&source.layout, &source.shape);
    let is_scalar = walk.is_one_element() && node.dtype != DType::Bool;
    is_scalar.then(|| Scalar::Element {
        of: source.base,
        dtype: node.dtype,
        position: walk.offset(),
    })
}
