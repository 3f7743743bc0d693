//! Verification and text of computations.

use std::{fmt, iter};

use super::{Computation, ValueId};
use crate::graph::{Node, ops::Op, region::RegionId};

/// The operation, operands, dtype and shape, as in `matmul %3, %5 : f32[64, 10]`.
impl<Id: fmt::Display> fmt::Display for Node<Id> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.op.behavior().name())?;
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
    /// If it is not: a fault of its maker.
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
            let shapes: Vec<_> = inputs.clone().map(|input| &input.shape).collect();
            let dtypes: Vec<_> = inputs.map(|input| input.dtype).collect();
            let behavior = node.op.behavior();
            if node.scope != RegionId::ROOT || !behavior.has_shape(&shapes, &node.shape) {
                return fault("the shape is another");
            }
            if !behavior.has_dtype(&dtypes, node.dtype) {
                return fault("the dtype is another");
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{data::dtype::DType, graph::Graph};

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
