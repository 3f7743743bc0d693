//! Expressions: `Copy` handles on nodes, with the properties of every node.

use std::fmt;

use smallvec::smallvec;

use crate::{
    data::{dtype::DType, error::Error, shape::Shape},
    graph::{Graph, Inputs, NodeId, ops::Op},
};

/// A node of a graph, as a value to compute with.
///
/// Expressions are `Copy`; operators take them and plain numbers from both sides and record nodes.
///
/// ```
/// use retrograd_core::Graph;
///
/// let g = Graph::new();
/// let (x, w, t) = (g.constant([[1.0, 2.0]]), g.constant([0.5, -1.0]), g.constant([1.0]));
/// let loss = (x.dot(w) - t).square().mean() + 0.5 * w.square().sum();
/// assert_eq!(loss.value().item(), 6.875);
/// ```
#[derive(Clone, Copy)]
pub struct Expr<'g> {
    graph: &'g Graph,
    id: NodeId,
}

/// An expression with its seed, its tangent, or a batch of values.
pub type Pair<'g> = (Expr<'g>, Expr<'g>);

impl<'g> Expr<'g> {
    pub(crate) fn new(graph: &'g Graph, id: NodeId) -> Self {
        Self { graph, id }
    }

    /// The graph this expression belongs to.
    pub fn graph(self) -> &'g Graph {
        self.graph
    }

    /// The node.
    pub fn id(self) -> NodeId {
        self.id
    }

    /// Sizes of the value.
    pub fn shape(self) -> Shape {
        self.graph.node(self.id).shape.clone()
    }

    /// Number of axes of the value.
    pub fn rank(self) -> usize {
        self.graph.node(self.id).shape.rank()
    }

    /// Type of the value's elements.
    pub fn dtype(self) -> DType {
        self.graph.node(self.id).dtype
    }

    /// Gives the node a name, for pictures and messages. A node that has another name already stays as it is,
    /// and the new name goes to an identity of it, which plans drop.
    #[track_caller]
    pub fn named(self, name: &str) -> Self {
        if self.graph.try_name(self.id, name) {
            return self;
        }
        let alias = self.graph.record(Op::Identity, smallvec![self.id], self.shape(), self.dtype());
        if alias.graph.try_name(alias.id, name) { alias } else { alias.named(name) }
    }

    /// Records an operation with this expression as its only input.
    ///
    /// # Errors
    /// If no tensor can have the shape.
    #[track_caller]
    pub(crate) fn try_record1(self, op: Op, shape: Shape, dtype: DType) -> Result<Self, Error> {
        self.graph.try_record(op, smallvec![self.id], shape, dtype)
    }

    /// [`try_record1`](Self::try_record1) where the shape follows from that of this expression.
    #[track_caller]
    pub(crate) fn record1(self, op: Op, shape: Shape, dtype: DType) -> Self {
        self.graph.record(op, smallvec![self.id], shape, dtype)
    }

    /// A literal of this expression's shape and dtype.
    #[track_caller]
    pub(crate) fn like(self, value: f64) -> Self {
        self.graph.literal(value, self.shape(), self.dtype())
    }

    /// The value all elements are known to have, if this is a literal.
    pub(crate) fn as_literal(self) -> Option<f64> {
        self.graph.node(self.id).op.as_literal()
    }

    /// Refuses elements that are no floating-point numbers.
    pub(crate) fn require_float(self) -> Result<(), Error> {
        self.require_float_for("expression")
    }

    /// [`require_float`](Self::require_float) of an operation that is no function.
    pub(crate) fn require_float_for(self, op: &str) -> Result<(), Error> {
        if self.dtype().is_float() {
            return Ok(());
        }
        let dtype = self.dtype();
        let reason = format!("the elements are {dtype}; cast them to a floating-point type first");
        Err(Self::misfit_of(op, &[self], reason))
    }

    /// The error that `operands` do not fit the function [called](Graph::call); the operands are named as the user did.
    /// For functions that check more than the operations they are composed of do.
    pub fn misfit(operands: &[Expr<'g>], reason: impl Into<String>) -> Error {
        Self::misfit_of("expression", operands, reason)
    }

    /// [`misfit`](Self::misfit) of the function called, else of the operation `op`.
    pub(crate) fn misfit_of(op: &str, operands: &[Expr<'g>], reason: impl Into<String>) -> Error {
        let op = operands.first().and_then(|operand| operand.graph.called()).unwrap_or(op);
        misfit(op, operands, reason)
    }
}

impl Graph {
    /// [`Expr::misfit`] of operands that may be none.
    pub(crate) fn misfit(&self, operands: &[Expr<'_>], reason: impl Into<String>) -> Error {
        misfit(self.called().unwrap_or("expression"), operands, reason)
    }
}

fn misfit(op: &str, operands: &[Expr<'_>], reason: impl Into<String>) -> Error {
    let operands = operands.iter().map(|operand| operand.graph.describe(operand.id)).collect();
    Error::Operands { op: op.to_owned(), operands, reason: reason.into() }
}

/// Inputs of a node, after checking that all expressions are of one graph.
pub(crate) fn inputs_of_one_graph(operands: &[Expr<'_>]) -> Result<Inputs, Error> {
    inputs_of("expression", operands)
}

/// [`inputs_of_one_graph`] of an operation that is no function.
pub(crate) fn inputs_of(op: &str, operands: &[Expr<'_>]) -> Result<Inputs, Error> {
    let first = operands[0];
    if operands.iter().any(|operand| !std::ptr::eq(operand.graph, first.graph)) {
        return Err(Expr::misfit_of(op, operands, "the operands belong to different graphs"));
    }
    Ok(operands.iter().map(|operand| operand.id).collect())
}

/// How deep the formula of an expression is written out, if no other depth is asked for.
const FORMULA_DEPTH: usize = 3;

/// Operands of one operation that are written out.
const FORMULA_WIDTH: usize = 8;

/// The formula around the expression; a precision is its depth: `{x:.9?}`.
impl fmt::Debug for Expr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_formula(f, *self, f.precision().unwrap_or(FORMULA_DEPTH), true)
    }
}

/// The formula around an expression: names where there are some, `…` where it gets too deep.
fn write_formula(
    f: &mut fmt::Formatter<'_>,
    expr: Expr<'_>,
    depth: usize,
    is_top: bool,
) -> fmt::Result {
    let node = expr.graph.node(expr.id);
    match expr.graph.name(expr.id) {
        Some(name) if !is_top || node.inputs.is_empty() => return f.write_str(&name),
        _ => {}
    }
    if let Some(value) = node.op.as_literal() {
        // All digits of the largest numbers would leave no room for the rest of the formula.
        let is_short = value == 0.0 || !value.is_finite() || (1e-5..1e16).contains(&value.abs());
        return if is_short { write!(f, "{value}") } else { write!(f, "{value:e}") };
    }
    if depth == 0 {
        return f.write_str("…");
    }
    let operand = |f: &mut fmt::Formatter<'_>, k: usize| {
        write_formula(f, Expr::new(expr.graph, node.inputs[k]), depth - 1, false)
    };
    if let (Some(symbol), 2) = (node.op.behavior().symbol(), node.inputs.len()) {
        f.write_str(if is_top { "" } else { "(" })?;
        operand(f, 0)?;
        write!(f, " {symbol} ")?;
        operand(f, 1)?;
        return f.write_str(if is_top { "" } else { ")" });
    }
    write!(f, "{}", node.op)?;
    if node.inputs.is_empty() {
        return Ok(());
    }
    f.write_str("(")?;
    for k in 0..node.inputs.len().min(FORMULA_WIDTH) {
        f.write_str(if k > 0 { ", " } else { "" })?;
        operand(f, k)?;
    }
    f.write_str(if node.inputs.len() > FORMULA_WIDTH { ", …)" } else { ")" })
}
