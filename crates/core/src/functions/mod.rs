//! Functions composed of operations, by theme. They state no derivative: all derivatives follow from the operations.
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
mod moments;
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

use crate::documented::Theme;

/// All functions composed of operations, by theme.
pub const THEMES: &[Theme] = &[
    moving::THEME,
    joining::THEME,
    indexing::THEME,
    diagonals::THEME,
    pad::THEME,
    sliding::THEME,
    windows::THEME,
    statistics::THEME,
    scans::THEME,
    norms::THEME,
    matrix_norm::THEME,
    similarity::THEME,
    ordering::THEME,
    products::THEME,
    einsum::THEME,
    linear::THEME,
    conv::THEME,
    pool::THEME,
    normalize::THEME,
    attention::THEME,
    embedding::THEME,
];

/// Makes two methods of [`Expr`](crate::Expr) from one body that returns a result: a method that panics, and its
/// `try_` form that returns what is wrong. After `graph:`, the methods are of [`Graph`](crate::Graph).
///
/// A row reads: documentation, both names, arguments (the first names the expression or graph itself), type of the
/// result, when it fails, and the body. The documentation is kept as data, in a constant `THEME` under the title that
/// comes first. What is wrong with a call, or with the data of what it records, is said of the function by its name.
macro_rules! functions {
    ($title:literal:
        $( $(#[doc = $doc:literal])+ $name:ident / $try_name:ident($x:ident $(, $arg:ident: $type:ty)*) -> $Output:ty,
            $fails:literal, $body:block )*
        $( graph:
        $( $(#[doc = $graph_doc:literal])+ $graph_name:ident / $graph_try_name:ident(
                $graph:ident $(, $graph_arg:ident: $graph_type:ty)*
            ) -> $GraphOutput:ty,
            $graph_fails:literal, $graph_body:block )* )?) => {
        pub(crate) const THEME: $crate::documented::Theme = $crate::documented::Theme {
            title: $title,
            functions: &[
                $( $crate::documented::Documented {
                    name: stringify!($name),
                    doc: concat!($($doc, "\n"),+),
                    arguments: &[$( (stringify!($arg), stringify!($type)) ),*],
                }, )*
                $($( $crate::documented::Documented {
                    name: stringify!($graph_name),
                    doc: concat!($($graph_doc, "\n"),+),
                    arguments: &[$( (stringify!($graph_arg), stringify!($graph_type)) ),*],
                }, )*)?
            ],
        };

        impl<'g> $crate::Expr<'g> {
            $(
                $(#[doc = $doc])+
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
                    let _call = self.graph().calling(stringify!($name));
                    let $x = self;
                    $body
                }
            )*
        }

        $( impl $crate::Graph {
            $(
                $(#[doc = $graph_doc])+
                ///
                /// # Panics
                #[doc = $graph_fails]
                #[track_caller]
                pub fn $graph_name<'g>(&'g self $(, $graph_arg: $graph_type)*) -> $GraphOutput {
                    $crate::error::located(self.$graph_try_name($($graph_arg),*))
                }

                #[doc = concat!("[`", stringify!($graph_name), "`](Self::", stringify!($graph_name), ") that returns what is wrong.")]
                ///
                /// # Errors
                #[doc = $graph_fails]
                #[track_caller]
                pub fn $graph_try_name<'g>(
                    &'g self $(, $graph_arg: $graph_type)*
                ) -> Result<$GraphOutput, $crate::Error> {
                    let _call = self.calling(stringify!($graph_name));
                    let $graph = self;
                    $graph_body
                }
            )*
        } )?
    };
}
pub(crate) use functions;
