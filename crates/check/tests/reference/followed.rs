//! Whom we follow at kinks and extremes: PyTorch, or JAX where our number is JAX's, or a finite limit where PyTorch's
//! formula is NaN; and what a table says otherwise.

/// A number that is compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Part {
    /// The value.
    Value,
    /// The gradient by an input.
    Gradient(usize),
}

/// A point, and what the libraries say there.
#[derive(Clone, Copy, Debug)]
pub struct Point<'a> {
    /// The inputs: of one element, or a vector.
    pub x: &'a [f64],
    /// Which element is compared.
    pub element: usize,
    /// What PyTorch says.
    pub torch: f64,
    /// What JAX says, if it was asked.
    pub jax: Option<f64>,
}

/// A decision: the function, the part, what is right in place of PyTorch's number (`None`: PyTorch is), and why.
pub type Decision = (&'static str, Part, fn(&Point<'_>) -> Option<f64>, &'static str);

/// The table.
pub const FOLLOWED: &[Decision] = &[
    ("abs", Part::Gradient(0), at_nan, "as JAX: the derivative at NaN is NaN"),
    ("sign", Part::Value, at_nan, "as JAX: NaN has no sign"),
    ("max", Part::Gradient(0), at_nan, "as JAX, and as PyTorch's amax: NaN is no maximum"),
    (
        "median",
        Part::Gradient(0),
        jax,
        "as JAX: the gradient goes to the element that is the median",
    ),
    ("norm2", Part::Gradient(0), direction, "x/|x|, where squares over- or underflow, too"),
    ("norm2", Part::Value, length, "|x|, where squares over- or underflow, too"),
    (
        "norm2",
        Part::Gradient(0),
        zero_at_infinity,
        "a cotangent of 0 stays 0, where the others have 0·∞",
    ),
    (
        "logsumexp",
        Part::Gradient(0),
        zero_at_infinity,
        "a cotangent of 0 stays 0, where the others have 0·∞",
    ),
    ("softmax", Part::Value, limit_of_softmax, "a finite number beside +∞ has no weight"),
];

/// NaN where an input is NaN.
fn at_nan(p: &Point<'_>) -> Option<f64> {
    p.x[0].is_nan().then_some(f64::NAN)
}

/// What JAX says.
fn jax(p: &Point<'_>) -> Option<f64> {
    p.jax
}

fn length(p: &Point<'_>) -> Option<f64> {
    let largest = p.x.iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));
    let length = p.x.iter().map(|x| (x / largest).powi(2)).sum::<f64>().sqrt() * largest;
    (largest > 0.0 && length.is_finite()).then_some(length)
}

fn direction(p: &Point<'_>) -> Option<f64> {
    length(p).map(|length| p.x[p.element] / length)
}

fn zero_at_infinity(p: &Point<'_>) -> Option<f64> {
    let at_infinity = p.x.contains(&f64::INFINITY) && p.torch.is_nan();
    at_infinity.then_some(0.0)
}

fn limit_of_softmax(p: &Point<'_>) -> Option<f64> {
    (p.x.contains(&f64::INFINITY) && p.x[p.element].is_finite()).then_some(0.0)
}

/// What is right in place of PyTorch's number.
pub fn instead(name: &str, part: Part, point: &Point<'_>) -> Option<f64> {
    let rows = FOLLOWED.iter().filter(|(row, of, ..)| *row == name && *of == part);
    rows.into_iter().find_map(|(_, _, right, _)| right(point))
}

/// Functions whose other differences are open: which, and what is known of them.
pub const UNDECIDED: &[(&str, &str)] = &[];

/// What is known of a function's open differences.
pub fn undecided(name: &str) -> Option<&'static str> {
    UNDECIDED.iter().find(|(row, _)| *row == name).map(|&(_, why)| why)
}
