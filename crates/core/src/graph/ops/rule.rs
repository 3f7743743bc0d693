//! The views that rules have of a node: its inputs and output as expressions, and the cotangent or tangents.
//!
//! There is one view of a node for each mode: a cotangent comes from behind ([`Rule`]), tangents come from the front
//! ([`Tangents`]), a batch has one more axis ([`Batch`]), and a pattern asks for dependences of elements ([`Link`]).

use std::{cell::OnceCell, collections::BTreeSet};

use smallvec::SmallVec;

use crate::{
    data::{
        dtype::DType,
        error::{Error, located},
        shape::Shape,
        tensor::Tensor,
    },
    graph::{
        Inputs, NodeId,
        expr::Expr,
        nodes::NodeSet,
        ops::{
            Binary, LeafKind, Op,
            bends::{Ahead, Bends},
        },
    },
};

/// Checks the result of a rule: for users' own operations always, for all others where debug assertions are on.
///
/// # Errors
/// If the dtype or shape is another, or the expression is of another graph. `of` is the input or output that the rule
/// speaks of, and `role` what it returns for it.
pub(crate) fn check_rule<'g>(
    op: &Op,
    (rule, role): (&str, &str),
    of: Expr<'g>,
    expected: impl FnOnce() -> (DType, Shape),
    returned: Expr<'g>,
) -> Result<(), Error> {
    let is_checked = cfg!(debug_assertions) || matches!(op, Op::Custom(_));
    if !is_checked {
        return Ok(());
    }
    let (dtype, shape) = expected();
    let is_of_this_graph = std::ptr::eq(returned.graph(), of.graph());
    if is_of_this_graph && (returned.dtype(), returned.shape()) == (dtype, shape.clone()) {
        return Ok(());
    }
    let found = match is_of_this_graph {
        true => format!("{} {}", returned.dtype(), returned.shape()),
        false => "an expression of another graph".to_owned(),
    };
    let reason =
        format!("the rule `{rule}` returns {found} as {role}, which must be {dtype} {shape}");
    let operands = vec![of.graph().describe(of.id())];
    Err(Error::Operands { op: op.to_string(), operands, reason })
}

/// The view of a derivative rule: the inputs and output of the node, as expressions.
#[derive(Clone, Copy)]
pub struct Rule<'a, 'g> {
    /// The input whose cotangent is wanted.
    pub k: usize,
    /// The output.
    pub y: Expr<'g>,
    inputs: &'a [NodeId],
    pub(super) bends: &'a Bends<'g>,
}

impl<'a, 'g> Rule<'a, 'g> {
    pub(crate) fn new(k: usize, inputs: &'a [NodeId], y: Expr<'g>, bends: &'a Bends<'g>) -> Self {
        Self { k, y, inputs, bends }
    }

    /// Input `k`.
    pub fn x(&self, k: usize) -> Expr<'g> {
        Expr::new(self.y.graph(), self.inputs[k])
    }
}

/// The view of a tangent rule: the inputs and output of the node, and the tangents of the inputs.
#[derive(Clone, Copy)]
pub struct Tangents<'a, 'g> {
    /// The output.
    pub y: Expr<'g>,
    inputs: &'a [NodeId],
    tangents: &'a [Option<Expr<'g>>],
    pub(super) ahead: Ahead<'a, 'g>,
    fault: Option<&'a OnceCell<Error>>,
}

impl<'a, 'g> Tangents<'a, 'g> {
    pub(crate) fn new(
        y: Expr<'g>,
        inputs: &'a [NodeId],
        tangents: &'a [Option<Expr<'g>>],
        ahead: Ahead<'a, 'g>,
    ) -> Self {
        Self { y, inputs, tangents, ahead, fault: None }
    }

    /// The same view, with a place for the error of a rule.
    pub(crate) fn reporting_to(self, fault: &'a OnceCell<Error>) -> Self {
        Self { fault: Some(fault), ..self }
    }

    /// The tangent that a rule has found. An error of the rule is left where the sweep looks for it, since a rule
    /// cannot return it.
    #[track_caller]
    pub(crate) fn reported(&self, found: Result<Option<Expr<'g>>, Error>) -> Option<Expr<'g>> {
        match (found, self.fault) {
            (Err(error), Some(fault)) => {
                fault.get_or_init(|| error);
                None
            }
            (found, _) => located(found),
        }
    }

    /// Input `k`.
    pub fn x(&self, k: usize) -> Expr<'g> {
        Expr::new(self.y.graph(), self.inputs[k])
    }

    /// The tangent of input `k`; `None` if it is zero.
    pub fn of(&self, k: usize) -> Option<Expr<'g>> {
        self.tangents[k]
    }

    /// The inputs that have a tangent, by index, with it.
    pub fn iter(&self) -> impl Iterator<Item = (usize, Expr<'g>)> {
        self.tangents.iter().enumerate().filter_map(|(k, tangent)| Some((k, (*tangent)?)))
    }

    /// The tangent of an elementwise function: the sum of those of the inputs, each times the derivative by it.
    #[track_caller]
    pub(super) fn times(&self, derivative: impl Fn(usize) -> Expr<'g>) -> Option<Expr<'g>> {
        self.iter().filter_map(|(k, tangent)| tangent.pull_back(derivative(k))).reduce(|a, b| a + b)
    }

    /// The tangent of an operation that is linear in its floating-point inputs together: itself, of the tangents.
    #[track_caller]
    pub(crate) fn linear(&self) -> Expr<'g> {
        let of = |k: usize| match self.x(k) {
            x if x.dtype().is_float() => self.of(k).unwrap_or_else(|| x.like(0.0)),
            fixed => fixed,
        };
        self.again((0..self.inputs.len()).map(of))
    }

    /// The tangent of an operation that is linear in each of two inputs: the sum of itself with one of them replaced
    /// by its tangent.
    #[track_caller]
    pub(super) fn bilinear(&self) -> Option<Expr<'g>> {
        let (a, b) = (self.x(0), self.x(1));
        let by_a = self.of(0).map(|tangent| self.again([tangent, b]));
        let by_b = self.of(1).map(|tangent| self.again([a, tangent]));
        [by_a, by_b].into_iter().flatten().reduce(|a, b| a + b)
    }

    /// The operation of the node, on other inputs of the same shapes.
    #[track_caller]
    pub(crate) fn again(&self, inputs: impl IntoIterator<Item = Expr<'g>>) -> Expr<'g> {
        let graph = self.y.graph();
        let op = graph.node(self.y.id()).op.clone();
        let inputs: Inputs = inputs.into_iter().map(Expr::id).collect();
        if let (Op::Binary(Binary::Chain), &[g, d]) = (&op, &inputs[..]) {
            let share = Expr::new(graph, g).pull_back(Expr::new(graph, d));
            return share.unwrap_or_else(|| self.y.like(0.0));
        }
        graph.record(op, inputs, self.y.shape(), self.y.dtype())
    }
}

