//! Verification and text of computations.

use std::{fmt, iter};

use super::{Computation, ValueId};
use crate::{
    dtype::DType,
    graph::Node,
    ops::{Op, Padding, Slicing},
    scope::Scopes,
    shape::Shape,
};

/// The operation, operands, dtype and shape, as in `matmul %3, %5 : f32[64, 10]`.
impl<Id: fmt::Display> fmt::Display for Node<Id> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.op {
            Op::Unary(op) => f.write_str(op.name())?,
            Op::Binary(op) => f.write_str(op.name())?,
            op => write!(f, "{op}")?,
        }
        if let Op::Leaf(leaf) = &self.op {
            write!(f, " {}", leaf.slot)?;
        }
        for (k, input) in self.inputs.iter().enumerate() {
            write!(f, "{}{input}", if k == 0 { " " } else { ", " })?;
        }
        write!(f, " : {}{}", self.dtype, self.shape)
    }
}

/// One value a line, then the roots.
///
/// ```
/// use retrograd_core::{Graph, computation::Computation};
///
/// let g = Graph::new();
/// let x = g.input("x", [2, 3]);
/// let text = Computation::of(&[x.exp().sum()]).computation.to_string();
/// assert_eq!(text, "%0 = input 0 : f32[2, 3]\n%1 = exp %0 : f32[2, 3]\n%2 = sum [0, 1] %1 : f32[]\nroots %2\n");
/// ```
impl fmt::Display for Computation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (node, awaited)) in iter::zip(&self.nodes, &self.awaited).enumerate() {
            write!(f, "{} = {node}", ValueId::new(index))?;
            awaited.map_or(Ok(()), |awaited| write!(f, " after {awaited}"))?;
            writeln!(f)?;
        }
        let roots: Vec<_> = self.roots.iter().map(ValueId::to_string).collect();
        writeln!(f, "roots {}", roots.join(", "))
    }
}

impl Computation {
    /// Checks that the computation is sound: operands come before their users, leaves have the slots 0, 1, 2, …, and each
    /// shape and dtype follows from the operation and its operands, as far as these tell.
    ///
    /// # Errors
    /// If it is not: a fault of whatever has made it.
    pub fn verify(&self) -> Result<(), String> {
        let (n, mut n_leaves) = (self.nodes.len(), 0);
        if self.awaited.len() != n || self.roots.iter().any(|root| root.index() >= n) {
            return Err("a root is none of the values".to_owned());
        }
        for (index, (node, awaited)) in iter::zip(&self.nodes, &self.awaited).enumerate() {
            let fault = |what: &str| Err(format!("{} = {node}: {what}", ValueId::new(index)));
            if node.inputs.iter().chain(awaited).any(|input| input.index() >= index) {
                return fault("an operand comes later");
            }
            if let Op::Leaf(leaf) = &node.op {
                n_leaves += 1;
                if leaf.slot + 1 != n_leaves {
                    return fault("the slot is out of order");
                }
            }
            let inputs = node.inputs.iter().map(|input| &self.nodes[input.index()]);
            let inputs: Vec<_> = inputs.collect();
            if node.scope != Scopes::ROOT || !has_its_shape(node, &inputs) {
                return fault("the shape is another");
            }
            if !has_its_dtype(node, &inputs) {
                return fault("the dtype is another");
            }
        }
        Ok(())
    }
}

