//! Functions as methods: one row makes both forms of a method, its call and its documentation.

/// Makes two methods of [`Expr`](crate::Expr) from one body that returns a result: a method that panics, and its
/// `try_` form that returns what is wrong. After `graph:`, the methods are of [`Graph`](crate::Graph).
///
/// A row reads: documentation, both names, arguments (the first names the expression or graph itself), type of the
/// result, when it fails, and the body. The methods take `impl Into<Axes>` for an argument `axes => Axes`. The body runs in
/// the region of the [call](crate::region), which has these arguments and its results. The documentation is kept as
/// data, in a constant `THEME` under the title that comes first.
macro_rules! functions {
    ($title:literal:
        $( $(#[doc = $doc:literal])+ $name:ident / $try_name:ident(
                $x:ident $(, $arg:ident $(: $type:ty)? $(=> $Into:ty)?)*
            ) -> $Output:ty,
            $fails:literal, $body:block )*
        $( graph:
        $( $(#[doc = $graph_doc:literal])+ $graph_name:ident / $graph_try_name:ident(
                $graph:ident $(, $graph_arg:ident $(: $graph_type:ty)? $(=> $GraphInto:ty)?)*
            ) -> $GraphOutput:ty,
            $graph_fails:literal, $graph_body:block )* )?) => {
        pub(crate) const THEME: $crate::graph::documented::Theme = $crate::graph::documented::Theme {
            title: $title,
            functions: &[
                $( $crate::graph::documented::Documented {
                    name: stringify!($name),
                    doc: concat!($($doc, "\n"),+),
                    arguments: &[$(
                        (stringify!($arg), concat!($(stringify!($type))? $("impl Into<", stringify!($Into), ">")?))
                    ),*],
                }, )*
                $($( $crate::graph::documented::Documented {
                    name: stringify!($graph_name),
                    doc: concat!($($graph_doc, "\n"),+),
                    arguments: &[$(
                        (stringify!($graph_arg), concat!($(stringify!($graph_type))? $("impl Into<", stringify!($GraphInto), ">")?))
                    ),*],
                }, )*)?
            ],
        };

        $crate::graph::methods::methods! { $crate::graph::expr::Expr<'g> as $crate::graph::expr::Expr<'g>:
            $( $(#[doc = $doc])+ $name / $try_name(
                $x $(, $arg $(: $type)? $(=> $Into)?)*
            ) -> $Output, $fails, $body )*
        }
        $( $crate::graph::methods::methods! { $crate::graph::Graph as &'g $crate::graph::Graph:
            $( $(#[doc = $graph_doc])+ $graph_name / $graph_try_name(
                $graph $(, $graph_arg $(: $graph_type)? $(=> $GraphInto)?)*
            ) -> $GraphOutput, $graph_fails, $graph_body )*
        } )?
    };
}
pub(crate) use functions;

/// The methods of [`functions!`] of one type, taking `self` as another: by value or by reference.
macro_rules! methods {
    ($Owner:ty as $Receiver:ty:) => {};
    ($Owner:ty as $Receiver:ty:
        $( $(#[doc = $doc:literal])+ $name:ident / $try_name:ident(
                $x:ident $(, $arg:ident $(: $type:ty)? $(=> $Into:ty)?)*
            ) -> $Output:ty,
            $fails:literal, $body:block )+) => {
        const _: () = {
            /// The bodies of the functions.
            trait Bodies<'g>: Sized {
                $(
                    #[track_caller]
                    fn $name(self $(, $arg: $($type)? $($Into)?)*) -> Result<$Output, $crate::data::error::Error>;
                )+
            }

            impl<'g> Bodies<'g> for $Receiver {
                $(
                    #[track_caller]
                    fn $name(self $(, $arg: $($type)? $($Into)?)*) -> Result<$Output, $crate::data::error::Error> {
                        let $x = self;
                        $body
                    }
                )+
            }

            impl<'g> $Owner {
                $(
                    $(#[doc = $doc])+
                    ///
                    /// # Panics
                    #[doc = $fails]
                    #[track_caller]
                    pub fn $name(
                        self: $Receiver $(, $arg: $($type)? $(impl Into<$Into>)?)*
                    ) -> $Output {
                        $crate::data::error::located(self.$try_name($($arg),*))
                    }

                    #[doc = concat!("[`", stringify!($name), "`](Self::", stringify!($name), ") that returns what is wrong.")]
                    ///
                    /// # Errors
                    #[doc = $fails]
                    #[track_caller]
                    pub fn $try_name(
                        self: $Receiver $(, $arg: $($type)? $(impl Into<$Into>)?)*
                    ) -> Result<$Output, $crate::data::error::Error> {
                        $( $( let $arg: $Into = $arg.into(); )? )*
                        let call = $crate::graph::region::Receiver::begin(self, stringify!($name), stringify!($x));
                        let call = call$( .with(stringify!($arg), &$arg) )*.open();
                        Ok(call.returns(Bodies::$name(self $(, $arg)*)?))
                    }
                )+
            }
        };
    };
}
pub(crate) use methods;
