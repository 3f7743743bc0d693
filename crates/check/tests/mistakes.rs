//! The gradient check recognizes the mistakes that rules are known for, in operations of users' own, and says so.

use std::fmt;

use retrograd_check::{CheckFailure, GradientCheck, Mismatch, Mistake, Modes};
use retrograd_core::{
    DType, Expr, Graph, Shape, Tensor, View, ViewMut,
    ops::{Custom, CustomOperation, Rule, Tangents},
};

type Vjp = for<'g> fn(Rule<'_, 'g>, Expr<'g>) -> Option<Expr<'g>>;
type Value = for<'g> fn(&[Expr<'g>]) -> Expr<'g>;

/// An operation with a right value and a rule that may be wrong; the forward rule follows from it.
struct Suspect {
    value: Value,
    vjp: Vjp,
}

impl fmt::Debug for Suspect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("suspect")
    }
}

impl Suspect {
    /// The value, recorded of data.
    fn computed(&self, x: &[Tensor]) -> Tensor {
        let g = Graph::with_dtype(DType::F64);
        let x: Vec<_> = x.iter().map(|x| g.constant(x)).collect();
        (self.value)(&x).value()
    }
}

impl CustomOperation for Suspect {
    fn name(&self) -> &str {
        "suspect"
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        let zeros: Vec<_> = inputs.iter().map(|x| Tensor::zeros(DType::F64, x)).collect();
        Ok(self.computed(&zeros).shape().clone())
    }

    fn vjp<'g>(&self, rule: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>> {
        (self.vjp)(rule, g)
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        let x: Vec<_> = x.iter().map(View::to_tensor).collect();
        y.elements::<f64>().copy_from_slice(&self.computed(&x).to_vec::<f64>());
    }
}

fn matrix() -> Tensor {
    Tensor::from([[0.3, -1.2, 0.7], [1.1, 0.4, -0.9], [-0.5, 1.3, 0.8]])
}

fn vector() -> Tensor {
    Tensor::from([0.5, -1.5, 2.0])
}

/// The check's report on an operation.
fn mismatch(operation: impl CustomOperation + 'static, inputs: &[Tensor]) -> Mismatch {
    let operation = Custom::new(operation);
    let g = Graph::with_dtype(DType::F64);
    let named = ["weights", "bias"].iter().zip(inputs);
    let leaves: Vec<_> = named.map(|(name, data)| g.param(name, data)).collect();
    let first_only = GradientCheck { n_orders: 1, ..GradientCheck::default() };
    match first_only.check(operation.apply(&leaves).sin(), &leaves) {
        Err(CheckFailure::Mismatch(mismatch)) => *mismatch,
        other => panic!("expected a mismatch, not {other:?}"),
    }
}

/// The mistake that is told of an operation, and how, where both modes are wrong.
fn told(value: Value, vjp: Vjp, inputs: &[Tensor]) -> (Option<Mistake>, String) {
    let mismatch = mismatch(Suspect { value, vjp }, inputs);
    assert_eq!(mismatch.modes, Modes::Both);
    (mismatch.mistake, mismatch.to_string())
}

#[track_caller]
fn assert_says(message: &str, line: &str) {
    println!("{message}\n");
    assert!(message.lines().any(|l| l.trim() == line), "no line is `{line}`:\n{message}");
}

#[test]
fn a_factor_is_told_by_a_constant_ratio() {
    let (mistake, message) =
        told(|x| x[0].square(), |rule, g| Some(g * 4.0 * rule.x(0)), &[matrix()]);
    let Some(Mistake::Factor(factor)) = mistake else { panic!("{message}") };
    assert!((factor - 2.0).abs() < 1e-9);
    assert_says(
        &message,
        "likely mistake: it is twice as large as it should be: a rule has a factor too many, a mean is a sum, or \
         something is counted twice",
    );
}

#[test]
fn a_mean_in_place_of_a_sum_is_told_as_a_factor() {
    let (mistake, message) = told(
        |x| x[0] * x[1],
        |rule, g| Some(if rule.k == 0 { g * rule.x(1) } else { (g * rule.x(0)).mean_over(0) }),
        &[matrix(), vector()],
    );
    let Some(Mistake::Factor(factor)) = mistake else { panic!("{message}") };
    assert!((factor - 1.0 / 3.0).abs() < 1e-9);
    assert!(message.contains("it is a third of what it should be"), "{message}");
}

