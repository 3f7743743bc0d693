//! What is added to a value by its own kernel, instead of being stored and added by another: matrix products, and parts
//! among zeros.
//!
//! Steps of gradient descent, `w − rate·xᵀδ`, are of this form: the product goes straight into the parameter. And so are
//! the gradients of what is read in many parts: each part's is added at its places alone.

use retrograd_core::{
    DType, NodeId, Op,
    ops::{Binary, Literal},
};

use crate::{
    compile::classify::{Class, Classified},
    kernels::code::Scalar,
    layout::Walk,
};

/// The value `keep·onto + scale·factor·added` of a node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Accumulation {
    /// A matrix product, or a part among zeros; then the numbers are 1 and there is no factor.
    pub added: NodeId,
    pub onto: NodeId,
    /// 1 or −1.
    pub keep: f64,
    /// 1 or −1.
    pub scale: f64,
    /// What else a product is multiplied by, a node of which all elements are one.
    pub factor: Option<NodeId>,
}

/// Finds the nodes that are computed so, makes steps of them, and takes their steps from the products.
///
/// Left alone are sums of products that would be fused with what is computed before or after them: there a product that
/// is stored is one more operand, while a sum that is stored would be read and written once more.
pub(crate) fn accumulate(classified: &mut Classified<'_>) {
    for index in 0..classified.classes.len() {
        let id = NodeId::new(index);
        let Some((accumulation, scaled)) =
            of_part(classified, id).or_else(|| of_product(classified, id))
        else {
            continue;
        };
        classified.classes[index] = Class::Step;
        for part in [accumulation.added, scaled] {
            classified.classes[part.index()] = Class::Part;
        }
        classified.accumulations.insert(id, accumulation);
    }
}

/// The part among zeros that a node adds to another value. To store that value for it costs no more than to store
/// zeros, even if it could be computed together with the sum; and the next part needs neither.
fn of_part(classified: &Classified<'_>, id: NodeId) -> Option<(Accumulation, NodeId)> {
    let node = &classified.computation.nodes[id.index()];
    if node.op != Op::Binary(Binary::Add) {
        return None;
    }
    let (a, b) = (node.inputs[0], node.inputs[1]);
    let is_part = |id: NodeId| matches!(classified.computation.nodes[id.index()].op, Op::Pad(_));
    let is_whole = |id: NodeId| {
        let class = classified.classes[id.index()];
        class != Class::Part && class != Class::Literal && classified.source(id).is_contiguous()
    };
    let (onto, added) = [(a, b), (b, a)].into_iter().find(|&(onto, added)| {
        is_whole(onto) && onto != added && is_part(added) && has_no_other_use(classified, added)
    })?;
    Some((Accumulation { added, onto, keep: 1.0, scale: 1.0, factor: None }, added))
}

/// What a node accumulates, and its operand with the product in it.
fn of_product(classified: &Classified<'_>, id: NodeId) -> Option<(Accumulation, NodeId)> {
    let node = &classified.computation.nodes[id.index()];
    let [keep, scale] = match node.op {
        Op::Binary(Binary::Add) => [1.0, 1.0],
        Op::Binary(Binary::Sub) => [1.0, -1.0],
        _ => return None,
    };
    let is_fused_with = |&user: &NodeId| classified.fused(user).is_some();
    if classified.users(id).iter().any(is_fused_with) {
        return None;
    }
    let (a, b) = (node.inputs[0], node.inputs[1]);
    let sides = [(a, b, keep, scale), (b, a, scale, keep)];
    sides.into_iter().find_map(|(onto, scaled, keep, scale)| {
        let is_stored = matches!(
            classified.classes[classified.base(onto).index()],
            Class::Leaf | Class::Step | Class::View
        );
        if !is_stored || onto == scaled || !classified.source(onto).is_contiguous() {
            return None;
        }
        let (product, factor) = scaled_product(classified, scaled)?;
        // By a factor it is rounded once, and elementwise twice. A checkpoint can make others wait for the product, which
        // is stored then; none waits for what updates a leaf, so that values are the same with and without.
        let is_leaf = classified.classes[classified.base(onto).index()] == Class::Leaf;
        if factor.is_some() && !(is_leaf && classified.is_root[id.index()]) {
            return None;
        }
        Some((Accumulation { added: product, onto, keep, scale, factor }, scaled))
    })
}

/// The product that a node is, or is by a factor for all elements, if nothing else needs either.
fn scaled_product(classified: &Classified<'_>, id: NodeId) -> Option<(NodeId, Option<NodeId>)> {
    let node = &classified.computation.nodes[id.index()];
    if !has_no_other_use(classified, id) {
        return None;
    }
    let is_product = |id: NodeId| classified.computation.nodes[id.index()].op == Op::MatMul;
    match node.op {
        Op::MatMul => Some((id, None)),
        Op::Binary(Binary::Mul) => {
            let (a, b) = (node.inputs[0], node.inputs[1]);
            let is_scaled = |&(product, factor): &(NodeId, NodeId)| {
                is_product(product)
                    && has_no_other_use(classified, product)
                    && scalar(classified, factor).is_some()
            };
            let (product, factor) = [(a, b), (b, a)].into_iter().find(is_scaled)?;
            Some((product, Some(factor)))
        }
        _ => None,
    }
}

/// Whether nothing but one node needs a value, so that it can be computed there.
fn has_no_other_use(classified: &Classified<'_>, id: NodeId) -> bool {
    classified.users(id).len() == 1
        && !classified.is_root[id.index()]
        && !classified.is_awaited[id.index()]
        && classified.computation.awaited[id.index()].is_none()
}

/// The number of a node of which all elements are one.
pub(crate) fn scalar(classified: &Classified<'_>, id: NodeId) -> Option<Scalar> {
    let node = &classified.computation.nodes[id.index()];
    if classified.classes[id.index()] == Class::Literal {
        return node.op.as_literal().map(|value| Scalar::Literal(Literal::new(value)));
    }
    let source = classified.source(id);
    let walk = Walk::new(&source.layout, &source.shape);
    let is_scalar = walk.is_one_element() && node.dtype != DType::Bool;
    is_scalar.then(|| Scalar::Element {
        of: source.base,
        dtype: node.dtype,
        position: walk.offset(),
    })
}
