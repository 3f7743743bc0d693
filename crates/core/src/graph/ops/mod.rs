//! Operations: the primitives that nodes record, each with its value, shape and derivative in one place.
//!
//! An elementwise function is a row of a table ([`Unary`], [`Binary`]); every other operation is a file, with all that is
//! to be known of it, and a row here.

mod argmax;
mod argsort;
mod basis;
pub(crate) mod bends;
mod binary;
mod broadcast;
mod cast;
mod compare;
mod composed;
mod concat;
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
mod operation;
mod operators;
mod permute;
mod reshape;
mod rows;
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
pub use operation::{Linearity, Operation, OperationKind, Rounding};
pub use operators::RightOperand;
pub use permute::Permutation;
pub(crate) use rule::check_rule;
pub use rule::{Batch, Link, Rule, Tangents};
pub use slice::{Padding, Slicing, Window, Windows};
pub use sum::Sum;
pub use unary::Unary;
pub(crate) use unary::unary_methods;

pub(crate) use crate::data::tensor::same_dtype;
use crate::graph::documented::Theme;

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

/// Makes the enum of operations, the one `match` that joins each with its facts, and the documentation of each as data.
///
/// A row reads: documentation, family, variant with its parameters, and the value whose facts they are.
macro_rules! operations {
    ($( $(#[doc = $doc:literal])+ $family:literal: $Op:ident $(($it:ident: $Parameters:ty))? => $facts:expr, )*) => {
        /// The operation of a node.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub enum Op { $( $(#[doc = $doc])+ $Op $(($Parameters))?, )* }

        impl Op {
            /// The families: operations that differ in parameters alone.
            pub const FAMILIES: &[&str] = &[$( $family ),*];

            /// The family of the operation.
            ///
            /// ```
            /// assert_eq!(retrograd_core::Op::Select.family(), "select");
            /// ```
            pub fn family(&self) -> &'static str {
                match self { $( Op::$Op { .. } => $family, )* }
            }

            /// The documentation of the variant, line by line.
            pub fn doc(&self) -> &'static str {
                match self { $( Op::$Op { .. } => concat!($($doc, "\n"),+), )* }
            }

            /// The facts of this operation.
            pub fn behavior(&self) -> &dyn Operation {
                match self { $( Op::$Op $(($it))? => $facts, )* }
            }
        }
    };
}

