//! Recording: the one way by which nodes come into a graph.

use std::panic::Location;

use crate::{
    data::{
        dtype::DType,
        error::{Error, located},
        shape::Shape,
    },
    graph::{
        Graph, Inputs, Node, NodeId,
        expr::Expr,
        ops::{Literal, Op},
    },
};

impl Graph {
    /// Records a node in the current scope, or finds the equal one recorded before.
    ///
    /// # Errors
    /// If no tensor can have the shape.
    #[track_caller]
    pub(crate) fn try_record(
        &self,
        op: Op,
        inputs: Inputs,
        shape: Shape,
        dtype: DType,
    ) -> Result<Expr<'_>, Error> {
        let location = Location::caller();
        if !shape.is_possible() {
            return Err(self.impossible(&op, &inputs, shape));
        }
        let state = &mut *self.state.borrow_mut();
        let node = Node { op, inputs, shape, dtype, scope: state.regions.current_scope() };
        Ok(Expr::new(self, state.intern(node, location)))
    }

    /// [`try_record`](Self::try_record) where the shape follows from those of nodes that there are: in derivative rules.
    ///
    /// # Panics
    /// If no tensor can have the shape.
    #[track_caller]
    pub(crate) fn record(&self, op: Op, inputs: Inputs, shape: Shape, dtype: DType) -> Expr<'_> {
        located(self.try_record(op, inputs, shape, dtype))
    }

    /// The error that no tensor can have the shape of a node, said of the function that is being called.
    fn impossible(&self, op: &Op, inputs: &[NodeId], shape: Shape) -> Error {
        let called = self.called();
        match shape.check_possible() {
            Err(reason) if called.is_some() || !inputs.is_empty() => Error::Operands {
                op: called.map_or_else(|| op.to_string(), str::to_owned),
                operands: inputs.iter().map(|&input| self.describe(input)).collect(),
                reason,
            },
            _ => Error::Size { shape },
        }
    }

    /// A tensor whose elements all have one value: known to the graph, not stored.
    ///
    /// # Panics
    /// If no tensor can have the shape.
    #[track_caller]
    pub fn full(&self, shape: impl Into<Shape>, value: f64) -> Expr<'_> {
        located(self.try_full(shape, value))
    }

    /// The form of [`full`](Self::full) that returns an error instead of panicking.
    ///
    /// # Errors
    /// If no tensor can have the shape.
    #[track_caller]
    pub fn try_full(&self, shape: impl Into<Shape>, value: f64) -> Result<Expr<'_>, Error> {
        self.try_literal(value, shape.into(), self.dtype)
    }

    /// One number in every place of a tensor of any dtype.
    #[track_caller]
    pub(crate) fn try_literal(
        &self,
        value: f64,
        shape: Shape,
        dtype: DType,
    ) -> Result<Expr<'_>, Error> {
        self.try_record(Op::Literal(Literal::new(value)), Inputs::new(), shape, dtype)
    }

    /// [`try_literal`](Self::try_literal) of a shape that tensors have.
    #[track_caller]
    pub(crate) fn literal(&self, value: f64, shape: Shape, dtype: DType) -> Expr<'_> {
        self.record(Op::Literal(Literal::new(value)), Inputs::new(), shape, dtype)
    }
}
