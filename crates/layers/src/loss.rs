//! Losses of predictions against targets, and penalties of parameters: expressions, so derivatives follow.
//!
//! A loss keeps the axis of examples and gives one number for each; `.mean()` makes the scalar that is minimized.
//! What it records lies in a scope of its name, so that a picture can show it as one box.

use retrograd_core::{
    DType, Error, Expr,
    ops::{Binary, Unary},
};

use crate::error::located;

/// Losses as methods of predictions.
///
/// Cross entropies take logits, not probabilities, so that they are finite and exact for logits of any size.
///
/// ```
/// use retrograd_core::Graph;
/// use retrograd_layers::Loss;
///
/// let g = Graph::with_dtype(retrograd_core::DType::F64);
/// let logits = g.param("logits", [[1000.0, 0.0], [0.0, 1000.0]]);
/// let labels = g.constant([0i64, 0]);
/// let losses = logits.cross_entropy(labels);
/// assert_eq!(losses.value().to_vec::<f64>(), [0.0, 1000.0]);
/// // The gradient is softmax − one-hot, with no formula for it anywhere.
/// let gradient = losses.sum().grad(&[logits])[0];
/// assert_eq!(gradient.value().to_vec::<f64>(), [0.0, 0.0, -1.0, 1.0]);
/// ```
pub trait Loss<'g>: Copy {
    /// Mean squared error of each example, `1/k Σ (y − t)²` over its `k` outputs: `[n, …], [n, …] → [n]`.
    ///
    /// # Panics
    /// If targets and predictions differ in shape or dtype.
    #[track_caller]
    fn mse(self, targets: Expr<'g>) -> Expr<'g> {
        located(self.try_mse(targets))
    }

    /// [`mse`](Self::mse) that returns what is wrong.
    ///
    /// # Errors
    /// If targets and predictions differ in shape or dtype.
    #[track_caller]
    fn try_mse(self, targets: Expr<'g>) -> Result<Expr<'g>, Error>;

    /// Binary cross entropy of each example on logits: `−[t ln y + (1 − t) ln(1 − y)]` with `y = σ(logit)`, the mean
    /// over outputs if there are several: `[n, …], [n, …] → [n]`. Targets are probabilities of class 1: 0, 1 or
    /// between.
    ///
    /// Written with `ln σ`, it loses no digit to `ln(1 − y)` where `y` is near 1; a logit that is infinite on the
    /// right side costs 0. Its gradient is `y − t`.
    ///
    /// # Panics
    /// If targets and logits differ in shape or dtype.
    #[track_caller]
    fn binary_cross_entropy(self, targets: Expr<'g>) -> Expr<'g> {
        located(self.try_binary_cross_entropy(targets))
    }

    /// [`binary_cross_entropy`](Self::binary_cross_entropy) that returns what is wrong.
    ///
    /// # Errors
    /// If targets and logits differ in shape or dtype.
    #[track_caller]
    fn try_binary_cross_entropy(self, targets: Expr<'g>) -> Result<Expr<'g>, Error>;

    /// Cross entropy of each example on logits, `−Σₖ tₖ ln yₖ` with `y = softmax(logits)` over the last axis.
    ///
    /// Targets are either integer labels, `[n, k], [n] → [n]`, or probabilities such as one-hot rows,
    /// `[n, k], [n, k] → [n]`; their dtype tells which. A class of probability 0 costs nothing, also where its logit
    /// is −∞. The gradient is `y − t`.
    ///
    /// # Panics
    /// If the logits have no axis, or targets of that dtype do not fit them. A label that is not a class is an error
    /// of the run that meets it.
    #[track_caller]
    fn cross_entropy(self, targets: Expr<'g>) -> Expr<'g> {
        located(self.try_cross_entropy(targets))
    }

    /// [`cross_entropy`](Self::cross_entropy) that returns what is wrong.
    ///
    /// # Errors
    /// If the logits have no axis, or targets of that dtype do not fit them.
    #[track_caller]
    fn try_cross_entropy(self, targets: Expr<'g>) -> Result<Expr<'g>, Error>;
}

impl<'g> Loss<'g> for Expr<'g> {
    fn try_mse(self, targets: Expr<'g>) -> Result<Expr<'g>, Error> {
        let _scope = self.graph().scope("mse");
        check_alike("mse", self, targets)?;
        mean_of_each_example(self.try_sub(targets)?.square())
    }

    fn try_binary_cross_entropy(self, targets: Expr<'g>) -> Result<Expr<'g>, Error> {
        let _scope = self.graph().scope("binary_cross_entropy");
        check_alike("binary_cross_entropy", self, targets)?;
        let if_one = weigh(targets, self.try_apply_unary(Unary::LogSigmoid)?)?;
        let if_zero = weigh(1.0 - targets, (-self).log_sigmoid())?;
        mean_of_each_example(-(if_one + if_zero))
    }

    fn try_cross_entropy(self, targets: Expr<'g>) -> Result<Expr<'g>, Error> {
        let _scope = self.graph().scope("cross_entropy");
        if targets.dtype() == DType::I64 {
            return cross_entropy_of_labels(self, targets);
        }
        if targets.rank() + 1 == self.rank() {
            let reason = "labels of classes are integers; cast the targets, or give a probability of each class";
            return Err(Expr::misfit("cross_entropy", &[self, targets], reason));
        }
        check_alike("cross_entropy", self, targets)?;
        let log_probabilities = self.try_log_softmax(-1)?;
        Ok(-weigh(targets, log_probabilities)?.sum_over(-1))
    }
}

#[track_caller]
fn cross_entropy_of_labels<'g>(logits: Expr<'g>, labels: Expr<'g>) -> Result<Expr<'g>, Error> {
    let log_probabilities = logits.try_log_softmax(-1)?;
    let shape = logits.shape();
    let examples = &shape[..shape.rank() - 1];
    if labels.shape()[..] != *examples {
        let reason = format!(
            "integer labels name one class for each example, so their shape is {examples:?}"
        );
        return Err(Expr::misfit("cross_entropy", &[logits, labels], reason));
    }
    let picked = log_probabilities.try_gather(-1, labels.unsqueeze(-1))?;
    Ok(-picked.squeeze(-1))
}

fn check_alike<'g>(loss: &str, predictions: Expr<'g>, targets: Expr<'g>) -> Result<(), Error> {
    let misfit = |reason: &str| Err(Expr::misfit(loss, &[predictions, targets], reason));
    if predictions.dtype() != targets.dtype() {
        return misfit("targets and predictions must be of one dtype; cast the targets");
    }
    if predictions.shape() != targets.shape() {
        return misfit("targets need the shape of the predictions");
    }
    Ok(())
}

/// `weight·x`, but 0 where the weight is 0, though `x` be infinite.
#[track_caller]
fn weigh<'g>(weight: Expr<'g>, x: Expr<'g>) -> Result<Expr<'g>, Error> {
    weight.try_apply_binary(Binary::Chain, x)
}

/// Mean over all axes but the first.
#[track_caller]
fn mean_of_each_example(x: Expr<'_>) -> Result<Expr<'_>, Error> {
    let outputs: Vec<isize> = (1..x.rank() as isize).collect();
    if outputs.is_empty() { Ok(x) } else { x.try_mean_over(&outputs[..]) }
}

/// Sum of absolute values of parameters, `Σ |w|`; times λ, the penalty that drives small weights to exactly 0.
///
/// ```
/// let g = retrograd_core::Graph::new();
/// let w = g.param("w", [3.0, -2.0, 0.0]);
/// let penalty = 0.1 * retrograd_layers::l1(&[w]);
/// assert_eq!(penalty.grad(&[w])[0].value().to_vec::<f32>(), [0.1, -0.1, 0.0]);
/// ```
///
/// # Panics
/// If there are no parameters, or they are of different graphs.
#[track_caller]
pub fn l1<'g>(params: &[Expr<'g>]) -> Expr<'g> {
    let first = first(params);
    let _scope = first.graph().scope("l1");
    let mut total = first.abs().sum();
    for param in &params[1..] {
        total = total + param.abs().sum();
    }
    total
}

/// Half the sum of squares of parameters, `½ Σ w²`; times λ, the penalty whose gradient is `λw`. With plain
/// gradient descent at rate η it is weight decay: `w ← (1 − ηλ)w − η ∂L/∂w`.
///
/// ```
/// let g = retrograd_core::Graph::new();
/// let w = g.param("w", [3.0, -2.0]);
/// assert_eq!(retrograd_layers::l2(&[w]).grad(&[w])[0].value().to_vec::<f64>(), [3.0, -2.0]);
/// ```
///
/// # Panics
/// If there are no parameters, or they are of different graphs.
#[track_caller]
pub fn l2<'g>(params: &[Expr<'g>]) -> Expr<'g> {
    let first = first(params);
    let _scope = first.graph().scope("l2");
    let mut total = first.square().sum();
    for param in &params[1..] {
        total = total + param.square().sum();
    }
    0.5 * total
}

#[track_caller]
fn first<'g>(params: &[Expr<'g>]) -> Expr<'g> {
    *params.first().expect("a penalty needs at least one parameter")
}

