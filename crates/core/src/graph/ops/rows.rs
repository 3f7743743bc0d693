//! The frame of the tables of elementwise operations: names and documentation of their rows.

/// Makes an enum of the rows of a table: their names and their documentation.
macro_rules! rows {
    ($(#[doc = $about:literal])+ $Row:ident: $( $(#[doc = $doc:literal])+ $Op:ident, $name:ident; )*) => {
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $Row { $( $(#[doc = $doc])+ $Op, )* }

        impl $Row {
            /// All rows.
            pub const ALL: &[$Row] = &[$($Row::$Op),*];

            /// The name: of the method, in messages and in pictures.
            pub fn name(self) -> &'static str {
                match self { $( $Row::$Op => stringify!($name), )* }
            }

            /// The documentation of the row, line by line.
            pub fn doc(self) -> &'static str {
                match self { $( $Row::$Op => concat!($($doc, "\n"),+), )* }
            }
        }
    };
}
pub(super) use rows;
