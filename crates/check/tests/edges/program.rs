//! An elementwise function, taken from the nodes that it records, on any numbers.

use retrograd_core::{DType, Expr, Graph, NodeId, Op, Real};

/// A function of one or two numbers, as nodes that can be applied to other kinds of number.
pub struct Program {
    graph: Graph,
    inputs: Vec<NodeId>,
    y: NodeId,
}

impl Program {
    /// Records a function of `n` numbers.
    pub fn record(n: usize, f: impl for<'g> Fn(&[Expr<'g>]) -> Expr<'g>) -> Self {
        let graph = Graph::with_dtype(DType::F64);
        let (inputs, y) = {
            let x: Vec<_> = (0..n).map(|k| graph.input(&format!("x{k}"), [])).collect();
            (x.iter().map(|x| x.id()).collect(), f(&x).id())
        };
        Self { graph, inputs, y }
    }

    /// The function at numbers of another kind.
    pub fn at<R: Real>(&self, x: &[R]) -> R {
        let n = self.graph.len();
        let (mut numbers, mut masks): (Vec<Option<R>>, Vec<Option<R::Mask>>) =
            (vec![None; n], vec![None; n]);
        for (id, &x) in self.inputs.iter().zip(x) {
            numbers[id.index()] = Some(x);
        }
        for id in self.graph.ancestors(&[self.graph.expr(self.y)]) {
            let node = self.graph.node(id);
            let number = |k: usize| numbers[node.inputs[k].index()].expect("it came before");
            let value = match &node.op {
                Op::Leaf(_) => continue,
                Op::Literal(literal) => x[0].lit(literal.value()),
                Op::Unary(op) => number(0).unary(*op),
                Op::Binary(op) => number(0).binary(*op, number(1)),
                Op::Compare(op) => {
                    masks[id.index()] = Some(number(0).compare(*op, number(1)));
                    continue;
                }
                Op::Select => {
                    let mask = masks[node.inputs[0].index()].expect("it came before");
                    R::select(mask, number(1), number(2))
                }
                other => panic!("{other} is no elementwise function of numbers"),
            };
            numbers[id.index()] = Some(value);
        }
        numbers[self.y.index()].expect("the function has a value")
    }
}
