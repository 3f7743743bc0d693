//! The gradient check finds what is wrong, and says where.

use retrograd_check::{CheckFailure, GradientCheck, Mismatch, WrongElement, check_gradients};
use retrograd_core::{DType, Expr, Graph, Tensor};

/// A function with the value of one expression and the gradient of another.
fn pretend<'g>(value: Expr<'g>, with_gradient_of: Expr<'g>) -> Expr<'g> {
    value.stop_gradient() + (with_gradient_of - with_gradient_of.stop_gradient())
}

fn mismatch<F>(f: F, inputs: &[Tensor]) -> Mismatch
where
    F: for<'g> Fn(&'g Graph, &[Expr<'g>]) -> Expr<'g>,
{
    match check_gradients(f, inputs) {
        Err(CheckFailure::Mismatch(mismatch)) => *mismatch,
        other => panic!("expected a mismatch, not {other:?}"),
    }
}

/// The graph's derivative over the right one, at the worst element.
fn ratio(mismatch: &Mismatch) -> f64 {
    let WrongElement { derivative, .. } = mismatch.worst.as_ref().expect("an element is wrong");
    derivative.reverse / derivative.differences
}

fn square_matrix() -> Tensor {
    Tensor::from([[0.3, -1.2, 0.7], [1.1, 0.4, -0.9], [-0.5, 1.3, 0.8]])
}

#[test]
fn right_functions_pass_with_integers_and_masks_beside_them() {
    let inputs =
        [square_matrix(), Tensor::from([[0i64], [2], [1]]), Tensor::from([true, false, true])];
    let report = check_gradients(
        |_, x| x[2].select(x[0].log_softmax(1).gather(1, x[1]).squeeze(1), 0.5),
        &inputs,
    );
    let report = report.expect("the gradient is right");
    assert_eq!((report.along.len(), report.n_elements, report.seed), (2, 0, 0));
    for derivative in report.along {
        assert!((derivative.reverse - derivative.differences).abs() < 1e-8, "{derivative}");
    }
}

#[test]
fn a_missing_factor_is_found() {
    let found = mismatch(|_, x| pretend(x[0].square(), x[0].square() * 0.5), &[square_matrix()]);
    assert_eq!((found.order, found.n_wrong, found.n_elements), (1, 9, 9));
    assert!((ratio(&found) - 0.5).abs() < 1e-8);
}

#[test]
fn a_wrong_rule_is_found() {
    let found = mismatch(|_, x| pretend(x[0].sin(), -x[0].cos()), &[square_matrix()]);
    assert_eq!(found.order, 1);
}

#[test]
fn a_transposed_matrix_is_found() {
    let inputs = [Tensor::from([0.5, -1.5, 2.0]), square_matrix()];
    let found = mismatch(|_, x| pretend(x[0].dot(x[1]), x[0].dot(x[1].t())), &inputs);
    assert_eq!(found.order, 1);
    assert!(found.n_wrong > 3, "{found}");
}

#[test]
fn a_missing_sum_over_a_broadcast_is_found() {
    let inputs = [Tensor::from([0.5, -1.5, 2.0]), square_matrix()];
    let found = mismatch(
        |g, x| {
            let first_row = g.constant([[1.0], [0.0], [0.0]]);
            pretend(x[0] * x[1], x[0] * first_row * x[1] + x[0].stop_gradient() * x[1])
        },
        &inputs,
    );
    assert_eq!(found.worst.map(|worst| worst.input), Some(0));
}

#[test]
fn the_one_element_that_is_wrong_is_named() {
    let found = mismatch(
        |g, x| {
            let wrong = g.constant([[1.0, 1.0, 1.0], [1.0, 1.0, 1.001], [1.0, 1.0, 1.0]]);
            pretend(x[1].exp(), x[1].exp() * wrong).sum() * x[0]
        },
        &[Tensor::from(2.0), square_matrix()],
    );
    let worst = found.worst.as_ref().expect("an element is wrong");
    assert_eq!((worst.input, &worst.index[..], found.n_wrong), (1, &[1, 2][..], 1));
    assert!((ratio(&found) - 1.001).abs() < 1e-8);
}

#[test]
fn an_error_that_one_weight_for_all_outputs_would_cancel_is_found() {
    let found =
        mismatch(|_, x| pretend(x[0], x[0].slice_by(0, .., -1)), &[Tensor::from([1.0, 2.0, 3.0])]);
    assert_eq!(found.n_wrong, 2, "all but the middle one");
}

#[test]
fn a_gradient_that_is_right_but_cannot_be_differentiated_again_is_found() {
    fn cube<'g>(_: &'g Graph, x: &[Expr<'g>]) -> Expr<'g> {
        pretend(x[0].powi(3), 3.0 * x[0].stop_gradient().square() * x[0])
    }
    let found = mismatch(cube, &[square_matrix()]);
    assert_eq!((found.order, found.n_wrong), (2, 9));
    let first_only = GradientCheck { n_orders: 1, ..GradientCheck::default() };
    assert!(first_only.run(cube, &[square_matrix()]).is_ok());
}

#[test]
fn what_is_wrong_by_more_than_the_tolerance_is_found_and_by_less_is_not() {
    let by = |error: f64| {
        check_gradients(
            move |_, x| pretend(x[0].sin(), x[0].sin() * (1.0 + error)),
            &[Tensor::from([0.3, 0.9])],
        )
    };
    assert!(by(1e-7).is_ok());
    assert!(by(1e-5).is_err());
}

#[test]
fn the_message_names_order_element_values_direction_and_seed() {
    fn wrong<'g>(_: &'g Graph, x: &[Expr<'g>]) -> Expr<'g> {
        pretend(x[0] * x[1], x[0] * x[1] + x[1])
    }
    let inputs = [Tensor::from([1.0, 2.0]), Tensor::from([3.0, 4.0])];
    let check = GradientCheck { seed: 11, ..GradientCheck::default() };
    let failure = check.run(wrong, &inputs).expect_err("the gradient by the second input is wrong");
    let message = failure.to_string();
    let lines: Vec<_> = message.lines().collect();
    assert_eq!(lines[0], "the derivative of order 1 is wrong (seed 11)");
    assert!(lines[1].starts_with("  by `input 1` at ["), "{message}");
    for part in ["reverse mode gives ", "forward mode ", "finite differences ", " ± "] {
        assert!(lines[1].contains(part), "{message}");
    }
    assert_eq!(lines[2], "  no common mistake explains it");
    assert_eq!(lines[3], "  2 of 4 elements are wrong");
    assert!(lines[4].starts_with("  along a random direction: reverse mode gives "), "{message}");
    assert!(lines[5].starts_with("    direction 0: Tensor f64 [2] ["), "{message}");
    assert!(lines[6].starts_with("    direction 1: Tensor f64 [2] ["), "{message}");
    assert_eq!(check.run(wrong, &inputs), Err(failure), "a seed repeats");
}

#[test]
fn what_cannot_be_checked_says_why() {
    let says = |inputs: &[Tensor], f: for<'g> fn(&'g Graph, &[Expr<'g>]) -> Expr<'g>| {
        check_gradients(f, inputs).expect_err("there is nothing to compare").to_string()
    };
    let x = Tensor::from([4.0, 0.0, -1.0]);
    assert_eq!(
        says(&[Tensor::from([1i64])], |_, x| x[0].cast(DType::F64)),
        "no input is of floating-point numbers, so nothing has a gradient"
    );
    assert_eq!(
        says(std::slice::from_ref(&x), |_, x| x[0].log()),
        "the function is -inf at [1]: give inputs where it is finite"
    );
    assert_eq!(
        says(&[Tensor::from([4.0, 0.0])], |_, x| x[0].sqrt()),
        "the derivative of order 1 by input 0 is inf at [1]"
    );
    let of_integers = says(&[x], |_, x| x[0].cast(DType::I64));
    assert!(of_integers.starts_with("check_gradients: `cast(input 0)` [3]: only floating-point"));
}

#[test]
#[should_panic(expected = "gradients are checked in a graph of f64")]
fn single_precision_is_too_coarse_to_check_in() {
    let g = Graph::new();
    let x = g.param("x", 1.0);
    let _ = GradientCheck::default().check(x.sin(), &[x]);
}

#[test]
#[should_panic(expected = "gradients are checked by named leaves, not by sin(x)")]
fn only_leaves_can_be_moved() {
    let g = Graph::with_dtype(DType::F64);
    let x = g.param("x", 1.0);
    let _ = GradientCheck::default().check(x.sin().exp(), &[x.sin()]);
}
