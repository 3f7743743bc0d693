//! Means and deviations that hold over the whole range of a type.

use crate::{
    data::{
        dtype::DType,
        shape::{AxisSet, keep},
    },
    graph::expr::Expr,
};

/// Mean and deviations of numbers along axes, which are kept.
///
/// Numbers are taken from the largest of them, so that equal numbers have deviations that are exactly 0; and in a unit of a
/// power of two, so that neither differences nor their sum overflow. Where deviations are to be squared, they are
/// measured by the mean distance from the largest, so that squares do not overflow either, nor vanish. The largest and
/// that scale are constants to derivatives, and cancel.
pub(super) struct Moments<'g> {
    /// The largest number.
    largest: Expr<'g>,
    /// How much the mean is below it, in units; negative.
    below: Expr<'g>,
    /// Deviations from the mean, in units.
    in_units: Expr<'g>,
    /// The number 1 in units.
    unit: f64,
}

impl<'g> Moments<'g> {
    /// The mean.
    #[track_caller]
    pub fn mean(&self) -> Expr<'g> {
        // In two steps, since a distance may be no number where its half is.
        let half = self.below * (0.5 / self.unit);
        self.largest + half + half
    }

    /// Deviations from the mean.
    #[track_caller]
    pub fn deviations(&self) -> Expr<'g> {
        self.in_units * (1.0 / self.unit)
    }

    /// The root of the sum of squared deviations along the axes that the moments are of.
    #[track_caller]
    pub fn length(&self, axes: AxisSet) -> Expr<'g> {
        // Half, since a distance may be no number where its half is.
        let scale = (-self.below).stop_gradient().limited_scale() * (0.5 / self.unit);
        self.deviations().length_by_scale(axes, scale)
    }

    /// Deviations from the mean, and one divided by the scale that they are in, which is `least` if that is larger.
    #[track_caller]
    pub fn scaled_deviations(&self, least: f64) -> (Expr<'g>, Expr<'g>) {
        let scale = (-self.below).stop_gradient();
        let reciprocal = scale.at_least_normal(least * self.unit).reciprocal();
        (self.in_units * reciprocal, reciprocal * self.unit)
    }
}

impl<'g> Expr<'g> {
    /// Mean and deviations along axes.
    #[track_caller]
    pub(super) fn moments(self, axes: AxisSet) -> Moments<'g> {
        let n = axes.n_elements(&self.shape());
        if n == 0 {
            let largest = self.graph().literal(0.0, axes.kept(&self.shape()), self.dtype());
            let below = self.mean_over(keep(axes));
            return Moments { largest, below, in_units: self, unit: 1.0 };
        }
        let unit = 0.5 / n.next_power_of_two() as f64;
        let largest = self.stop_gradient().max_over(keep(axes));
        let from_largest = self * unit - largest * unit;
        let below = from_largest.mean_over(keep(axes));
        Moments { largest, below, in_units: from_largest - below, unit }
    }

    /// A scale for numbers along axes: the largest magnitude, or `least` if that is larger; a constant to derivatives.
    #[track_caller]
    pub(super) fn scale_along(self, axes: AxisSet, least: f64) -> Self {
        self.stop_gradient().abs().max_over(keep(axes)).at_least_normal(least)
    }

    /// The larger of this and a limit, whose reciprocal is finite.
    #[track_caller]
    fn at_least_normal(self, limit: f64) -> Self {
        self.maximum(limit.max(self.smallest_scale()))
    }

    /// The smallest number with a finite reciprocal, but for some factor.
    fn smallest_scale(self) -> f64 {
        4.0 * match self.dtype() {
            DType::F32 => f64::from(f32::MIN_POSITIVE),
            DType::F64 | DType::I64 | DType::Bool => f64::MIN_POSITIVE,
        }
    }

    /// A scale for numbers of which these are the deciding magnitudes: the magnitude between limits whose reciprocal is
    /// finite, and 1 where it is 0 or no finite number.
    #[track_caller]
    pub(super) fn limited_scale(self) -> Self {
        let largest = match self.dtype() {
            DType::F32 => f64::from(f32::MAX) / 64.0,
            DType::F64 | DType::I64 | DType::Bool => f64::MAX / 64.0,
        };
        let one = self.like(1.0);
        let limited = self.maximum(self.smallest_scale()).minimum(largest);
        self.gt(0.0).select(self.lt(f64::INFINITY).select(limited, one), one)
    }
}
