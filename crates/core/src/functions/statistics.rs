//! Variances, standard deviations, and sums that leave NaN out.

use crate::{
    data::{
        error::Error,
        shape::{Axes, AxisSet, Shape},
    },
    functions::moments::Moments,
    graph::{expr::Expr, methods::functions},
};

functions! { "Statistics":
    /// Variance over axes, `Σ(x − mean)²/(n − correction)`: correction 1 gives the unbiased estimate, 0 the mean square
    /// deviation. Of equal numbers it is exactly 0, and it is infinite or NaN where `n ≤ correction`. Shapes `[…, n, …] → […, …]`. Source: `torch.var`.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// assert_eq!(g.constant([1.0, 3.0]).var(0, 1.0).value().item(), 2.0);
    /// ```
    var / try_var(x, axes => Axes, correction: f64) -> Self,
    "If an axis does not exist, or the elements are not floating-point numbers.",
    { Ok(x.spread(axes)?.var_and_mean(correction)?.0) }

    /// Variance and mean over axes. Shapes `[…, n, …] → […, …], […, …]`. Source: `torch.var_mean`.
    var_mean / try_var_mean(x, axes => Axes, correction: f64) -> (Self, Self),
    "If an axis does not exist, or the elements are not floating-point numbers.",
    { x.spread(axes)?.var_and_mean(correction) }

    /// Standard deviation over axes, the root of the [variance](Self::var). Where all elements are equal it is 0, and
    /// so is its gradient. Shapes `[…, n, …] → […, …]`. Source: `torch.std`.
    std / try_std(x, axes => Axes, correction: f64) -> Self,
    "If an axis does not exist, or the elements are not floating-point numbers.",
    { Ok(x.spread(axes)?.std_and_mean(correction)?.0) }

    /// Standard deviation and mean over axes. Shapes `[…, n, …] → […, …], […, …]`. Source: `torch.std_mean`.
    std_mean / try_std_mean(x, axes => Axes, correction: f64) -> (Self, Self),
    "If an axis does not exist, or the elements are not floating-point numbers.",
    { x.spread(axes)?.std_and_mean(correction) }

    /// Sum over axes in which NaN counts as 0. Shapes `[…, n, …] → […, …]`. Source: `torch.nansum`.
    nansum / try_nansum(x, axes => Axes) -> Self,
    "If an axis does not exist, or the elements are not floating-point numbers.",
    {
        x.require_float()?;
        axes.resolve(x.rank()).map_err(|reason| Self::misfit(&[x], reason))?;
        x.try_eq(x)?.try_select(x, x.like(0.0))?.try_sum_over(axes)
    }
}

/// Moments along axes, and whether the axes are kept.
struct Spread<'g> {
    moments: Moments<'g>,
    axes: AxisSet,
    n: usize,
    /// The shape of the results, one for all elements along the axes.
    shape: Shape,
}

impl<'g> Expr<'g> {
    #[track_caller]
    fn spread(self, axes: Axes) -> Result<Spread<'g>, Error> {
        self.require_float()?;
        let set = axes.resolve(self.rank()).map_err(|reason| Self::misfit(&[self], reason))?;
        let (n, x) = (set.n_elements(&self.shape()), self.shape());
        let shape = if axes.kept() { set.kept(&x) } else { set.removed(&x) };
        Ok(Spread { moments: self.moments(set), axes: set, n, shape })
    }
}

impl<'g> Spread<'g> {
    #[track_caller]
    fn var_and_mean(self, correction: f64) -> Result<(Expr<'g>, Expr<'g>), Error> {
        let squares = self.moments.deviations().square().sum_over(self.axes);
        let (var, mean) = (squares / self.n_free(correction), self.moments.mean());
        Ok((var.try_reshape(self.shape.clone())?, mean.try_reshape(self.shape)?))
    }

    #[track_caller]
    fn std_and_mean(self, correction: f64) -> Result<(Expr<'g>, Expr<'g>), Error> {
        let std = self.moments.length(self.axes) / self.n_free(correction).sqrt();
        let mean = self.moments.mean();
        Ok((std.try_reshape(self.shape.clone())?, mean.try_reshape(self.shape)?))
    }

    /// The number of degrees of freedom.
    fn n_free(&self, correction: f64) -> f64 {
        (self.n as f64 - correction).max(0.0)
    }
}
