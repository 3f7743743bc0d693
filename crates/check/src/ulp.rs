//! Errors of functions in units in the last place.

use retrograd_core::DType;

/// The error of `actual` in units in the last place of `exact`, the sum of two parts: of a double-precision number and what
/// it lacks of the true value.
///
/// A unit is the distance of neighbors in the binade of `exact`, so a correctly rounded result is off by at most 0.5. NaN
/// agrees with NaN; an infinite result agrees with what rounds to it; any other disagreement about what is finite is an
/// infinite error, but for one unit at the largest number.
///
/// ```
/// use retrograd_check::ulps;
/// use retrograd_core::DType;
///
/// assert_eq!(ulps(1.0 + f64::EPSILON, [1.0, 0.0], DType::F64), 1.0);
/// assert_eq!(ulps(1.0, [1.0, 0.25 * f64::EPSILON], DType::F64), 0.25);
/// assert_eq!(ulps(f64::INFINITY, [1e39, 0.0], DType::F32), 0.0);
/// assert_eq!(ulps(0.0, [f64::NAN, 0.0], DType::F32), f64::INFINITY);
/// ```
pub fn ulps(actual: f64, exact: [f64; 2], dtype: DType) -> f64 {
    let [high, low] = exact;
    if actual.is_nan() || high.is_nan() {
        return if actual.is_nan() && high.is_nan() { 0.0 } else { f64::INFINITY };
    }
    let largest = match dtype {
        DType::F32 => f64::from(f32::MAX),
        DType::F64 | DType::I64 | DType::Bool => f64::MAX,
    };
    let unit = unit_of(high, dtype);
    // Half a unit above the largest number, rounding goes to infinity.
    let is_beyond = |value: f64| value.is_infinite() || value.abs() - largest >= 0.5 * unit;
    if is_beyond(high) || is_beyond(actual) {
        let nearest = |value: f64| value.clamp(-largest, largest);
        let is_near = nearest(actual) == nearest(high);
        return match (is_near, is_beyond(actual) == is_beyond(high)) {
            (true, true) => 0.0,
            (true, false) => 1.0,
            (false, _) => f64::INFINITY,
        };
    }
    (((actual - high) - low) / unit).abs()
}

/// The distance of neighbors in the binade of a number.
fn unit_of(value: f64, dtype: DType) -> f64 {
    let (smallest_exponent, n_bits) = match dtype {
        DType::F32 => (-126, 23),
        DType::F64 | DType::I64 | DType::Bool => (-1022, 52),
    };
    let biased = (value.abs().to_bits() >> 52) as i64;
    let exponent = (biased - 1023).clamp(smallest_exponent, 1023) - n_bits;
    // Below the normal numbers, the exponent is the place of the only bit.
    let bits =
        if exponent < -1022 { 1 << (exponent + 1074) } else { ((exponent + 1023) as u64) << 52 };
    f64::from_bits(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_neighbor_is_one_unit_away_in_every_binade() {
        for x in [f64::MIN_POSITIVE, 5e-324, 1e-310, 1.0, 1.5, 3e200, f64::MAX.next_down()] {
            assert_eq!(ulps(x.next_up(), [x, 0.0], DType::F64), 1.0, "{x:e}");
        }
        for x in [f32::MIN_POSITIVE, 1e-45, 1e-40, 1.0, 1.5, 3e30, f32::MAX.next_down()] {
            let (next, x) = (f64::from(x.next_up()), f64::from(x));
            assert_eq!(ulps(next, [x, 0.0], DType::F32), 1.0, "{x:e}");
        }
    }

    #[test]
    fn infinity_is_one_unit_beyond_the_largest_number() {
        let (largest, infinity) = (f64::from(f32::MAX), f64::INFINITY);
        assert_eq!(ulps(infinity, [largest, 0.0], DType::F32), 1.0);
        assert_eq!(ulps(largest, [1e300, 0.0], DType::F32), 1.0);
        assert_eq!(ulps(infinity, [0.9 * largest, 0.0], DType::F32), infinity);
        assert_eq!(ulps(-infinity, [infinity, 0.0], DType::F32), infinity);
        assert_eq!(ulps(infinity, [infinity, 0.0], DType::F64), 0.0);
    }
}
