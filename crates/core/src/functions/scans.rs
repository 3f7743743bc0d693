//! Products over axes, and running sums and products along one.
//!
//! Both work by halves: a product multiplies the two halves of its axis again and again, and an accumulation combines
//! each element with the one 1, 2, 4, … places before it (Hillis & Steele 1986, doi:10.1145/7902.7903). So `n` elements
//! take `log₂ n` steps, rounding grows with `log n`, and derivatives never divide by an element that may be 0.

use crate::{
    data::{
        error::Error,
        shape::{Axes, AxisSet, resolve_axis},
    },
    graph::{expr::Expr, methods::functions},
};

functions! { "Accumulation":
    /// Product over axes; 1 if there are no elements. Its derivatives are right, at every order, where elements are 0.
    /// Shapes `[…, n, …] → […, …]`. Source: `torch.prod`.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let x = g.constant([2.0, 0.0, 3.0]);
    /// assert_eq!(x.prod().grad(&[x])[0].value().to_vec::<f64>(), [0.0, 6.0, 0.0]);
    /// ```
    prod_over / try_prod_over(x, axes => Axes) -> Self,
    "If an axis does not exist, or the elements are not floating-point numbers.",
    {
        x.require_float()?;
        let (joined, outer) = x.joined_last(&axes)?;
        let axis = outer.rank();
        let mut product = joined;
        loop {
            let n = product.shape()[axis];
            if n <= 1 {
                break;
            }
            let along = axis as isize;
            let half = n / 2;
            let halves = product.try_slice(along, ..half)?.try_mul(product.try_slice(along, half..2 * half)?)?;
            let rest = product.try_slice(along, 2 * half..)?;
            product = if n % 2 == 0 { halves } else { x.graph().try_concat(&[halves, rest], along)? };
        }
        let reduced = match product.shape()[axis] {
            0 => x.graph().literal(1.0, outer, x.dtype()),
            _ => product.try_reshape(outer)?,
        };
        x.keeping(&axes, reduced)
    }

    /// Sums of the elements up to each along an axis. Shapes `[…] → […]`. Source: `torch.cumsum`.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// assert_eq!(g.constant([1.0, 2.0, 3.0]).cumsum(0).value().to_vec::<f64>(), [1.0, 3.0, 6.0]);
    /// ```
    cumsum / try_cumsum(x, axis: isize) -> Self,
    "If the axis does not exist, or the elements are not floating-point numbers.",
    { x.accumulated(axis, |late, early| late.try_add(early)) }

    /// Products of the elements up to each along an axis. Its derivatives are right, at every order, where elements are
    /// 0. Shapes `[…] → […]`. Source: `torch.cumprod`.
    cumprod / try_cumprod(x, axis: isize) -> Self,
    "If the axis does not exist, or the elements are not floating-point numbers.",
    { x.accumulated(axis, |late, early| late.try_mul(early)) }

    /// Logarithms of the sums of the exponentials of the elements up to each along an axis, finite for finite elements.
    /// Shapes `[…] → […]`. Source: `torch.logcumsumexp`.
    logcumsumexp / try_logcumsumexp(x, axis: isize) -> Self,
    "If the axis does not exist, or the elements are not floating-point numbers.",
    { x.accumulated(axis, Self::log_of_two) }

    /// Product of all elements. Shapes `[…] → []`. Source: `torch.prod`.
    prod / try_prod(x) -> Self,
    "If the elements are not floating-point numbers.",
    { x.try_prod_over(AxisSet::all(x.rank())) }
}

impl<'g> Expr<'g> {
    /// Combines each element along an axis with all before it by an associative function.
    #[track_caller]
    fn accumulated(
        self,
        axis: isize,
        combine: impl Fn(Self, Self) -> Result<Self, Error>,
    ) -> Result<Self, Error> {
        self.require_float()?;
        let along =
            resolve_axis(axis, self.rank()).map_err(|reason| Self::misfit(&[self], reason))?;
        let n = self.shape()[along];
        let mut total = self;
        let mut distance = 1;
        while distance < n {
            let early = total.try_slice(axis, ..n - distance)?;
            let late = combine(total.try_slice(axis, distance..)?, early)?;
            total = self.graph().try_concat(&[total.try_slice(axis, ..distance)?, late], axis)?;
            distance *= 2;
        }
        Ok(total)
    }

    /// `ln(eᵃ + eᵇ)`, with the larger taken out so that nothing overflows.
    #[track_caller]
    fn log_of_two(self, other: Self) -> Result<Self, Error> {
        let pair = self.graph().try_stack(&[self, other], 0)?;
        pair.try_logsumexp(0)
    }
}
