//! The frame of the tables of elementwise operations: names and documentation of their rows.

/// Makes an enum of the rows of a table: their names and their documentation.
macro_rules! rows {
    ($(#[doc = $about:literal])+ $Row:ident: $( $(#[doc = $doc:literal])+ $Op:ident, $name:ident $(=> $terms:expr)?; )*) => {
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $Row { $( $(#[doc = $doc])+ $Op, )* }

        impl $Row {
            /// All rows.
            pub const ALL: &[$Row] = &[$($Row::$Op),*];

            /// The rows that a backend must have; others are written in terms of these.
            pub const BASIS: &[$Row] = &{
                const N: usize = $( [$({ let _ = stringify!($terms); 0 },)? 1][0] + )* 0;
                let (mut rows, mut n, mut k) = ([$Row::ALL[0]; N], 0, 0);
                while k < $Row::ALL.len() {
                    if $Row::ALL[k].is_basic() {
                        rows[n] = $Row::ALL[k];
                        n += 1;
                    }
                    k += 1;
                }
                rows
            };

            const fn is_basic(self) -> bool {
                match self { $( $Row::$Op => [$({ let _ = stringify!($terms); false },)? true][0], )* }
            }

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
