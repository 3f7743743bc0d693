//! Means and deviations that hold over the whole range of a type.

use crate::{
    dtype::DType,
    expr::Expr,
    shape::{AxisSet, keep},
};

/// Mean and deviations of numbers along axes, which are kept.
///
/// Numbers are taken from the middle between the least and the largest of them, so that equal numbers have deviations
/// that are exactly 0, and none of them overflows. They are measured in a scale that befits the largest deviation, so that
/// neither do their squares, nor vanish. Middle and scale are constants to derivatives, and cancel.
pub(super) struct Moments<'g> {
    /// The mean.
    pub mean: Expr<'g>,
    /// Deviations from the mean, in units of the scale.
    pub deviations: Expr<'g>,
    /// The scale: a power of two, so that it rounds nothing.
    pub scale: Expr<'g>,
    axes: AxisSet,
}

impl<'g> Moments<'g> {
    /// Sums of squared deviations, in units of the squared scale.
    #[track_caller]
    pub fn squares(&self) -> Expr<'g> {
        self.deviations.square().sum_over(keep(self.axes))
    }

    /// Roots of the sums of squared deviations, in units of the scale.
    #[track_caller]
    pub fn length(&self) -> Expr<'g> {
        self.deviations.length_along(self.axes)
    }
}

impl<'g> Expr<'g> {
    /// Mean and deviations along axes, in a scale of at least about `least`.
    #[track_caller]
    pub(super) fn moments(self, axes: AxisSet, least: f64) -> Moments<'g> {
        if axes.n_elements(&self.shape()) == 0 {
            let mean = self.mean_over(keep(axes));
            return Moments { mean, deviations: self - mean, scale: mean.like(1.0), axes };
        }
        let fixed = self.stop_gradient();
        let [min, max] = [fixed.min_over(keep(axes)), fixed.max_over(keep(axes))];
        let middle = min + (max * 0.5 - min * 0.5);
        let scale = (max - middle).scale_at_least(least);
        let from_middle = (self - middle) * scale.reciprocal();
        let off_middle = from_middle.mean_over(keep(axes));
        let deviations = from_middle - off_middle;
        Moments { mean: middle + off_middle * scale, deviations, scale, axes }
    }

    /// A scale for numbers of which these are the largest magnitudes: the power of two next below, or below `least` if
    /// that is larger.
    #[track_caller]
    pub(super) fn scale_at_least(self, least: f64) -> Self {
        self.limited_scale().maximum(least).log2().floor().exp2()
    }

    /// A scale for numbers of which these are the largest magnitudes: the magnitude between limits whose reciprocal is
    /// finite, and 1 where it is 0 or no finite number.
    #[track_caller]
    pub(super) fn limited_scale(self) -> Self {
        let (smallest, largest) = match self.dtype() {
            DType::F32 => (f64::from(f32::MIN_POSITIVE) * 4.0, f64::from(f32::MAX) / 64.0),
            DType::F64 | DType::I64 | DType::Bool => (f64::MIN_POSITIVE * 4.0, f64::MAX / 64.0),
        };
        let one = self.like(1.0);
        let limited = self.maximum(smallest).minimum(largest);
        self.gt(0.0).select(self.lt(f64::INFINITY).select(limited, one), one)
    }
}
