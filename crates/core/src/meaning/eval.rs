//! The oracle: the meaning of a graph, one plain loop per operation, in the order of recording.

use std::collections::{BTreeSet, hash_map::Entry};

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::{
    data::{
        error::{Error, Operand, located},
        tensor::Tensor,
    },
    graph::{Graph, Node, NodeId, expr::Expr, ops::Op, params::Params},
};

impl<'g> Expr<'g> {
    /// The value, computed by the oracle from the data that the leaves were recorded with, and remembered.
    ///
    /// # Panics
    /// If it depends on an input without data, an operation has no answer for its data, or there is no memory for a value.
    #[track_caller]
    pub fn value(self) -> Tensor {
        located(self.try_value())
    }

    /// The value, as by [`value`](Self::value).
    ///
    /// # Errors
    /// If it depends on an input without data, an operation has no answer for its data, or there is no memory for a value.
    pub fn try_value(self) -> Result<Tensor, Error> {
        remembered_value(self)
    }

    /// The value with other data for some leaves; nothing is remembered.
    ///
    /// # Errors
    /// If it depends on an input without data, data do not fit their leaf, an operation has no answer for its data, or
    /// there is no memory for a value.
    ///
    /// ```
    /// use retrograd_core::{Bindings, Graph, Tensor};
    ///
    /// let g = Graph::new();
    /// let x = g.input("x", [2]);
    /// let data = Tensor::from([3.0f32, 4.0]);
    /// let value = x.square().sum().value_with(&Bindings::new().with("x", &data))?;
    /// assert_eq!(value.item(), 25.0);
    /// # Ok::<(), retrograd_core::Error>(())
    /// ```
    pub fn value_with(self, bindings: &Bindings<'_>) -> Result<Tensor, Error> {
        let values = values(self.graph(), &[self.id()], bindings)?;
        Ok(values.into_iter().next().expect("one root has one value"))
    }
}

/// Data for the leaves of a graph, by full name: parameters from maps, inputs one by one.
#[derive(Clone, Default)]
pub struct Bindings<'a> {
    params: Vec<&'a Params>,
    inputs: FxHashMap<&'a str, &'a Tensor>,
    /// A name of two inputs.
    given_twice: Option<&'a str>,
}

impl<'a> Bindings<'a> {
    /// No data: every leaf keeps its recorded data.
    pub fn new() -> Self {
        Self::default()
    }

    /// With a tensor for one leaf, which counts more than those of maps. Two for one leaf are an error of the
    /// evaluation.
    pub fn with(mut self, name: &'a str, data: &'a Tensor) -> Self {
        if self.inputs.insert(name, data).is_some() {
            self.given_twice = Some(name);
        }
        self
    }

    /// With the tensors of a map of parameters. A leaf that two maps have a tensor for is an error of the evaluation.
    pub fn with_params(mut self, params: &'a Params) -> Self {
        self.params.push(params);
        self
    }

    /// The tensor for the leaf `name`.
    ///
    /// # Errors
    /// If two maps have one.
    fn get(&self, name: &str) -> Result<Option<&'a Tensor>, Error> {
        if let Some(&tensor) = self.inputs.get(name) {
            return Ok(Some(tensor));
        }
        let mut in_maps = self.params.iter().filter_map(|params| params.get(name));
        match (in_maps.next(), in_maps.next()) {
            (_, Some(_)) => Err(Error::BoundTwice { leaf: name.to_owned(), how: "in the maps" }),
            (tensor, None) => Ok(tensor),
        }
    }
}

/// Values of `roots`, with the data of `bindings` in place of the recorded data of leaves.
///
/// # Errors
/// If a leaf has no data, data do not fit their leaf, are given twice, or are for a name that no leaf has, or an operation has no answer
/// for its data, such as an index out of bounds or a singular matrix. Parameters of a map that the graph does not use are left alone.
pub fn values(
    graph: &Graph,
    roots: &[NodeId],
    bindings: &Bindings<'_>,
) -> Result<Vec<Tensor>, Error> {
    if let Some(name) = bindings.given_twice {
        return Err(Error::BoundTwice { leaf: name.to_owned(), how: "given" });
    }
    for name in bindings.inputs.keys() {
        if let Err(known) = graph.has_leaf_named(name) {
            return Err(Error::UnknownName { name: (*name).to_owned(), kind: "leaf", known });
        }
    }
    let computed =
        compute(graph, roots, KeptValues::Roots, |id, name| match bindings.get(name)? {
            Some(data) => check_binding(graph, id, name, data).map(|()| Some(data.clone())),
            None => Ok(None),
        })?;
    Ok(roots.iter().map(|root| computed[root].clone()).collect())
}

/// The value of one expression, remembering it and all that it took.
pub(crate) fn remembered_value(expr: Expr<'_>) -> Result<Tensor, Error> {
    let graph = expr.graph();
    if let Some(value) = graph.remembered(expr.id()) {
        return Ok(value);
    }
    let mut computed =
        compute(graph, &[expr.id()], KeptValues::All, |id, _| Ok(graph.remembered(id)))?;
    let value = computed[&expr.id()].clone();
    computed.retain(|&id, _| !is_literal(graph, id));
    graph.remember(computed);
    Ok(value)
}

/// The values kept to the end. Others are freed after their last use.
#[derive(PartialEq)]
enum KeptValues {
    All,
    Roots,
}

