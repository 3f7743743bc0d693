//! Functions composed of the operations, by theme: they record nodes and have no derivative rules of their own.

mod pad;
mod windows;

pub use pad::PadMode;

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
