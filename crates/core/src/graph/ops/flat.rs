//! Which derivatives are 0 everywhere by definition, as a row states them.

use crate::graph::{
    ops::{Binary, Comparison, Unary},
    real::{Real, operators_by_rows},
};

/// A number of which only this is known: the literal that it is, if it is one.
#[derive(Clone, Copy)]
struct Literally(Option<f64>);

impl Real for Literally {
    type Mask = ();

    #[inline(always)]
    fn lit(self, value: f64) -> Self {
        Self(Some(value))
    }

    #[inline(always)]
    fn unary(self, _: Unary) -> Self {
        Self(None)
    }

    #[inline(always)]
    fn binary(self, _: Binary, _: Self) -> Self {
        Self(None)
    }

    #[inline(always)]
    fn compare(self, _: Comparison, _: Self) {}

    #[inline(always)]
    fn select((): (), _: Self, _: Self) -> Self {
        Self(None)
    }
}

operators_by_rows!(Literally: Add add, Sub sub, Mul mul, Div div);

impl Unary {
    /// Whether the derivative is 0 everywhere by definition, at infinite numbers and at NaN, too.
    ///
    /// ```
    /// use retrograd_core::ops::Unary;
    ///
    /// assert!(Unary::Floor.is_flat() && !Unary::Relu.is_flat());
    /// ```
    #[inline(always)]
    pub fn is_flat(self) -> bool {
        self.derivative(Literally(None), Literally(None)).0 == Some(0.0)
    }
}

impl Binary {
    /// Whether the derivative by operand `k` is 0 everywhere by definition.
    ///
    /// ```
    /// use retrograd_core::ops::Binary;
    ///
    /// assert!(Binary::Polygamma.is_flat(1) && !Binary::Polygamma.is_flat(0));
    /// ```
    #[inline(always)]
    pub fn is_flat(self, k: usize) -> bool {
        let any = Literally(None);
        self.derivative(k, any, any, any).0 == Some(0.0)
    }
}
