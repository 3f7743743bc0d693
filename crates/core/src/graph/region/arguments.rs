//! Arguments of calls as data: operands and attributes, in a form that pictures and exporters read.

use std::fmt;

use crate::{
    data::{
        shape::{Axes, Shape},
        tensor::Tensor,
    },
    graph::{Graph, Inputs, NodeId, expr::Expr, ops::Literal},
};

/// An argument of a call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CallArgument {
    /// The name, as in the documentation of the function; that of an option is the name of its field.
    pub name: &'static str,
    /// The value.
    pub value: ArgumentValue,
}

/// The value of an argument.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ArgumentValue {
    /// Nothing, such as an option that was not given.
    Absent,
    /// An expression of the graph.
    Node(NodeId),
    /// An integer, such as an axis.
    Integer(i64),
    /// A number, by its bits.
    Number(Literal),
    /// A truth value.
    Truth(bool),
    /// A word.
    Text(Box<str>),
    /// Several values in order.
    List(Box<[ArgumentValue]>),
    /// Options. In a call each of them is an argument.
    Fields(Box<[CallArgument]>),
}

impl ArgumentValue {
    /// The values of some things, as a list.
    pub fn list<'a, T: Describe + 'a>(
        values: impl IntoIterator<Item = &'a T>,
        graph: &Graph,
    ) -> Self {
        Self::List(values.into_iter().map(|value| value.describe(graph)).collect())
    }

    /// A word for something that is written as one: a variant of an enumeration.
    pub fn word(variant: impl fmt::Debug) -> Self {
        Self::Text(format!("{variant:?}").into())
    }

    /// The integer, if it is one.
    pub fn as_integer(&self) -> Option<i64> {
        if let Self::Integer(integer) = self { Some(*integer) } else { None }
    }

    /// The node, if it is one.
    pub fn as_node(&self) -> Option<NodeId> {
        if let Self::Node(node) = self { Some(*node) } else { None }
    }

    /// Adds all nodes in this value.
    pub(crate) fn add_nodes(&self, nodes: &mut Inputs) {
        match self {
            Self::Node(node) => nodes.push(*node),
            Self::List(values) => values.iter().for_each(|value| value.add_nodes(nodes)),
            Self::Fields(fields) => fields.iter().for_each(|field| field.value.add_nodes(nodes)),
            Self::Absent | Self::Integer(_) | Self::Number(_) | Self::Truth(_) | Self::Text(_) => {}
        }
    }
}

impl fmt::Display for ArgumentValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("none"),
            Self::Node(node) => write!(f, "%{}", node.index()),
            Self::Integer(integer) => integer.fmt(f),
            Self::Number(number) => write!(f, "{:?}", number.value()),
            Self::Truth(truth) => truth.fmt(f),
            Self::Text(text) => f.write_str(text),
            Self::List(values) => {
                f.write_str("[")?;
                separated(f, values)?;
                f.write_str("]")
            }
            Self::Fields(fields) => {
                f.write_str("{")?;
                separated(f, fields)?;
                f.write_str("}")
            }
        }
    }
}

impl fmt::Display for CallArgument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}", self.name, self.value)
    }
}

pub(super) fn separated(f: &mut fmt::Formatter<'_>, items: &[impl fmt::Display]) -> fmt::Result {
    items.iter().enumerate().try_for_each(|(k, item)| {
        f.write_str(if k > 0 { ", " } else { "" })?;
        item.fmt(f)
    })
}

/// Types whose values can be arguments or results of calls: expressions, numbers, options.
///
/// Options are described by [`describe_fields`].
pub trait Describe {
    /// The value as data. Expressions of other graphs are absent.
    fn describe(&self, graph: &Graph) -> ArgumentValue;
}

