//! An axis of a chart: which values it shows, and where it is marked.
//!
//! The axes of `plotters` assume ranges of a moderate size: they loop or lose their marks for very small, very large
//! or empty ones. A curve of a diverging loss must not hang the program that draws it.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

use crate::text::number;

/// Marks that an axis has at most, about.
const N_MARKS: f64 = 7.0;
/// Numbers beyond this size, and logarithms of smaller ones than its inverse, are not drawn: the width of an axis
/// must be finite.
const LARGEST: f64 = 1e300;
/// The smallest width of an axis, relative to its values: less is rounding.
const NARROWEST: f64 = 1e-9;
/// Significant digits that tell any two marks apart, and hide rounding.
const N_DIGITS: usize = 12;

/// The scale of an axis: the map from values to places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scale {
    Linear,
    /// Equal ratios are equally far apart: the place of a value is its decimal logarithm.
    Log,
}

impl Scale {
    /// The place of a value; `None` if it cannot be drawn.
    pub(crate) fn place(self, value: f64) -> Option<f64> {
        match self {
            Scale::Linear => (value.abs() <= LARGEST).then_some(value),
            Scale::Log => (LARGEST.recip()..=LARGEST).contains(&value).then(|| value.log10()),
        }
    }
}

/// A range of places on a scale.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    scale: Scale,
    places: Range<f64>,
}

impl Axis {
    /// An axis that shows all of `places`, with some room at both ends.
    pub(crate) fn around(scale: Scale, places: impl Iterator<Item = f64>) -> Self {
        let all = |(low, high): (f64, f64), place| (low.min(place), high.max(place));
        let (low, high) = places.fold((f64::INFINITY, f64::NEG_INFINITY), all);
        if low > high {
            return Self { scale, places: 0.0..1.0 };
        }
        let size = low.abs().max(high.abs());
        let room = match scale {
            _ if high - low > (NARROWEST * size).max(LARGEST.recip()) => 0.04 * (high - low),
            Scale::Linear if size > NARROWEST => 0.1 * size,
            Scale::Linear | Scale::Log => 0.5,
        };
        Self { scale, places: low - room..high + room }
    }

    /// How far along the axis a place is, from 0 to 1.
    pub(crate) fn fraction(&self, place: f64) -> f64 {
        (place - self.places.start) / (self.places.end - self.places.start)
    }

    fn marks(&self) -> Vec<f64> {
        let Range { start, end } = self.places;
        if self.scale == Scale::Linear {
            return multiples(nice(end - start), start, end);
        }
        let limit = LARGEST.log10();
        let (start, end) = (start.max(-limit), end.min(limit));
        if end - start >= 3.0 {
            return multiples(nice(end - start).max(1.0), start, end);
        }
        if end - start >= 0.7 {
            // One to three decades: 1, 2 and 5 in each.
            let decades = start.floor() as i32..=end.floor() as i32;
            let marks = decades
                .flat_map(|k| [1.0, 2.0, 5.0].map(|factor: f64| factor.log10() + f64::from(k)));
            return marks.filter(|place| (start..=end).contains(place)).collect();
        }
        let (low, high) = (10f64.powf(start), 10f64.powf(end));
        multiples(nice(high - low), low, high).into_iter().map(f64::log10).collect()
    }
}

/// A step of 1, 2 or 5 times a power of ten that divides `width` into few parts.
fn nice(width: f64) -> f64 {
    let rough = width / N_MARKS;
    let power = 10f64.powf(rough.log10().floor());
    [1.0, 2.0, 5.0]
        .map(|factor| factor * power)
        .into_iter()
        .find(|&step| step >= rough)
        .unwrap_or(10.0 * power)
}

/// The multiples of `step` from `low` to `high`.
fn multiples(step: f64, low: f64, high: f64) -> Vec<f64> {
    let (first, last) = ((low / step).ceil() as i64, (high / step).floor() as i64);
    (first..=last).map(|k| k as f64 * step).collect()
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, place: &f64, (start, end): (i32, i32)) -> i32 {
        start + (self.fraction(*place) * f64::from(end - start)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.marks()
    }

    fn range(&self) -> Range<f64> {
        self.places.clone()
    }
}

impl ValueFormatter<f64> for Axis {
    fn format(place: &f64) -> String {
        number(*place, N_DIGITS)
    }

    fn format_ext(&self, place: &f64) -> String {
        match self.scale {
            Scale::Linear => number(*place, N_DIGITS),
            Scale::Log => number(10f64.powf(*place), N_DIGITS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: Scale, values: &[f64]) -> Vec<String> {
        let places = values.iter().filter_map(|&value| scale.place(value));
        let axis = Axis::around(scale, places);
        axis.marks().iter().map(|mark| axis.format_ext(mark)).collect()
    }

    #[test]
    fn marks_are_round_numbers() {
        assert_eq!(labels(Scale::Linear, &[1.0, 5.0]), ["1", "2", "3", "4", "5"]);
        assert_eq!(
            labels(Scale::Linear, &[0.0, 0.6]),
            ["0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6"]
        );
        assert_eq!(labels(Scale::Log, &[1e-3, 1.0]), ["0.001", "0.01", "0.1", "1"]);
        assert_eq!(labels(Scale::Log, &[0.025, 0.43]), ["0.05", "0.1", "0.2"]);
        assert_eq!(labels(Scale::Log, &[0.2, 0.4]), ["0.2", "0.25", "0.3", "0.35", "0.4"]);
    }

    #[test]
    fn every_range_has_a_few_marks() {
        let extremes = [0.0, 5e-324, 1e-300, 1e-17, 0.1, 1.0, 1e9, 1e300, f64::MAX, f64::INFINITY];
        for scale in [Scale::Linear, Scale::Log] {
            for low in extremes {
                for high in extremes.into_iter().chain([low + 1e-12, -low, f64::NAN]) {
                    let n_marks = labels(scale, &[low, high]).len();
                    assert!((1..=12).contains(&n_marks), "{scale:?} {low} {high}: {n_marks}");
                }
            }
        }
    }

    #[test]
    fn an_axis_without_values_is_still_an_axis() {
        assert_eq!(labels(Scale::Linear, &[f64::NAN]).first().unwrap(), "0");
    }
}
