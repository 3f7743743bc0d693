//! The targets that losses make sense for.

use retrograd_core::{Element as _, Error, Expr, Shape, Slice, View, with_elements};

/// How far a probability may be outside of 0 to 1, and its logarithm above 0, by rounding.
const SLACK: f64 = 1e-5;

/// How far the sum of the probabilities of an example may be from 1: they may be written with two digits.
const SUM_SLACK: f64 = 0.0101;

/// The targets that a loss makes sense for. Of others it would be a number that means nothing, and training would lead
/// anywhere.
///
/// ```
/// use retrograd_core::Tensor;
/// use retrograd_layers::loss::TargetDomain;
///
/// let labels = Tensor::from([0.0f32, 1.0, 2.0, 7.0]);
/// let reason = TargetDomain::Probabilities.check(labels.view()).unwrap_err();
/// assert_eq!(
///     reason,
///     "target 2 of example 3 of 4: it must be a probability, from 0 to 1; several classes need `cross_entropy`"
/// );
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum TargetDomain {
    /// Finite values.
    Numbers,
    /// Finite values that are not negative, such as counts.
    NonNegative,
    /// Probabilities, from 0 to 1.
    Probabilities,
    /// Logarithms of probabilities, at most 0; −∞ for the probability 0.
    LogProbabilities,
    /// Probabilities that add up to 1 along an axis of this shape.
    Distributions {
        /// The shape of the targets.
        shape: Shape,
        /// The axis of the classes.
        axis: usize,
    },
    /// −1 and 1.
    Signs,
    /// Integer labels of classes, from 0 on.
    Classes {
        /// The number of classes of the model.
        n_classes: usize,
        /// A label that stands for none of them.
        ignored: Option<i64>,
    },
    /// Integer labels in rows: those of an example, then −1.
    LabelSets {
        /// The number of classes of the model.
        n_classes: usize,
    },
}

impl TargetDomain {
    /// Whether all targets are in this domain.
    ///
    /// # Errors
    /// The reason why they are not: the first that is outside, and where it stands. Examples are counted from 1 along the
    /// first axis.
    pub fn check(&self, targets: View<'_>) -> Result<(), String> {
        let outside = with_elements!(Slice, targets.data(), elements => {
            elements.iter().position(|element| !self.contains(element.to_f64()))
        });
        match outside {
            Some(position) => {
                let (noun, value) = (self.noun(), shown(targets.data(), position));
                let place = place(targets.shape(), position);
                Err(format!("{noun} {value}{place}: {}", self.rule(targets.data(), position)))
            }
            None => self.check_sums(targets),
        }
    }

    /// Whether a value is in this domain.
    fn contains(&self, t: f64) -> bool {
        let is_class = |n_classes: usize| t >= 0.0 && t < n_classes as f64 && t.fract() == 0.0;
        match self {
            TargetDomain::Numbers => t.is_finite(),
            TargetDomain::NonNegative => t.is_finite() && t >= 0.0,
            TargetDomain::Probabilities | TargetDomain::Distributions { .. } => {
                (-SLACK..=1.0 + SLACK).contains(&t)
            }
            TargetDomain::LogProbabilities => t <= SLACK,
            TargetDomain::Signs => t == 1.0 || t == -1.0,
            TargetDomain::Classes { n_classes, ignored } => {
                is_class(*n_classes) || ignored.is_some_and(|ignored| t == ignored as f64)
            }
            TargetDomain::LabelSets { n_classes } => is_class(*n_classes) || t == -1.0,
        }
    }

