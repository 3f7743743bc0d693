//! Forward mode: one sweep over the graph, from the variables to the outputs.
//!
//! The sweep knows no operation. It hands the tangents of each node's inputs to the node's rule, in the order of
//! recording, so that they are complete when their turn comes. A Jacobian–vector product costs about as much as the
//! value; it is the mode for few inputs and many outputs, and for derivatives along a direction.

use std::cell::OnceCell;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::{
    data::error::Error,
    graph::{
        Node, NodeId,
        expr::{Expr, Pair},
        methods::functions,
        nodes::{NodeSet, between},
        ops::{
            Tangents,
            bends::{Ahead, Bends},
            check_rule,
        },
    },
    modes::{
        grad::{gradients, share},
        require_alike,
    },
};

functions! { "Derivatives":
    /// Jacobian–vector product: the derivative of this value along a direction, `Σ ∂y/∂x·v` over pairs `(x, v)` of an
    /// expression and its tangent, of its shape. Zeros where this value does not depend on them.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let x = g.param("x", [1.0, 2.0, 3.0]);
    /// let v = g.constant([1.0, 10.0, 100.0]);
    /// assert_eq!(x.square().jvp(&[(x, v)]).value().to_vec::<f64>(), [2.0, 40.0, 600.0]);
    /// ```
    jvp / try_jvp(y, along: &[Pair<'g>]) -> Expr<'g>,
    "If a tangent has another shape or dtype than its expression, something is not of floating-point numbers, or expressions of different graphs are mixed.",
    {
        Ok(y.graph().try_jvp(&[y], along)?[0])
    }

    graph:

    /// Jacobian–vector products of several values by one sweep, as [`Expr::jvp`] of each.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let (x, v) = (g.param("x", 0.0), g.constant(1.0));
    /// let tangents = g.jvp(&[x.sin(), x.exp()], &[(x, v)]);
    /// assert_eq!(tangents[0].value().item() + tangents[1].value().item(), 2.0);
    /// ```
    jvp / try_jvp(_graph, outputs: &[Expr<'g>], along: &[Pair<'g>]) -> Vec<Expr<'g>>,
    "As [`Expr::jvp`].",
    {
        for output in outputs {
            output.require_derivatives("jvp", along.iter().map(|&(x, _)| x))?;
        }
        require_alike(
            "jvp",
            along,
            "the tangent, named last, must have the shape and dtype of its expression",
        )?;
        let tangents = sweep(outputs, along)?;
        let of = |y: &Expr<'g>| tangents.get(&y.id()).copied().unwrap_or_else(|| y.like(0.0));
        Ok(outputs.iter().map(of).collect())
    }
}

/// The tangent of a node for tangents of its inputs; `None` if it is zero.
///
/// # Errors
/// If a rule of the operation returns an unfit expression.
pub(crate) fn tangent<'g>(
    y: Expr<'g>,
    node: &Node,
    of: &[Option<Expr<'g>>],
    ahead: Ahead<'_, 'g>,
) -> Result<Option<Expr<'g>>, Error> {
    let fault = OnceCell::new();
    let rule = Tangents::new(y, &node.inputs, of, ahead).reporting_to(&fault);
    let tangent = node.op.behavior().jvp(rule);
    if let Some(error) = fault.into_inner() {
        return Err(error);
    }
    if let Some(tangent) = tangent {
        let named = ("jvp", "the tangent of this output");
        check_rule(&node.op, named, y, || (node.dtype, node.shape.clone()), tangent)?;
    }
    Ok(tangent)
}

/// Tangents of the nodes between the variables and the outputs.
fn sweep<'g>(
    outputs: &[Expr<'g>],
    along: &[Pair<'g>],
) -> Result<FxHashMap<NodeId, Expr<'g>>, Error> {
    let sources = NodeSet::of(along.iter().map(|(x, _)| x.id()));
    let mut tangents = FxHashMap::default();
    for &(x, v) in along {
        tangents.entry(x.id()).and_modify(|sum| *sum = *sum + v).or_insert(v);
    }
    let Some(graph) = outputs.first().map(|output| output.graph()) else { return Ok(tangents) };
    let active = between(&sources, outputs);
    let bends = Bends::among(graph, &active);
    for id in active.iter() {
        let y = graph.expr(id);
        let node = y.graph().node(id).clone();
        let of: SmallVec<[_; 4]> = node.inputs.iter().map(|x| tangents.get(x).copied()).collect();
        if !node.dtype.is_float() || of.iter().all(Option::is_none) {
            continue;
        }
        let ahead = Ahead::Bends(&bends);
        let tangent = y.graph().recording_gradient_of(id, || tangent(y, &node, &of, ahead));
        if let Some(v) = tangent? {
            tangents.entry(id).and_modify(|sum| *sum = *sum + v).or_insert(v);
        }
    }
    Ok(tangents)
}

impl<'g> Tangents<'_, 'g> {
    /// The tangent that follows from the operation's cotangents: those are linear in what they are the shares of, `u`, and
    /// the transpose of that linear function is the tangent, `J·v = ∂/∂u ⟨Jᵀ·u, v⟩`.
    pub(crate) fn transposed(self) -> Option<Expr<'g>> {
        self.reported(transposed(self))
    }
}

fn transposed<'g>(tangents: Tangents<'_, 'g>) -> Result<Option<Expr<'g>>, Error> {
    let y = tangents.y;
    let node = y.graph().node(y.id()).clone();
    let bends = Bends::default();
    let u = y.graph().placeholder(y.shape(), y.dtype());
    let mut sum: Option<Expr<'g>> = None;
    for (k, v) in tangents.iter() {
        let Some(share) = share(k, y, &node, u, &bends)? else { continue };
        if let Some(part) = gradients(&[(share, v)], &[u])?[0] {
            sum = Some(sum.map_or(part, |sum| sum + part));
        }
    }
    Ok(sum)
}
