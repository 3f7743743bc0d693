//! Operations: an enum for identity, a trait for behavior, one `match` that joins them.
//!
//! An elementwise function is a row of a table ([`Unary`], [`Binary`]); every other operation is a file. To add
//! one: write its file, then a variant here, and let the compiler ask for the rest.

mod argmax;
mod argsort;
mod basis;
mod binary;
mod broadcast;
mod cast;
mod compare;
mod composed;
mod concat;
mod cost;
mod custom;
mod dependence;
mod flat;
mod gather;
mod identity;
mod kinked;
mod leaf;
mod length;
mod linalg;
mod matmul;
mod max;
mod operators;
mod permute;
mod reshape;
mod rule;
mod select;
mod slice;
mod softmax;
mod sum;
mod unary;

use std::fmt;

pub use argmax::ArgMax;
pub use argsort::ArgSort;
pub use binary::Binary;
pub(crate) use binary::binary_methods;
pub use compare::Comparison;
pub use composed::{COMPOSED, Composed, ComposedCall};
pub(crate) use composed::{composed, composed_methods};
pub use concat::Concat;
pub use custom::{Custom, CustomOperation};
pub use dependence::{Addresses, Dependence};
pub use gather::{Gather, ScatterAdd, check_bounds};
pub use kinked::{Corner, Kinked};
pub use leaf::{Iota, Leaf, LeafKind, Literal};
pub use length::{Length, Measure};
pub use linalg::{Adjugate, Svd};
pub use max::Max;
pub use operators::RightOperand;
pub use permute::Permutation;
pub(crate) use rule::check_rule;
pub use rule::{Batch, Link, Rule, Tangents};
pub use slice::{Padding, Slicing, Window, Windows};
pub use sum::Sum;
pub use unary::Unary;
pub(crate) use unary::unary_methods;

pub(crate) use crate::tensor::same_dtype;
use crate::{
    documented::Theme,
    expr::Expr,
    forward::transposed,
    shape::{Layout, Shape},
    tensor::{View, ViewMut},
};

/// The methods that record operations which are no rows of a table, and what is written beside them, by theme.
pub const THEMES: &[Theme] = &[
    select::THEME,
    reshape::THEME,
    permute::THEME,
    broadcast::THEME,
    slice::THEME,
    concat::THEME,
    gather::THEME,
    leaf::THEME,
    sum::THEME,
    max::THEME,
    softmax::THEME,
    argmax::THEME,
    argsort::THEME,
    matmul::THEME,
    linalg::adjugate::THEME,
    linalg::cholesky::THEME,
    linalg::log_determinant::THEME,
    linalg::solve::THEME,
    linalg::svd::THEME,
];