/// Whether the shape of a node follows from its operation and operands.
fn has_its_shape<Id>(node: &Node<Id>, inputs: &[&Node<Id>]) -> bool {
    let y = &node.shape;
    let x = |k: usize| &inputs[k].shape;
    let are_alike = || inputs.iter().all(|input| input.shape == *y);
    match &node.op {
        Op::Leaf(_) | Op::Literal(_) | Op::Iota(_) => inputs.is_empty(),
        Op::Unary(_) | Op::Binary(_) | Op::Compare(_) | Op::Select | Op::Kinked(_) => are_alike(),
        Op::Identity | Op::StopGradient | Op::Cast | Op::ArgSort(_) | Op::Cholesky => are_alike(),
        Op::Broadcast => {
            let sizes = iter::zip(x(0).iter().rev(), y.iter().rev());
            x(0).rank() <= y.rank() && sizes.clone().all(|(x, y)| *x == 1 || x == y)
        }
        Op::Reshape => x(0).n_elements() == y.n_elements(),
        Op::Permute(permutation) => permutation.axes().map(|axis| x(0)[axis]).eq(y.iter().copied()),
        Op::Slice(Slicing(windows)) => windows.iter().len() == y.rank() && x(0).rank() == y.rank(),
        Op::Pad(Padding(windows)) => windows.iter().len() == y.rank() && x(0).rank() == y.rank(),
        Op::Concat(concat) => {
            let along = inputs.iter().map(|input| input.shape[concat.axis]);
            along.sum::<usize>() == y[concat.axis]
        }
        Op::Gather(_) => x(1) == y,
        Op::ScatterAdd(_) => x(0) == x(1),
        Op::Sum(sum) => sum.axes.removed(x(0)) == *y,
        Op::Max(max) => max.axes.removed(x(0)) == *y,
        Op::ArgMax(argmax) => {
            let others = x(0).iter().enumerate().filter(|&(axis, _)| axis != argmax.axis);
            others.map(|(_, size)| size).eq(y.iter())
        }
        Op::MatMul => product(x(0), x(1)).is_some_and(|product| product == *y),
        Op::Length(_) => x(0) == y,
        Op::Solve | Op::Adjugate(_) | Op::LogDeterminant | Op::Svd(_) => {
            x(0).rank() <= y.rank() + 2
        }
        Op::Custom(_) => true,
    }
}

/// The shape of a matrix product.
fn product(a: &Shape, b: &Shape) -> Option<Shape> {
    let (n_batch, rank) = (a.rank().checked_sub(2)?, a.rank());
    let fits = b.rank() == rank && a[..n_batch] == b[..n_batch] && a[rank - 1] == b[rank - 2];
    let sizes = a[..rank - 1].iter().chain(b.last()).copied();
    fits.then(|| Shape::from(&sizes.collect::<Vec<_>>()[..]))
}

/// Whether the dtype of a node follows from its operation and operands.
fn has_its_dtype<Id>(node: &Node<Id>, inputs: &[&Node<Id>]) -> bool {
    let are_alike = |inputs: &[&Node<Id>]| inputs.iter().all(|input| input.dtype == node.dtype);
    match &node.op {
        Op::Leaf(_) | Op::Literal(_) | Op::Iota(_) | Op::Cast | Op::Custom(_) => true,
        Op::Compare(_) => node.dtype == DType::Bool && inputs[0].dtype == inputs[1].dtype,
        Op::Select => inputs[0].dtype == DType::Bool && are_alike(&inputs[1..]),
        Op::ArgMax(_) | Op::ArgSort(_) => node.dtype == DType::I64,
        Op::Gather(_) | Op::ScatterAdd(_) => {
            inputs[1].dtype == DType::I64 && are_alike(&inputs[..1])
        }
        Op::Length(_) => are_alike(&inputs[..1]),
        Op::Unary(_) | Op::Binary(_) | Op::Identity | Op::StopGradient => are_alike(inputs),
        Op::Broadcast | Op::Reshape | Op::Permute(_) | Op::Slice(_) => are_alike(inputs),
        Op::Pad(_) | Op::Concat(_) | Op::Sum(_) | Op::Max(_) | Op::MatMul => are_alike(inputs),
        Op::Cholesky | Op::Solve | Op::Adjugate(_) | Op::LogDeterminant => are_alike(inputs),
        Op::Svd(_) | Op::Kinked(_) => are_alike(inputs),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Graph;

    /// A computation of `exp(x) × y`, changed.
    fn fault(change: impl FnOnce(&mut Computation)) -> String {
        let g = Graph::new();
        let (x, y) = (g.input("x", [2, 3]), g.input("y", [3, 4]));
        let mut computation = Computation::of(&[x.exp().matmul(y)]).computation;
        assert_eq!(computation.verify(), Ok(()));
        change(&mut computation);
        computation.verify().expect_err("it is not sound any more")
    }

    #[test]
    fn unsound_computations_are_found() {
        let last = ValueId::new(3);
        assert!(fault(|c| c.nodes[2].inputs[0] = last).contains("an operand comes later"));
        assert!(fault(|c| c.awaited[2] = Some(last)).contains("an operand comes later"));
        assert!(fault(|c| c.roots[0] = ValueId::new(4)).contains("a root"));
        assert!(fault(|c| c.nodes.swap(0, 1)).contains("slot is out of order"));
        assert!(fault(|c| c.nodes[3].shape = [2, 3].into()).contains("the shape is another"));
        assert!(fault(|c| c.nodes[2].shape = [6].into()).contains("the shape is another"));
        assert!(fault(|c| c.nodes[2].dtype = DType::F64).contains("the dtype is another"));
    }
}