/// The view of a batching rule: a node, and its inputs with one more axis in front, some of them only repeated
/// along it.
pub struct Batch<'a, 'g> {
    /// Size of the new axis.
    pub n: usize,
    /// The output of the node, without that axis.
    pub y: Expr<'g>,
    inputs: &'a [NodeId],
    batched: &'a [Option<Expr<'g>>],
    fault: &'a OnceCell<Error>,
}

impl<'a, 'g> Batch<'a, 'g> {
    pub(crate) fn new(
        n: usize,
        y: Expr<'g>,
        inputs: &'a [NodeId],
        batched: &'a [Option<Expr<'g>>],
        fault: &'a OnceCell<Error>,
    ) -> Self {
        Self { n, y, inputs, batched, fault }
    }

    /// The batch of outputs that a rule has found. An error is left where the sweep looks for it, since a rule
    /// cannot return it; it then gets any batch of the right shape.
    #[track_caller]
    pub(super) fn reported(&self, found: Result<Expr<'g>, Error>) -> Expr<'g> {
        found.unwrap_or_else(|error| {
            self.fault.get_or_init(|| error);
            self.y.repeated(self.n)
        })
    }

    /// Input `k` with the new axis in front, repeated along it if it does not depend on it.
    #[track_caller]
    pub fn x(&self, k: usize) -> Expr<'g> {
        self.batched[k].unwrap_or_else(|| self.single(k).repeated(self.n))
    }

    /// All inputs with the new axis in front.
    #[track_caller]
    pub fn all(&self) -> SmallVec<[Expr<'g>; 4]> {
        (0..self.inputs.len()).map(|k| self.x(k)).collect()
    }

    /// Input `k` as it was recorded, without the new axis.
    pub fn single(&self, k: usize) -> Expr<'g> {
        Expr::new(self.y.graph(), self.inputs[k])
    }

    /// Whether input `k` differs along the new axis.
    pub fn differs(&self, k: usize) -> bool {
        self.batched[k].is_some()
    }

    /// An operation on the inputs with the new axis, whose output is that of the node with the new axis.
    #[track_caller]
    pub(super) fn record(&self, op: Op) -> Expr<'g> {
        self.record_of(op, &self.all())
    }

    /// An operation on some inputs, whose output is that of the node with the new axis.
    #[track_caller]
    pub(super) fn record_of(&self, op: Op, inputs: &[Expr<'g>]) -> Expr<'g> {
        let shape = self.y.shape().with_axis(0, self.n);
        let inputs: Inputs = inputs.iter().map(|input| input.id()).collect();
        self.y.graph().record(op, inputs, shape, self.y.dtype())
    }
}

/// The view of an operation that says which elements of its output depend on those of an input: the inputs and output
/// of the node, and values that are the same in every run.
#[derive(Clone, Copy)]
pub struct Link<'a, 'g> {
    /// The input in question.
    pub k: usize,
    /// The output.
    pub y: Expr<'g>,
    inputs: &'a [NodeId],
    varying: &'a NodeSet,
}

impl<'a, 'g> Link<'a, 'g> {
    pub(crate) fn new(k: usize, inputs: &'a [NodeId], y: Expr<'g>, varying: &'a NodeSet) -> Self {
        Self { k, y, inputs, varying }
    }

    /// Input `k`.
    pub fn x(&self, k: usize) -> Expr<'g> {
        Expr::new(self.y.graph(), self.inputs[k])
    }

    /// The value of input `k`, if it is made of constants alone, and of none by which derivatives are taken: such as
    /// indices and masks.
    pub fn fixed_value(&self, k: usize) -> Option<Tensor> {
        let mut pending = vec![self.inputs[k]];
        let mut seen: BTreeSet<_> = pending.iter().copied().collect();
        while let Some(id) = pending.pop() {
            let node = self.y.graph().node(id);
            let is_constant = !matches!(node.op, Op::Leaf(leaf) if leaf.kind != LeafKind::Constant);
            if !is_constant || self.varying.contains(id) {
                return None;
            }
            pending.extend(node.inputs.iter().filter(|&&input| seen.insert(input)));
        }
        self.x(k).try_value().ok()
    }
}