    fn noun(&self) -> &'static str {
        match self {
            TargetDomain::Classes { .. } | TargetDomain::LabelSets { .. } => "label",
            TargetDomain::Distributions { .. } => "probability",
            TargetDomain::Numbers
            | TargetDomain::NonNegative
            | TargetDomain::Probabilities
            | TargetDomain::LogProbabilities
            | TargetDomain::Signs => "target",
        }
    }

    /// The rule that a target must keep, and a guess at the meaning of the one at `position`.
    fn rule(&self, targets: Slice<'_>, position: usize) -> String {
        let t = with_elements!(Slice, targets, elements => elements[position].to_f64());
        match self {
            TargetDomain::Numbers => "it must be a finite number".to_owned(),
            TargetDomain::NonNegative => {
                "it must be a finite number that is not negative".to_owned()
            }
            TargetDomain::Probabilities => {
                let is_label = t > 1.0 && t.fract() == 0.0;
                let hint = if is_label { "; several classes need `cross_entropy`" } else { "" };
                format!("it must be a probability, from 0 to 1{hint}")
            }
            TargetDomain::Distributions { .. } => "it must be from 0 to 1".to_owned(),
            TargetDomain::LogProbabilities => {
                "it must be the logarithm of a probability, at most 0".to_owned()
            }
            TargetDomain::Signs => {
                let hint = if t == 0.0 { "; `2t − 1` makes them of 0 and 1" } else { "" };
                format!("it must be −1 or 1{hint}")
            }
            TargetDomain::Classes { n_classes, ignored } => {
                let ignored = ignored.map(|label| format!(", and {label} is ignored"));
                format!("the model has {}{}", classes(*n_classes), ignored.unwrap_or_default())
            }
            TargetDomain::LabelSets { n_classes } => {
                format!("the model has {}, and −1 ends a row", classes(*n_classes))
            }
        }
    }

    /// Whether the probabilities of each example add up to 1.
    fn check_sums(&self, targets: View<'_>) -> Result<(), String> {
        let TargetDomain::Distributions { shape, axis } = self else { return Ok(()) };
        if targets.shape() != shape {
            return Ok(());
        }
        let (n_classes, n_inner) = (shape[*axis], shape[axis + 1..].iter().product::<usize>());
        let n_outer: usize = shape[..*axis].iter().product();
        for (outer, inner) in (0..n_outer).flat_map(|outer| (0..n_inner).map(move |k| (outer, k))) {
            let first = outer * n_classes * n_inner + inner;
            let positions = (0..n_classes).map(|k| first + k * n_inner);
            let sum: f64 = with_elements!(Slice, targets.data(), elements => {
                positions.map(|position| elements[position].to_f64()).sum()
            });
            if (sum - 1.0).abs() > SUM_SLACK {
                let place = if *axis == 0 { String::new() } else { place_of_row(shape, first) };
                return Err(format!("the probabilities{place} add up to {sum:.4}, not to 1"));
            }
        }
        Ok(())
    }

    /// Requires the targets of a loss to be in this domain.
    pub(super) fn require(self, targets: Expr<'_>) -> Result<(), Error> {
        targets.try_require(move |targets| self.check(targets))
    }
}

/// The number of classes, with their labels.
fn classes(n: usize) -> String {
    match n {
        0 => "no classes".to_owned(),
        1 => "1 class, labeled 0".to_owned(),
        n => format!("{n} classes, labeled 0 to {}", n - 1),
    }
}

/// A number as it was given.
fn shown(elements: Slice<'_>, position: usize) -> String {
    with_elements!(Slice, elements, elements => elements[position].to_string())
}

/// The example of an element, and its place inside it if it has several.
fn place(shape: &Shape, position: usize) -> String {
    let row = place_of_row(shape, position);
    let inner = shape.get(1..).unwrap_or_default();
    if inner.is_empty() {
        return row;
    }
    let mut rest = position % inner.iter().product::<usize>();
    let mut index: Vec<_> = inner.iter().rev().map(|size| (rest % size, rest /= size).0).collect();
    index.reverse();
    format!("{row}, at {index:?}")
}

/// The example that an element belongs to.
fn place_of_row(shape: &Shape, position: usize) -> String {
    match shape.split_first() {
        Some((n, inner)) => {
            let row = position / inner.iter().product::<usize>();
            format!(" of example {} of {n}", row + 1)
        }
        None => String::new(),
    }
}
