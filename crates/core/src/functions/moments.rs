//! Means and deviations that hold over the whole range of a type.

use crate::{
    dtype::DType,
    expr::Expr,
    shape::{AxisSet, keep},
};

/// Mean and deviations of numbers along axes, which are kept.
///
/// Numbers are taken from the middle between the least and the largest of them, so that equal numbers have deviations
/// that are exactly 0, and none of them overflows. Where they are to be squared, they are measured in a scale that befits
/// the largest, so that squares do not overflow either, nor vanish. Middle and scale are constants to derivatives, and
/// cancel.
pub(super) struct Moments<'g> {
    axes: AxisSet,
    /// The middle of the numbers.
    middle: Expr<'g>,
    /// The numbers, from the middle.
    from_middle: Expr<'g>,
    /// The numbers, from the middle in units of the scale.
    scaled: Expr<'g>,
    /// The scale: a power of two, so that it rounds nothing.
    pub scale: Expr<'g>,
}

impl<'g> Moments<'g> {
    /// The mean.
    #[track_caller]
    pub fn mean(&self) -> Expr<'g> {
        self.middle + self.off_middle()
    }

    /// The mean, from the middle. Numbers are made smaller by a power of two before they are summed, so that the sum does
    /// not overflow where the mean does not.
    #[track_caller]
    fn off_middle(&self) -> Expr<'g> {
        let n = self.axes.n_elements(&self.from_middle.shape());
        let part = 1.0 / n.next_power_of_two() as f64;
        (self.from_middle * part).sum_over(keep(self.axes)) / (part * n as f64)
    }

    /// Deviations from the mean.
    #[track_caller]
    pub fn deviations(&self) -> Expr<'g> {
        self.from_middle - self.off_middle()
    }

    /// Deviations from the mean, in units of the scale.
    #[track_caller]
    pub fn scaled_deviations(&self) -> Expr<'g> {
        self.scaled - self.scaled.mean_over(keep(self.axes))
    }
}

impl<'g> Expr<'g> {
    /// Mean and deviations along axes, in a scale of at least about `least`.
    #[track_caller]
    pub(super) fn moments(self, axes: AxisSet, least: f64) -> Moments<'g> {
        if axes.n_elements(&self.shape()) == 0 {
            let [middle, scale] =
                [0.0, 1.0].map(|x| self.graph().literal(x, axes.kept(&self.shape()), self.dtype()));
            return Moments { axes, middle, from_middle: self, scaled: self, scale };
        }
        let fixed = self.stop_gradient();
        let [min, max] = [fixed.min_over(keep(axes)), fixed.max_over(keep(axes))];
        let middle = min + (max * 0.5 - min * 0.5);
        let from_middle = self - middle;
        let scale = (max - middle).scale_at_least(least);
        Moments { axes, middle, from_middle, scaled: from_middle * scale.reciprocal(), scale }
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
