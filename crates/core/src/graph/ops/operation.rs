//! The facts of an operation: a trait in which all that follows from the kind of an operation is a default.

use crate::{
    data::{
        dtype::DType,
        shape::{Layout, Shape},
        tensor::{View, ViewMut},
    },
    graph::{
        expr::Expr,
        ops::{Batch, Dependence, Link, Rule, Tangents, same_dtype},
    },
};

/// Where the elements of an output come from. Most other facts follow from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperationKind {
    /// From outside: there are no inputs.
    Source,
    /// From the first input, which is the output under another name.
    Identity,
    /// From the only input, of which the output is another layout.
    View,
    /// From the inputs, whose elements are moved, or left out, and not changed.
    Movement,
    /// From the elements at the same place of all operands.
    Elementwise,
    /// From any elements of the operands.
    Other,
}

/// How the output of an operation depends on those of its inputs that have derivatives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linearity {
    /// Its derivatives are 0 everywhere.
    Constant,
    /// Linear in all operands together.
    Linear,
    /// Linear in each of two operands.
    Bilinear,
    /// None of these.
    Nonlinear,
}

/// How far an operation may be from the exact result: what tests allow to any implementation of it, in units of half the
/// distance of numbers near 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rounding {
    /// No error: elements are moved, picked or compared.
    Exact,
    /// Each element by so many units.
    Elements(f64),
    /// Sums of so many terms: each by the root of that number of units of all terms together (Higham and Mary 2019, "A new
    /// approach to probabilistic rounding error analysis").
    Sums(usize),
    /// As if the data were off by so many units: factorizations of matrices, by their size (Wilkinson 1963).
    Backward(usize),
}

/// The facts of an operation: a kind, a label, a derivative rule, and a meaning. All others have defaults.
pub trait Operation {
    /// Where the elements of the output come from.
    fn kind(&self) -> OperationKind {
        OperationKind::Other
    }

    /// The operation as pictures and formulas show it.
    fn label(&self) -> String;

    /// The operation in the text of computations.
    fn name(&self) -> String {
        self.label()
    }

