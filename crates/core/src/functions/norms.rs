//! Norms of vectors.

use crate::{
    data::{
        error::Error,
        shape::{Axes, AxisSet, keep},
    },
    graph::{expr::Expr, methods::functions},
};

functions! { "Norms":
    /// Norm `(Σ|x|ᵖ)^{1/p}` of the elements along axes, taken as one vector. Order 0 counts what is not 0; ±∞ gives the
    /// largest or smallest magnitude. Elements are scaled by the largest first, so that no power overflows or vanishes.
    /// The gradient at a vector of zeros is 0, and equal extreme magnitudes share it. Hessians of smooth functions of a norm of
    /// order 2 are right at zeros, of other orders right or NaN. Where the norm is infinite because an element is, the gradient
    /// is that of the largest magnitude: the limit of `x/‖x‖` for one infinite element. Shapes `[…, n, …] → […, …]`. Source:
    /// `torch.linalg.vector_norm`.
    ///
    /// ```
    /// let g = retrograd_core::Graph::with_dtype(retrograd_core::DType::F64);
    /// let norm = g.constant([3e200, 4e200]).vector_norm(2.0, 0).value().item();
    /// assert!((norm / 5e200 - 1.0).abs() < 1e-15);
    /// ```
    vector_norm / try_vector_norm(x, order: f64, axes => Axes) -> Self,
    "If an axis does not exist, the elements are not floating-point numbers, or the order is ±∞ and there are none.",
    {
        x.require_float()?;
        axes.resolve(x.rank()).map_err(|reason| Self::misfit(&[x], reason))?;
        if order.is_infinite() {
            x.require_elements(&axes)?;
            let (size, is_max) = (x.abs(), order > 0.0);
            return if is_max { size.try_max_over(axes) } else { size.try_min_over(axes) };
        }
        match order {
            0.0 => x.try_ne(0.0)?.cast(x.dtype()).try_sum_over(axes),
            1.0 => x.abs().try_sum_over(axes),
            _ => x.scaled_norm(order, &axes),
        }
    }

    /// Euclidean norm of all elements, of which a matrix's is the Frobenius norm. Shapes `[…] → []`. Source:
    /// `torch.linalg.vector_norm`.
    norm / try_norm(x) -> Self,
    "If the elements are not floating-point numbers.",
    { x.try_vector_norm(2.0, AxisSet::all(x.rank())) }
}

impl<'g> Expr<'g> {
    /// A norm of another order than 0, 1 and ±∞.
    #[track_caller]
    fn scaled_norm(self, order: f64, axes: &Axes) -> Result<Self, Error> {
        if self.shape().n_elements() == 0 {
            return self.norm_of_scaled(order, axes);
        }
        // The magnitude that decides how large the powers are.
        let deciding = match order > 0.0 {
            true => self.abs().try_max_over(keep(axes.clone()))?,
            false => self.abs().try_min_over(keep(axes.clone()))?,
        };
        let scale = deciding.stop_gradient().limited_scale();
        let set = axes.resolve(self.rank()).expect("the axes exist");
        let norm = match order {
            2.0 => self.length_by_scale(set, scale),
            _ => {
                let norm = self.try_div(scale)?.norm_of_scaled(order, &keep(set))?;
                norm.try_mul(scale)?.as_length_of(self, set)
            }
        };
        let shape = if axes.kept() { norm.shape() } else { set.removed(&self.shape()) };
        let [norm, deciding] = [norm.try_reshape(shape.clone())?, deciding.try_reshape(shape)?];
        deciding.try_eq(f64::INFINITY)?.try_select(deciding, norm)
    }

    /// A norm whose powers neither overflow nor vanish.
    #[track_caller]
    fn norm_of_scaled(self, order: f64, axes: &Axes) -> Result<Self, Error> {
        let is_zero = self.try_eq(0.0)?;
        let at_zero = if order > 0.0 { 0.0 } else { f64::INFINITY };
        let powers = is_zero.try_select(self.like(at_zero), self.abs().powf(order))?;
        let total = powers.try_sum_over(axes.clone())?;
        total.try_eq(0.0)?.try_select(total.like(0.0), total.powf(1.0 / order))
    }
}
