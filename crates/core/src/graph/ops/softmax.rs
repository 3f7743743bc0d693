//! Stable softmax and its relatives, composed of the other operations.

use crate::{
    data::{
        error::Error,
        shape::{Axes, keep},
    },
    graph::{expr::Expr, methods::functions},
};

functions! { "Softmax":
    /// `ln Σ eˣ` over axes, finite for every finite `x`: `m + ln Σ e^{x − m}` with the maximum `m`. Its gradient is the
    /// softmax; where the maximum is infinite, it is that of the maximum, the limit: of one `+∞` all, of equal infinite
    /// ones an equal share each. Shapes `[…, n, …] → […, …]`. Source: `torch.logsumexp`.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let y = g.constant([1000.0, 1000.0]).logsumexp(0);
    /// assert!((y.value().item() - 1000.6931).abs() < 1e-3);
    /// ```
    logsumexp / try_logsumexp(x, axes => Axes) -> Self,
    "If an axis does not exist, or the elements are not floating-point numbers.",
    {
        let shift = x.largest_finite(&axes)?;
        let total = (x - shift).exp().sum_over(axes.clone()).log();
        let usual = total.try_add(shift.try_reshape(total.shape())?)?;
        if x.shape().n_elements() == 0 {
            return Ok(usual);
        }
        let max = x.try_max_over(axes)?;
        max.abs().eq(f64::INFINITY).try_select(max, usual)
    }

    /// Softmax `e^{xᵢ} / Σ e^{xⱼ}` along an axis: positive numbers that sum to 1. Elements of −∞ get 0; where all are
    /// −∞ there is no softmax, and it is NaN. Shapes `[…] → […]`. Source: `torch.softmax`.
    softmax / try_softmax(x, axis: isize) -> Self,
    "If the axis does not exist, or the elements are not floating-point numbers.",
    {
        let exp = (x - x.largest_finite(&axis.into())?).exp();
        exp.try_div(exp.try_sum_over(keep(axis))?)
    }

    /// Logarithm of the softmax along an axis, `xᵢ − ln Σ e^{xⱼ}`, finite for every finite `x`. Shapes `[…] → […]`.
    /// Source: `torch.nn.functional.log_softmax`.
    log_softmax / try_log_softmax(x, axis: isize) -> Self,
    "If the axis does not exist, or the elements are not floating-point numbers.",
    {
        let shifted = x - x.largest_finite(&axis.into())?;
        shifted.try_sub(shifted.exp().try_sum_over(keep(axis))?.log())
    }
}

impl<'g> Expr<'g> {
    /// The maximum over axes, kept, as a constant to derivatives, and 0 where it is not finite: what is
    /// subtracted so that no exponential overflows. Any constant gives the same value and derivative. Of no elements
    /// it is 0, so that their `logsumexp` is the logarithm of an empty sum, −∞.
    #[track_caller]
    fn largest_finite(self, axes: &Axes) -> Result<Self, Error> {
        self.require_float()?;
        let set = axes.resolve(self.rank()).map_err(|reason| Self::misfit(&[self], reason))?;
        if set.n_elements(&self.shape()) == 0 {
            return self.graph().try_literal(0.0, set.kept(&self.shape()), self.dtype());
        }
        let max = self.stop_gradient().max_over(keep(axes.clone()));
        Ok(max.abs().lt(f64::INFINITY).select(max, max.like(0.0)))
    }
}