/// Values of the roots, and of what they depend on. `known` gives the value of a node, called by its name, that
/// need not be computed.
fn compute(
    graph: &Graph,
    roots: &[NodeId],
    kept: KeptValues,
    known: impl Fn(NodeId, &str) -> Result<Option<Tensor>, Error>,
) -> Result<FxHashMap<NodeId, Tensor>, Error> {
    let mut values = FxHashMap::default();
    // The nodes to be computed, and pairs of a node and an input that is not used after it: later nodes first.
    let (mut needed, mut last_uses) = (Vec::new(), Vec::new());
    let mut pending: BTreeSet<_> = roots.iter().copied().collect();
    while let Some(id) = pending.pop_last() {
        let node = graph.node(id);
        let leaf = if let Op::Leaf(leaf) = node.op { Some(graph.leaf_info(leaf)) } else { None };
        match known(id, leaf.as_ref().map_or("", |leaf| &*leaf.name))? {
            Some(value) => drop(values.insert(id, value)),
            None => {
                needed.push(id);
                for &input in node.inputs.iter().filter(|&&input| !is_literal(graph, input)) {
                    if pending.insert(input) && kept == KeptValues::Roots {
                        last_uses.push((id, input));
                    }
                }
            }
        }
    }
    for id in needed.into_iter().rev() {
        let node = graph.node(id);
        let value = if let Op::Leaf(leaf) = node.op {
            let data = graph.leaf_info(leaf).data.clone();
            data.ok_or_else(|| Error::Unbound { leaf: Box::new(graph.describe(id)) })?
        } else {
            let literals = literals(graph, &node)?;
            let value = |input| literals.get(&input).unwrap_or_else(|| &values[&input]);
            apply(&node, value, || (graph.function_of(id), graph.describe(id)))?
        };
        values.insert(id, value);
        while let Some((_, input)) = last_uses.pop_if(|(user, _)| *user == id) {
            values.remove(&input);
        }
    }
    Ok(values)
}

/// Whether a node has one number in every place, known without a tensor of them.
fn is_literal(graph: &Graph, id: NodeId) -> bool {
    graph.node(id).op.as_literal().is_some()
}

/// The values of those inputs of a node that are literals: made for this node and not kept, since they are soon made
/// again, and many are as large as what they are added to.
fn literals(graph: &Graph, node: &Node) -> Result<FxHashMap<NodeId, Tensor>, Error> {
    let mut values = FxHashMap::default();
    for &input in node.inputs.iter().filter(|&&input| is_literal(graph, input)) {
        if let Entry::Vacant(slot) = values.entry(input) {
            let none = |_| unreachable!("a literal has no inputs");
            let describe = || (graph.function_of(input), graph.describe(input));
            slot.insert(apply(&graph.node(input), none, describe)?);
        }
    }
    Ok(values)
}

/// The value of one node from its inputs' values. `describe` names the function that recorded it, and the node.
///
/// # Errors
/// If the operation has no answer for these values, or there is no memory for it.
pub(crate) fn apply<'v, Id: Copy>(
    node: &Node<Id>,
    value: impl Fn(Id) -> &'v Tensor,
    describe: impl Fn() -> (String, Operand),
) -> Result<Tensor, Error> {
    let refusal = |reason| {
        let (op, node) = describe();
        Error::Data { op, node: Box::new(node), reason }
    };
    let inputs: SmallVec<[_; 4]> = node.inputs.iter().map(|&input| value(input).view()).collect();
    let behavior = node.op.behavior();
    behavior.check(&inputs, &node.shape).map_err(refusal)?;
    let mut value = Tensor::try_zeros(node.dtype, node.shape.clone()).map_err(|error| {
        let (_, Operand { name, dtype, shape, .. }) = describe();
        if let Error::OutOfMemory { n_bytes, .. } = error {
            return Error::OutOfMemory { what: format!("`{name}` {dtype} {shape}"), n_bytes };
        }
        error
    })?;
    behavior.eval(&inputs, value.view_mut());
    behavior.verify(value.view()).map_err(refusal)?;
    Ok(value)
}

/// Checks that data fit their leaf, and the requirements of functions.
pub(crate) fn check_binding(
    graph: &Graph,
    id: NodeId,
    name: &str,
    data: &Tensor,
) -> Result<(), Error> {
    let node = graph.node(id);
    let (declared, given) = ((node.dtype, &node.shape), (data.dtype(), data.shape()));
    match declared == given {
        true => match graph.requirements().get(&id) {
            Some(all) => all.iter().try_for_each(|requirement| requirement.check(data.view())),
            None => Ok(()),
        },
        false => Err(Error::Binding {
            leaf: name.to_owned(),
            declared: Box::new((declared.0, declared.1.clone())),
            given: Box::new((given.0, given.1.clone())),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_made_when_they_are_needed_and_not_remembered() {
        let graph = Graph::new();
        let twos = graph.full([3], 2.0);
        let x = graph.constant([1.0, 2.0, 3.0]);
        let product = x * twos;
        assert_eq!(product.sum().value().item(), 12.0);
        assert_eq!(twos.value().to_vec::<f64>(), [2.0; 3]);
        assert!(graph.remembered(twos.id()).is_none());
        assert!(graph.remembered(product.id()).is_some());
    }
}
