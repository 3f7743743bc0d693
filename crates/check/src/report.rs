//! The report of a gradient check.

use std::fmt;

use retrograd_core::{Error, Tensor};

use crate::mistake::Mistake;

/// One derivative, from the graph in both modes and by finite differences.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Derivative {
    /// The derivative in reverse mode.
    pub reverse: f64,
    /// The derivative in forward mode.
    pub forward: f64,
    /// The derivative by finite differences.
    pub differences: f64,
    /// How far off the finite differences may be, by their own estimate.
    pub uncertainty: f64,
}

impl Derivative {
    /// The derivative by a variable that is `factor` times as slow.
    pub(crate) fn scaled(self, factor: f64) -> Self {
        let Self { reverse, forward, differences, uncertainty } = self;
        Self {
            reverse: reverse * factor,
            forward: forward * factor,
            differences: differences * factor,
            uncertainty: uncertainty * factor,
        }
    }
}

impl fmt::Display for Derivative {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Derivative { reverse, forward, differences, uncertainty } = self;
        write!(
            f,
            "reverse mode gives {reverse:?}, forward mode {forward:?}, finite differences {differences:?} ± \
             {uncertainty:.0e}"
        )
    }
}

/// A check that passed.
///
/// ```
/// use retrograd_check::check_gradients;
/// use retrograd_core::Tensor;
///
/// let report = check_gradients(|_, x| x[0].exp(), &[Tensor::from([0.5, -2.0])])?;
/// for along in report.along {
///     assert!((along.reverse - along.differences).abs() < 1e-9, "{along}");
///     assert!((along.forward - along.differences).abs() < 1e-9, "{along}");
/// }
/// # Ok::<(), retrograd_check::CheckFailure>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The seed of the random weights and directions.
    pub seed: u64,
    /// For each order from 1, the derivative along a random direction.
    pub along: Vec<Derivative>,
    /// Number of derivatives by single elements that were compared too, at all orders.
    pub n_elements: usize,
}

/// A derivative by one element of one input.
#[derive(Clone, Debug, PartialEq)]
pub struct WrongElement {
    /// Which of the inputs.
    pub input: usize,
    /// Its name.
    pub name: String,
    /// Index of the element in it.
    pub index: Vec<usize>,
    /// The derivative of the weighted sum of outputs by it.
    pub derivative: Derivative,
}

/// Modes of differentiation that disagree with finite differences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Modes {
    /// Reverse mode, whose rule is `vjp`, and forward mode, which follows from it where no rule is written.
    Both,
    /// Reverse mode alone.
    Reverse,
    /// Forward mode alone.
    Forward,
}

impl fmt::Display for Modes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Modes::Both => "",
            Modes::Reverse => " in a `vjp` (forward mode is right)",
            Modes::Forward => " in a `jvp` (reverse mode is right)",
        })
    }
}

/// A wrong gradient: its values differ from finite differences.
///
/// ```
/// use retrograd_check::{CheckFailure, Mistake, check_gradients};
/// use retrograd_core::Tensor;
///
/// let x = Tensor::from([0.5, -2.0]);
/// let wrong = check_gradients(|_, x| x[0] * x[0].stop_gradient(), &[x]).unwrap_err();
/// let CheckFailure::Mismatch(mismatch) = wrong else { panic!("{wrong}") };
/// let worst = mismatch.worst.as_ref().expect("each element alone is wrong");
/// assert_eq!((mismatch.order, mismatch.n_wrong, worst.input), (1, 2, 0));
/// assert!((worst.derivative.reverse / worst.derivative.differences - 0.5).abs() < 1e-9);
/// assert!(matches!(mismatch.mistake, Some(Mistake::Factor(factor)) if (factor - 0.5).abs() < 1e-9));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Mismatch {
    /// 1 for the gradient, 2 for the gradient of the gradient, and so on.
    pub order: usize,
    /// The derivative along the random direction.
    pub along: Derivative,
    /// The random direction: one tensor for each input with a float dtype.
    pub direction: Vec<Tensor>,
    /// The element that is furthest off; `None` if each alone is right.
    pub worst: Option<WrongElement>,
    /// Which modes are wrong there.
    pub modes: Modes,
    /// The probable mistake, recognized by the derivatives with respect to all elements of the worst element's input.
    pub mistake: Option<Mistake>,
    /// The number of wrong elements.
    pub n_wrong: usize,
    /// Number of elements.
    pub n_elements: usize,
    /// The seed of the random weights and directions.
    pub seed: u64,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the derivative of order {} is wrong (seed {})", self.order, self.seed)?;
        if let Some(WrongElement { name, index, derivative, .. }) = &self.worst {
            writeln!(f, "  by `{name}` at {index:?}: {derivative}")?;
            let (modes, mistake) = (self.modes, self.mistake);
            match mistake {
                Some(mistake) => writeln!(f, "  likely mistake{modes}: {mistake}")?,
                None => writeln!(f, "  no common mistake{modes} explains it")?,
            }
        }
        writeln!(f, "  {} of {} elements are wrong", self.n_wrong, self.n_elements)?;
        write!(f, "  along a random direction: {}", self.along)?;
        let mut directions = self.direction.iter().enumerate();
        directions.try_for_each(|(k, tensor)| write!(f, "\n    direction {k}: {tensor:?}"))
    }
}

/// The reason why a gradient check has failed.
///
/// ```
/// use retrograd_check::check_gradients;
/// use retrograd_core::Tensor;
///
/// let failure = check_gradients(|_, x| x[0].log(), &[Tensor::from([1.0, 0.0])]).unwrap_err();
/// assert_eq!(failure.to_string(), "the function is -inf at [1]: give inputs where it is finite");
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq)]
pub enum CheckFailure {
    /// A gradient is wrong.
    Mismatch(Box<Mismatch>),
    /// A value is not finite, so that there is nothing to compare.
    NotFinite {
        /// The order: 0 for the function itself.
        order: usize,
        /// Which of the outputs, or of the gradients by each input.
        which: usize,
        /// Index of the first such element.
        index: Vec<usize>,
        /// The element.
        value: f64,
    },
    /// The function or its gradient cannot be evaluated.
    Graph(Error),
    /// No input has a float dtype.
    NoInputs,
}

impl fmt::Display for CheckFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CheckFailure::Mismatch(mismatch) => mismatch.fmt(f),
            CheckFailure::NotFinite { order: 0, index, value, .. } => {
                write!(f, "the function is {value} at {index:?}: give inputs where it is finite")
            }
            CheckFailure::NotFinite { order, which, index, value } => {
                write!(
                    f,
                    "the derivative of order {order} by input {which} is {value} at {index:?}"
                )
            }
            CheckFailure::Graph(error) => error.fmt(f),
            CheckFailure::NoInputs => {
                f.write_str("no input is of floating-point numbers, so nothing has a gradient")
            }
        }
    }
}

impl std::error::Error for CheckFailure {}

impl From<Error> for CheckFailure {
    fn from(error: Error) -> Self {
        CheckFailure::Graph(error)
    }
}
