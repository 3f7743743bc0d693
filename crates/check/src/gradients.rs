//! The gradient check: what the graph derives, against finite differences of what it computes.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use retrograd_core::{DType, Error, Expr, Graph, Tensor};

use crate::{
    differences,
    point::{Point, random_weight},
    report::{Derivative, Element, Failure, Mismatch, Report},
};

/// The part of the function's values that a derivative is measured against even if it is itself smaller: what rounding
/// leaves of smaller ones cannot be told from nothing.
const SMALLEST: f64 = 1e-4;

/// How a gradient is checked.
///
/// ```
/// use retrograd_check::GradientCheck;
/// use retrograd_core::Tensor;
///
/// let thorough = GradientCheck { n_orders: 3, every_element: true, ..GradientCheck::default() };
/// let report = thorough.run(|_, x| x[0].tanh(), &[Tensor::from([0.3, -1.2])])?;
/// assert_eq!(report.n_elements, 6);
/// # Ok::<(), retrograd_check::Failure>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct GradientCheck {
    /// Orders of derivatives: 1 for the gradient, 2 for that of the gradient too, and so on.
    pub n_orders: usize,
    /// Largest relative error.
    pub tolerance: f64,
    /// Largest error that is taken for what rounding leaves of a derivative that is 0.
    pub roundoff: f64,
    /// Whether the derivative by each element is compared even if that along a random direction is right.
    pub every_element: bool,
    /// Seed of the random weights and directions.
    pub seed: u64,
}

impl Default for GradientCheck {
    /// First and second order, to `1e-6` or `1e-13` if that is more, along one random direction.
    fn default() -> Self {
        Self { n_orders: 2, tolerance: 1e-6, roundoff: 1e-13, every_element: false, seed: 0 }
    }
}

