//! The search for the origin of a non-finite value.

use std::collections::BTreeSet;

use smallvec::SmallVec;

use crate::{
    computation::{Computation, ValueId},
    data::{error::Error, tensor::Tensor},
    graph::ops::{LeafKind, Op, OperationKind},
    meaning::{
        eval,
        nonfinite::{InputValues, NonFinite, Site},
    },
};

/// The kind of a non-finite element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flaw {
    /// NaN.
    Nan,
    /// ∞ or −∞.
    Infinite,
}

impl Flaw {
    fn is_in(self, element: f64) -> bool {
        match self {
            Flaw::Nan => element.is_nan(),
            Flaw::Infinite => element.is_infinite(),
        }
    }
}

/// A computation with the values of all its nodes.
pub struct Evaluated<'c> {
    computation: &'c Computation,
    values: Vec<Tensor>,
    flaws: Vec<SmallVec<[Flaw; 2]>>,
}

impl<'c> Evaluated<'c> {
    /// Evaluates all nodes by the oracle, except those with a value in `known`. `known` must have the data of leaves.
    /// Other known values are taken as they are, so that a value can be traced through the results of another backend.
    /// `site` describes nodes.
    ///
    /// # Errors
    /// If a leaf has no data, or an operation has no answer for its data.
    pub fn new(
        computation: &'c Computation,
        known: impl Fn(ValueId) -> Option<Tensor>,
        site: impl Fn(ValueId) -> Site,
    ) -> Result<Self, Error> {
        let mut values: Vec<Tensor> = Vec::with_capacity(computation.nodes.len());
        for (index, node) in computation.nodes.iter().enumerate() {
            let id = ValueId::new(index);
            let value = match (known(id), &node.op) {
                (Some(value), _) => value,
                (None, Op::Leaf(_)) => {
                    return Err(Error::Unbound { leaf: Box::new(site(id).operand) });
                }
                (None, _) => {
                    let describe = || {
                        let Site { function, operand, .. } = site(id);
                        (function, operand)
                    };
                    eval::apply(node, |input| &values[input.index()], describe)?
                }
            };
            values.push(value);
        }
        let flaws = values.iter().map(flaws).collect();
        Ok(Self { computation, values, flaws })
    }

    /// The origin of a non-finite value in a root, with its flaw.
    pub fn behind_roots(&self) -> Option<(ValueId, Flaw)> {
        let roots = self.computation.roots.iter();
        let mut pending: BTreeSet<_> = roots.flat_map(|&root| self.flawed(root)).collect();
        let mut makers = BTreeSet::new();
        while let Some((id, flaw)) = pending.pop_last() {
            let node = &self.computation.nodes[id.index()];
            let inputs = node.inputs.iter().filter(|input| !self.is_literal(**input));
            let flaws_of_inputs: Vec<_> = inputs.flat_map(|&input| self.flawed(input)).collect();
            let is_maker = flaws_of_inputs.iter().all(|&(_, of_input)| of_input != flaw);
            if is_maker {
                makers.insert((self.is_given(id, flaw), id, flaw));
            }
            // NaN has its cause in NaN, or else in infinities.
            let cause = if is_maker { Flaw::Infinite } else { flaw };
            pending.extend(flaws_of_inputs.into_iter().filter(|&(_, flaw)| flaw == cause));
        }
        makers.first().map(|&(_, id, flaw)| (id, flaw))
    }

    /// The first node that makes a value that is not finite, whether or not it is in a root; infinite data do not
    /// count.
    pub fn anywhere(&self) -> Option<(ValueId, Flaw)> {
        let nodes = (0..self.values.len()).map(ValueId::new).filter(|&id| !self.is_literal(id));
        nodes.flat_map(|id| self.flawed(id)).find(|&(id, flaw)| {
            let mut inputs = self.computation.nodes[id.index()].inputs.iter();
            let has = |input: &ValueId| self.flaws[input.index()].contains(&flaw);
            let is_inherited = inputs.any(|input| !self.is_literal(*input) && has(input));
            !is_inherited && !self.is_given(id, flaw)
        })
    }

    fn flawed(&self, id: ValueId) -> impl Iterator<Item = (ValueId, Flaw)> + '_ {
        self.flaws[id.index()].iter().map(move |&flaw| (id, flaw))
    }

    fn is_literal(&self, id: ValueId) -> bool {
        self.computation.nodes[id.index()].op.as_literal().is_some()
    }

    /// Whether what a node makes was put there on purpose, most likely: an infinite constant, or −∞ in other data, as
    /// masks have it.
    fn is_given(&self, id: ValueId, flaw: Flaw) -> bool {
        if flaw == Flaw::Nan {
            return false;
        }
        let node = &self.computation.nodes[id.index()];
        if let Some(leaf) = node.op.as_leaf() {
            let elements = self.values[id.index()].to_vec::<f64>();
            return leaf.kind == LeafKind::Constant || !elements.contains(&f64::INFINITY);
        }
        let is_infinite = |id: ValueId| self.flaws[id.index()].contains(&flaw);
        self.is_literal(id)
            || node.inputs.iter().any(|&input| self.is_literal(input) && is_infinite(input))
    }

    /// The report on a node that makes a flaw. `site` describes nodes.
    pub fn report(&self, id: ValueId, flaw: Flaw, site: impl Fn(ValueId) -> Site) -> NonFinite {
        let node = &self.computation.nodes[id.index()];
        let elements = self.values[id.index()].to_vec::<f64>();
        let position = elements.iter().position(|&element| flaw.is_in(element));
        let position = position.expect("a flaw is in an element");
        let mut inputs = node.inputs.clone();
        inputs.sort_unstable();
        inputs.dedup();
        let kind = node.op.behavior().kind();
        let is_in_place = matches!(kind, OperationKind::Elementwise | OperationKind::Identity);
        let input = |id: &ValueId| {
            let elements = self.values[id.index()].to_vec::<f64>();
            InputValues {
                operand: site(*id).operand,
                there: is_in_place.then(|| elements[position]),
                range: range(&elements),
                n_non_finite: n_non_finite(&elements),
            }
        };
        NonFinite {
            site: site(id),
            index: node.shape.index_of(position),
            value: elements[position],
            n_non_finite: n_non_finite(&elements),
            inputs: inputs.iter().map(input).collect(),
        }
    }
}

/// The flaws of a value.
fn flaws(value: &Tensor) -> SmallVec<[Flaw; 2]> {
    if value.as_slice().is_finite() {
        return SmallVec::new();
    }
    let elements = value.to_vec::<f64>();
    let is_present = |flaw: &Flaw| elements.iter().any(|&element| flaw.is_in(element));
    [Flaw::Nan, Flaw::Infinite].into_iter().filter(is_present).collect()
}

fn n_non_finite(elements: &[f64]) -> usize {
    elements.iter().filter(|element| !element.is_finite()).count()
}

/// The least and the largest finite element.
fn range(elements: &[f64]) -> Option<(f64, f64)> {
    let finite = || elements.iter().copied().filter(|element| element.is_finite());
    finite().reduce(f64::min).zip(finite().reduce(f64::max))
}