#[cfg(test)]
mod tests {
    use retrograd_core::{Graph, Tensor};

    use super::*;

    const LN_2: f64 = std::f64::consts::LN_2;

    fn graph() -> Graph {
        Graph::with_dtype(DType::F64)
    }

    fn close(values: &[f64], expected: &[f64]) {
        assert_eq!(values.len(), expected.len());
        for (value, expected) in values.iter().zip(expected) {
            assert!((value - expected).abs() <= 1e-15 * expected.abs(), "{value} ≠ {expected}");
        }
    }

    #[test]
    fn mse_averages_over_outputs_and_keeps_examples() {
        let g = graph();
        let y = g.param("y", [[1.0, 2.0], [3.0, 4.0]]);
        let losses = y.mse(g.constant([[0.0, 0.0], [3.0, 2.0]]));
        close(&losses.value().to_vec::<f64>(), &[2.5, 2.0]);
        close(&losses.mean().grad(&[y])[0].value().to_vec::<f64>(), &[0.5, 1.0, 0.0, 1.0]);
    }

    /// For a logit and a target: the loss and its derivative, rounded from exact arithmetic.
    #[test]
    fn binary_cross_entropy_is_exact_for_any_logit() {
        let table = [
            (0.0, 0.0, LN_2, 0.5),
            (0.0, 1.0, LN_2, -0.5),
            (1.0, 0.25, 1.063_261_687_518_222_8, 0.481_058_578_630_004_9),
            (40.0, 1.0, 4.248_354_255_291_589e-18, -4.248_354_255_291_589e-18),
            (-40.0, 0.0, 4.248_354_255_291_589e-18, 4.248_354_255_291_589e-18),
            (1000.0, 1.0, 0.0, 0.0),
            (-1000.0, 1.0, 1000.0, -1.0),
            (1000.0, 0.0, 1000.0, 1.0),
            (-1000.0, 0.0, 0.0, 0.0),
            (f64::INFINITY, 1.0, 0.0, 0.0),
            (f64::NEG_INFINITY, 0.0, 0.0, 0.0),
        ];
        for (logit, target, loss, derivative) in table {
            let g = graph();
            let z = g.param("z", [logit]);
            let losses = z.binary_cross_entropy(g.constant([target]));
            close(&losses.value().to_vec::<f64>(), &[loss]);
            close(&losses.sum().grad(&[z])[0].value().to_vec::<f64>(), &[derivative]);
        }
    }