    /// The sign written between two operands, if the operation has one.
    fn symbol(&self) -> Option<&'static str> {
        None
    }

    /// Whether operands can change places.
    fn is_symmetric(&self) -> bool {
        false
    }

    /// The share of input `rule.k` in the cotangent `g` of the output: `g` times the derivative of the output by
    /// that input, transposed. `None` if the derivative is zero everywhere. It is an expression: rules never read
    /// values. The default is for operations that are [constant](Linearity::Constant).
    fn vjp<'g>(&self, _rule: Rule<'_, 'g>, _g: Expr<'g>) -> Option<Expr<'g>> {
        assert!(self.linearity() == Linearity::Constant, "{} states no derivative", self.label());
        None
    }

    /// How the output depends on the inputs that have derivatives.
    fn linearity(&self) -> Linearity {
        match self.kind() {
            OperationKind::Source => Linearity::Constant,
            OperationKind::Identity | OperationKind::View | OperationKind::Movement => {
                Linearity::Linear
            }
            OperationKind::Elementwise | OperationKind::Other => Linearity::Nonlinear,
        }
    }

    /// Which elements of the output can have a derivative by which of input `link.k`; `None` if its derivatives are zero
    /// everywhere. It may be more of them than there are, never fewer. It looks at shapes, and at values that are the
    /// same in every run, such as constant indices.
    fn dependence(&self, link: Link<'_, '_>) -> Option<Dependence> {
        if self.linearity() == Linearity::Constant {
            return None;
        }
        let (x, y) = (link.x(link.k).shape(), link.y.shape());
        Some(match self.kind() {
            OperationKind::Identity | OperationKind::Elementwise => Dependence::elementwise(&y),
            OperationKind::View => Dependence::view(&x, view_of_dense(self, &x, &y)),
            OperationKind::Source | OperationKind::Movement | OperationKind::Other => {
                Dependence::full(&x, &y)
            }
        })
    }

    /// The tangent of the output for tangents of inputs: the sum over inputs of the derivative of the output by each,
    /// times its tangent. `None` if it is zero everywhere. A linear operation is its own tangent; for others it follows
    /// from [`vjp`](Self::vjp), by transposition, where no link is written.
    fn jvp<'g>(&self, tangents: Tangents<'_, 'g>) -> Option<Expr<'g>> {
        match self.linearity() {
            Linearity::Constant => None,
            Linearity::Linear => Some(tangents.linear()),
            Linearity::Bilinear => tangents.bilinear(),
            Linearity::Nonlinear => tangents.transposed(),
        }
    }

    /// How many of the inputs the value is computed from, the first ones; others matter to derivatives alone.
    fn n_operands(&self, n_inputs: usize) -> usize {
        n_inputs
    }

    /// The output for inputs that have one more axis in front: that of each of them along it, side by side. The default
    /// is for operations whose axes count from the last.
    fn vmap<'g>(&self, batch: Batch<'_, 'g>) -> Expr<'g> {
        let op = batch.y.graph().node(batch.y.id()).op.clone();
        batch.record(op)
    }

    /// Whether there are data that the operation has no answer for: then [`check`](Self::check) or
    /// [`verify`](Self::verify) says why.
    fn can_refuse(&self) -> bool {
        false
    }

    /// Whether the values of the inputs are acceptable for an output of shape `y`, such as indices within bounds;
    /// else the reason.
    fn check(&self, _x: &[View<'_>], _y: &Shape) -> Result<(), String> {
        Ok(())
    }

    /// Whether the value that [`eval`](Self::eval) has written is an answer; else the reason why there is none, such
    /// as a singular matrix.
    fn verify(&self, _y: View<'_>) -> Result<(), String> {
        Ok(())
    }

    /// For a view: the layout of its result, of shape `y`, in the buffer where its input, of shape `x`, has the layout
    /// `input`. `None` if the elements must be moved.
    fn view(&self, input: &Layout, _x: &Shape, _y: &Shape) -> Option<Layout> {
        (self.kind() == OperationKind::Identity).then(|| input.clone())
    }

    /// Scalar operations on inputs of some shapes, with a result of shape `y`: one for each element that arithmetic gives
    /// or a reduction takes in, `2·m·k·n` for a product of matrices, none for what only moves. For sorting and
    /// factorizations it is the leading term of the usual algorithm, for custom operations the number of elements. The
    /// largest number stands for all that are larger still.
    ///
    /// ```
    /// use retrograd_core::{Op, Shape};
    ///
    /// let [a, b, c] = [[32, 784], [784, 128], [32, 128]].map(Shape::from);
    /// assert_eq!(Op::MatMul.behavior().n_operations(&[&a, &b], &c), 2 * 32 * 784 * 128);
    /// ```
    ///
    /// # Panics
    /// If there are fewer inputs than the operation has, or those of matrices have no axes.
    fn n_operations(&self, _x: &[&Shape], y: &Shape) -> usize {
        match self.kind() {
            OperationKind::Elementwise | OperationKind::Other => y.n_elements(),
            OperationKind::Source
            | OperationKind::Identity
            | OperationKind::View
            | OperationKind::Movement => 0,
        }
    }

    /// Whether the value costs little more than a copy of the inputs.
    fn is_cheap(&self) -> bool {
        self.kind() != OperationKind::Other && !self.can_refuse()
    }

    /// How far the value may be from the exact one, for inputs of some shapes.
    fn rounding(&self, _x: &[&Shape], _dtype: DType) -> Rounding {
        match self.kind() {
            OperationKind::Elementwise => Rounding::Elements(1.0),
            OperationKind::Other => Rounding::Backward(1),
            OperationKind::Source
            | OperationKind::Identity
            | OperationKind::View
            | OperationKind::Movement => Rounding::Exact,
        }
    }

    /// Whether an output of shape `y` follows from inputs of some shapes, as far as these tell.
    fn has_shape(&self, x: &[&Shape], y: &Shape) -> bool {
        match self.kind() {
            OperationKind::Source => x.is_empty(),
            OperationKind::Identity => *x[0] == *y,
            OperationKind::Elementwise => x.iter().all(|x| *x == y),
            OperationKind::View | OperationKind::Movement | OperationKind::Other => !x.is_empty(),
        }
    }

    /// Whether an output of type `y` follows from inputs of some types, as far as these tell.
    fn has_dtype(&self, x: &[DType], y: DType) -> bool {
        x.iter().all(|x| *x == y)
    }

    /// Writes the value for the inputs `x` into `y`: a plain loop, the definition of the operation.
    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>);
}

/// The layout of a view of a tensor of shape `x` whose elements lie in order.
pub(super) fn view_of_dense(op: &(impl Operation + ?Sized), x: &Shape, y: &Shape) -> Layout {
    let layout = op.view(&Layout::contiguous(x), x, y);
    layout.expect("elements that lie in order need not be moved")
}

/// Writes the value of a view.
pub(super) fn eval_view(op: &impl Operation, x: View<'_>, y: ViewMut<'_>) {
    let layout = view_of_dense(op, x.shape, y.shape);
    if layout.is_contiguous(y.shape) && x.shape.n_elements() == y.shape.n_elements() {
        return same_dtype!(x, y => |x, y| y.copy_from_slice(x));
    }
    let positions = layout.positions(y.shape);
    same_dtype!(x, y => |x, y| {
        for (y, position) in y.iter_mut().zip(positions) {
            *y = x[position];
        }
    });
}
