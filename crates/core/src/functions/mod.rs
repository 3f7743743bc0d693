//! Functions composed of operations, by theme: they record nodes, and no derivative is written here.
//!
//! Names and conventions follow PyTorch, or NumPy where it has the better known name. Each function has a `try_` form; what has many
//! choices takes a struct of them.

mod attention;
mod conv;
mod diagonals;
mod einsum;
mod embedding;
mod indexing;
mod joining;
mod linear;
mod matrix_norm;
mod moving;
mod normalize;
mod norms;
mod ordering;
mod pad;
mod pool;
mod products;
mod scans;
mod similarity;
mod sliding;
mod statistics;
mod windows;

pub use attention::Attention;
pub use conv::{Conv, ConvPadding, ConvTranspose};
pub use matrix_norm::MatrixNorm;
pub use normalize::Norm;
pub use pad::PadMode;
pub use pool::{AvgPool, MaxPool};
pub use windows::Unfold;

/// Makes two methods of [`Expr`](crate::Expr) from one body that returns a result: a method that panics, and its
/// `try_` form that returns what is wrong.
///
/// A row reads: documentation, both names, arguments (the first names the expression itself), type of the result,
/// when it fails, and the body.
macro_rules! functions {
    ($( $(#[$doc:meta])* $name:ident / $try_name:ident($x:ident $(, $arg:ident: $type:ty)*) -> $Output:ty,
        $fails:literal, $body:block )*) => {
        impl<'g> $crate::Expr<'g> {
            $(
                $(#[$doc])*
                ///
                /// # Panics
                #[doc = $fails]
                #[track_caller]
                pub fn $name(self $(, $arg: $type)*) -> $Output {
                    $crate::error::located(self.$try_name($($arg),*))
                }

                #[doc = concat!("[`", stringify!($name), "`](Self::", stringify!($name), ") that returns what is wrong.")]
                ///
                /// # Errors
                #[doc = $fails]
                #[track_caller]
                pub fn $try_name(self $(, $arg: $type)*) -> Result<$Output, $crate::Error> {
                    let $x = self;
                    $body
                }
            )*
        }
    };
}
use functions;
