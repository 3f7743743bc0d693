//! Taylor mode: derivatives of every order along one direction.
//!
//! Where inputs move along `x + t·v`, every node is a power series in `t`. A coefficient of a linear operation is the
//! operation of the inputs' coefficients; of a bilinear one it is their Cauchy product; and of any other it follows
//! from the series of its tangent, since `ẏ = Σ k·yₖ·tᵏ⁻¹` (Griewank and Walther 2008, "Evaluating derivatives",
//! chapter 13). So rows are needed for no function, and order `n` costs `O(n²)` products where nesting costs `2ⁿ`.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use smallvec::{SmallVec, smallvec};

use crate::{
    data::{error::Error, size::Size},
    graph::{
        Inputs, Node, NodeId,
        expr::{Expr, Pair},
        methods::functions,
        ops::{Linearity, Op, Tangents, bends::Ahead},
    },
    modes::{forward::tangent, require_alike},
};

functions! { "Derivatives":
    /// Taylor coefficients of this value along a direction: with `x + t·v` in place of `x` for each pair `(x, v)`, it
    /// is `Σ cₖ·tᵏ`, and the result is `c₀, …, c_order`. The derivative of order `k` along the direction is `k!·cₖ`.
    ///
    /// ```
    /// use retrograd_core::{DType, Graph};
    ///
    /// let g = Graph::with_dtype(DType::F64);
    /// let x = g.param("x", 0.0);
    /// let series = x.exp().taylor(&[(x, g.constant(1.0))], 4);
    /// let coefficients: Vec<_> = series.iter().map(|c| c.value().item()).collect();
    /// assert_eq!(coefficients, [1.0, 1.0, 0.5, 1.0 / 6.0, 1.0 / 24.0]);
    /// ```
    taylor / try_taylor(y, along: &[Pair<'g>], order: usize) -> Vec<Expr<'g>>,
    "As [`jvp`](Self::jvp), and if the order is 2048 or more.",
    {
        y.require_derivatives("taylor", along.iter().map(|&(x, _)| x))?;
        require_alike(
            "taylor",
            along,
            "the direction, named last, must have the shape and dtype of its expression",
        )?;
        // A product of two series takes that many products of coefficients.
        let n_coefficients = Size::from(order) + 1usize;
        (n_coefficients * n_coefficients)
            .few("coefficients and products of them")
            .map_err(|reason| Self::misfit_of("taylor", &[y], reason))?;
        let mut series = TaylorCoefficients::along(along);
        (0..=order).map(|k| Ok(series.coefficient(y, k)?.unwrap_or_else(|| y.like(0.0)))).collect()
    }
}

/// A coefficient: of which node, and of which power.
type Term = (NodeId, usize);

/// The coefficients known so far; `None` is zero.
struct TaylorCoefficients<'g> {
    known: FxHashMap<Term, Option<Expr<'g>>>,
    /// For each node that needs one, its tangent as an expression.
    tangents: FxHashMap<NodeId, Option<Expr<'g>>>,
    /// Which node's tangent a placeholder stands for.
    placeholders: BTreeMap<NodeId, NodeId>,
    /// Which placeholder stands for a node's tangent.
    stand_ins: FxHashMap<NodeId, Expr<'g>>,
    /// The expressions that move, and their directions.
    directions: FxHashMap<NodeId, Expr<'g>>,
}

impl<'g> TaylorCoefficients<'g> {
    fn along(along: &[Pair<'g>]) -> Self {
        let mut directions = FxHashMap::default();
        for &(x, v) in along {
            directions.entry(x.id()).and_modify(|sum| *sum = *sum + v).or_insert(v);
        }
        Self {
            known: FxHashMap::default(),
            tangents: FxHashMap::default(),
            placeholders: BTreeMap::new(),
            stand_ins: FxHashMap::default(),
            directions,
        }
    }

    /// Coefficient `k` of a node. What it takes is kept on a stack of its own, so that depth costs none.
    fn coefficient(&mut self, y: Expr<'g>, k: usize) -> Result<Option<Expr<'g>>, Error> {
        let mut pending = vec![(y.id(), k)];
        while let Some(&term) = pending.last() {
            if self.known.contains_key(&term) {
                pending.pop();
                continue;
            }
            let y = y.graph().expr(term.0);
            let n_pending = pending.len();
            pending.extend(
                self.needs(y, term.1)?.into_iter().filter(|need| !self.known.contains_key(need)),
            );
            if pending.len() == n_pending {
                let coefficient =
                    y.graph().recording_gradient_of(term.0, || self.combine(y, term.1));
                self.known.insert(term, coefficient);
                pending.pop();
            }
        }
        Ok(self.known[&(y.id(), k)])
    }

    /// The other coefficients that one is made of.
    fn needs(&mut self, y: Expr<'g>, k: usize) -> Result<SmallVec<[Term; 4]>, Error> {
        let node = y.graph().node(y.id()).clone();
        if let Some(&of) = self.placeholders.get(&y.id()) {
            return Ok(smallvec![(of, k + 1)]);
        }
        if k == 0 {
            let is_new =
                self.placeholders.first_key_value().is_some_and(|(&first, _)| y.id() > first);
            return Ok(match is_new {
                true => node.inputs.iter().map(|&x| (x, 0)).collect(),
                false => smallvec![],
            });
        }
        if !node.dtype.is_float() {
            return Ok(smallvec![]);
        }
        Ok(match node.op.behavior().linearity() {
            Linearity::Constant => smallvec![],
            Linearity::Linear => {
                let is_float = |x: NodeId| y.graph().node(x).dtype.is_float();
                node.inputs.iter().map(|&x| (x, if is_float(x) { k } else { 0 })).collect()
            }
            Linearity::Bilinear => {
                node.inputs.iter().flat_map(|&x| (0..=k).map(move |j| (x, j))).collect()
            }
            Linearity::Nonlinear => match self.tangent(y, &node)? {
                Some(tangent) => smallvec![(tangent.id(), k - 1)],
                None => smallvec![],
            },
        })
    }

    /// A coefficient, from those that it needs.
    fn combine(&self, y: Expr<'g>, k: usize) -> Option<Expr<'g>> {
        let own = if k == 1 { self.directions.get(&y.id()).copied() } else { None };
        [own, self.passed_on(y, k)].into_iter().flatten().reduce(|a, b| a + b)
    }

    /// The part of a coefficient that comes from the inputs.
    fn passed_on(&self, y: Expr<'g>, k: usize) -> Option<Expr<'g>> {
        let node = y.graph().node(y.id()).clone();
        if let Some(&of) = self.placeholders.get(&y.id()) {
            let coefficient = self.known[&(of, k + 1)];
            return coefficient.map(|c| if k == 0 { c } else { c * (k + 1) as f64 });
        }
        if k == 0 {
            return Some(self.in_place_of_placeholders(y, &node));
        }
        if !node.dtype.is_float() {
            return None;
        }
        match node.op.behavior().linearity() {
            Linearity::Constant => None,
            Linearity::Linear => self.linear(y, &node, k),
            Linearity::Bilinear => self.cauchy_product(y, &node, k),
            Linearity::Nonlinear => {
                let tangent = self.tangents[&y.id()]?;
                self.known[&(tangent.id(), k - 1)].map(|c| if k == 1 { c } else { c / k as f64 })
            }
        }
    }

    /// A node with the tangents themselves in place of their stand-ins.
    fn in_place_of_placeholders(&self, y: Expr<'g>, node: &Node) -> Expr<'g> {
        let of = |&x: &NodeId| {
            let x = y.graph().expr(x);
            let value = self.known.get(&(x.id(), 0)).copied().unwrap_or(Some(x));
            value.unwrap_or_else(|| x.like(0.0))
        };
        let inputs: SmallVec<[_; 4]> = node.inputs.iter().map(of).collect();
        match inputs.iter().zip(&node.inputs).all(|(x, &old)| x.id() == old) {
            true => y,
            false => Tangents::new(y, &node.inputs, &[], Ahead::Nothing).again(inputs),
        }
    }

    /// The operation on the coefficients of its floating-point inputs. Others, such as masks, are what they are, but may be
    /// made of tangents.
    fn linear(&self, y: Expr<'g>, node: &Node, k: usize) -> Option<Expr<'g>> {
        let mut is_zero = true;
        let mut of = |&x: &NodeId| {
            let x = y.graph().expr(x);
            if !x.dtype().is_float() {
                return self.known[&(x.id(), 0)].unwrap_or(x);
            }
            let coefficient = self.known[&(x.id(), k)];
            is_zero &= coefficient.is_none();
            coefficient.unwrap_or_else(|| x.like(0.0))
        };
        let inputs: Inputs = node.inputs.iter().map(|x| of(x).id()).collect();
        let (op, shape) = (node.op.clone(), node.shape.clone());
        (!is_zero).then(|| y.graph().record(op, inputs, shape, node.dtype))
    }

    /// `Σ aⱼ·bₖ₋ⱼ`.
    fn cauchy_product(&self, y: Expr<'g>, node: &Node, k: usize) -> Option<Expr<'g>> {
        let (a, b) = (node.inputs[0], node.inputs[1]);
        let terms = (0..=k).filter_map(|j| Some([self.known[&(a, j)]?, self.known[&(b, k - j)]?]));
        let rule = Tangents::new(y, &node.inputs, &[], Ahead::Nothing);
        terms.map(|term| rule.again(term)).reduce(|a, b| a + b)
    }

    /// The tangent of a node as an expression of placeholders, which stand for the tangents of its inputs.
    fn tangent(&mut self, y: Expr<'g>, node: &Node) -> Result<Option<Expr<'g>>, Error> {
        if let Some(&tangent) = self.tangents.get(&y.id()) {
            return Ok(tangent);
        }
        let of: SmallVec<[_; 4]> =
            node.inputs.iter().map(|&x| self.stand_in(y.graph().expr(x))).collect();
        let tangent = match of.iter().any(Option::is_some) {
            true => {
                y.graph().recording_gradient_of(y.id(), || tangent(y, node, &of, Ahead::Nothing))?
            }
            false => None,
        };
        self.tangents.insert(y.id(), tangent);
        Ok(tangent)
    }

    /// A placeholder for the tangent of an input; `None` if it has none for sure.
    fn stand_in(&mut self, x: Expr<'g>) -> Option<Expr<'g>> {
        let is_fixed = matches!(x.graph().node(x.id()).op, Op::Literal(_) | Op::Leaf(_))
            && !self.directions.contains_key(&x.id())
            && !self.placeholders.contains_key(&x.id());
        if is_fixed || !x.dtype().is_float() {
            return None;
        }
        let placeholders = &mut self.placeholders;
        let stand_in = self.stand_ins.entry(x.id()).or_insert_with(|| {
            let stand_in = x.graph().placeholder(x.shape(), x.dtype());
            placeholders.insert(stand_in.id(), x.id());
            stand_in
        });
        Some(*stand_in)
    }
}