#[test]
fn a_wrong_sign_is_told() {
    let (mistake, message) = told(|x| x[0].cos(), |rule, g| Some(g * rule.x(0).sin()), &[matrix()]);
    assert_eq!(mistake, Some(Mistake::Sign));
    assert_says(&message, "likely mistake: it has the wrong sign");
}

#[test]
fn swapped_operands_of_a_product_are_told_as_a_transpose() {
    let (mistake, message) = told(
        |x| x[0].dot(x[1]),
        |rule, g| Some(if rule.k == 0 { rule.x(1).dot(g.t()) } else { rule.x(0).t().dot(g) }),
        &[matrix(), matrix()],
    );
    assert_eq!(mistake, Some(Mistake::Transpose), "{message}");
    assert!(message.contains("by `weights` at ["), "{message}");
}

#[test]
fn an_oblong_matrix_in_the_order_of_its_transpose_is_told() {
    let oblong = Tensor::from([[0.3, -1.2, 0.7], [1.1, 0.4, -0.9]]);
    let (mistake, message) =
        told(|x| x[0].t(), |rule, g| Some(g.reshape(rule.x(0).shape())), &[oblong]);
    assert_eq!(mistake, Some(Mistake::Transpose), "{message}");
}

#[test]
fn a_missing_sum_over_a_broadcast_is_told_with_the_part_that_alone_contributes() {
    let (mistake, message) = told(
        |x| x[0] + x[1],
        |rule, g| Some(if rule.k == 0 { g } else { g.slice(0, 1..2).squeeze(0) }),
        &[matrix(), vector()],
    );
    assert_eq!(mistake, Some(Mistake::MissingSum { axis: 0, index: 1 }), "{message}");
    assert!(message.contains("by `bias` at ["), "{message}");
    assert_says(
        &message,
        "likely mistake: only index 1 along axis 0 of the output contributes: a rule does not sum over an axis that \
         the input is broadcast along",
    );
}

#[test]
fn a_hidden_dependence_is_told_by_a_gradient_of_zero() {
    let (mistake, message) = told(
        |x| x[0] * x[1],
        |rule, g| (rule.k == 0).then(|| g * rule.x(1)),
        &[matrix(), vector()],
    );
    assert_eq!(mistake, Some(Mistake::Hidden), "{message}");
    assert!(message.contains("by `bias` at [") && message.contains("likely mistake: it is zero"));
}

#[test]
fn a_rule_with_another_error_is_not_explained_away() {
    let (mistake, message) = told(|x| x[0].tanh(), |rule, g| Some(g * (1.0 - rule.y)), &[matrix()]);
    assert_eq!(mistake, None);
    assert_says(&message, "no common mistake explains it");
}

/// `y = x²`, by a right rule and a wrong forward rule.
#[derive(Debug)]
struct WrongForward;

impl CustomOperation for WrongForward {
    fn name(&self) -> &str {
        "wrong forward"
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        Ok(inputs[0].clone())
    }

    fn vjp<'g>(&self, rule: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>> {
        Some(g * 2.0 * rule.x(0))
    }

    fn jvp<'g>(&self, tangents: Tangents<'_, 'g>) -> Option<Expr<'g>> {
        Some(tangents.of(0)? * tangents.x(0))
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        y.elements::<f64>().iter_mut().zip(x[0].elements::<f64>()).for_each(|(y, x)| *y = x * x);
    }
}

#[test]
fn a_wrong_forward_rule_is_told_apart_from_a_wrong_reverse_rule() {
    let mismatch = mismatch(WrongForward, &[matrix()]);
    assert_eq!(mismatch.modes, Modes::Forward);
    assert!(
        matches!(mismatch.mistake, Some(Mistake::Factor(factor)) if (factor - 0.5).abs() < 1e-9)
    );
    let message = mismatch.to_string();
    assert!(message.contains("likely mistake in a `jvp` (reverse mode is right): it is half"));
}
