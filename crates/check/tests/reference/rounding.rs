//! What single precision can lose: the same nodes computed in double, each rounded at random as single precision would
//! round it.
//!
//! Roundings of a computation behave like independent random errors (the stochastic arithmetic of Vignes 2004, "Discrete
//! stochastic arithmetic for validating results of numerical software"). So the spread of a few runs that are rounded at
//! random estimates the error of one, and Student's distribution says by how many spreads it may differ.

use std::collections::{BTreeMap, BTreeSet};

use rand::{Rng, RngExt};
use retrograd_core::{
    Error, Expr, Graph, NodeId, Op, Tensor, ViewMut,
    ops::{Binary, Unary},
};

/// The unit roundoff of `f32`.
pub const ROUNDOFF: f64 = f32::EPSILON as f64 / 2.0;

/// Runs that are rounded at random.
pub const N_RUNS: u64 = 16;

/// How many spreads of the runs a value may be off by: the quantile of Student's distribution with [`N_RUNS`] degrees
/// of freedom beyond which one number in 10⁹ lies, which is more than are compared.
pub const QUANTILE: f64 = 12.61;

/// Roundoffs of an elementary function: 3 units in the last place, the limit of `docs/accuracy.md`.
const ELEMENTARY: f64 = 6.0;

/// How an operation rounds in single precision.
enum Rounding {
    /// Not at all: it moves or picks elements.
    Exact,
    /// Each element by so many roundoffs.
    Elements(f64),
    /// Sums of so many terms: each by the root of the number of roundoffs of all terms together (Higham and Mary 2019,
    /// "A new approach to probabilistic rounding error analysis").
    Sums(usize),
    /// A factorization of matrices of this size: as if the data were off by so many roundoffs (Wilkinson 1963).
    Backward(usize),
}

fn rounding(op: &Op, inputs: &[&Tensor]) -> Rounding {
    let last = |k: usize| inputs[k].shape().last().copied().unwrap_or(1);
    match op {
        Op::Leaf(_) | Op::Iota(_) | Op::Compare(_) | Op::Select => Rounding::Exact,
        Op::Identity | Op::StopGradient | Op::Cast | Op::Broadcast | Op::Reshape => Rounding::Exact,
        Op::Permute(_) | Op::Slice(_) | Op::Pad(_) | Op::Concat(_) | Op::Gather(_) => {
            Rounding::Exact
        }
        Op::Max(_) | Op::ArgMax(_) | Op::ArgSort(_) => Rounding::Exact,
        Op::Literal(literal) => match f64::from(literal.value() as f32) == literal.value() {
            true => Rounding::Exact,
            false => Rounding::Elements(1.0),
        },
        Op::Unary(
            Unary::Neg | Unary::Abs | Unary::Sign | Unary::Step | Unary::Relu | Unary::NanToNum,
        ) => Rounding::Exact,
        Op::Unary(Unary::Floor | Unary::Ceil | Unary::Trunc | Unary::Round) => Rounding::Exact,
        Op::Unary(_) | Op::Custom(_) => Rounding::Elements(ELEMENTARY),
        Op::Binary(Binary::Add | Binary::Sub | Binary::Mul | Binary::Div | Binary::Chain) => {
            Rounding::Elements(1.0)
        }
        Op::Binary(Binary::Maximum | Binary::Minimum | Binary::Fmax | Binary::Fmin) => {
            Rounding::Exact
        }
        Op::Binary(_) => Rounding::Elements(ELEMENTARY),
        Op::Sum(sum) => Rounding::Sums(sum.axes.n_elements(inputs[0].shape())),
        Op::ScatterAdd(scatter) => Rounding::Sums(inputs[0].shape()[scatter.axis]),
        Op::MatMul => Rounding::Sums(last(0)),
        Op::Cholesky | Op::Solve | Op::Adjugate | Op::LogDeterminant | Op::Svd => {
            Rounding::Backward(last(0))
        }
    }
}

/// Values of expressions of a graph of `f64` whose leaves hold data, where every node is rounded at random.
pub fn rounded_values(
    graph: &Graph,
    roots: &[Expr<'_>],
    rng: &mut impl Rng,
) -> Result<Vec<Tensor>, Error> {
    let mut needed = BTreeSet::new();
    let mut pending: Vec<_> = roots.iter().map(|root| root.id()).collect();
    while let Some(id) = pending.pop() {
        if needed.insert(id) {
            pending.extend(&graph.node(id).inputs);
        }
    }
    let mut values: BTreeMap<NodeId, Tensor> = BTreeMap::new();
    for id in needed {
        let node = graph.node(id).clone();
        let value = match node.op {
            Op::Leaf(_) => graph.expr(id).try_value()?,
            _ => {
                let inputs: Vec<_> = node.inputs.iter().map(|input| &values[input]).collect();
                computed(&node.op, &inputs, Tensor::zeros(node.dtype, node.shape.clone()), rng)
            }
        };
        values.insert(id, value);
    }
    Ok(roots.iter().map(|root| values[&root.id()].clone()).collect())
}

/// The value of an operation, rounded at random.
fn computed(op: &Op, inputs: &[&Tensor], zeros: Tensor, rng: &mut impl Rng) -> Tensor {
    match rounding(op, inputs) {
        Rounding::Exact => evaluated(op, inputs, zeros),
        Rounding::Elements(n) => moved(&evaluated(op, inputs, zeros), n, rng),
        Rounding::Sums(n) => {
            let magnitudes: Vec<_> = inputs.iter().map(|x| mapped(x, f64::abs)).collect();
            let total = evaluated(op, &magnitudes.iter().collect::<Vec<_>>(), zeros.clone());
            let mut size =
                total.to_vec::<f64>().into_iter().map(|x| x * (n as f64).sqrt() * ROUNDOFF);
            mapped(&evaluated(op, inputs, zeros), |y| {
                y + size.next().expect("there is one for each sum") * sign(rng)
            })
        }
        Rounding::Backward(n) => {
            let inputs: Vec<_> = inputs.iter().map(|x| moved(x, n as f64, rng)).collect();
            moved(&evaluated(op, &inputs.iter().collect::<Vec<_>>(), zeros), 1.0, rng)
        }
    }
}

fn evaluated(op: &Op, inputs: &[&Tensor], mut value: Tensor) -> Tensor {
    let views: Vec<_> = inputs.iter().map(|input| input.view()).collect();
    let shape = value.shape().clone();
    op.behavior().eval(&views, ViewMut { shape: &shape, data: value.as_mut_slice() });
    value
}

/// Each element off by so many roundoffs, up or down.
fn moved(x: &Tensor, n_roundoffs: f64, rng: &mut impl Rng) -> Tensor {
    mapped(x, |x| x * (1.0 + n_roundoffs * ROUNDOFF * sign(rng)))
}

fn sign(rng: &mut impl Rng) -> f64 {
    if rng.random_bool(0.5) { 1.0 } else { -1.0 }
}

/// A function of each element, if they are floating-point numbers.
fn mapped(x: &Tensor, f: impl FnMut(f64) -> f64) -> Tensor {
    if !x.dtype().is_float() {
        return x.clone();
    }
    let elements = x.to_vec::<f64>().into_iter().map(f).collect();
    Tensor::new(x.shape(), elements).expect("there are as many elements")
}
