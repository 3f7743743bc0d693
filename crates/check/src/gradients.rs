//! The gradient check: derivatives of the graph, in reverse and forward mode, against finite differences of what it
//! computes.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use retrograd_core::{DType, Error, Expr, Graph, Tensor};

use crate::{
    differences,
    mistake::{Mistake, are_alike},
    point::{CheckedPoint, random_weight},
    report::{CheckFailure, Derivative, Mismatch, Modes, Report, WrongElement},
};

/// The part of the function's values that a derivative is measured against even if it is itself smaller: what rounding
/// leaves of smaller ones cannot be told from nothing.
const SMALLEST: f64 = 1e-4;

/// The largest output whose parts are searched for the only one that contributes to a wrong gradient.
const LARGEST_SEARCHED: usize = 256;

/// The settings of a gradient check.
///
/// ```
/// use retrograd_check::GradientCheck;
/// use retrograd_core::Tensor;
///
/// let thorough = GradientCheck { n_orders: 3, every_element: true, ..GradientCheck::default() };
/// let report = thorough.run(|_, x| x[0].tanh(), &[Tensor::from([0.3, -1.2])])?;
/// assert_eq!(report.n_elements, 6);
/// # Ok::<(), retrograd_check::CheckFailure>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct GradientCheck {
    /// The highest order of derivatives: 1 for the gradient, 2 for second derivatives too, and so on.
    pub n_orders: usize,
    /// Largest relative error.
    pub tolerance: f64,
    /// The largest error that counts as rounding of a derivative that is 0.
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

/// Checks the first and second derivatives of a function, recorded in an `f64` graph, in reverse and forward mode against
/// finite differences at `inputs`.
///
/// The outputs are weighted with random numbers, so that errors in different places cannot cancel, and the inputs
/// are moved along one random direction, each element in proportion to its size. At second order the same is done
/// with the gradient in place of the function. Inputs of integers or truth values are passed on and stay fixed. Near a
/// kink or jump a function has no derivative to compare with: choose inputs away from them.
///
/// # Errors
/// If a derivative is wrong: then each element is looked at, the worst is named with all its values, and so is the
/// [`Mistake`] that all of them together look like. Also if a value is not finite, or
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
/// let wrong = check_gradients(|_, inputs| inputs[0] * inputs[0].stop_gradient(), &[x]).unwrap_err();
/// assert!(wrong.to_string().contains("likely mistake: it is half of what it should be"));
/// # Ok::<(), retrograd_check::CheckFailure>(())
/// ```
pub fn check_gradients<F>(f: F, inputs: &[Tensor]) -> Result<Report, CheckFailure>
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
    pub fn run<F>(&self, f: F, inputs: &[Tensor]) -> Result<Report, CheckFailure>
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
    /// # Ok::<(), retrograd_check::CheckFailure>(())
    /// ```
    ///
    /// # Errors
    /// As [`check_gradients`].
    ///
    /// # Panics
    /// If the dtype of the graph is not `f64`, or an expression among `leaves` is not a named leaf.
    #[track_caller]
    pub fn check<'g>(&self, output: Expr<'g>, leaves: &[Expr<'g>]) -> Result<Report, CheckFailure> {
        assert!(
            output.graph().dtype() == DType::F64,
            "gradients are checked in a graph of f64: make it by `Graph::with_dtype(DType::F64)`"
        );
        if !output.dtype().is_float() {
            let reason = "only floating-point numbers have gradients";
            let _call = output.graph().call("check_gradients").open();
            return Err(Expr::misfit(&[output], reason).into());
        }
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        let point = CheckedPoint::of(output.graph(), leaves)?;
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
        point: &CheckedPoint<'_>,
        direction: &[Vec<f64>],
    ) -> Result<Derivative, CheckFailure> {
        let along = weighted.derivative(point, direction)?;
        let is_right = self.accepts(weighted, &along);
        if is_right && !self.every_element {
            return Ok(along.derivative);
        }
        let wrong = self.wrong_elements(weighted, point)?;
        if is_right && wrong.n == 0 {
            return Ok(along.derivative);
        }
        let modes = wrong.modes.or(self.modes(weighted, &along)).unwrap_or(Modes::Both);
        let mistake = match &wrong.worst {
            Some(worst) => weighted.mistake(point, worst.input, &wrong.derivatives, modes)?,
            None => None,
        };
        let by_leaf = point.leaves.iter().zip(direction);
        Err(CheckFailure::Mismatch(Box::new(Mismatch {
            order: weighted.order,
            along: along.derivative,
            direction: by_leaf.map(|(leaf, along)| leaf.tensor(along.clone())).collect(),
            worst: wrong.worst,
            modes,
            mistake,
            n_wrong: wrong.n,
            n_elements: point.n_elements(),
            seed: self.seed,
        })))
    }

    /// Whether a derivative is as finite differences say.
    fn accepts(&self, weighted: &Weighted<'_>, along: &Along) -> bool {
        self.modes(weighted, along).is_none()
    }

    /// The modes in which a derivative is not as finite differences say.
    fn modes(&self, weighted: &Weighted<'_>, along: &Along) -> Option<Modes> {
        let Derivative { reverse, forward, differences, .. } = along.derivative;
        let scale = along.magnitude.max(differences.abs()).max(SMALLEST * weighted.magnitude);
        let is_right = |derivative: f64| {
            (derivative - differences).abs() <= (self.tolerance * scale).max(self.roundoff)
        };
        match (is_right(reverse), is_right(forward)) {
            (true, true) => None,
            (false, false) => Some(Modes::Both),
            (false, true) => Some(Modes::Reverse),
            (true, false) => Some(Modes::Forward),
        }
    }

    /// The derivatives by all elements, and which of them are wrong.
    fn wrong_elements(
        &self,
        weighted: &Weighted<'_>,
        point: &CheckedPoint<'_>,
    ) -> Result<Wrong, Error> {
        let mut wrong = Wrong::default();
        let mut largest_error = -1.0;
        for (k, leaf) in point.leaves.iter().enumerate() {
            let mut derivatives = Vec::new();
            for (element, scale) in leaf.scales.iter().enumerate() {
                let along = weighted.derivative(point, &point.direction_of(k, element))?;
                let derivative = along.derivative.scaled(1.0 / scale);
                derivatives.push(derivative);
                let Some(modes) = self.modes(weighted, &along) else { continue };
                wrong.n += 1;
                let Derivative { reverse, forward, differences, .. } = along.derivative;
                let error = (reverse - differences).abs().max((forward - differences).abs());
                if error > largest_error || wrong.worst.is_none() {
                    largest_error = error;
                    let index = leaf.expr.shape().index_of(element);
                    let name = leaf.name.to_string();
                    wrong.worst = Some(WrongElement { input: leaf.input, name, index, derivative });
                    wrong.modes = Some(modes);
                }
            }
            wrong.derivatives.push(derivatives);
        }
        Ok(wrong)
    }
}

