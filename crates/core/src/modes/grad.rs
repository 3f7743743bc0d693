//! Reverse mode: one sweep over the graph, from the outputs back to the variables of differentiation.
//!
//! The sweep knows no operation. It hands each node's cotangent to the node's rule and adds up what comes back,
//! later nodes first, so that a cotangent is complete when its turn comes.

use rustc_hash::FxHashMap;

use crate::{
    data::{error::Error, tensor::Tensor},
    graph::{
        Node, NodeId,
        expr::{Expr, Pair, inputs_of},
        methods::functions,
        nodes::{NodeSet, between},
        ops::{Binary, Op, Rule, Unary, bends::Bends, check_rule},
    },
    meaning::eval,
    modes::require_alike,
};

functions! { "Derivatives":
    /// The gradient of this scalar by each of `wrt`, as expressions of the same graph: they can be evaluated,
    /// drawn, compiled and differentiated again. Any expression will do, not only leaves. Zeros where this value does
    /// not depend on the expression.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let x = g.param("x", 3.0);
    /// let y = x * x * x;
    /// let dy = y.grad(&[x])[0];
    /// let ddy = dy.grad(&[x])[0];
    /// assert_eq!((dy.value().item(), ddy.value().item()), (27.0, 18.0));
    /// ```
    grad / try_grad(y, wrt: &[Expr<'g>]) -> Vec<Expr<'g>>,
    "If this value is not a scalar: then say with which weights its elements count, by [`vjp`](Self::vjp).",
    {
        Ok(or_zeros(y.try_grad_if_used(wrt)?, wrt))
    }

    /// The gradient of this scalar by each of `wrt`, as by [`grad`](Self::grad), but `None` where this value does not
    /// depend on the expression: to find a parameter that was forgotten.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let (x, unused) = (g.param("x", 3.0), g.param("unused", 1.0));
    /// let grads = x.square().grad_if_used(&[x, unused]);
    /// assert!(grads[0].is_some() && grads[1].is_none());
    /// ```
    grad_if_used / try_grad_if_used(y, wrt: &[Expr<'g>]) -> Vec<Option<Expr<'g>>>,
    "As [`grad`](Self::grad).",
    {
        if y.rank() != 0 {
            let reason = "only a scalar has a gradient; reduce it by `sum` or `mean`, or give a seed to `vjp`";
            return Err(Expr::misfit_of("grad", &[y], reason));
        }
        y.require_derivatives("grad", wrt.iter().copied())?;
        gradients(&[(y, y.like(1.0))], wrt)
    }

    /// The values of this scalar and of its gradients by each of `wrt`, from the recorded data of leaves.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let x = g.param("x", [3.0, 4.0]);
    /// let (value, grads) = x.square().sum().value_and_grad(&[x]);
    /// assert_eq!((value.item(), grads[0].to_vec::<f64>()), (25.0, vec![6.0, 8.0]));
    /// ```
    value_and_grad / try_value_and_grad(y, wrt: &[Expr<'g>]) -> (Tensor, Vec<Tensor>),
    "As [`grad`](Self::grad) and [`value`](Self::value).",
    {
        let grads = y.try_grad(wrt)?;
        let value = y.try_value()?;
        let grads: Result<_, _> = grads.into_iter().map(eval::remembered_value).collect();
        Ok((value, grads?))
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
    vjp / try_vjp(y, seed: Expr<'g>, wrt: &[Expr<'g>]) -> Vec<Expr<'g>>,
    "If the seed has another shape or dtype, this value is not of floating-point numbers, or expressions of different graphs are mixed.",
    {
        y.graph().try_vjp(&[(y, seed)], wrt)
    }

    graph:

    /// Vector–Jacobian products of several values by one sweep: the gradient of `Σ seed·y` over pairs `(y, seed)`, by
    /// each of `wrt`.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let (x, seed) = (g.param("x", 0.0), g.constant(3.0));
    /// let by_x = g.vjp(&[(x.sin(), seed), (x.exp(), seed)], &[x])[0];
    /// assert_eq!(by_x.value().item(), 6.0);
    /// ```
    vjp / try_vjp(_graph, seeds: &[Pair<'g>], wrt: &[Expr<'g>]) -> Vec<Expr<'g>>,
    "As [`Expr::vjp`].",
    {
        for (output, _) in seeds {
            output.require_derivatives("vjp", wrt.iter().copied())?;
        }
        require_alike(
            "vjp",
            seeds,
            "the seed, named last, must have the shape and dtype of the output",
        )?;
        Ok(or_zeros(gradients(seeds, wrt)?, wrt))
    }
}

impl<'g> Expr<'g> {
    /// Whether this value can have derivatives by all of `wrt`; else an error of the operation `op`.
    pub(crate) fn require_derivatives(
        self,
        op: &str,
        wrt: impl Iterator<Item = Expr<'g>>,
    ) -> Result<(), Error> {
        for x in wrt.chain([self]) {
            inputs_of(op, &[self, x])?;
            if !x.dtype().is_float() {
                return Err(Self::misfit_of(
                    op,
                    &[x],
                    "only floating-point numbers have derivatives",
                ));
            }
        }
        Ok(())
    }

    /// The share of this cotangent that passes through the local derivative `d`; `None` if `d` is known to be 0.
    #[track_caller]
    pub(crate) fn pull_back(self, d: Expr<'g>) -> Option<Expr<'g>> {
        match (self.as_literal(), d.as_literal()) {
            (_, Some(0.0)) => None,
            (_, Some(1.0)) => Some(self),
            (_, Some(-1.0)) => Some(-self),
            (Some(1.0), _) => Some(d),
            _ => Some(self.cancelled(d).unwrap_or_else(|| self.chain(d))),
        }
    }

    /// The rest of this cotangent where it has just been multiplied by the reciprocal of the local derivative `d`: so
    /// the square of a root has the derivative 1, also where that of the root is infinite.
    pub(crate) fn cancelled(self, d: Expr<'g>) -> Option<Expr<'g>> {
        if self.is_inverse_of(d) {
            return Some(self.like(1.0));
        }
        if let Some((factor, last)) = self.operands(Binary::Chain) {
            if last.is_inverse_of(d) {
                return Some(factor);
            }
            let half = d.as_half_reciprocal().filter(|y| y.id() == last.id());
            return half.map(|_| factor * 0.5);
        }
        // Of a product with itself, both shares are the same: `g·y + g·y` meets `1/(y + y)`.
        let (share, _) = self.operands(Binary::Add).filter(|(a, b)| a.id() == b.id())?;
        let y = d.as_half_reciprocal()?;
        let (factor, last) = share.operands(Binary::Chain)?;
        (last.id() == y.id()).then_some(factor)
    }

    fn is_inverse_of(self, d: Expr<'g>) -> bool {
        let is_same = |a: Option<Expr<'g>>, b: Expr<'g>| {
            let nodes = a.map(|a| (a.graph().node(a.id()), b.graph().node(b.id())));
            // In whatever scope they are.
            nodes.is_some_and(|(a, b)| {
                !a.inputs.is_empty() && (&a.op, &a.inputs) == (&b.op, &b.inputs)
            })
        };
        is_same(self.as_reciprocal(), d) || is_same(d.as_reciprocal(), self)
    }

    /// The number that this is the reciprocal of.
    fn as_reciprocal(self) -> Option<Expr<'g>> {
        let node = self.graph().node(self.id());
        let is_reciprocal = node.op == Op::Unary(Unary::Reciprocal);
        is_reciprocal.then(|| Expr::new(self.graph(), node.inputs[0]))
    }

    /// The `y` that this is `1/(y + y)` of.
    fn as_half_reciprocal(self) -> Option<Expr<'g>> {
        let (y, _) =
            self.as_reciprocal()?.operands(Binary::Add).filter(|(a, b)| a.id() == b.id())?;
        Some(y)
    }

    /// The operands, if this is that function of two.
    fn operands(self, op: Binary) -> Option<Pair<'g>> {
        let node = self.graph().node(self.id());
        let of = |k: usize| Expr::new(self.graph(), node.inputs[k]);
        let is_chain = op == Binary::Chain && matches!(node.op, Op::Kinked(_));
        (is_chain || node.op == Op::Binary(op)).then(|| (of(0), of(1)))
    }
}

/// Gradients, with zeros where the output does not depend on the variable.
#[track_caller]
fn or_zeros<'g>(gradients: Vec<Option<Expr<'g>>>, wrt: &[Expr<'g>]) -> Vec<Expr<'g>> {
    let pairs = gradients.into_iter().zip(wrt);
    pairs.map(|(gradient, x)| gradient.unwrap_or_else(|| x.like(0.0))).collect()
}

/// The gradient of `Σ seed·output` by each of `wrt`; `None` where nothing depends on it.
///
/// # Errors
/// If the rule of an operation returns an unfit expression.
#[track_caller]
pub(crate) fn gradients<'g>(
    seeds: &[Pair<'g>],
    wrt: &[Expr<'g>],
) -> Result<Vec<Option<Expr<'g>>>, Error> {
    let cotangents = sweep(seeds, wrt)?;
    Ok(wrt.iter().map(|x| cotangents.get(&x.id()).copied()).collect())
}

/// The share of input `k` in a cotangent of a node.
///
/// # Errors
/// If the rule of the operation returns an unfit expression.
pub(crate) fn share<'g>(
    k: usize,
    y: Expr<'g>,
    node: &Node,
    g: Expr<'g>,
    bends: &Bends<'g>,
) -> Result<Option<Expr<'g>>, Error> {
    let rule = Rule::new(k, &node.inputs, y, bends);
    let (x, share) = (rule.x(k), node.op.behavior().vjp(rule, g));
    if let Some(share) = share {
        let named = ("vjp", "the cotangent of this operand");
        check_rule(&node.op, named, x, || (x.dtype(), x.shape()), share)?;
    }
    Ok(share)
}

/// Cotangents of the nodes `wrt` that the outputs depend on, for the cotangents of the outputs, which are their seeds.
fn sweep<'g>(seeds: &[Pair<'g>], wrt: &[Expr<'g>]) -> Result<FxHashMap<NodeId, Expr<'g>>, Error> {
    let wrt = NodeSet::of(wrt.iter().map(|x| x.id()));
    let outputs: Vec<_> = seeds.iter().map(|&(output, _)| output).collect();
    let active = between(&wrt, &outputs);
    let Some(graph) = outputs.first().map(|output| output.graph()) else {
        return Ok(FxHashMap::default());
    };
    let bends = Bends::among(graph, &active);
    let (mut wanted, mut pending) = (FxHashMap::default(), Cotangents::default());
    for &(output, seed) in seeds {
        pending.add(output.id(), seed);
    }
    for id in active.iter().rev() {
        let Some(g) = pending.take(id) else { continue };
        if wrt.contains(id) {
            wanted.insert(id, g);
        }
        let y = g.graph().expr(id);
        let node = y.graph().node(id).clone();
        y.graph().recording_gradient_of(id, || {
            let inputs = node.inputs.iter().enumerate();
            for (k, input) in inputs.filter(|(_, input)| active.contains(**input)) {
                if let Some(share) = share(k, y, &node, g, &bends)? {
                    pending.add(*input, share);
                }
            }
            Ok::<_, Error>(())
        })?;
    }
    Ok(wanted)
}

/// The cotangents that have arrived at nodes so far.
#[derive(Default)]
struct Cotangents<'g> {
    sums: FxHashMap<NodeId, Expr<'g>>,
    /// Single elements among zeros, which are put side by side when all are there.
    elements: FxHashMap<NodeId, Vec<Expr<'g>>>,
}

impl<'g> Cotangents<'g> {
    /// Adds a share to the cotangent of a node.
    fn add(&mut self, id: NodeId, share: Expr<'g>) {
        if share.is_element_among_zeros() {
            return self.elements.entry(id).or_default().push(share);
        }
        self.sums.entry(id).and_modify(|sum| *sum = *sum + share).or_insert(share);
    }

    /// The cotangent of a node, which is complete.
    fn take(&mut self, id: NodeId) -> Option<Expr<'g>> {
        let sum = self.sums.remove(&id);
        let Some(elements) = self.elements.remove(&id) else { return sum };
        elements[0].graph().recording_gradient_of(id, || {
            let elements = Expr::sum_of_elements(&elements);
            Some(sum.map_or(elements, |sum| sum + elements))
        })
    }
}
