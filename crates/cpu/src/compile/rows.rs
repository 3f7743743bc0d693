//! Elements as rows of equal length, so that a kernel can reduce a row while it holds it.

use indexmap::IndexSet;
use retrograd_core::{
    DType, Op, Shape,
    computation::{Computation, ValueId},
};
use rustc_hash::FxBuildHasher;

use crate::kernels::{
    code::Extent,
    rows::{Rows, last_axis},
};

/// The home of a node: nodes of equal rows can be fused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Home {
    pub rows: Rows,
    /// Whether the node has one number for each element, or one for each row.
    pub extent: Extent,
}

/// The homes of all nodes: many nodes, few homes.
pub(crate) struct Homes {
    different: IndexSet<Option<Home>, FxBuildHasher>,
    of_node: Vec<u32>,
}

impl Homes {
    /// Of no nodes yet, with room for some.
    pub fn with_capacity(n: usize) -> Self {
        Self { different: IndexSet::default(), of_node: Vec::with_capacity(n) }
    }

    /// The home of a node, if it has one.
    pub fn get(&self, id: ValueId) -> Option<Home> {
        self.different[self.of_node[id.index()] as usize]
    }

    /// Adds the home of the next node.
    pub fn push(&mut self, home: Option<Home>) {
        let home = self.number(home);
        self.of_node.push(home);
    }

    /// Changes the home of a node.
    pub fn set(&mut self, id: ValueId, home: Option<Home>) {
        self.of_node[id.index()] = self.number(home);
    }

    fn number(&mut self, home: Option<Home>) -> u32 {
        self.different.insert_full(home).0 as u32
    }
}

impl Rows {
    /// The place of nodes with one number for each element, or each row.
    pub fn home(self, extent: Extent) -> Home {
        Home { rows: self, extent }
    }
}

/// The number type of an operation that takes whole rows of numbers to one number each, or one number to an element of a
/// row: sums and maxima over the last axis, and elements picked from it, or put into it, one for each row.
#[expect(clippy::wildcard_enum_match_arm, reason = "a few of many rows are told apart")]
pub(crate) fn row_operation(
    computation: &Computation,
    id: ValueId,
    longest: usize,
) -> Option<DType> {
    let node = &computation.nodes[id.index()];
    let input = |k: usize| &computation.nodes[node.inputs[k].index()].shape;
    let (wide, axis) = match &node.op {
        Op::Sum(sum) => (input(0), single_axis(input(0), sum.axes.iter())?),
        Op::Max(max) => (input(0), single_axis(input(0), max.axes.iter())?),
        Op::Gather(gather) if node.shape[gather.axis] == 1 => (input(0), gather.axis),
        Op::ScatterAdd(scatter) if input(0)[scatter.axis] == 1 => (&node.shape, scatter.axis),
        _ => return None,
    };
    let are_rows = last_axis(wide) == Some(axis) && (2..=longest).contains(&wide[axis]);
    (node.dtype.is_float() && are_rows && wide.n_elements() > 0).then_some(node.dtype)
}

/// The only axis among some that has not just one element.
fn single_axis(shape: &Shape, axes: impl Iterator<Item = usize>) -> Option<usize> {
    let mut axes = axes.filter(|&axis| shape[axis] != 1);
    axes.next().filter(|_| axes.next().is_none())
}

/// The rows of such an operation.
pub(crate) fn rows_of_operation(computation: &Computation, id: ValueId) -> Rows {
    let node = &computation.nodes[id.index()];
    let wide = if let Op::ScatterAdd(_) = node.op {
        &node.shape
    } else {
        &computation.nodes[node.inputs[0].index()].shape
    };
    Rows::of(wide, node.dtype)
}
