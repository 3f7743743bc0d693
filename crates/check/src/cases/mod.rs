//! Cases of every operation: functions and inputs, away from kinks and ties, on which to compare derivatives with
//! differences, plans with the oracle, and any other two roads that must lead to one value.
//!
//! The list cannot be forgotten: a row added to a table of functions brings its own cases, and tests find the operation
//! and the function that no case calls.

mod arrangements;
mod compositions;
pub(crate) mod custom;
mod elementwise;
mod functions;
mod kinks;
mod leaves;
mod linalg;
mod movement;
mod neural;
mod picking;
mod products;
mod reductions;

use retrograd_core::{Expr, Shape, Tensor};

/// A function that is recorded on given expressions.
type Function = Box<dyn for<'g> Fn(&[Expr<'g>]) -> Expr<'g>>;

/// An operation with certain inputs.
///
/// ```
/// use retrograd_check::cases;
/// use retrograd_core::{DType, Graph};
///
/// let case = &cases::all()[1];
/// assert_eq!(case.name, "leaf [2, 3]");
/// let g = Graph::with_dtype(DType::F64);
/// let inputs: Vec<_> = case.inputs.iter().map(|data| g.constant(data)).collect();
/// assert_eq!(case.record(&inputs).value(), case.inputs[0]);
/// ```
pub struct Case {
    /// A description, such as `sum [2, 3] over [0]`.
    pub name: String,
    /// Data for each input: `f64`, integers or truth values.
    pub inputs: Vec<Tensor>,
    function: Function,
}

impl Case {
    fn new<F>(name: impl Into<String>, inputs: impl Into<Vec<Tensor>>, function: F) -> Self
    where
        F: for<'g> Fn(&[Expr<'g>]) -> Expr<'g> + 'static,
    {
        Self { name: name.into(), inputs: inputs.into(), function: Box::new(function) }
    }

    /// Records the function of expressions that have the shapes of the inputs.
    #[track_caller]
    pub fn record<'g>(&self, inputs: &[Expr<'g>]) -> Expr<'g> {
        (self.function)(inputs)
    }
}

/// An operation, and the function that gives its cases.
///
/// ```
/// use retrograd_check::cases::FAMILIES;
///
/// for family in FAMILIES {
///     assert!(!(family.cases)().is_empty(), "{} is never checked", family.name);
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// The operation, as [`Op::family`](retrograd_core::Op::family) names it.
    pub name: &'static str,
    /// Makes the cases: each records a node of that operation.
    pub cases: fn() -> Vec<Case>,
}

/// All families, one for each of [`Op::FAMILIES`](retrograd_core::Op::FAMILIES).
pub const FAMILIES: &[Family] = &[
    Family { name: "leaf", cases: leaves::leaf },
    Family { name: "literal", cases: leaves::literal },
    Family { name: "iota", cases: leaves::iota },
    Family { name: "unary", cases: elementwise::unary },
    Family { name: "binary", cases: elementwise::binary },
    Family { name: "compare", cases: elementwise::compare },
    Family { name: "select", cases: elementwise::select },
    Family { name: "identity", cases: leaves::identity },
    Family { name: "stop gradient", cases: leaves::stop_gradient },
    Family { name: "cast", cases: leaves::cast },
    Family { name: "broadcast", cases: movement::broadcast },
    Family { name: "reshape", cases: movement::reshape },
    Family { name: "permute", cases: movement::permute },
    Family { name: "slice", cases: movement::slice },
    Family { name: "pad", cases: movement::pad },
    Family { name: "concat", cases: movement::concat },
    Family { name: "gather", cases: picking::gather },
    Family { name: "scatter add", cases: picking::scatter_add },
    Family { name: "sum", cases: reductions::sum },
    Family { name: "max", cases: reductions::max },
    Family { name: "argmax", cases: picking::argmax },
    Family { name: "argsort", cases: picking::argsort },
    Family { name: "matmul", cases: products::matmul },
    Family { name: "cholesky", cases: linalg::cholesky },
    Family { name: "solve", cases: linalg::solve },
    Family { name: "det", cases: linalg::det },
    Family { name: "slogdet", cases: linalg::slogdet },
    Family { name: "svd", cases: linalg::svd },
    Family { name: "length", cases: kinks::length },
    Family { name: "kinked", cases: kinks::kinked },
    Family { name: "custom", cases: custom::custom },
];

/// All cases: of every operation, and of functions composed of several.
///
/// ```
/// use retrograd_check::{cases, check_gradients};
///
/// for case in cases::all().iter().filter(|case| case.name.starts_with("softmax")) {
///     check_gradients(|_, x| case.record(x), &case.inputs)?;
/// }
/// # Ok::<(), retrograd_check::CheckFailure>(())
/// ```
pub fn all() -> Vec<Case> {
    let mut all: Vec<_> = FAMILIES.iter().flat_map(|family| (family.cases)()).collect();
    all.extend(elementwise::composed());
    all.extend(compositions::cases());
    all.extend(arrangements::cases());
    all.extend(functions::cases());
    all.extend(neural::cases());
    all
}

/// Numbers between −2 and 2, no two alike, none within 0.05 of 0, that follow no pattern of the axes; another
/// `salt` gives others.
fn numbers(shape: impl Into<Shape>, salt: usize) -> Tensor {
    // Multiples of the golden ratio spread evenly in the unit interval.
    let golden = 0.618_033_988_749_894_9;
    let spread = |k: usize| ((k + 1) as f64 * golden + salt as f64 * 0.271_828).fract();
    let away_from_zero = |t: f64| if t < 0.5 { 3.9 * t - 2.0 } else { 3.9 * t - 1.9 };
    let shape = shape.into();
    let numbers = (0..shape.n_elements()).map(|k| away_from_zero(spread(k))).collect();
    Tensor::new(shape, numbers).expect("there is a number for every element")
}

/// Integers.
fn integers(shape: impl Into<Shape>, integers: &[i64]) -> Tensor {
    Tensor::new(shape, integers.to_vec()).expect("there is an integer for every element")
}
