//! Likely mistakes behind a wrong gradient: common mistakes of derivative rules, recognized by their traces.

use std::fmt;

use retrograd_core::Shape;

/// How far two numbers that are meant to be equal may lie apart, as a part of the largest.
const ALIKE: f64 = 1e-5;

/// The largest whole number in a factor that one element alone may suggest.
const LARGEST_WHOLE: u32 = 16;

/// A common mistake of derivative rules.
///
/// ```
/// use retrograd_check::{CheckFailure, Mistake, check_gradients};
/// use retrograd_core::Tensor;
///
/// let x = Tensor::from([0.5, -2.0]);
/// let wrong = check_gradients(|_, x| x[0].stop_gradient().sin(), &[x]).unwrap_err();
/// let CheckFailure::Mismatch(mismatch) = wrong else { panic!("{wrong}") };
/// assert_eq!(mismatch.mistake, Some(Mistake::Hidden));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mistake {
    /// The gradient is 0, and the value depends on the input.
    Hidden,
    /// The gradient has the wrong sign.
    Sign,
    /// The gradient is the correct one times this factor.
    Factor(f64),
    /// The gradient is transposed in its last two axes.
    Transpose,
    /// Only the part of the output at one index along an axis contributes, though the input is spread over all of it.
    MissingSum {
        /// The axis of the output.
        axis: usize,
        /// The index along it.
        index: usize,
    },
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Mistake::Hidden => f.write_str(
                "it is zero, though the value depends on the input: a `stop_gradient`, a rule that gives `None`, or a \
                 detour through integers hides the dependence",
            ),
            Mistake::Sign => f.write_str("it has the wrong sign"),
            Mistake::Factor(factor) => {
                let times = match in_words(*factor) {
                    Some(words) => words.to_owned(),
                    None => format!("{factor:.6} times as large as it should be"),
                };
                let reason = match *factor < 1.0 {
                    true => "a factor is missing, a sum is a mean, or one of equal dependences is hidden",
                    false => "a rule has a factor too many, a mean is a sum, or something is counted twice",
                };
                write!(f, "it is {times}: {reason}")
            }
            Mistake::Transpose => f.write_str(
                "it is the transpose of what it should be: operands of a product are swapped, or a rule does not move \
                 axes back",
            ),
            Mistake::MissingSum { axis, index } => write!(
                f,
                "only index {index} along axis {axis} of the output contributes: a rule does not sum over an axis that \
                 the input is broadcast along"
            ),
        }
    }
}

/// A factor that has a name.
fn in_words(factor: f64) -> Option<&'static str> {
    let words = [
        (2.0, "twice as large as it should be"),
        (3.0, "three times as large as it should be"),
        (0.5, "half of what it should be"),
        (1.0 / 3.0, "a third of what it should be"),
    ];
    words.into_iter().find(|(number, _)| (factor - number).abs() < ALIKE).map(|(_, words)| words)
}

impl Mistake {
    /// The mistake that makes `wrong` of the derivatives `right` by the elements of an input of a shape.
    pub(crate) fn between(wrong: &[f64], right: &[f64], shape: &Shape) -> Option<Self> {
        let scale = largest(wrong).max(largest(right));
        if largest(wrong) <= ALIKE * scale {
            return Some(Mistake::Hidden);
        }
        match factor(wrong, right) {
            Some(factor) if (factor + 1.0).abs() < ALIKE => return Some(Mistake::Sign),
            Some(factor) => return Some(Mistake::Factor(factor)),
            None => {}
        }
        is_transpose(wrong, right, shape).then_some(Mistake::Transpose)
    }
}

/// The constant by which numbers differ from others; for one number alone, only if it is a ratio of small whole ones.
fn factor(wrong: &[f64], right: &[f64]) -> Option<f64> {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let factor = dot(wrong, right) / dot(right, right);
    let scaled: Vec<_> = right.iter().map(|x| x * factor).collect();
    let n_clear = right.iter().filter(|x| x.abs() > ALIKE * largest(right)).count();
    let is_ratio = || {
        let is_whole = |x: f64| (x - x.round()).abs() < ALIKE * x.abs();
        (1..=LARGEST_WHOLE).any(|q| {
            let p = factor * f64::from(q);
            is_whole(p) && (1.0..=f64::from(LARGEST_WHOLE)).contains(&p.abs().round())
        })
    };
    (factor.is_finite() && are_alike(wrong, &scaled) && (n_clear > 1 || is_ratio()))
        .then_some(factor)
}

/// Whether numbers are others with their last two axes exchanged, whichever of the two shapes they are read in.
fn is_transpose(wrong: &[f64], right: &[f64], shape: &Shape) -> bool {
    let Some(&[m, n]) = shape.last_chunk() else { return false };
    let transposed: Vec<_> = (0..right.len())
        .map(|at| {
            let (matrix, row, column) = (at / (m * n), at % (m * n) / m, at % m);
            right[matrix * m * n + column * n + row]
        })
        .collect();
    are_alike(wrong, &transposed)
}

/// Whether numbers are the same within the error of finite differences.
pub(crate) fn are_alike(a: &[f64], b: &[f64]) -> bool {
    let scale = largest(a).max(largest(b));
    a.iter().zip(b).all(|(a, b)| (a - b).abs() <= ALIKE * scale)
}

fn largest(numbers: &[f64]) -> f64 {
    numbers.iter().map(|x| x.abs()).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mistake_is_told_by_its_trace() {
        let right = [1.0, -2.0, 0.5, 3.0, 0.25, -1.0];
        let told = |wrong: [f64; 6]| Mistake::between(&wrong, &right, &[2, 3].into());
        assert_eq!(told([0.0; 6]), Some(Mistake::Hidden));
        assert_eq!(told(right.map(|x| -x)), Some(Mistake::Sign));
        assert_eq!(told(right.map(|x| 3.0 * x)), Some(Mistake::Factor(3.0)));
        assert_eq!(told([1.0, 3.0, -2.0, 0.25, 0.5, -1.0]), Some(Mistake::Transpose));
        assert_eq!(told([1.0, -2.0, 0.5, 3.0, 0.25, 1.0]), None);
    }

    #[test]
    fn one_number_is_a_multiple_of_any_other_which_says_nothing() {
        let told = |wrong: f64| Mistake::between(&[wrong], &[2.0], &[].into());
        assert_eq!(told(1.0), Some(Mistake::Factor(0.5)));
        assert_eq!(told(-2.0), Some(Mistake::Sign));
        assert_eq!(told(1.2345), None);
    }
}
