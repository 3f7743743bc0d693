//! Comparison of tensors, with a tolerance in units of their dtype's roundoff.

use std::fmt;

use retrograd_core::{DType, Shape, Tensor};

/// A difference of two tensors: the first place, and its size.
#[derive(Clone, Debug, PartialEq)]
pub enum Difference {
    /// The dtypes or shapes are not the same.
    Kind {
        /// Dtype and shape found.
        actual: (DType, Shape),
        /// Dtype and shape wanted.
        expected: (DType, Shape),
    },
    /// An element is too far off.
    Element {
        /// Index of the first such element.
        index: Vec<usize>,
        /// Value found.
        actual: f64,
        /// Value wanted.
        expected: f64,
        /// How far off it is, in units of roundoff at the largest element wanted.
        n_units: f64,
        /// The number of elements beyond the tolerance.
        n_wrong: usize,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Difference::Kind { actual, expected } => write!(
                f,
                "the tensor is {} {}, and {} {} was expected",
                actual.0, actual.1, expected.0, expected.1
            ),
            Difference::Element { index, actual, expected, n_units, n_wrong } => {
                write!(f, "element {index:?} is {actual:?}, and {expected:?} was expected")?;
                if n_units.is_finite() {
                    write!(f, ": off by {n_units:.1} units of roundoff")?;
                }
                write!(f, "; {n_wrong} in all are too far off")
            }
        }
    }
}

impl std::error::Error for Difference {}

/// The unit roundoff of a dtype: the largest relative error of rounding to it; 0 for integers and masks.
///
/// ```
/// use retrograd_core::DType;
///
/// assert_eq!(retrograd_check::compare::roundoff(DType::F32), 2f64.powi(-24));
/// ```
pub fn roundoff(dtype: DType) -> f64 {
    match dtype {
        DType::F32 => f64::from(f32::EPSILON) / 2.0,
        DType::F64 => f64::EPSILON / 2.0,
        DType::I64 | DType::Bool => 0.0,
    }
}

/// Whether two tensors are equal up to `n_units` units of roundoff of their dtype: for each element,
/// `|actual − expected| ≤ n_units · u · max(1, max |expected|)`.
///
/// The largest element sets the scale, since sums and products of matrices round at that of their terms. Infinities
/// must agree, NaN agrees with NaN, and integers and truth values must be equal.
///
/// # Errors
/// The first difference.
///
/// ```
/// use retrograd_check::compare;
/// use retrograd_core::Tensor;
///
/// let (a, b) = (Tensor::from([1.0f32, 2.0]), Tensor::from([1.0f32, 2.0000005]));
/// assert!(compare(&a, &b, 8.0).is_ok());
/// let difference = compare(&a, &b, 2.0).unwrap_err();
/// assert!(difference.to_string().starts_with("element [1] is 2.0, and 2.0000004"));
/// ```
pub fn compare(actual: &Tensor, expected: &Tensor, n_units: f64) -> Result<(), Difference> {
    let kind = |tensor: &Tensor| (tensor.dtype(), tensor.shape().clone());
    if kind(actual) != kind(expected) {
        return Err(Difference::Kind { actual: kind(actual), expected: kind(expected) });
    }
    let (a, e) = (actual.to_vec::<f64>(), expected.to_vec::<f64>());
    let largest = e.iter().map(|e| e.abs()).filter(|e| e.is_finite()).fold(1.0, f64::max);
    let unit = roundoff(expected.dtype()) * largest;
    let is_wrong = |&k: &usize| {
        let same = a[k] == e[k] || a[k].is_nan() && e[k].is_nan();
        let is_close = (a[k] - e[k]).abs() <= n_units * unit;
        !(same || is_close)
    };
    let wrong: Vec<_> = (0..e.len()).filter(is_wrong).collect();
    match wrong.first() {
        None => Ok(()),
        Some(&first) => Err(Difference::Element {
            index: expected.shape().index_of(first),
            actual: a[first],
            expected: e[first],
            n_units: (a[first] - e[first]).abs() / unit,
            n_wrong: wrong.len(),
        }),
    }
}

/// Panics where [`compare`] finds a difference.
///
/// ```
/// use retrograd_check::assert_close;
/// use retrograd_core::Graph;
///
/// let g = Graph::new();
/// let x = g.constant([0.3, -0.2]);
/// assert_close(&x.tanh().value(), &((x.exp() - (-x).exp()) / (x.exp() + (-x).exp())).value(), 8.0);
/// ```
///
/// # Panics
/// If the tensors are not equal up to `n_units` units of roundoff.
#[track_caller]
pub fn assert_close(actual: &Tensor, expected: &Tensor, n_units: f64) {
    if let Err(difference) = compare(actual, expected, n_units) {
        panic!("{difference}\n  actual: {actual:?}\n  expected: {expected:?}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_index(actual: Tensor, expected: Tensor) -> Option<Vec<usize>> {
        match compare(&actual, &expected, 4.0) {
            Err(Difference::Element { index, .. }) => Some(index),
            Err(Difference::Kind { .. }) | Ok(()) => None,
        }
    }

    #[test]
    fn the_first_element_that_differs_is_named_by_its_index() {
        let expected = Tensor::from([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
        let actual = Tensor::from([[1.0, 2.0, 3.0], [4.0, 5.5, 6.5]]);
        assert_eq!(first_index(actual, expected), Some(vec![1, 1]));
    }

    #[test]
    fn what_is_not_finite_must_agree() {
        let expected = Tensor::from([f64::NAN, f64::INFINITY, f64::NEG_INFINITY]);
        assert!(compare(&expected, &expected, 0.0).is_ok());
        let numbers = |index: usize, value: f64| {
            let mut elements = expected.to_vec::<f64>();
            elements[index] = value;
            first_index(Tensor::from(elements), expected.clone())
        };
        assert_eq!(numbers(0, 0.0), Some(vec![0]));
        assert_eq!(numbers(1, f64::MAX), Some(vec![1]));
        assert_eq!(numbers(2, f64::INFINITY), Some(vec![2]));
        assert_eq!(numbers(1, f64::NAN), Some(vec![1]));
    }

    #[test]
    fn integers_must_be_equal_and_kinds_the_same() {
        assert_eq!(first_index(Tensor::from([1i64, 2]), Tensor::from([1i64, 3])), Some(vec![1]));
        let error = compare(&Tensor::from([1.0f32]), &Tensor::from([[1.0f64]]), 4.0).unwrap_err();
        assert_eq!(error.to_string(), "the tensor is f32 [1], and f64 [1, 1] was expected");
    }

    #[test]
    fn the_largest_element_sets_the_scale() {
        let expected = Tensor::from([1e-9, 1e6]);
        assert_eq!(first_index(Tensor::from([2e-9, 1e6]), expected.clone()), Some(vec![0]));
        assert_eq!(first_index(Tensor::from([1e-9 + 1e-10, 1e6]), expected), None);
    }
}
