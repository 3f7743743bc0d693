//! Derivatives by finite differences, extrapolated to a step of zero.

/// Halvings of the step.
const N_STEPS: usize = 11;

/// The widest step.
const WIDEST: f64 = 1.0 / 32.0;

/// An uncertainty below which more steps would only add roundoff, relative to the derivative.
const CONVERGED: f64 = 1e-12;

/// A derivative found by finite differences.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The derivative.
    pub value: f64,
    /// How far off it may be; infinite if no difference was finite.
    pub uncertainty: f64,
}

/// The derivative of `f` at 0: central differences `(f(h) − f(−h))/2h` with halved steps `h`, extrapolated to `h = 0`
/// by Richardson's scheme, where the two neighbors that an entry was made of say how far off it is (Ridders 1982,
/// Advances in Engineering Software 4, 75–76).
///
/// The argument of `f` should be scaled so that `f` changes little over 1/32.
///
/// # Errors
/// The first error of `f`.
///
/// ```
/// use retrograd_check::differences::derivative;
///
/// let estimate = derivative(|t| Ok::<_, ()>((1.0 + t).ln()))?;
/// assert!((estimate.value - 1.0).abs() < 1e-12);
/// # Ok::<(), ()>(())
/// ```
pub fn derivative<E>(mut f: impl FnMut(f64) -> Result<f64, E>) -> Result<Estimate, E> {
    let mut best = Estimate { value: f64::NAN, uncertainty: f64::INFINITY };
    let mut previous: Vec<f64> = Vec::new();
    for k in 0..N_STEPS {
        let h = WIDEST / f64::from(1u32 << k);
        let mut row = vec![(f(h)? - f(-h)?) / (2.0 * h)];
        let mut factor = 1.0;
        for (j, coarser) in previous.iter().enumerate() {
            factor *= 4.0;
            let finer = row[j];
            let extrapolated = finer + (finer - coarser) / (factor - 1.0);
            let uncertainty = (extrapolated - finer).abs().max((extrapolated - coarser).abs());
            if uncertainty <= best.uncertainty {
                best = Estimate { value: extrapolated, uncertainty };
            }
            row.push(extrapolated);
        }
        if best.uncertainty <= CONVERGED * best.value.abs() {
            break;
        }
        previous = row;
    }
    Ok(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(f: impl Fn(f64) -> f64) -> Estimate {
        derivative(|t| Ok::<_, ()>(f(t))).expect("the function cannot fail")
    }

    #[test]
    fn smooth_functions_are_differentiated_to_ten_digits() {
        for (f, expected) in [
            ((|t| (3.0 * t).sin()) as fn(f64) -> f64, 3.0),
            (|t| (1.0 + t).powi(7), 7.0),
            (|t| (1.0 + t).recip(), -1.0),
            (|t| (30.0 * t).tanh(), 30.0),
        ] {
            let estimate = estimate(f);
            assert!((estimate.value - expected).abs() < 1e-10 * expected.abs(), "{estimate:?}");
            assert!(estimate.uncertainty < 1e-8);
        }
    }

    #[test]
    fn a_kink_nearby_is_stepped_over() {
        let estimate = estimate(|t| (t + 0.001).abs());
        assert!((estimate.value - 1.0).abs() < 1e-10, "{estimate:?}");
    }

    #[test]
    fn steps_where_the_function_is_not_finite_are_left_out() {
        let estimate = estimate(|t| (t + 0.01).ln());
        assert!((estimate.value - 100.0).abs() < 1e-6, "{estimate:?}");
    }

    #[test]
    fn a_jump_is_uncertain() {
        let at_the_jump = estimate(|t| if t > 0.0 { 1.0 } else { 0.0 });
        assert!(at_the_jump.uncertainty > 1.0, "{at_the_jump:?}");
        assert!(estimate(|_| f64::NAN).uncertainty.is_infinite());
    }
}
