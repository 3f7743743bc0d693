//! Variances, standard deviations, and sums that leave NaN out.

use crate::{
    error::Error,
    expr::Expr,
    functions::functions,
    shape::{Axes, keep},
};

functions! { "Statistics":
    /// Variance over axes, `Σ(x − mean)²/(n − correction)`: correction 1 gives the unbiased estimate, 0 the mean square
    /// deviation. It is infinite or NaN where `n ≤ correction`. Shapes `[…, n, …] → […, …]`. Source: `torch.var`.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// assert_eq!(g.constant([1.0, 3.0]).var(0, 1.0).value().item(), 2.0);
    /// ```
    var / try_var(x, axes: impl Into<Axes>, correction: f64) -> Self,
    "If an axis does not exist, or the elements are not floating-point numbers.",
    { Ok(x.var_and_mean("var", axes.into(), correction)?.0) }

    /// Variance and mean over axes. Shapes `[…, n, …] → […, …], […, …]`. Source: `torch.var_mean`.
    var_mean / try_var_mean(x, axes: impl Into<Axes>, correction: f64) -> (Self, Self),
    "If an axis does not exist, or the elements are not floating-point numbers.",
    { x.var_and_mean("var_mean", axes.into(), correction) }

    /// Standard deviation over axes, the root of the [variance](Self::var). Where all elements are equal it is 0, and
    /// so is its gradient. Shapes `[…, n, …] → […, …]`. Source: `torch.std`.
    std / try_std(x, axes: impl Into<Axes>, correction: f64) -> Self,
    "If an axis does not exist, or the elements are not floating-point numbers.",
    { Ok(x.var_and_mean("std", axes.into(), correction)?.0.sqrt_flat_at_zero()) }

    /// Standard deviation and mean over axes. Shapes `[…, n, …] → […, …], […, …]`. Source: `torch.std_mean`.
    std_mean / try_std_mean(x, axes: impl Into<Axes>, correction: f64) -> (Self, Self),
    "If an axis does not exist, or the elements are not floating-point numbers.",
    {
        let (var, mean) = x.var_and_mean("std_mean", axes.into(), correction)?;
        Ok((var.sqrt_flat_at_zero(), mean))
    }

    /// Sum over axes in which NaN counts as 0. Shapes `[…, n, …] → […, …]`. Source: `torch.nansum`.
    nansum / try_nansum(x, axes: impl Into<Axes>) -> Self,
    "If an axis does not exist, or the elements are not floating-point numbers.",
    {
        x.require_float("nansum")?;
        let axes = axes.into();
        axes.resolve(x.rank()).map_err(|reason| Self::misfit("nansum", &[x], reason))?;
        x.try_eq(x)?.try_select(x, x.like(0.0))?.try_sum_over(axes)
    }
}

impl<'g> Expr<'g> {
    #[track_caller]
    fn var_and_mean(self, op: &str, axes: Axes, correction: f64) -> Result<(Self, Self), Error> {
        self.require_float(op)?;
        let set = axes.resolve(self.rank()).map_err(|reason| Self::misfit(op, &[self], reason))?;
        let n = set.n_elements(&self.shape()) as f64;
        let mean = self.try_mean_over(keep(axes.clone()))?;
        let squares = self.try_sub(mean)?.square().try_sum_over(axes.clone())?;
        let var = squares.try_div((n - correction).max(0.0))?;
        let mean = if axes.kept() { mean } else { mean.try_reshape(var.shape())? };
        Ok((var, mean))
    }

    /// `√x`, whose derivatives at 0 are 0: the choice for norms and deviations, where a gradient of any direction would
    /// do and 0 is the one that stays finite.
    #[track_caller]
    pub(super) fn sqrt_flat_at_zero(self) -> Self {
        self.eq(0.0).select(self.like(0.0), self.sqrt())
    }
}
