//! Shapes of recorded nodes, found again from operation and inputs in arithmetic that does not wrap.

use retrograd_core::{Graph, Node, NodeId, Op, Shape, ops::Windows};

/// Whether a tensor can have these sizes: the bytes of its elements can be addressed, even if sizes of 0 are left out.
pub fn is_possible(sizes: &[usize]) -> bool {
    let limit = isize::MAX as u128;
    let n_bytes = sizes
        .iter()
        .filter(|&&size| size > 0)
        .try_fold(8u128, |n, &size| n.checked_mul(size as u128).filter(|&n| n <= limit));
    sizes.len() <= 32 && n_bytes.is_some()
}

fn n_elements(sizes: &[usize]) -> u128 {
    sizes.iter().map(|&size| size as u128).product()
}

/// The first node of a graph that no memory holds, or whose shape does not follow from its inputs.
pub fn first_lie(graph: &Graph) -> Option<String> {
    (0..graph.len()).find_map(|index| {
        let node = graph.node(NodeId::new(index));
        let inputs: Vec<Shape> = node.inputs.iter().map(|&x| graph.node(x).shape.clone()).collect();
        if is_possible(&node.shape) && holds(&node, &inputs) {
            return None;
        }
        Some(format!("{} of {inputs:?} has the shape {}", node.op, node.shape))
    })
}

/// Whether the shape of a node is that of its operation on inputs of these shapes.
fn holds(node: &Node, x: &[Shape]) -> bool {
    let y = &node.shape;
    let all_like_y = || x.iter().all(|x| x == y);
    let without = |is_removed: &dyn Fn(usize) -> bool| -> Shape {
        x[0].iter().enumerate().filter(|(axis, _)| !is_removed(*axis)).map(|(_, &s)| s).collect()
    };
    match &node.op {
        Op::Leaf(_) | Op::Literal(_) => x.is_empty(),
        Op::Iota(iota) => x.is_empty() && iota.axis < y.rank(),
        Op::Unary(_) | Op::Binary(_) | Op::Compare(_) | Op::Select => all_like_y(),
        Op::Identity | Op::StopGradient | Op::Cast | Op::ArgSort(_) | Op::Cholesky => all_like_y(),
        Op::Broadcast => {
            let pairs = x[0].iter().rev().zip(y.iter().rev());
            x[0].rank() <= y.rank() && pairs.into_iter().all(|(&a, &b)| a == b || a == 1)
        }
        Op::Reshape => n_elements(&x[0]) == n_elements(y),
        Op::Permute(axes) => axes.axes().map(|axis| x[0][axis]).collect::<Shape>() == *y,
        Op::Slice(slicing) => fits(&slicing.0, y, &x[0]),
        Op::Pad(padding) => fits(&padding.0, &x[0], y),
        Op::Concat(concat) => {
            let total: u128 = x.iter().map(|x| x[concat.axis] as u128).sum();
            let alike = |x: &Shape| x.with_size(concat.axis, y[concat.axis]) == *y;
            total == y[concat.axis] as u128 && x.iter().all(alike)
        }
        Op::Gather(gather) => x[1] == *y && x[0].with_size(gather.axis, y[gather.axis]) == *y,
        Op::ScatterAdd(scatter) => {
            x[0] == x[1] && x[0].with_size(scatter.axis, y[scatter.axis]) == *y
        }
        Op::Sum(sum) => without(&|axis| sum.axes.contains(axis)) == *y,
        Op::Max(max) => without(&|axis| max.axes.contains(axis)) == *y,
        Op::ArgMax(argmax) => without(&|axis| axis == argmax.axis) == *y,
        Op::MatMul => {
            let rank = y.rank();
            let rows = x[0].with_size(rank - 1, y[rank - 1]);
            let columns = x[1].with_size(rank - 2, y[rank - 2]);
            x[0][rank - 1] == x[1][rank - 2] && rows == *y && columns == *y
        }
        Op::Length(length) => x[0] == *y && length.axes.kept(&x[1]) == *y,
        Op::Kinked(_) => x[..3].iter().all(|x| x == y),
        Op::Solve | Op::Adjugate(_) | Op::LogDeterminant | Op::Svd(_) | Op::Custom(_) => {
            !x.is_empty()
        }
    }
}

/// Whether a part lies within the whole along each axis.
fn fits(windows: &Windows, part: &Shape, whole: &Shape) -> bool {
    let along = |((window, &part), &whole): ((retrograd_core::ops::Window, &usize), &usize)| {
        let first = window.start as i128;
        let last = first + (part as i128 - 1) * window.step as i128;
        let size = whole as i128;
        part == 0 || ((0..size).contains(&first) && (0..size).contains(&last))
    };
    part.rank() == whole.rank() && windows.iter().zip(part.iter()).zip(whole.iter()).all(along)
}
