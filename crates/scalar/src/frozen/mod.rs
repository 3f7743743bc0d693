//! Frozen functions: scalar functions recorded once as graphs, which can be drawn, differentiated, compiled, and
//! replayed on new inputs.

mod replay;
mod traced;

use std::ptr;

use retrograd_core::{DType, Error, Expr, Graph, NodeId};
use retrograd_plan::Plan;

use self::{
    replay::Branch,
    traced::{Decision, Decisions},
};

pub use self::{
    replay::{Replay, ReplayError},
    traced::{Traced, TracedMask},
};

/// The name of the input.
const INPUT: &str = "x";

/// A scalar function recorded as a graph, for all inputs that take the recorded branches.
///
/// Its expressions can be drawn, evaluated, and differentiated in all modes. The compiled form is a program of scalars,
/// in which a loop becomes one operation on all of its iterations. It runs many times as fast as the function on a
/// tape. A run whose input would take another branch returns an error that names the comparison, and never a wrong
/// value.
///
/// ```
/// use retrograd_scalar::{Frozen, Scalar};
///
/// fn f<R: Scalar>(x: &[R]) -> R {
///     if x[0] > 1.0 { x[0] * x[1] } else { x[1].exp() }
/// }
///
/// let frozen = Frozen::record(|x| f(x), &[2.0, 3.0]);
/// let gradient = frozen.y().grad(&[frozen.x()])[0];
/// let mut replay = frozen.compile(&[frozen.y(), gradient])?;
///
/// replay.run(&[5.0, 7.0]).unwrap();
/// assert_eq!((replay.output(0), replay.output(1)), (&[35.0][..], &[7.0, 5.0][..]));
///
/// let error = replay.run(&[0.5, 7.0]).unwrap_err();
/// assert!(error.to_string().contains("0.5 > 1 is false"));
/// # Ok::<(), retrograd_core::Error>(())
/// ```
///
/// A function without branches, over [`Real`](crate::Real), also accepts a tensor: an expression of shape `[n]` records
/// each operation once for all `n` elements.
///
/// ```
/// use retrograd_core::{DType, Graph};
/// use retrograd_scalar::Real;
///
/// fn softplus_squared<R: Real>(x: R) -> R {
///     x.softplus().square()
/// }
///
/// let g = Graph::with_dtype(DType::F64);
/// let x = g.constant([-1.0, 0.0, 2.0]);
/// let y = softplus_squared(x);
/// let slopes = y.sum().grad(&[x])[0].value().to_vec::<f64>();
/// assert_eq!(y.value().to_vec::<f64>()[2], softplus_squared(2.0));
/// assert!((slopes[1] - 2.0f64.ln()).abs() < 1e-15);
/// ```
pub struct Frozen {
    graph: Graph,
    x: NodeId,
    y: NodeId,
    decisions: Vec<Decision>,
}

impl Frozen {
    /// Records a function with one output, at the input `x`.
    pub fn record(f: impl for<'g> FnOnce(&[Traced<'g>]) -> Traced<'g>, x: &[f64]) -> Self {
        Self::with(x, |graph, x| f(x).expr_in(graph))
    }

    /// Records a function with any number of outputs, at the input `x`.
    ///
    /// ```
    /// use retrograd_scalar::Frozen;
    ///
    /// let frozen = Frozen::record_all(|x| vec![x[0] * x[1], x[0].into()], &[2.0, 3.0]);
    /// let jacobian = frozen.y().jacobian(frozen.x());
    /// assert_eq!(jacobian.value().to_vec::<f64>(), [3.0, 2.0, 1.0, 0.0]);
    /// ```
    pub fn record_all(f: impl for<'g> FnOnce(&[Traced<'g>]) -> Vec<Traced<'g>>, x: &[f64]) -> Self {
        Self::with(x, |graph, x| {
            let outputs: Vec<_> = f(x).into_iter().map(|y| y.expr_in(graph)).collect();
            if outputs.is_empty() { graph.full([0], 0.0) } else { graph.stack(&outputs, 0) }
        })
    }

    fn with(x: &[f64], record: impl for<'g> FnOnce(&'g Graph, &[Traced<'g>]) -> Expr<'g>) -> Self {
        let (graph, decisions) = (Graph::with_dtype(DType::F64), Decisions::default());
        let input = graph.input_with(INPUT, x.to_vec());
        let (x, y) = {
            let number = |(k, &value): (usize, &f64)| {
                let element = input.slice(0, k..k + 1).reshape(());
                Traced::new(value, element, &decisions)
            };
            let numbers: Vec<_> = x.iter().enumerate().map(number).collect();
            (input.id(), record(&graph, &numbers).id())
        };
        Self { graph, x, y, decisions: decisions.into_inner() }
    }

    /// The graph.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The input, shape `[n]`.
    pub fn x(&self) -> Expr<'_> {
        self.graph.expr(self.x)
    }

    /// The output: a scalar, or shape `[m]` for a function recorded by [`record_all`](Self::record_all).
    pub fn y(&self) -> Expr<'_> {
        self.graph.expr(self.y)
    }

    /// The number of comparisons that have decided a branch.
    pub fn n_decisions(&self) -> usize {
        self.decisions.len()
    }

    /// Compiles some expressions of the graph, for inputs that take the recorded branches.
    ///
    /// # Errors
    /// If an expression is of another graph.
    pub fn compile(&self, outputs: &[Expr<'_>]) -> Result<Replay, Error> {
        let expr = |id: NodeId| self.graph.expr(id);
        let is_foreign = |output: &&Expr<'_>| !ptr::eq(output.graph(), &self.graph);
        if let Some(&foreign) = outputs.iter().find(is_foreign) {
            let _call = foreign.graph().call("compile").open();
            return Err(Expr::misfit(&[foreign], "it belongs to another graph"));
        }
        let mut all: Vec<Expr<'_>> = outputs.to_vec();
        if !self.decisions.is_empty() {
            let [lhs, rhs]: [Vec<_>; 2] = [
                self.decisions.iter().map(|decision| expr(decision.lhs)).collect(),
                self.decisions.iter().map(|decision| expr(decision.rhs)).collect(),
            ];
            all.extend([self.graph.stack(&lhs, 0), self.graph.stack(&rhs, 0)]);
        }
        let decisions =
            self.decisions.iter().map(|&Decision { comparison, outcome, location, .. }| Branch {
                comparison,
                outcome,
                location,
            });
        let plan = Plan::compile(&all, &[])?;
        Replay::new(plan, self.x().shape(), outputs.len(), decisions.collect())
    }
}
