//! How far values are from jumps and kinks.

use retrograd_core::Expr;

/// How close a value may come to a jump or kink.
pub(super) const MARGIN: f64 = 0.01;

/// How fast values and derivatives may change with a number.
const STEEPEST: f64 = 8.0;

/// The elements of a value, as `f64`.
pub(super) fn elements(x: Expr<'_>) -> Vec<f64> {
    x.value().to_vec()
}

/// Whether quantities are small and change slowly when a number moves by up to [`MARGIN`]: so there is no pole, no
/// jump and no kink among them there. The quantities are those of `f` for a change of the number.
pub(super) fn is_tame<const N: usize>(f: impl Fn(f64) -> [f64; N]) -> bool {
    let [below, here, above] = [-MARGIN, 0.0, MARGIN].map(f);
    let is_small = |quantity: f64| quantity.abs() <= STEEPEST;
    let change = |k: usize| (above[k] - here[k]).abs().max((here[k] - below[k]).abs());
    (0..N).all(|k| is_small(here[k]) && change(k) <= STEEPEST * MARGIN)
}

/// Whether all of `values` are [`MARGIN`] away from `threshold`.
pub(super) fn are_away_from(threshold: f64, values: &[f64]) -> bool {
    values.iter().all(|value| (value - threshold).abs() >= MARGIN)
}

/// Whether no two of `values` are nearly equal.
pub(super) fn are_apart(values: &[f64]) -> bool {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.windows(2).all(|pair| pair[1] - pair[0] >= MARGIN)
}

/// A number in every place where one fits between two of `values`, [`MARGIN`] away from both, and one below all.
pub(super) fn gaps(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let below_all = sorted.first().map_or(0.0, |least| least - 1.0);
    let wide = sorted.windows(2).filter(|pair| pair[1] - pair[0] >= 2.0 * MARGIN);
    let middle = wide.map(|pair| (pair[0] + pair[1]) / 2.0);
    std::iter::once(below_all).chain(middle).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn poles_jumps_and_kinks_are_not_tame() {
        let relu = |x: f64| move |t: f64| [(x + t).max(0.0), f64::from(u8::from(x + t > 0.0))];
        let reciprocal = |x: f64| move |t: f64| [1.0 / (x + t)];
        assert!(is_tame(relu(0.5)) && is_tame(relu(-0.5)));
        assert!(!is_tame(relu(0.005)) && !is_tame(relu(-0.005)));
        assert!(is_tame(reciprocal(1.0)));
        assert!(!is_tame(reciprocal(0.0)) && !is_tame(reciprocal(0.004)));
        assert!(!is_tame(|t| [(t - 0.5).ln()]));
    }

    #[test]
    fn every_gap_is_away_from_the_values() {
        let values = [0.3, -1.0, 0.301, 2.0];
        let gaps = gaps(&values);
        assert_eq!(gaps, [-2.0, -0.35, 1.1505]);
        assert!(gaps.iter().all(|&gap| are_away_from(gap, &values)));
    }
}
