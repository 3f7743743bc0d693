//! The effect of rounding on a value: evaluation in which every operation rounds at random.
//!
//! The effect depends on the graph of the value: a sum of terms that cancel keeps few digits. Roundings behave like
//! independent random errors; so instead of guessing, each operation is given an error of its own, and how far values of
//! several runs lie apart says how far rounding may move them (Parker 1997, "Monte Carlo arithmetic"; Vignes 2004,
//! "Discrete stochastic arithmetic for validating results of numerical software").

use std::collections::HashMap;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use retrograd_core::{
    DType, Error, Expr, Graph, Node, NodeId, Tensor, View, ViewMut, ops::Rounding,
};

/// Errors to draw from.
#[derive(Clone, Debug)]
pub struct Errors {
    dtype: DType,
    unit: f64,
    rng: ChaCha8Rng,
}

impl Errors {
    /// Relative errors whose mean square is that of `unit`, where numbers that are exact in `dtype` come without one.
    pub fn new(dtype: DType, unit: f64, seed: u64) -> Self {
        Self { dtype, unit, rng: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// A positive or negative error. Sizes differ, so that two errors never cancel.
    fn draw(&mut self) -> f64 {
        // The mean square of numbers between a and 3a is 13/3·a².
        let least = (3.0f64 / 13.0).sqrt();
        let size = self.unit * self.rng.random_range(least..3.0 * least);
        if self.rng.random_bool(0.5) { size } else { -size }
    }

    /// Each element off by so many units, up or down. Zero stays zero.
    fn moved(&mut self, x: &Tensor, n_units: f64) -> Tensor {
        mapped(x, |x| x * (1.0 + n_units * self.draw()))
    }
}

/// Values by node.
pub type Values = HashMap<NodeId, Tensor>;

/// The nodes that some expressions of a graph of `f64` need.
pub struct RoundedEvaluation<'g> {
    graph: &'g Graph,
    /// In the order of recording.
    needed: Vec<NodeId>,
}

impl<'g> RoundedEvaluation<'g> {
    /// The evaluation of `roots`, and of the nodes that they need.
    pub fn of(graph: &'g Graph, roots: &[Expr<'g>]) -> Self {
        Self { graph, needed: graph.ancestors(roots) }
    }

    /// The values of all that is needed, with `data` in place of what leaves hold; with errors, if there are some.
    ///
    /// ```
    /// use retrograd_check::rounding::{Errors, RoundedEvaluation, Values};
    /// use retrograd_core::{DType, Graph};
    ///
    /// let g = Graph::with_dtype(DType::F64);
    /// let sum = g.constant([1.0, -0.999]).sum();
    /// let evaluation = RoundedEvaluation::of(&g, &[sum]);
    /// let exact = evaluation.run(&Values::new(), None)?[&sum.id()].item();
    /// let mut errors = Errors::new(DType::F64, 1e-9, 0);
    /// let rounded = evaluation.run(&Values::new(), Some(&mut errors))?[&sum.id()].item();
    /// // The terms nearly cancel, so that errors of them weigh a thousand times as much.
    /// assert!((rounded / exact - 1.0).abs() > 1e-7);
    /// # Ok::<(), retrograd_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// If a leaf has no data.
    pub fn run(&self, data: &Values, mut errors: Option<&mut Errors>) -> Result<Values, Error> {
        let mut values = Values::default();
        for &id in &self.needed {
            let node = self.graph.node(id).clone();
            let value = match (node.op.as_leaf(), data.get(&id)) {
                (_, Some(data)) => data.clone(),
                (Some(_), None) => self.graph.expr(id).try_value()?,
                (None, None) => {
                    let inputs: Vec<_> = node.inputs.iter().map(|x| values[x].clone()).collect();
                    apply(&node, &inputs, errors.as_deref_mut())
                }
            };
            values.insert(id, value);
        }
        Ok(values)
    }
}

/// The value of a node from the values of its inputs.
pub(crate) fn apply<Id>(node: &Node<Id>, inputs: &[Tensor], errors: Option<&mut Errors>) -> Tensor {
    let Some(errors) = errors else { return exact(node, inputs) };
    let shapes: Vec<_> = inputs.iter().map(Tensor::shape).collect();
    match node.op.behavior().rounding(&shapes, errors.dtype) {
        Rounding::Exact => exact(node, inputs),
        Rounding::Elements(n) => errors.moved(&exact(node, inputs), n),
        Rounding::Sums(n) => {
            let magnitudes: Vec<_> = inputs.iter().map(|x| mapped(x, f64::abs)).collect();
            let totals = exact(node, &magnitudes).to_vec::<f64>();
            let mut sizes = totals.iter().map(|total| total * (n as f64).sqrt());
            mapped(&exact(node, inputs), |y| {
                y + sizes.next().expect("there is one for each sum") * errors.draw()
            })
        }
        Rounding::Backward(n) => {
            let inputs: Vec<_> = inputs.iter().map(|x| errors.moved(x, n as f64)).collect();
            errors.moved(&exact(node, &inputs), 1.0)
        }
    }
}

fn exact<Id>(node: &Node<Id>, inputs: &[Tensor]) -> Tensor {
    let mut value = Tensor::zeros(node.dtype, node.shape.clone());
    let views: Vec<View<'_>> = inputs.iter().map(Tensor::view).collect();
    let output = ViewMut::new(&node.shape, value.as_mut_slice());
    let output = output.expect("a tensor of zeros fills its shape");
    node.op.behavior().eval(&views, output);
    value
}

/// Maps each element of a float tensor; other dtypes stay.
fn mapped(x: &Tensor, f: impl FnMut(f64) -> f64) -> Tensor {
    if !x.dtype().is_float() {
        return x.clone();
    }
    let elements = x.to_vec::<f64>().into_iter().map(f).collect();
    Tensor::new(x.shape(), elements).expect("there are as many elements")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How far errors move a value, in units of it.
    fn scatter(record: impl for<'g> Fn(&'g Graph) -> Expr<'g>) -> f64 {
        const UNIT: f64 = 1e-9;
        let g = Graph::with_dtype(DType::F64);
        let y = record(&g);
        let evaluation = RoundedEvaluation::of(&g, &[y]);
        let value = |errors: Option<&mut Errors>| {
            evaluation.run(&Values::new(), errors).expect("leaves hold data")[&y.id()].item()
        };
        let exact = value(None);
        let moved = value(Some(&mut Errors::new(DType::F64, UNIT, 1)));
        (moved - exact).abs() / exact / UNIT
    }

    #[test]
    fn a_sum_that_cancels_is_as_uncertain_as_its_terms_are_large() {
        let benign = scatter(|g| g.constant([1.0, 2.0]).sum());
        let cancelling = scatter(|g| g.constant([1.0, -1.0 + 1e-3]).sum());
        assert!((0.1..8.0).contains(&benign), "{benign}");
        assert!((1e3..1e4).contains(&cancelling), "{cancelling}");
    }

    #[test]
    fn numbers_that_are_only_moved_stay_what_they_are() {
        assert_eq!(scatter(|g| g.constant([1.0, 3.0]).slice_by(0, .., -1).max_over(0)), 0.0);
    }
}
