//! Functions composed of operations, by theme: they record nodes, and no derivative is written here.
//!
//! Names and conventions follow PyTorch, or NumPy where it has the better known name. Each function has a `try_` form; what has many
//! choices takes a struct of them.

mod conv;
mod diagonals;
mod einsum;
mod indexing;
mod joining;
mod moving;
mod norms;
mod ordering;
mod pad;
mod pool;
mod products;
mod scans;
mod sliding;
mod statistics;
mod windows;

pub use attention::Attention;
pub use conv::{Conv, ConvPadding, ConvTranspose};
pub use normalize::Norm;
pub use pad::PadMode;
pub use pool::{AvgPool, MaxPool};
pub use windows::Unfold;

/// Methods of expressions from functions that return what is wrong: each becomes a `try_` form and one that panics.
///
/// A row reads: documentation, name, name of the `try_` form, arguments, result, when it fails, function.
macro_rules! fallible {
    ($( $(#[$doc:meta])* $name:ident / $try_name:ident($($arg:ident: $type:ty),* $(,)?) -> $out:ty,
        $when:literal, $function:path; )*) => {
        impl<'g> $crate::expr::Expr<'g> {
            $(
                $(#[$doc])*
                ///
                /// # Panics
                #[doc = concat!("If ", $when, ".")]
                #[track_caller]
                pub fn $name(self $(, $arg: $type)*) -> $out {
                    $crate::error::located(self.$try_name($($arg),*))
                }

                #[doc = concat!("[`", stringify!($name), "`](Self::", stringify!($name), ") that returns what is wrong.")]
                ///
                /// # Errors
                #[doc = concat!("If ", $when, ".")]
                #[track_caller]
                pub fn $try_name(self $(, $arg: $type)*) -> Result<$out, $crate::error::Error> {
                    $function(self $(, $arg)*)
                }
            )*
        }
    };
}
pub(crate) use fallible;

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
