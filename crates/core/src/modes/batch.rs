//! Batching: one sweep over the graph that gives every node one more axis.
//!
//! A computation recorded for one example becomes one for many examples side by side. The sweep knows no
//! operation; each says what it does with one more axis in front, and elementwise ones do nothing at all.

use std::cell::OnceCell;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::{
    data::error::Error,
    graph::{
        Node, NodeId,
        expr::{Expr, Pair, inputs_of},
        methods::functions,
        nodes::{NodeSet, between},
        ops::{Batch, check_rule},
    },
};

functions! { "Derivatives":
    /// This value for each of many inputs, side by side along a new first axis: in place of `x`, of shape `[…]`, stands
    /// `xs`, of shape `[n, …]`, for each pair `(x, xs)`; the result has shape `[n, …]`, too. What does not depend on
    /// them is shared. `x` can be any expression.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let w = g.param("w", [1.0, -2.0]);
    /// let x = g.input("x", [2]);
    /// let loss = x.dot(w).square();
    ///
    /// // The gradient of each example's loss, by one call.
    /// let xs = g.constant([[1.0, 1.0], [2.0, 0.5], [0.0, 3.0]]);
    /// let grads = loss.grad(&[w])[0].vmap(&[(x, xs)]);
    /// assert_eq!(grads.value().to_vec::<f64>(), [-2.0, -2.0, 4.0, 1.0, -0.0, -36.0]);
    /// ```
    vmap / try_vmap(y, batches: &[Pair<'g>]) -> Expr<'g>,
    "If there is no pair, the shapes of one do not differ by an axis in front, its size or the dtypes differ, no tensor can have a shape of the batch, or expressions of different graphs are mixed.",
    {
        Ok(y.graph().try_vmap(&[y], batches)?[0])
    }

    graph:

    /// Several values for each of many inputs by one sweep, as [`Expr::vmap`] of each.
    vmap / try_vmap(_graph, outputs: &[Expr<'g>], batches: &[Pair<'g>]) -> Vec<Expr<'g>>,
    "As [`Expr::vmap`].",
    {
        let n = size_of(batches)?;
        for &output in outputs {
            inputs_of("vmap", &[output, batches[0].0])?;
        }
        let batched = sweep(n, outputs, batches)?;
        let of = |y: &Expr<'g>| match batched.get(&y.id()) {
            Some(&ys) => Ok(ys),
            None => y.try_stretch(&y.shape().with_axis(0, n)),
        };
        outputs.iter().map(of).collect()
    }
}

/// The size of the axis that the second of each pair has in front.
fn size_of(batches: &[(Expr<'_>, Expr<'_>)]) -> Result<usize, Error> {
    let Some((_, first)) = batches.first() else {
        return Err(Expr::misfit_of("vmap", &[], "no expression is to be replaced by a batch"));
    };
    let n = first.shape().first().copied();
    for &(x, xs) in batches {
        inputs_of("vmap", &[x, xs])?;
        let misfit = |reason: String| Err(Expr::misfit_of("vmap", &[x, xs], reason));
        if x.dtype() != xs.dtype() {
            return misfit("the dtypes differ; cast one of them".to_owned());
        }
        match xs.shape().split_first() {
            Some((&size, single)) if *single == *x.shape() => match n {
                Some(n) if n != size => {
                    return misfit(format!("the batch is of {size}, and another one is of {n}"));
                }
                _ => {}
            },
            _ => {
                let reason = "the batch, named last, must have the shape of its expression and one axis in front";
                return misfit(reason.to_owned());
            }
        }
    }
    Ok(n.expect("the first batch has an axis in front"))
}

/// The batched node in place of each node between the replaced ones and the outputs.
fn sweep<'g>(
    n: usize,
    outputs: &[Expr<'g>],
    batches: &[Pair<'g>],
) -> Result<FxHashMap<NodeId, Expr<'g>>, Error> {
    let sources = NodeSet::of(batches.iter().map(|(x, _)| x.id()));
    let mut batched: FxHashMap<_, _> = batches.iter().map(|&(x, xs)| (x.id(), xs)).collect();
    for id in between(&sources, outputs).iter() {
        if sources.contains(id) {
            continue;
        }
        let y = outputs[0].graph().expr(id);
        let node = y.graph().node(id).clone();
        let inputs: SmallVec<[_; 4]> =
            node.inputs.iter().map(|x| batched.get(x).copied()).collect();
        for &single in node.inputs.iter().chain([&id]) {
            require_room(n, y.graph().expr(single))?;
        }
        let ys = y.graph().recording_beside(id, || outputs_of(n, y, &node, &inputs))?;
        batched.insert(id, ys);
    }
    Ok(batched)
}

/// Whether a tensor can have the shape of `n` values side by side, as rules take for granted.
fn require_room(n: usize, single: Expr<'_>) -> Result<(), Error> {
    let batch = single.shape().with_axis(0, n);
    batch.check_possible().map_err(|reason| Expr::misfit_of("vmap", &[single], reason))
}

/// The outputs of a node for a batch of inputs.
fn outputs_of<'g>(
    n: usize,
    y: Expr<'g>,
    node: &Node,
    inputs: &[Option<Expr<'g>>],
) -> Result<Expr<'g>, Error> {
    let fault = OnceCell::new();
    let ys = node.op.behavior().vmap(Batch::new(n, y, &node.inputs, inputs, &fault));
    if let Some(error) = fault.into_inner() {
        return Err(error);
    }
    let named = ("vmap", "the batch of this output");
    check_rule(&node.op, named, y, || (node.dtype, node.shape.with_axis(0, n)), ys)?;
    Ok(ys)
}
