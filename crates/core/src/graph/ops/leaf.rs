//! Nodes without inputs: data from outside, one number in every place, and indices.

use std::fmt;

use crate::{
    data::{
        dtype::{DType, Element},
        error::{Error, located},
        shape::{Layout, Shape},
        tensor::{View, ViewMut},
    },
    graph::{
        Graph, Inputs,
        expr::Expr,
        methods::functions,
        ops::{Op, Operation, OperationKind, Rounding},
    },
    with_elements,
};

/// Data from outside. The slot is unique in a graph, so that two leaves are never taken for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Leaf {
    /// The role of the data.
    pub kind: LeafKind,
    /// Position among the leaves of the graph.
    pub slot: usize,
}

/// The role of a leaf's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LeafKind {
    /// Examples and labels, and whatever else changes from run to run.
    Input,
    /// A parameter of the model.
    Param,
    /// The memory of an optimizer.
    State,
    /// Data that do not change.
    Constant,
}

impl LeafKind {
    /// The method that records such a leaf, as pictures and messages call it.
    pub fn label(self) -> &'static str {
        match self {
            LeafKind::Input => "input",
            LeafKind::Param => "param",
            LeafKind::State => "state",
            LeafKind::Constant => "constant",
        }
    }
}

impl fmt::Display for LeafKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LeafKind::Input => "an input",
            LeafKind::Param => "a parameter",
            LeafKind::State => "optimizer state",
            LeafKind::Constant => "a constant",
        })
    }
}

impl Operation for Leaf {
    fn kind(&self) -> OperationKind {
        OperationKind::Source
    }

    fn label(&self) -> String {
        self.kind.label().to_owned()
    }

    fn eval(&self, _: &[View<'_>], _: ViewMut<'_>) {
        unreachable!("the data of a leaf come from its binding")
    }
}

/// One number in every place, as bits, so that nodes can be compared and hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Literal(u64);

impl Literal {
    /// The literal of a number.
    pub fn new(value: f64) -> Self {
        Self(value.to_bits())
    }

    /// The number.
    pub fn value(self) -> f64 {
        f64::from_bits(self.0)
    }
}

impl Operation for Literal {
    fn kind(&self) -> OperationKind {
        OperationKind::Source
    }

    fn label(&self) -> String {
        self.value().to_string()
    }

    /// A number that is none of the dtype is rounded.
    fn rounding(&self, _: &[&Shape], dtype: DType) -> Rounding {
        if dtype.is_exact(self.value()) { Rounding::Exact } else { Rounding::Elements(1.0) }
    }

    fn eval(&self, _: &[View<'_>], y: ViewMut<'_>) {
        with_elements!(SliceMut, y.data, y => y.fill(Element::from_f64(self.value())));
    }
}

/// Indices 0, 1, 2, … along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Iota {
    /// The axis along which the indices count.
    pub axis: usize,
}

functions! { "Indexing":
    /// Rows of zeros with a one at each index: `[…] → […, n_classes]`, in the graph's floating-point type. An index
    /// outside `0..n_classes` gives a row of zeros. Source: `torch.nn.functional.one_hot`.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// assert_eq!(g.constant(2i64).one_hot(5).value().to_vec::<f64>(), [0.0, 0.0, 1.0, 0.0, 0.0]);
    /// ```
    one_hot / try_one_hot(x, n_classes: usize) -> Self,
    "If the elements are not integers, or no tensor can have so many classes.",
    {
        if x.dtype() != DType::I64 {
            let reason = format!("the elements are {}, not integers", x.dtype());
            return Err(Self::misfit(&[x], reason));
        }
        let classes = x.graph().try_arange(n_classes)?;
        Ok(x.try_unsqueeze(-1)?.try_eq(classes)?.cast(x.graph().dtype()))
    }
}

impl Graph {
    /// The integers `0, 1, …, n − 1`, shape `[n]`.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// assert_eq!(g.arange(3).value().to_vec::<i64>(), [0, 1, 2]);
    /// ```
    ///
    /// # Panics
    /// If no tensor can have so many elements.
    #[track_caller]
    pub fn arange(&self, n: usize) -> Expr<'_> {
        located(self.try_arange(n))
    }

    /// The form of [`arange`](Self::arange) that returns an error instead of panicking.
    ///
    /// # Errors
    /// If no tensor can have so many elements.
    #[track_caller]
    pub fn try_arange(&self, n: usize) -> Result<Expr<'_>, Error> {
        self.try_record(Op::Iota(Iota { axis: 0 }), Inputs::new(), Shape::from([n]), DType::I64)
    }
}

impl Operation for Iota {
    fn kind(&self) -> OperationKind {
        OperationKind::Source
    }

    fn label(&self) -> String {
        "iota".to_owned()
    }

    fn has_shape(&self, x: &[&Shape], y: &Shape) -> bool {
        x.is_empty() && self.axis < y.rank()
    }

    fn eval(&self, _: &[View<'_>], y: ViewMut<'_>) {
        let mut counting = Layout::contiguous(y.shape);
        for (axis, stride) in counting.strides.iter_mut().enumerate() {
            *stride = isize::from(axis == self.axis);
        }
        let indices = counting.positions(y.shape);
        with_elements!(SliceMut, y.data, y => {
            for (y, index) in y.iter_mut().zip(indices) {
                *y = Element::from_f64(index as f64);
            }
        });
    }
}
