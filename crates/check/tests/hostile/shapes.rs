//! Shapes of recorded nodes, found again from operation and inputs in arithmetic that does not wrap.

use retrograd_core::{Graph, NodeId, Shape};

/// Whether a tensor can have these sizes: the bytes of its elements can be addressed, even if sizes of 0 are left out.
pub fn is_possible(sizes: &[usize]) -> bool {
    let limit = isize::MAX as u128;
    let n_bytes = sizes
        .iter()
        .filter(|&&size| size > 0)
        .try_fold(8u128, |n, &size| n.checked_mul(size as u128).filter(|&n| n <= limit));
    sizes.len() <= 32 && n_bytes.is_some()
}

/// The first node of a graph that no memory holds, or whose shape does not follow from its inputs.
pub fn first_lie(graph: &Graph) -> Option<String> {
    (0..graph.len()).find_map(|index| {
        let node = graph.node(NodeId::new(index));
        let inputs: Vec<Shape> = node.inputs.iter().map(|&x| graph.node(x).shape.clone()).collect();
        let shapes: Vec<_> = inputs.iter().collect();
        if is_possible(&node.shape) && node.op.behavior().has_shape(&shapes, &node.shape) {
            return None;
        }
        Some(format!("{} of {inputs:?} has the shape {}", node.op, node.shape))
    })
}