/// Implements [`Describe`] of options by the names of their fields; each type stands after its generic parameters.
///
/// ```
/// use retrograd_core::{Expr, region::describe_fields};
///
/// struct Scaling<'g> {
///     scale: Expr<'g>,
///     eps: f64,
/// }
///
/// describe_fields! { ['g] Scaling<'g> { scale, eps } }
/// ```
#[macro_export]
#[doc(hidden)]
macro_rules! __describe_fields {
    ($( [$($generic:tt)*] $Options:ty { $($field:ident),* } )*) => {$(
        impl<$($generic)*> $crate::graph::region::Describe for $Options {
            fn describe(&self, graph: &$crate::graph::Graph) -> $crate::graph::region::ArgumentValue {
                let Self { $($field),* } = self;
                let fields = [$(
                    $crate::graph::region::CallArgument {
                        name: stringify!($field),
                        value: $crate::graph::region::Describe::describe($field, graph),
                    }
                ),*];
                $crate::graph::region::ArgumentValue::Fields(fields.into())
            }
        }
    )*};
}
#[doc(inline)]
pub use __describe_fields as describe_fields;

/// Implements [`Describe`] of types whose values are described without a graph.
macro_rules! describe {
    ($( $Type:ty, $value:pat => $description:expr; )*) => {$(
        impl Describe for $Type {
            fn describe(&self, _: &Graph) -> ArgumentValue {
                let $value = self;
                $description
            }
        }
    )*};
}

describe! {
    isize, x => ArgumentValue::Integer(*x as i64);
    usize, x => ArgumentValue::Integer(i64::try_from(*x).unwrap_or(i64::MAX));
    i64, x => ArgumentValue::Integer(*x);
    i32, x => ArgumentValue::Integer(i64::from(*x));
    f64, x => ArgumentValue::Number(Literal::new(*x));
    bool, x => ArgumentValue::Truth(*x);
    str, x => ArgumentValue::Text(x.into());
    Tensor, _ => ArgumentValue::Absent;
}

impl Describe for Expr<'_> {
    fn describe(&self, graph: &Graph) -> ArgumentValue {
        match std::ptr::eq(self.graph(), graph) {
            true => ArgumentValue::Node(self.id()),
            false => ArgumentValue::Absent,
        }
    }
}

impl<T: Describe + ?Sized> Describe for &T {
    fn describe(&self, graph: &Graph) -> ArgumentValue {
        (**self).describe(graph)
    }
}

impl<T: Describe> Describe for Option<T> {
    fn describe(&self, graph: &Graph) -> ArgumentValue {
        self.as_ref().map_or(ArgumentValue::Absent, |value| value.describe(graph))
    }
}

impl<T: Describe> Describe for [T] {
    fn describe(&self, graph: &Graph) -> ArgumentValue {
        ArgumentValue::list(self, graph)
    }
}

impl<T: Describe> Describe for Vec<T> {
    fn describe(&self, graph: &Graph) -> ArgumentValue {
        ArgumentValue::list(self, graph)
    }
}

impl<T: Describe, const N: usize> Describe for [T; N] {
    fn describe(&self, graph: &Graph) -> ArgumentValue {
        ArgumentValue::list(self, graph)
    }
}

impl<A: Describe, B: Describe> Describe for (A, B) {
    fn describe(&self, graph: &Graph) -> ArgumentValue {
        ArgumentValue::List([self.0.describe(graph), self.1.describe(graph)].into())
    }
}

impl<A: Describe, B: Describe, C: Describe> Describe for (A, B, C) {
    fn describe(&self, graph: &Graph) -> ArgumentValue {
        let (a, b, c) = self;
        ArgumentValue::List([a.describe(graph), b.describe(graph), c.describe(graph)].into())
    }
}

/// Axes as they were named, and `keep` if they stay with size 1.
impl Describe for Axes {
    fn describe(&self, graph: &Graph) -> ArgumentValue {
        let axes = CallArgument { name: "axes", value: ArgumentValue::list(self.named(), graph) };
        let kept = self.kept().then_some(true);
        let keep = CallArgument { name: "keep", value: kept.describe(graph) };
        ArgumentValue::Fields([axes, keep].into())
    }
}

impl Describe for Shape {
    fn describe(&self, graph: &Graph) -> ArgumentValue {
        ArgumentValue::list(&self[..], graph)
    }
}
