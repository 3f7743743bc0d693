//! Where derivatives are checked: the leaves of a graph, the data they hold, and values nearby.

use std::sync::Arc;

use rand::{Rng, RngExt};
use retrograd_core::{Bindings, Error, Expr, Graph, Tensor, eval, expr::Pair};

use crate::report::CheckFailure;

/// The leaves of floating-point numbers, and the data they hold.
pub(crate) struct CheckedPoint<'g> {
    graph: &'g Graph,
    pub(crate) leaves: Vec<CheckedLeaf<'g>>,
}

/// A leaf by which derivatives are taken.
pub(crate) struct CheckedLeaf<'g> {
    /// Which of the inputs it is.
    pub(crate) input: usize,
    pub(crate) expr: Expr<'g>,
    pub(crate) name: Arc<str>,
    values: Vec<f64>,
    /// Stands for a direction in which the leaf moves.
    tangent: Expr<'g>,
    /// How far each element is moved by a step of 1: as far as its size, or that of its neighbors if it is 0.
    pub(crate) scales: Vec<f64>,
}

/// A random number between 1/2 and 3/2, of either sign: far from 0, and from any other.
pub(crate) fn random_weight(rng: &mut impl Rng) -> f64 {
    let magnitude = rng.random_range(0.5..1.5);
    if rng.random_bool(0.5) { magnitude } else { -magnitude }
}

impl<'g> CheckedPoint<'g> {
    /// The data of those of `leaves` that are floating-point numbers.
    #[track_caller]
    pub(crate) fn of(graph: &'g Graph, leaves: &[Expr<'g>]) -> Result<Self, CheckFailure> {
        let numbers = leaves.iter().enumerate().filter(|(_, leaf)| leaf.dtype().is_float());
        let leaves: Vec<_> =
            numbers.map(|(k, &leaf)| CheckedLeaf::of(k, leaf)).collect::<Result<_, _>>()?;
        if leaves.is_empty() { Err(CheckFailure::NoInputs) } else { Ok(Self { graph, leaves }) }
    }

    /// The expressions to differentiate by.
    pub(crate) fn exprs(&self) -> Vec<Expr<'g>> {
        self.leaves.iter().map(|leaf| leaf.expr).collect()
    }

    /// The leaves, each with the stand-in for its direction.
    pub(crate) fn tangents(&self) -> Vec<Pair<'g>> {
        self.leaves.iter().map(|leaf| (leaf.expr, leaf.tangent)).collect()
    }

    pub(crate) fn n_elements(&self) -> usize {
        self.leaves.iter().map(|leaf| leaf.values.len()).sum()
    }

    /// A random direction: every element moves, in proportion to its scale.
    pub(crate) fn direction(&self, rng: &mut impl Rng) -> Vec<Vec<f64>> {
        let mut along = |leaf: &CheckedLeaf<'g>| {
            leaf.scales.iter().map(|scale| scale * random_weight(rng)).collect()
        };
        self.leaves.iter().map(&mut along).collect()
    }

    /// The direction of one element of one leaf.
    pub(crate) fn direction_of(&self, leaf: usize, element: usize) -> Vec<Vec<f64>> {
        let mut direction: Vec<_> =
            self.leaves.iter().map(|leaf| vec![0.0; leaf.values.len()]).collect();
        direction[leaf][element] = self.leaves[leaf].scales[element];
        direction
    }

    /// The value of a scalar with the leaves moved by `step` along a direction.
    pub(crate) fn value_at(
        &self,
        scalar: Expr<'g>,
        direction: &[Vec<f64>],
        step: f64,
    ) -> Result<f64, Error> {
        let moved: Vec<_> = self
            .leaves
            .iter()
            .zip(direction)
            .map(|(leaf, along)| leaf.moved(along, step))
            .collect();
        let named = self.leaves.iter().zip(&moved);
        let bindings =
            named.fold(Bindings::new(), |bindings, (leaf, data)| bindings.with(&leaf.name, data));
        let values = eval::values(self.graph, &[scalar.id()], &bindings)?;
        Ok(values[0].item())
    }

    /// The value of an expression of [`tangents`](Self::tangents) for a direction.
    pub(crate) fn value_along(
        &self,
        tangent: Expr<'g>,
        direction: &[Vec<f64>],
    ) -> Result<f64, Error> {
        let tensors =
            self.leaves.iter().zip(direction).map(|(leaf, along)| leaf.tensor(along.clone()));
        let tensors: Vec<_> = tensors.collect();
        let names: Vec<_> = self.leaves.iter().map(CheckedLeaf::name_of_direction).collect();
        let named = names.iter().zip(&tensors);
        let bindings =
            named.fold(Bindings::new(), |bindings, (name, data)| bindings.with(name, data));
        let values = eval::values(self.graph, &[tangent.id()], &bindings)?;
        Ok(values[0].item())
    }
}

impl<'g> CheckedLeaf<'g> {
    fn name_of_direction(&self) -> Arc<str> {
        self.tangent.graph().name(self.tangent.id()).expect("inputs have names")
    }

    #[track_caller]
    fn of(input: usize, expr: Expr<'g>) -> Result<Self, CheckFailure> {
        let name = expr.graph().name(expr.id());
        let name = name
            .unwrap_or_else(|| panic!("gradients are checked by named leaves, not by {expr:?}"));
        let values = expr.try_value()?.to_vec::<f64>();
        let graph = expr.graph();
        let tangent = graph.input(&format!("{name}: direction {}", graph.len()), expr.shape());
        let mean_size = values.iter().map(|x| x.abs()).sum::<f64>() / values.len() as f64;
        let of_zero = if mean_size > 0.0 { mean_size } else { 1.0 };
        let scales = values.iter().map(|x| if *x == 0.0 { of_zero } else { x.abs() }).collect();
        Ok(Self { input, expr, name, values, tangent, scales })
    }

    fn moved(&self, along: &[f64], step: f64) -> Tensor {
        let moved = self.values.iter().zip(along).map(|(x, along)| x + step * along).collect();
        self.tensor(moved)
    }

    /// Numbers in the shape of this leaf.
    pub(crate) fn tensor(&self, numbers: Vec<f64>) -> Tensor {
        Tensor::new(self.expr.shape(), numbers).expect("there is a number for every element")
    }
}