/// Derivatives by single elements.
#[derive(Default)]
struct Wrong {
    /// The number of wrong elements.
    n: usize,
    worst: Option<WrongElement>,
    /// Which modes are wrong at the worst.
    modes: Option<Modes>,
    /// All of them, by leaf.
    derivatives: Vec<Vec<Derivative>>,
}

/// A weighted sum of outputs, and its gradient.
struct Weighted<'g> {
    /// How often the function that is checked has been differentiated to get the gradient.
    order: usize,
    sum: Expr<'g>,
    /// The outputs, each times its weights.
    terms: Vec<Expr<'g>>,
    /// The derivative of the sum along the stand-ins for the directions of leaves.
    tangent: Expr<'g>,
    gradient: Vec<Expr<'g>>,
    gradient_values: Vec<Vec<f64>>,
    /// Sum of the magnitudes of the terms, or that of a lower order if it is larger.
    magnitude: f64,
}

/// A derivative of a weighted sum along a direction.
struct Along {
    derivative: Derivative,
    /// Sum of the magnitudes of the elements' shares.
    magnitude: f64,
}

impl<'g> Weighted<'g> {
    /// Weights the outputs at random and records the gradient of their sum, which is the derivative of order
    /// `order` of the function that is checked. Lower orders have reached `magnitude`.
    fn record(
        order: usize,
        outputs: &[Expr<'g>],
        point: &CheckedPoint<'g>,
        magnitude: f64,
        rng: &mut impl Rng,
    ) -> Result<Self, CheckFailure> {
        let (mut terms, mut seeds, mut total) = (Vec::new(), Vec::new(), 0.0);
        for (which, &output) in outputs.iter().enumerate() {
            let values = finite_values(order - 1, which, output)?;
            let weights: Vec<_> = values.iter().map(|_| random_weight(rng)).collect();
            total += values.iter().zip(&weights).map(|(y, w)| (y * w).abs()).sum::<f64>();
            let weights = Tensor::new(output.shape(), weights)?;
            let seed = output.graph().constant(weights);
            terms.push(output.try_mul(seed)?);
            seeds.push(seed);
        }
        let sums = terms.iter().map(|term| term.sum());
        let sum = sums.reduce(|a, b| a + b).expect("there is an output");
        let tangent = sum.try_jvp(&point.tangents())?;
        let gradient = match (outputs, &seeds[..]) {
            ([output], [seed]) => output.try_vjp(*seed, &point.exprs())?,
            _ => sum.try_grad(&point.exprs())?,
        };
        let by_input = gradient.iter().enumerate();
        let gradient_values =
            by_input.map(|(which, &g)| finite_values(order, which, g)).collect::<Result<_, _>>()?;
        let magnitude = magnitude.max(total);
        Ok(Self { order, sum, terms, tangent, gradient, gradient_values, magnitude })
    }

    /// The derivative of the sum along a direction.
    fn derivative(&self, point: &CheckedPoint<'g>, direction: &[Vec<f64>]) -> Result<Along, Error> {
        let estimate = differences::derivative(|t| point.value_at(self.sum, direction, t))?;
        let by_leaf = self.gradient_values.iter().zip(direction);
        let terms = by_leaf.flat_map(|(g, along)| g.iter().zip(along).map(|(g, along)| g * along));
        let (reverse, magnitude) =
            terms.fold((0.0, 0.0), |(sum, size), term| (sum + term, size + term.abs()));
        let forward = point.value_along(self.tangent, direction)?;
        let differences::Estimate { value: differences, uncertainty } = estimate;
        Ok(Along {
            derivative: Derivative { reverse, forward, differences, uncertainty },
            magnitude,
        })
    }

    /// The mistake that the derivatives by the elements of an input look like.
    fn mistake(
        &self,
        point: &CheckedPoint<'g>,
        input: usize,
        derivatives: &[Vec<Derivative>],
        modes: Modes,
    ) -> Result<Option<Mistake>, Error> {
        let k = point.leaves.iter().position(|leaf| leaf.input == input);
        let k = k.expect("the worst element is one of a leaf");
        let of = |derivative: &Derivative| match modes {
            Modes::Both | Modes::Reverse => derivative.reverse,
            Modes::Forward => derivative.forward,
        };
        let wrong: Vec<_> = derivatives[k].iter().map(of).collect();
        let right: Vec<_> =
            derivatives[k].iter().map(|derivative| derivative.differences).collect();
        match Mistake::between(&wrong, &right, &point.leaves[k].expr.shape()) {
            Some(mistake) => Ok(Some(mistake)),
            None => self.missing_sum(point, k, &wrong),
        }
    }

    /// The part of an output at one index along an axis whose derivatives by a leaf are those given.
    fn missing_sum(
        &self,
        point: &CheckedPoint<'g>,
        k: usize,
        wrong: &[f64],
    ) -> Result<Option<Mistake>, Error> {
        let scales = &point.leaves[k].scales;
        for term in self.terms.iter().filter(|term| term.shape().n_elements() <= LARGEST_SEARCHED) {
            for (axis, &size) in term.shape().iter().enumerate() {
                for index in 0..if size > 1 { size } else { 0 } {
                    let part = term.slice(axis as isize, index..=index).sum();
                    let by_element = scales.iter().enumerate().map(|(element, scale)| {
                        let direction = point.direction_of(k, element);
                        let value = |t| point.value_at(part, &direction, t);
                        Ok(differences::derivative(value)?.value / scale)
                    });
                    let by_element: Vec<f64> = by_element.collect::<Result<_, Error>>()?;
                    if are_alike(wrong, &by_element) {
                        return Ok(Some(Mistake::MissingSum { axis, index }));
                    }
                }
            }
        }
        Ok(None)
    }
}

/// The values of an output or of a gradient, which must be finite.
fn finite_values(order: usize, which: usize, expr: Expr<'_>) -> Result<Vec<f64>, CheckFailure> {
    let values = expr.try_value()?.to_vec::<f64>();
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(values),
        Some(position) => {
            let index = expr.shape().index_of(position);
            Err(CheckFailure::NotFinite { order, which, index, value: values[position] })
        }
    }
}