/// Makes the enum of operations; the documentation of each is kept as data, too.
macro_rules! operations {
    ($( $(#[doc = $doc:literal])+ $Op:ident $(($parameters:ty))?, )*) => {
        /// The operation of a node.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub enum Op { $( $(#[doc = $doc])+ $Op $(($parameters))?, )* }

        impl Op {
            /// The documentation of the variant, line by line.
            pub fn doc(&self) -> &'static str {
                match self { $( Op::$Op { .. } => concat!($($doc, "\n"),+), )* }
            }
        }
    };
}

operations! {
    /// Data from outside: input, parameter, optimizer state or constant tensor. A gradient that arrives here is the
    /// answer. Shapes `→ […]`.
    Leaf(Leaf),
    /// One number in every place; it has no gradient. Shapes `→ […]`. Source: `numpy.full`.
    Literal(Literal),
    /// Indices 0, 1, 2, … along an axis; they have no gradient. Shapes `→ […]`. Source: `numpy.arange`.
    Iota(Iota),
    /// A row of the table of unary functions: the gradient is `g` times its derivative. Shapes `[…] → […]`.
    Unary(Unary),
    /// A row of the table of binary functions: the gradient of each operand is `g` times the derivative by it. Shapes
    /// `[…], […] → […]`.
    Binary(Binary),
    /// A comparison, giving truth values, which have no gradient. Shapes `[…], […] → […]`.
    Compare(Comparison),
    /// Elementwise choice: mask, value where true, value where false. The gradient goes to the value chosen, and 0 to
    /// the other, whatever that is. Shapes `[…], […], […] → […]`. Source: `numpy.where`.
    Select,
    /// The input itself, under another name; plans drop it. Shapes `[…] → […]`.
    Identity,
    /// The input itself, through which no gradient flows. Shapes `[…] → […]`. Source: `torch.Tensor.detach`.
    StopGradient,
    /// Conversion to the node's dtype; gradients pass between floating-point types. Shapes `[…] → […]`. Source:
    /// `torch.Tensor.to`.
    Cast,
    /// Stretching to the node's shape, aligned at the last axis; the gradient is a sum. Shapes `[…, 1, …] → […, n,
    /// …]`. Source: `numpy.broadcast_to`.
    Broadcast,
    /// The same elements in the node's shape; the gradient goes back to the old one. Shapes `[…] → shape`. Source:
    /// `numpy.reshape`.
    Reshape,
    /// The axes in another order; the gradient is permuted back. Shapes `[m, n] → [n, m]`. Source: `numpy.transpose`.
    Permute(Permutation),
    /// A regular part of each axis; the gradient is the pad. Shapes `[…, n, …] → […, m, …]`. Source: NumPy's
    /// `x[start:end:step]`.
    Slice(Slicing),
    /// The adjoint of a slice: the input at its places among zeros; the gradient is the slice. Shapes `[…, m, …] →
    /// […, n, …]`. Source: the adjoint of `slice`.
    Pad(Padding),
    /// Inputs side by side along an axis; the gradient is taken apart again. Shapes `[…, m, …], […, n, …] → […, m +
    /// n, …]`. Source: `numpy.concatenate`.
    Concat(Concat),
    /// Elements picked by index along an axis: `y[…, i, …] = x[…, index[…, i, …], …]`; the gradient is added up where
    /// they come from. Shapes `[…, n, …], […, m, …] → […, m, …]`. Source: `torch.gather`.
    Gather(Gather),
    /// The adjoint of a gather: elements added up at their indices along an axis; the gradient is the gather. Shapes
    /// `[…, m, …], […, m, …] → […, n, …]`. Source: the adjoint of `gather`.
    ScatterAdd(ScatterAdd),
    /// Sum over axes, which are removed; the gradient is stretched back. Shapes `[…, n, …] → […, …]`. Source:
    /// `numpy.sum`.
    Sum(Sum),
    /// Maximum over axes, which are removed; elements that tie share the gradient equally. Shapes `[…, n, …] → […,
    /// …]`. Source: `torch.amax`.
    Max(Max),
    /// Index of the first maximum along an axis, which is removed; it has no gradient. Shapes `[…, n, …] → […, …]`.
    /// Source: `numpy.argmax`.
    ArgMax(ArgMax),
    /// Indices that sort along an axis, those of equal elements in order; they have no gradient. Shapes `[…] → […]`.
    /// Source: `numpy.argsort`.
    ArgSort(ArgSort),
    /// Product of matrices in the last two axes, for each index of the others; the gradients are `g·bᵀ` and `aᵀ·g`.
    /// Shapes `[…, m, k], […, k, n] → […, m, n]`. Source: `numpy.matmul`.
    MatMul,
    /// Triangular factors `L` of symmetric positive definite matrices `L·Lᵀ`; the gradient is `½·L⁻ᵀ·W·L⁻¹`, where
    /// `W` is symmetric with the lower triangle of `Lᵀ·g`. Shapes `[…, n, n] → […, n, n]`. Source: Murray 2016,
    /// arXiv:1602.07527.
    Cholesky,
    /// Elimination of matrices beside right-hand sides, to `[I X]` with `A·X = B`; the gradients are `B̄ = A⁻ᵀ·g` and
    /// `−B̄·Xᵀ`. Shapes `[…, n, n], […, n, m] → […, n, n + m]`. Source: `numpy.linalg.solve`.
    Solve,
    /// Adjugates and determinants of matrices, taken out of `[adj A, 0; 0, det A]`; the gradient through `det A` is
    /// `g·adj Aᵀ`, right for singular matrices too. Shapes `[…, n, n] → […, n + 1, n + 1]`. Source: `numpy.linalg.det`;
    /// derivative: Jacobi's formula.
    Adjugate(Adjugate),
    /// Signs and logarithms of determinants, `ln |det A|`; the gradient through the logarithm is `g·A⁻ᵀ`. Shapes `[…,
    /// n, n] → […, n² + 2]`. Source: `numpy.linalg.slogdet`.
    LogDeterminant,
    /// Singular values and vectors of matrices, taken out of `A = U·diag(s)·Vᵀ`; the gradient through `s` is
    /// `U·diag(g)·Vᵀ`, right for equal values too; those through `U` and `V` need distinct ones. Shapes `[…, m, n] → […,
    /// m + 1 + n, n]`. Source: Townsend 2016, "Differentiating the singular value decomposition".
    Svd(Svd),
    /// A Euclidean length along axes, which are kept, and the vectors that it is of: the length itself, whose gradient is
    /// `g·x/‖x‖`, and 0 where the length is. Shapes `[…, 1, …], […, n, …] → […, 1, …]`. Source:
    /// `torch.linalg.vector_norm`.
    Length(Length),
    /// A cotangent or tangent times a derivative that jumps at a kink, and what tells how far the kink is: `g·f'`, whose
    /// own derivative at the kink is that of the smooth function that the kink is part of, if there is one. Shapes `[…],
    /// […] → […]`. Source: l'Hôpital's rule, `g/r → dg/dr` as `g` and `r` go to 0.
    Kinked(Kinked),
    /// An operation of a user's own.
    Custom(Custom),
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

/// The facts of an operation: a label, a derivative rule, and a meaning.
pub trait Operation {
    /// The operation as pictures and formulas show it.
    fn label(&self) -> String;

    /// The share of input `rule.k` in the cotangent `g` of the output: `g` times the derivative of the output by
    /// that input, transposed. `None` if the derivative is zero everywhere. It is an expression: rules never read
    /// values.
    fn vjp<'g>(&self, rule: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>>;

    /// How the output depends on the inputs that have derivatives.
    fn linearity(&self) -> Linearity;

    /// Which elements of the output can have a derivative by which of input `link.k`; `None` if its derivatives are zero
    /// everywhere. It may be more of them than there are, never fewer. It looks at shapes, and at values that are the
    /// same in every run, such as constant indices.
    fn dependence(&self, link: Link<'_, '_>) -> Option<Dependence>;

    /// The tangent of the output for tangents of inputs: the sum over inputs of the derivative of the output by each,
    /// times its tangent. `None` if it is zero everywhere. A linear operation is its own tangent; for others it follows
    /// from [`vjp`](Self::vjp), by transposition, where no link is written.
    fn jvp<'g>(&self, tangents: Tangents<'_, 'g>) -> Option<Expr<'g>> {
        match self.linearity() {
            Linearity::Constant => None,
            Linearity::Linear => Some(tangents.linear()),
            Linearity::Bilinear => tangents.bilinear(),
            Linearity::Nonlinear => transposed(tangents),
        }
    }

    /// How many of the inputs the value is computed from, the first ones; others matter to derivatives alone.
    fn n_operands(&self, n_inputs: usize) -> usize {
        n_inputs
    }

    /// The output for inputs that have one more axis in front: that of each of them along it, side by side.
    fn vmap<'g>(&self, batch: Batch<'_, 'g>) -> Expr<'g>;

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

    /// Writes the value for the inputs `x` into `y`: a plain loop, the definition of the operation.
    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>);
}

impl Op {
    /// The behavior of this operation.
    pub fn behavior(&self) -> &dyn Operation {
        match self {
            Op::Leaf(leaf) => leaf,
            Op::Literal(literal) => literal,
            Op::Iota(iota) => iota,
            Op::Unary(unary) => unary,
            Op::Binary(binary) => binary,
            Op::Compare(comparison) => comparison,
            Op::Select => &select::Select,
            Op::Identity => &identity::Identity,
            Op::StopGradient => &identity::StopGradient,
            Op::Cast => &cast::Cast,
            Op::Broadcast => &broadcast::Broadcast,
            Op::Reshape => &reshape::Reshape,
            Op::Permute(permutation) => permutation,
            Op::Slice(slicing) => slicing,
            Op::Pad(padding) => padding,
            Op::Concat(concat) => concat,
            Op::Gather(gather) => gather,
            Op::ScatterAdd(scatter) => scatter,
            Op::Sum(sum) => sum,
            Op::Max(max) => max,
            Op::ArgMax(argmax) => argmax,
            Op::ArgSort(argsort) => argsort,
            Op::MatMul => &matmul::MatMul,
            Op::Cholesky => &linalg::Cholesky,
            Op::Solve => &linalg::Solve,
            Op::Adjugate(part) => part,
            Op::LogDeterminant => &linalg::LogDeterminant,
            Op::Svd(part) => part,
            Op::Length(length) => length,
            Op::Kinked(kinked) => kinked,
            Op::Custom(custom) => custom,
        }
    }

    /// For an operation that only looks at its input in another way: the layout of its result, of shape `y`, in
    /// the buffer where its input, of shape `x`, has the layout `input`. `None` if the elements must be moved.
    pub fn view(&self, input: &Layout, x: &Shape, y: &Shape) -> Option<Layout> {
        match self {
            Op::Identity | Op::StopGradient | Op::Length(_) => Some(input.clone()),
            Op::Broadcast => Some(broadcast::view(input, x, y)),
            Op::Reshape => {
                input.is_dense(x).then(|| Layout { offset: input.offset, ..Layout::contiguous(y) })
            }
            Op::Permute(permutation) => Some(permutation.view(input)),
            Op::Slice(slicing) => Some(slicing.0.view(input)),
            Op::Leaf(_)
            | Op::Literal(_)
            | Op::Iota(_)
            | Op::Unary(_)
            | Op::Binary(_)
            | Op::Compare(_) => None,
            Op::Select
            | Op::Cast
            | Op::Pad(_)
            | Op::Concat(_)
            | Op::Gather(_)
            | Op::ScatterAdd(_) => None,
            Op::Sum(_) | Op::Max(_) | Op::ArgMax(_) | Op::ArgSort(_) | Op::MatMul => None,
            Op::Cholesky | Op::Solve | Op::Adjugate(_) | Op::LogDeterminant | Op::Svd(_) => None,
            Op::Kinked(_) | Op::Custom(_) => None,
        }
    }

    /// Whether there are data that the operation has no answer for: then [`Operation::check`] or
    /// [`Operation::verify`] says why.
    pub fn can_refuse(&self) -> bool {
        match self {
            Op::Gather(_) | Op::ScatterAdd(_) | Op::Cholesky | Op::Solve | Op::Custom(_) => true,
            Op::Leaf(_) | Op::Literal(_) | Op::Iota(_) => false,
            Op::Unary(_) | Op::Binary(_) | Op::Compare(_) | Op::Select | Op::Cast => false,
            Op::Identity | Op::StopGradient | Op::Broadcast | Op::Reshape => false,
            Op::Permute(_) | Op::Slice(_) | Op::Pad(_) | Op::Concat(_) => false,
            Op::Sum(_) | Op::Max(_) | Op::ArgMax(_) | Op::ArgSort(_) | Op::MatMul => false,
            Op::Adjugate(_) | Op::LogDeterminant | Op::Svd(_) => false,
            Op::Length(_) | Op::Kinked(_) => false,
        }
    }

    /// The sign written between two operands, if the operation has one.
    pub fn symbol(&self) -> Option<&'static str> {
        match self {
            Op::Binary(binary) => binary.symbol(),
            Op::Compare(comparison) => Some(comparison.symbol()),
            Op::MatMul => Some("×"),
            _ => None,
        }
    }

    /// The number that a literal has in every place.
    pub fn as_literal(&self) -> Option<f64> {
        if let Op::Literal(literal) = self { Some(literal.value()) } else { None }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.behavior().label())
    }
}

/// The answer of an [`Operation`] whose derivatives are 0 everywhere.
macro_rules! without_derivative {
    () => {
        fn vjp<'g>(
            &self,
            _: $crate::ops::Rule<'_, 'g>,
            _: $crate::expr::Expr<'g>,
        ) -> Option<$crate::expr::Expr<'g>> {
            None
        }

        fn linearity(&self) -> $crate::ops::Linearity {
            $crate::ops::Linearity::Constant
        }

        fn dependence(&self, _: $crate::ops::Link<'_, '_>) -> Option<$crate::ops::Dependence> {
            None
        }
    };
}
pub(crate) use without_derivative;