/// Checks the first and second derivatives of a function, recorded in an `f64` graph, against finite differences at
/// `inputs`.
///
/// The outputs are weighted with random numbers, so that errors in different places cannot cancel, and the inputs
/// are moved along one random direction, each element in proportion to its size. At second order the same is done
/// with the gradient in place of the function. Inputs of integers or truth values are passed on and stay fixed. Near a
/// kink or jump a function has no derivative to compare with: choose inputs away from them.
///
/// # Errors
/// If a derivative is wrong: then each element is looked at, and the worst is named. Also if a value is not finite, or
/// the function cannot be evaluated.
///
/// ```
/// use retrograd_check::check_gradients;
/// use retrograd_core::Tensor;
///
/// let (x, w) = (Tensor::from([[0.5, -1.0], [2.0, 0.3]]), Tensor::from([1.5, -0.7]));
/// check_gradients(|_, inputs| inputs[0].dot(inputs[1]).sigmoid(), &[x.clone(), w])?;
///
/// // A dependence hidden from the gradient is found.
/// let wrong = check_gradients(|_, inputs| inputs[0] * inputs[0].stop_gradient(), &[x]);
/// assert!(wrong.unwrap_err().to_string().starts_with("the derivative of order 1 is wrong"));
/// # Ok::<(), retrograd_check::Failure>(())
/// ```
pub fn check_gradients<F>(f: F, inputs: &[Tensor]) -> Result<Report, Failure>
where
    F: for<'g> Fn(&'g Graph, &[Expr<'g>]) -> Expr<'g>,
{
    GradientCheck::default().run(f, inputs)
}

impl GradientCheck {
    /// Checks the derivatives of a function, as [`check_gradients`] does.
    ///
    /// # Errors
    /// As [`check_gradients`].
    pub fn run<F>(&self, f: F, inputs: &[Tensor]) -> Result<Report, Failure>
    where
        F: for<'g> Fn(&'g Graph, &[Expr<'g>]) -> Expr<'g>,
    {
        let graph = Graph::with_dtype(DType::F64);
        let named = inputs.iter().enumerate();
        let leaves: Vec<_> =
            named.map(|(k, input)| graph.input_with(&format!("input {k}"), input)).collect();
        let output = f(&graph, &leaves);
        self.check(output, &leaves)
    }

    /// Checks the derivatives of an expression by leaves that hold data.
    ///
    /// ```
    /// use retrograd_check::GradientCheck;
    /// use retrograd_core::{DType, Graph};
    ///
    /// let g = Graph::with_dtype(DType::F64);
    /// let w = g.param("w", [0.3, -1.2]);
    /// let loss = w.cos().sum().square();
    /// GradientCheck::default().check(loss, &g.params())?;
    /// # Ok::<(), retrograd_check::Failure>(())
    /// ```
    ///
    /// # Errors
    /// As [`check_gradients`].
    ///
    /// # Panics
    /// If the graph's numbers are not `f64`, or an expression among `leaves` is not a named leaf.
    #[track_caller]
    pub fn check<'g>(&self, output: Expr<'g>, leaves: &[Expr<'g>]) -> Result<Report, Failure> {
        assert!(
            output.graph().dtype() == DType::F64,
            "gradients are checked in a graph of f64: make it by `Graph::with_dtype(DType::F64)`"
        );
        if !output.dtype().is_float() {
            let reason = "only floating-point numbers have gradients";
            return Err(Expr::misfit("check_gradients", &[output], reason).into());
        }
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        let point = Point::of(output.graph(), leaves)?;
        let (mut outputs, mut along, mut magnitude) = (vec![output], Vec::new(), 0.0);
        for order in 1..=self.n_orders {
            let weighted = Weighted::record(order, &outputs, &point, magnitude, &mut rng)?;
            along.push(self.compare(&weighted, &point, &point.direction(&mut rng))?);
            (outputs, magnitude) = (weighted.gradient, weighted.magnitude);
        }
        let n_elements = if self.every_element { self.n_orders * point.n_elements() } else { 0 };
        Ok(Report { seed: self.seed, along, n_elements })
    }

    /// Compares one order: along a direction, and element by element if that is asked for or wrong.
    fn compare(
        &self,
        weighted: &Weighted<'_>,
        point: &Point<'_>,
        direction: &[Vec<f64>],
    ) -> Result<Derivative, Failure> {
        let along = weighted.derivative(point, direction)?;
        let is_right = self.accepts(weighted, &along);
        if is_right && !self.every_element {
            return Ok(along.derivative);
        }
        let (n_wrong, worst) = self.wrong_elements(weighted, point)?;
        if is_right && n_wrong == 0 {
            return Ok(along.derivative);
        }
        let by_leaf = point.leaves.iter().zip(direction);
        Err(Failure::Mismatch(Box::new(Mismatch {
            order: weighted.order,
            along: along.derivative,
            direction: by_leaf.map(|(leaf, along)| leaf.tensor(along.clone())).collect(),
            worst,
            n_wrong,
            n_elements: point.n_elements(),
            seed: self.seed,
        })))
    }

    /// Whether a derivative is as finite differences say.
    fn accepts(&self, weighted: &Weighted<'_>, along: &Along) -> bool {
        let Derivative { graph, differences, .. } = along.derivative;
        let scale = along.magnitude.max(differences.abs()).max(SMALLEST * weighted.magnitude);
        (graph - differences).abs() <= (self.tolerance * scale).max(self.roundoff)
    }

    /// The number of elements by which the derivative is wrong, and the one by which it is wrong most.
    fn wrong_elements(
        &self,
        weighted: &Weighted<'_>,
        point: &Point<'_>,
    ) -> Result<(usize, Option<Element>), Error> {
        let (mut n_wrong, mut largest_error, mut worst) = (0, -1.0, None);
        for (k, leaf) in point.leaves.iter().enumerate() {
            for (element, scale) in leaf.scales.iter().enumerate() {
                let along = weighted.derivative(point, &point.direction_of(k, element))?;
                if self.accepts(weighted, &along) {
                    continue;
                }
                n_wrong += 1;
                let derivative = along.derivative.scaled(1.0 / scale);
                let error = (along.derivative.graph - along.derivative.differences).abs();
                if error > largest_error || worst.is_none() {
                    largest_error = error;
                    let index = leaf.expr.shape().index_of(element);
                    worst = Some(Element { input: leaf.input, index, derivative });
                }
            }
        }
        Ok((n_wrong, worst))
    }
}

/// A weighted sum of outputs, and its gradient.
struct Weighted<'g> {
    /// How often the function that is checked has been differentiated to get the gradient.
    order: usize,
    sum: Expr<'g>,
    gradient: Vec<Expr<'g>>,
    gradient_values: Vec<Vec<f64>>,
    /// Sum of the magnitudes of the terms, or that of a lower order if it is larger.
    magnitude: f64,
}

/// A derivative of a weighted sum along a direction.
struct Along {
    derivative: Derivative,
    /// Sum of the magnitudes of what the elements contribute.
    magnitude: f64,
}

impl<'g> Weighted<'g> {
    /// Weights the outputs at random and records the gradient of their sum, which is the derivative of order
    /// `order` of the function that is checked. Lower orders have reached `magnitude`.
    fn record(
        order: usize,
        outputs: &[Expr<'g>],
        point: &Point<'g>,
        magnitude: f64,
        rng: &mut impl Rng,
    ) -> Result<Self, Failure> {
        let (mut sums, mut seeds, mut total) = (Vec::new(), Vec::new(), 0.0);
        for (which, &output) in outputs.iter().enumerate() {
            let values = finite_values(order - 1, which, output)?;
            let weights: Vec<_> = values.iter().map(|_| random_weight(rng)).collect();
            total += values.iter().zip(&weights).map(|(y, w)| (y * w).abs()).sum::<f64>();
            let weights = Tensor::new(output.shape(), weights)?;
            let seed = output.graph().constant(weights);
            sums.push(output.try_mul(seed)?.sum());
            seeds.push(seed);
        }
        let sum = sums.into_iter().reduce(|a, b| a + b).expect("there is an output");
        let gradient = match (outputs, &seeds[..]) {
            ([output], [seed]) => output.try_vjp(*seed, &point.exprs())?,
            _ => sum.try_grad(&point.exprs())?,
        };
        let by_input = gradient.iter().enumerate();
        let gradient_values =
            by_input.map(|(which, &g)| finite_values(order, which, g)).collect::<Result<_, _>>()?;
        Ok(Self { order, sum, gradient, gradient_values, magnitude: magnitude.max(total) })
    }

    /// The derivative of the sum along a direction.
    fn derivative(&self, point: &Point<'g>, direction: &[Vec<f64>]) -> Result<Along, Error> {
        let estimate = differences::derivative(|t| point.value_at(self.sum, direction, t))?;
        let by_leaf = self.gradient_values.iter().zip(direction);
        let terms = by_leaf.flat_map(|(g, along)| g.iter().zip(along).map(|(g, along)| g * along));
        let (graph, magnitude) =
            terms.fold((0.0, 0.0), |(sum, size), term| (sum + term, size + term.abs()));
        let derivative =
            Derivative { graph, differences: estimate.value, uncertainty: estimate.uncertainty };
        Ok(Along { derivative, magnitude })
    }
}

/// The values of an output or of a gradient, which must be finite.
fn finite_values(order: usize, which: usize, expr: Expr<'_>) -> Result<Vec<f64>, Failure> {
    let values = expr.try_value()?.to_vec::<f64>();
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(values),
        Some(position) => {
            let index = expr.shape().index_of(position);
            Err(Failure::NotFinite { order, which, index, value: values[position] })
        }
    }
}
