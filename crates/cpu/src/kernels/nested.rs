//! Two steps of arithmetic in one loop, so that the result of the first is not stored.

use retrograd_core::{Float, ops::Binary};

use crate::kernels::code::Nested;

/// Makes [`Nested::map`] for all pairs of some operations, of which the order of operands matters for the last ones.
macro_rules! nested {
    ($($Op:ident),*; ordered: $($Ordered:ident),*) => {
        impl Nested {
            /// The values at all triples of numbers.
            #[inline(always)]
            pub fn map<F: Float>(self, a: &[F], b: &[F], c: &[F], y: &mut [F]) {
                match self.inner {
                    $( Binary::$Op => self.map_with(|a, b| Binary::$Op.value(a, b), a, b, c, y), )*
                    op => unreachable!("{} is not nested", op.name()),
                }
            }

            #[inline(always)]
            fn map_with<F: Float>(
                self,
                inner: impl Fn(F, F) -> F,
                a: &[F],
                b: &[F],
                c: &[F],
                y: &mut [F],
            ) {
                match (self.outer, self.is_second) {
                    $( (Binary::$Op, false) => each(a, b, c, y, |a, b, c| Binary::$Op.value(inner(a, b), c)), )*
                    $( (Binary::$Ordered, true) => each(a, b, c, y, |a, b, c| Binary::$Ordered.value(c, inner(a, b))), )*
                    (op, _) => unreachable!("{} is not nested", op.name()),
                }
            }
        }
    };
}

nested!(Add, Sub, Mul, Chain; ordered: Sub, Chain);

#[inline(always)]
fn each<F: Copy>(a: &[F], b: &[F], c: &[F], y: &mut [F], f: impl Fn(F, F, F) -> F) {
    for (((y, &a), &b), &c) in y.iter_mut().zip(a).zip(b).zip(c) {
        *y = f(a, b, c);
    }
}