    #[test]
    fn cross_entropy_takes_labels_or_probabilities() {
        let g = graph();
        let logits = g.param("logits", [[1.0, 2.0, 3.0], [-1000.0, 1000.0, 0.0]]);
        let (labels, rows) =
            (g.constant([2i64, 0]), g.constant([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]));
        for targets in [labels, rows] {
            let losses = logits.cross_entropy(targets);
            close(&losses.value().to_vec::<f64>(), &[0.407_605_964_444_380_13, 2000.0]);
            let gradient = losses.sum().grad(&[logits])[0].value().to_vec::<f64>();
            let expected =
                [0.090_030_573_170_380_46, 0.244_728_471_054_797_64, -0.334_759_044_225_178_2];
            for (value, expected) in gradient.iter().zip(expected) {
                assert!((value - expected).abs() < 1e-15);
            }
            close(&gradient[3..], &[-1.0, 1.0, 0.0]);
        }
    }

    #[test]
    fn a_class_of_probability_0_may_have_an_infinite_logit() {
        let g = graph();
        let logits = g.param("logits", [[0.0, f64::NEG_INFINITY]]);
        let losses = logits.cross_entropy(g.constant([[1.0, 0.0]]));
        close(&losses.value().to_vec::<f64>(), &[0.0]);
        close(&losses.sum().grad(&[logits])[0].value().to_vec::<f64>(), &[0.0, 0.0]);
    }

    #[test]
    fn penalties_sum_over_parameters() {
        let g = graph();
        let (v, w) = (g.param("v", [3.0, -4.0]), g.param("w", [[0.5]]));
        assert_eq!(l1(&[v, w]).value().item(), 7.5);
        assert_eq!(l2(&[v, w]).value().item(), 12.625);
        close(&l1(&[v, w]).grad(&[v])[0].value().to_vec::<f64>(), &[1.0, -1.0]);
        close(&l2(&[v, w]).grad(&[v])[0].value().to_vec::<f64>(), &[3.0, -4.0]);
    }

    #[test]
    fn targets_that_do_not_fit_are_named() {
        let g = graph();
        let (y, t) = (g.input("y", [4, 1]), g.input("t", [4]));
        let message = y.try_mse(t).unwrap_err().to_string();
        assert!(message.starts_with("mse: `y` [4, 1] × `t` [4]: targets need"), "{message}");

        let labels = g.input_as("labels", DType::I64, [5]);
        let message = y.try_cross_entropy(labels).unwrap_err().to_string();
        let expected = "cross_entropy: `y` f64 [4, 1] × `labels` i64 [5]: integer labels name one \
            class for each example, so their shape is [4]";
        assert!(message.starts_with(expected), "{message}");
        let message = y.try_cross_entropy(t).unwrap_err().to_string();
        let expected = "cross_entropy: `y` [4, 1] × `t` [4]: labels of classes are integers";
        assert!(message.starts_with(expected), "{message}");
        let message = y.try_binary_cross_entropy(labels).unwrap_err().to_string();
        assert!(message.contains("cast the targets"), "{message}");
    }

    #[test]
    fn a_label_that_is_no_class_is_an_error_of_the_run() {
        let g = graph();
        let y = g.constant(Tensor::full(DType::F64, [1, 3], 0.0));
        let message = y.cross_entropy(g.constant([3i64])).try_value().unwrap_err().to_string();
        assert!(message.contains("index 3 is out of bounds"), "{message}");
    }
}
