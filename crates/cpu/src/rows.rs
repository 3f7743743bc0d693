//! Elements as rows of equal length: what kernels can compute of a row while they have it.

use indexmap::IndexSet;
use retrograd_core::{DType, NodeId, Op, Shape, computation::Computation};
use rustc_hash::FxBuildHasher;

use crate::kernels::{
    code::Extent,
    elementwise::{BLOCK, MAX_ROW},
};

/// How the elements of a kernel's values are seen: as rows along the last axis of more than one element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Rows {
    /// The type of the numbers that are computed with.
    pub dtype: DType,
    pub n_rows: usize,
    pub n_columns: usize,
}

/// Where a node can be fused with others: among those of the same rows.
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
    pub fn get(&self, id: NodeId) -> Option<Home> {
        self.different[self.of_node[id.index()] as usize]
    }

    /// Adds the home of the next node.
    pub fn push(&mut self, home: Option<Home>) {
        let home = self.number(home);
        self.of_node.push(home);
    }

    /// Changes the home of a node.
    pub fn set(&mut self, id: NodeId, home: Option<Home>) {
        self.of_node[id.index()] = self.number(home);
    }

    fn number(&mut self, home: Option<Home>) -> u32 {
        self.different.insert_full(home).0 as u32
    }
}

/// What the rows of a block are a multiple of, if they are more.
const MULTIPLE: usize = 16;

impl Rows {
    /// The rows of a shape.
    pub fn of(shape: &Shape, dtype: DType) -> Self {
        let n_columns = last_axis(shape).map_or(1, |axis| shape[axis]);
        Self { dtype, n_rows: shape.n_elements().checked_div(n_columns).unwrap_or(0), n_columns }
    }

    /// How many a kernel has at hand at a time: a block.
    pub fn of_block(&self) -> usize {
        let n_rows = (BLOCK / self.n_columns.max(1)).max(1);
        // So that short rows are reduced side by side, and elements fill vectors.
        if n_rows > MULTIPLE { n_rows - n_rows % MULTIPLE } else { n_rows }
    }

    /// The number of blocks.
    pub fn n_blocks(&self) -> usize {
        self.n_rows.div_ceil(self.of_block())
    }

    /// The place of nodes with one number for each element, or each row.
    pub fn home(self, extent: Extent) -> Home {
        Home { rows: self, extent }
    }
}

/// The last axis of more than one element, or of none.
fn last_axis(shape: &Shape) -> Option<usize> {
    shape.iter().rposition(|&size| size != 1)
}

/// The number type of an operation that takes whole rows of numbers to one number each, or one number to an element of a
/// row: sums and maxima over the last axis, and elements picked from it, or put into it, one for each row.
pub(crate) fn row_operation(computation: &Computation, id: NodeId) -> Option<DType> {
    let node = &computation.nodes[id.index()];
    let input = |k: usize| &computation.nodes[node.inputs[k].index()].shape;
    let (wide, axis) = match &node.op {
        Op::Sum(sum) => (input(0), single_axis(input(0), sum.axes.iter())?),
        Op::Max(max) => (input(0), single_axis(input(0), max.axes.iter())?),
        Op::Gather(gather) if node.shape[gather.axis] == 1 => (input(0), gather.axis),
        Op::ScatterAdd(scatter) if input(0)[scatter.axis] == 1 => (&node.shape, scatter.axis),
        _ => return None,
    };
    let are_rows = last_axis(wide) == Some(axis) && (2..=MAX_ROW).contains(&wide[axis]);
    (node.dtype.is_float() && are_rows && wide.n_elements() > 0).then_some(node.dtype)
}

/// The only axis among some that has not just one element.
fn single_axis(shape: &Shape, axes: impl Iterator<Item = usize>) -> Option<usize> {
    let mut axes = axes.filter(|&axis| shape[axis] != 1);
    axes.next().filter(|_| axes.next().is_none())
}

/// The rows of such an operation.
pub(crate) fn rows_of_operation(computation: &Computation, id: NodeId) -> Rows {
    let node = &computation.nodes[id.index()];
    let wide = match node.op {
        Op::ScatterAdd(_) => &node.shape,
        _ => &computation.nodes[node.inputs[0].index()].shape,
    };
    Rows::of(wide, node.dtype)
}
