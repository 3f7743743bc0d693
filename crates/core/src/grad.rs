//! Reverse mode: one sweep over the graph, from outputs back to whatever derivatives are wanted by.
//!
//! The sweep knows no operation. It hands each node's cotangent to the node's rule and adds up what comes back,
//! later nodes first, so that a cotangent is complete when its turn comes.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashSet;

use crate::{
    error::{Error, located},
    expr::{Expr, inputs_of_one_graph},
    graph::NodeId,
    ops::Rule,
};

impl<'g> Expr<'g> {
    /// The gradient of this scalar by each of `wrt`, as expressions of the same graph: they can be evaluated,
    /// drawn, compiled and differentiated again. Zeros where this value does not depend on the expression.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let x = g.param("x", 3.0);
    /// let y = x * x * x;
    /// let dy = y.grad(&[x])[0];
    /// let ddy = dy.grad(&[x])[0];
    /// assert_eq!((dy.value().item(), ddy.value().item()), (27.0, 18.0));
    /// ```
    ///
    /// # Panics
    /// If this value is not a scalar: then say with which weights its elements count, by [`vjp`](Self::vjp).
    #[track_caller]
    pub fn grad(self, wrt: &[Expr<'g>]) -> Vec<Expr<'g>> {
        located(self.try_grad(wrt))
    }

    /// [`grad`](Self::grad) that returns what is wrong.
    ///
    /// # Errors
    /// If this value is not a scalar, or expressions of different graphs are mixed.
    #[track_caller]
    pub fn try_grad(self, wrt: &[Expr<'g>]) -> Result<Vec<Expr<'g>>, Error> {
        if self.rank() != 0 {
            let reason = "only a scalar has a gradient; reduce it by `sum` or `mean`, or give a seed to `vjp`";
            return Err(Self::misfit("grad", &[self], reason));
        }
        self.require_gradients("grad", wrt)?;
        Ok(gradients(self, self.like(1.0), wrt))
    }

    /// Vector–Jacobian product: the gradient of `Σ seed·self` by each of `wrt`, where `seed` has the shape of this
    /// value and is not differentiated.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let x = g.param("x", [1.0, 2.0, 3.0]);
    /// let seed = g.constant([1.0, 10.0, 100.0]);
    /// assert_eq!(x.square().vjp(seed, &[x])[0].value().to_vec::<f64>(), [2.0, 40.0, 600.0]);
    /// ```
    ///
    /// # Panics
    /// If the seed has another shape or dtype, this value is not of floating-point numbers, or expressions of
    /// different graphs are mixed.
    #[track_caller]
    pub fn vjp(self, seed: Expr<'g>, wrt: &[Expr<'g>]) -> Vec<Expr<'g>> {
        located(self.try_vjp(seed, wrt))
    }

    /// [`vjp`](Self::vjp) that returns what is wrong.
    ///
    /// # Errors
    /// If the seed has another shape or dtype, this value is not of floating-point numbers, or expressions of
    /// different graphs are mixed.
    #[track_caller]
    pub fn try_vjp(self, seed: Expr<'g>, wrt: &[Expr<'g>]) -> Result<Vec<Expr<'g>>, Error> {
        self.require_gradients("vjp", wrt)?;
        inputs_of_one_graph("vjp", &[self, seed])?;
        if (seed.shape(), seed.dtype()) != (self.shape(), self.dtype()) {
            let reason = "the seed, named last, must have the shape and dtype of the output";
            return Err(Self::misfit("vjp", &[self, seed], reason));
        }
        Ok(gradients(self, seed, wrt))
    }

    /// Whether this value can have gradients by `wrt`; else an error of the operation `op`.
    fn require_gradients(self, op: &str, wrt: &[Expr<'g>]) -> Result<(), Error> {
        for &x in wrt {
            inputs_of_one_graph(op, &[self, x])?;
        }
        match wrt.iter().chain([&self]).find(|x| !x.dtype().is_float()) {
            Some(x) => Err(Self::misfit(op, &[*x], "only floating-point numbers have gradients")),
            None => Ok(()),
        }
    }

    /// The share of this cotangent that passes through the local derivative `d`; `None` if `d` is known to be 0.
    #[track_caller]
    pub(crate) fn pull_back(self, d: Expr<'g>) -> Option<Expr<'g>> {
        match (self.as_literal(), d.as_literal()) {
            (_, Some(0.0)) => None,
            (_, Some(1.0)) => Some(self),
            (_, Some(-1.0)) => Some(-self),
            (Some(1.0), _) => Some(d),
            _ => Some(self.chain(d)),
        }
    }
}

/// The gradient of `Σ seed·output` by each of `wrt`: zeros where nothing depends on it.
#[track_caller]
fn gradients<'g>(output: Expr<'g>, seed: Expr<'g>, wrt: &[Expr<'g>]) -> Vec<Expr<'g>> {
    let cotangents = sweep(output, seed, wrt);
    wrt.iter().map(|x| cotangents.get(&x.id()).copied().unwrap_or_else(|| x.like(0.0))).collect()
}

/// Cotangents of the nodes `wrt` that `output` depends on, for the cotangent `seed` of the output.
fn sweep<'g>(output: Expr<'g>, seed: Expr<'g>, wrt: &[Expr<'g>]) -> BTreeMap<NodeId, Expr<'g>> {
    let graph = output.graph();
    let wrt: BTreeSet<_> = wrt.iter().map(|x| x.id()).collect();
    let active = between(&wrt, output);
    let mut wanted = BTreeMap::new();
    let mut pending = BTreeMap::from([(output.id(), seed)]);
    while let Some((id, g)) = pending.pop_last() {
        if wrt.contains(&id) {
            wanted.insert(id, g);
        }
        let node = graph.node(id).clone();
        let y = graph.expr(id);
        graph.recording_gradient_of(id, || {
            for (k, input) in
                node.inputs.iter().enumerate().filter(|(_, input)| active.contains(input))
            {
                let Some(share) = node.op.behavior().vjp(Rule::new(k, &node.inputs, y), g) else {
                    continue;
                };
                pending.entry(*input).and_modify(|sum| *sum = *sum + share).or_insert(share);
            }
        });
    }
    wanted
}

/// The nodes that lie on a path from one of `sources` to `output`, both included.
fn between(sources: &BTreeSet<NodeId>, output: Expr<'_>) -> FxHashSet<NodeId> {
    let graph = output.graph();
    let mut active = FxHashSet::default();
    let Some(&first) = sources.first() else { return active };
    let mut reachable = Vec::new();
    let mut pending = BTreeSet::from([output.id()]);
    while let Some(id) = pending.pop_last() {
        reachable.push(id);
        pending.extend(graph.node(id).inputs.iter().filter(|&&input| input >= first));
    }
    for id in reachable.into_iter().rev() {
        if sources.contains(&id) || graph.node(id).inputs.iter().any(|input| active.contains(input))
        {
            active.insert(id);
        }
    }
    active
}