operations! {
    /// Data from outside: input, parameter, optimizer state or constant tensor. A gradient that arrives here is the
    /// answer. Shapes `→ […]`.
    "leaf": Leaf(leaf: Leaf) => leaf,
    /// One number in every place; it has no gradient. Shapes `→ […]`. Source: `numpy.full`.
    "literal": Literal(literal: Literal) => literal,
    /// Indices 0, 1, 2, … along an axis; they have no gradient. Shapes `→ […]`. Source: `numpy.arange`.
    "iota": Iota(iota: Iota) => iota,
    /// A row of the table of unary functions: the gradient is `g` times its derivative. Shapes `[…] → […]`.
    "unary": Unary(unary: Unary) => unary,
    /// A row of the table of binary functions: the gradient of each operand is `g` times the derivative by it. Shapes
    /// `[…], […] → […]`.
    "binary": Binary(binary: Binary) => binary,
    /// A comparison, giving truth values, which have no gradient. Shapes `[…], […] → […]`.
    "compare": Compare(comparison: Comparison) => comparison,
    /// Elementwise choice: mask, value where true, value where false. The gradient goes to the value chosen, and 0 to
    /// the other, whatever that is. Shapes `[…], […], […] → […]`. Source: `numpy.where`.
    "select": Select => &select::Select,
    /// The input itself, under another name; plans drop it. Shapes `[…] → […]`.
    "identity": Identity => &identity::Identity,
    /// The input itself, through which no gradient flows. Shapes `[…] → […]`. Source: `torch.Tensor.detach`.
    "stop gradient": StopGradient => &identity::StopGradient,
    /// Conversion to the node's dtype; gradients pass between floating-point types. Shapes `[…] → […]`. Source:
    /// `torch.Tensor.to`.
    "cast": Cast => &cast::Cast,
    /// Stretching to the node's shape, aligned at the last axis; the gradient is a sum. Shapes `[…, 1, …] → […, n,
    /// …]`. Source: `numpy.broadcast_to`.
    "broadcast": Broadcast => &broadcast::Broadcast,
    /// The same elements in the node's shape; the gradient goes back to the old one. Shapes `[…] → shape`. Source:
    /// `numpy.reshape`.
    "reshape": Reshape => &reshape::Reshape,
    /// The axes in another order; the gradient is permuted back. Shapes `[m, n] → [n, m]`. Source: `numpy.transpose`.
    "permute": Permute(permutation: Permutation) => permutation,
    /// A regular part of each axis; the gradient is the pad. Shapes `[…, n, …] → […, m, …]`. Source: NumPy's
    /// `x[start:end:step]`.
    "slice": Slice(slicing: Slicing) => slicing,
    /// The adjoint of a slice: the input at its places among zeros; the gradient is the slice. Shapes `[…, m, …] →
    /// […, n, …]`. Source: the adjoint of `slice`.
    "pad": Pad(padding: Padding) => padding,
    /// Inputs side by side along an axis; the gradient is taken apart again. Shapes `[…, m, …], […, n, …] → […, m +
    /// n, …]`. Source: `numpy.concatenate`.
    "concat": Concat(concat: Concat) => concat,
    /// Elements picked by index along an axis: `y[…, i, …] = x[…, index[…, i, …], …]`; the gradient is added up where
    /// they come from. Shapes `[…, n, …], […, m, …] → […, m, …]`. Source: `torch.gather`.
    "gather": Gather(gather: Gather) => gather,
    /// The adjoint of a gather: elements added up at their indices along an axis; the gradient is the gather. Shapes
    /// `[…, m, …], […, m, …] → […, n, …]`. Source: the adjoint of `gather`.
    "scatter add": ScatterAdd(scatter: ScatterAdd) => scatter,
    /// Sum over axes, which are removed; the gradient is stretched back. Shapes `[…, n, …] → […, …]`. Source:
    /// `numpy.sum`.
    "sum": Sum(sum: Sum) => sum,
    /// Maximum over axes, which are removed; elements that tie share the gradient equally. Shapes `[…, n, …] → […,
    /// …]`. Source: `torch.amax`.
    "max": Max(max: Max) => max,
    /// Index of the first maximum along an axis, which is removed; it has no gradient. Shapes `[…, n, …] → […, …]`.
    /// Source: `numpy.argmax`.
    "argmax": ArgMax(argmax: ArgMax) => argmax,
    /// Indices that sort along an axis, those of equal elements in order; they have no gradient. Shapes `[…] → […]`.
    /// Source: `numpy.argsort`.
    "argsort": ArgSort(argsort: ArgSort) => argsort,
    /// Product of matrices in the last two axes, for each index of the others; the gradients are `g·bᵀ` and `aᵀ·g`.
    /// Shapes `[…, m, k], […, k, n] → […, m, n]`. Source: `numpy.matmul`.
    "matmul": MatMul => &matmul::MatMul,
    /// Triangular factors `L` of symmetric positive definite matrices `L·Lᵀ`; the gradient is `½·L⁻ᵀ·W·L⁻¹`, where
    /// `W` is symmetric with the lower triangle of `Lᵀ·g`. Shapes `[…, n, n] → […, n, n]`. Source: Murray 2016,
    /// arXiv:1602.07527.
    "cholesky": Cholesky => &linalg::Cholesky,
    /// Elimination of matrices beside right-hand sides, to `[I X]` with `A·X = B`; the gradients are `B̄ = A⁻ᵀ·g` and
    /// `−B̄·Xᵀ`. Shapes `[…, n, n], […, n, m] → […, n, n + m]`. Source: `numpy.linalg.solve`.
    "solve": Solve => &linalg::Solve,
    /// Adjugates and determinants of matrices, taken out of `[adj A, 0; 0, det A]`; the gradient through `det A` is
    /// `g·adj Aᵀ`, right for singular matrices too. Shapes `[…, n, n] → […, n + 1, n + 1]`. Source: `numpy.linalg.det`;
    /// derivative: Jacobi's formula.
    "det": Adjugate(part: Adjugate) => part,
    /// Signs and logarithms of determinants, `ln |det A|`; the gradient through the logarithm is `g·A⁻ᵀ`. Shapes `[…,
    /// n, n] → […, n² + 2]`. Source: `numpy.linalg.slogdet`.
    "slogdet": LogDeterminant => &linalg::LogDeterminant,
    /// Singular values and vectors of matrices, taken out of `A = U·diag(s)·Vᵀ`; the gradient through `s` is
    /// `U·diag(g)·Vᵀ`, right for equal values too; those through `U` and `V` need distinct ones. Shapes `[…, m, n] → […,
    /// m + 1 + n, n]`. Source: Townsend 2016, "Differentiating the singular value decomposition".
    "svd": Svd(part: Svd) => part,
    /// A Euclidean length along axes, which are kept, and the vectors that it is of: the length itself, whose gradient is
    /// `g·x/‖x‖`, and 0 where the length is. Shapes `[…, 1, …], […, n, …] → […, 1, …]`. Source:
    /// `torch.linalg.vector_norm`.
    "length": Length(length: Length) => length,
    /// A cotangent or tangent times a derivative that jumps at a kink, and what tells how far the kink is: `g·f'`, whose
    /// own derivative at the kink is that of the smooth function that the kink is part of, if there is one. Shapes `[…],
    /// […] → […]`. Source: l'Hôpital's rule, `g/r → dg/dr` as `g` and `r` go to 0.
    "kinked": Kinked(kinked: Kinked) => kinked,
    /// An operation of a user's own.
    "custom": Custom(custom: Custom) => custom,
}

impl Op {
    /// The leaf, if this is one.
    pub fn as_leaf(&self) -> Option<Leaf> {
        if let Op::Leaf(leaf) = self { Some(*leaf) } else { None }
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
