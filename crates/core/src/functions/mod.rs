//! Functions of neural networks, composed of operations: no derivative is written here.
//!
//! Names and conventions follow `torch.nn.functional`. Each function is a method of [`Expr`](crate::Expr) with a
//! `try_` form; what has many choices takes a struct of them.

mod attention;
mod conv;
mod embedding;
mod linear;
mod normalize;
mod pool;
mod similarity;
mod windows;

pub use attention::Attention;
pub use conv::{Conv, ConvPadding, ConvTranspose};
pub use normalize::Norm;
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
