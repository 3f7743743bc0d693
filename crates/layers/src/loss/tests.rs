//! Losses at points whose values are known, and the messages for operands that do not fit.

use retrograd_core::{DType, Graph, Tensor};

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
    let (labels, rows) = (g.constant([2i64, 0]), g.constant([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]));
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
fn a_label_that_is_no_class_is_an_error_where_it_is_known() {
    let g = graph();
    let y = g.constant(Tensor::full(DType::F64, [1, 3], 0.0));
    let message = y.try_cross_entropy(g.constant([3i64])).unwrap_err().to_string();
    let expected =
        "cross_entropy: label 3 of example 1 of 1: the model has 3 classes, labeled 0 to 2";
    assert!(message.starts_with(expected), "{message}");
}

#[test]
fn a_hinge_has_no_slope_where_it_begins() {
    let g = Graph::with_dtype(DType::F64);
    let (y, targets) = (g.param("y", [1.0, 0.5, f64::NAN]), g.constant([-1.0, -1.0, -1.0]));
    let loss = y.hinge_embedding_loss(targets, 1.0);
    assert_eq!(loss.value().to_vec::<f64>()[..2], [0.0, 0.5]);
    let gradient = loss.sum().grad(&[y])[0].value().to_vec::<f64>();
    assert_eq!(gradient[..2], [0.0, -1.0]);
    assert!(gradient[2].is_nan(), "at NaN the slope of a hinge is unknown, as that of relu");
}

#[test]
fn binary_cross_entropy_of_probabilities_has_the_slope_of_its_limited_logarithms() {
    let g = Graph::with_dtype(DType::F64);
    let y = g.param("y", [0.0, 0.0, 1.0, 0.25, 1e-300]);
    let targets = g.constant([0.0, 1.0, 0.0, 1.0, 0.0]);
    let loss = y.binary_cross_entropy_of_probabilities(targets);
    assert_eq!(loss.value().to_vec::<f64>()[..3], [0.0, 100.0, 100.0]);
    let gradient = loss.sum().grad(&[y])[0].value().to_vec::<f64>();
    assert_eq!(gradient, [1.0, 0.0, 0.0, -4.0, 1.0]);
}
