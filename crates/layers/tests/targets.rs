//! Every loss refuses targets that it makes no sense for, wherever they are known, and says which example has them.

use std::collections::BTreeSet;

use retrograd_core::{Bindings, DType, Error, Expr, Graph, Tensor};
use retrograd_layers::{
    Loss,
    loss::{BinaryWeights, Classes, GaussianNll, LOSSES, MultiMargin, PoissonNll},
};
use retrograd_plan::{CompileOptions, Plan};

/// The recording of a loss of predictions and targets.
type RecordLoss = for<'g> fn(Expr<'g>, Expr<'g>) -> Result<Expr<'g>, Error>;

/// A loss of predictions `[2, 3]`, and what it takes in place of the last of its targets.
struct Row {
    name: &'static str,
    noun: &'static str,
    record: RecordLoss,
    targets: Targets,
}

/// A way to record targets that are known.
type Record = for<'g> fn(&'g Graph, &Tensor) -> Expr<'g>;

enum Targets {
    Numbers(Tensor, fn(f64) -> bool),
    Labels(Tensor, fn(i64) -> bool),
}

use Targets::{Labels, Numbers};

/// Losses without targets.
const WITHOUT: &[&str] = &["triplet_margin_loss"];

fn each(value: f64) -> Tensor {
    Tensor::full(DType::F64, [2, 3], value)
}

fn of_each_row() -> Tensor {
    Tensor::from([1.0, 1.0])
}

fn labels() -> Tensor {
    Tensor::from([0i64, 2])
}

fn is_finite(t: f64) -> bool {
    t.is_finite()
}

fn is_count(t: f64) -> bool {
    t.is_finite() && t >= 0.0
}

fn is_probability(t: f64) -> bool {
    (0.0..=1.0).contains(&t)
}

fn is_sign(t: f64) -> bool {
    t.abs() == 1.0
}

fn row(name: &'static str, record: RecordLoss, targets: Targets) -> Row {
    Row { name, noun: "target", record, targets }
}

fn classes(name: &'static str, record: RecordLoss, targets: Targets) -> Row {
    Row { name, noun: "label", record, targets }
}

fn rows() -> Vec<Row> {
    [of_quantities(), of_probabilities(), of_classes(), of_signs()].into_iter().flatten().collect()
}

/// Losses of quantities.
fn of_quantities() -> Vec<Row> {
    vec![
        row("mse", |y, t| y.try_mse(t), Numbers(each(0.5), is_finite)),
        row("mse_loss", |y, t| y.try_mse_loss(t), Numbers(each(0.5), is_finite)),
        row("l1_loss", |y, t| y.try_l1_loss(t), Numbers(each(0.5), is_finite)),
        row("smooth_l1_loss", |y, t| y.try_smooth_l1_loss(t, 1.0), Numbers(each(0.5), is_finite)),
        row("huber_loss", |y, t| y.try_huber_loss(t, 1.0), Numbers(each(0.5), is_finite)),
        row(
            "poisson_nll_loss",
            |y, t| y.try_poisson_nll_loss(t, &PoissonNll::default()),
            Numbers(each(1.0), is_count),
        ),
        row(
            "gaussian_nll_loss",
            |y, t| y.try_gaussian_nll_loss(t, y.graph().full([2, 3], 1.0), &GaussianNll::default()),
            Numbers(each(0.5), is_finite),
        ),
        // Variances are data as targets are.
        row(
            "gaussian_nll_loss",
            |y, v| y.try_gaussian_nll_loss(y.graph().full([2, 3], 1.0), v, &GaussianNll::default()),
            Numbers(each(0.5), is_count),
        ),
    ]
}

/// Losses of probabilities.
fn of_probabilities() -> Vec<Row> {
    vec![
        row("kl_div", |y, t| y.try_kl_div(t, false), Numbers(each(0.5), is_probability)),
        row("kl_div", |y, t| y.try_kl_div(t, true), Numbers(each(-0.5), |t| t <= 0.0)),
        row(
            "binary_cross_entropy",
            |y, t| y.try_binary_cross_entropy(t),
            Numbers(each(0.5), is_probability),
        ),
        row(
            "binary_cross_entropy_with_logits",
            |y, t| y.try_binary_cross_entropy_with_logits(t, &BinaryWeights::default()),
            Numbers(each(0.5), is_probability),
        ),
        row(
            "binary_cross_entropy_of_probabilities",
            |y, t| y.try_binary_cross_entropy_of_probabilities(t),
            Numbers(each(0.5), is_probability),
        ),
        row(
            "multilabel_soft_margin_loss",
            |y, t| y.try_multilabel_soft_margin_loss(t, None),
            Numbers(each(0.5), is_probability),
        ),
    ]
}

/// Losses of classes.
fn of_classes() -> Vec<Row> {
    vec![
        classes("cross_entropy", |y, t| y.try_cross_entropy(t), Labels(labels(), is_class)),
        distributions("cross_entropy", |y, t| y.try_cross_entropy(t)),
        classes(
            "cross_entropy_with",
            |y, t| y.try_cross_entropy_with(t, &Classes { ignore: -1, ..Classes::default() }),
            Labels(labels(), |t| is_class(t) || t == -1),
        ),
        distributions("cross_entropy_with", |y, t| {
            y.try_cross_entropy_with(t, &Classes { smoothing: 0.1, ..Classes::default() })
        }),
        classes(
            "nll_loss",
            |y, t| y.try_nll_loss(t, &Classes::default()),
            Labels(labels(), |t| is_class(t) || t == -100),
        ),
        classes(
            "multi_margin_loss",
            |y, t| y.try_multi_margin_loss(t, &MultiMargin::default()),
            Labels(labels(), is_class),
        ),
        classes(
            "multilabel_margin_loss",
            |y, t| y.try_multilabel_margin_loss(t),
            Labels(Tensor::from([[0i64, -1, 0], [1, 2, -1]]), |t| is_class(t) || t == -1),
        ),
    ]
}

/// Losses of signs.
fn of_signs() -> Vec<Row> {
    vec![
        row("soft_margin_loss", |y, t| y.try_soft_margin_loss(t), Numbers(each(1.0), is_sign)),
        row(
            "hinge_embedding_loss",
            |y, t| y.try_hinge_embedding_loss(t, 1.0),
            Numbers(each(1.0), is_sign),
        ),
        row(
            "margin_ranking_loss",
            |y, t| y.try_margin_ranking_loss(2.0 * y, t, 0.1),
            Numbers(each(-1.0), is_sign),
        ),
        row(
            "cosine_embedding_loss",
            |y, t| y.try_cosine_embedding_loss(1.0 - y, t, 0.1),
            Numbers(of_each_row(), is_sign),
        ),
    ]
}

fn is_class(t: i64) -> bool {
    (0..3).contains(&t)
}

/// A loss of probabilities of classes, of which the last is 0.3.
fn distributions(name: &'static str, record: RecordLoss) -> Row {
    let targets = Tensor::from([[0.0, 1.0, 0.0], [0.2, 0.5, 0.3]]);
    Row { name, noun: "probability", record, targets: Numbers(targets, |t| t == 0.3) }
}

impl Row {
    /// Targets with each of many values in the last place, how it is written, and whether the loss takes it.
    fn trials(&self) -> Vec<(Tensor, String, bool)> {
        let numbers = [
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            -1e300,
            -2.0,
            -1.0,
            -0.5,
            0.0,
            0.3,
            1.0,
            2.0,
            7.0,
        ];
        let integers = [i64::MIN, -101, -100, -2, -1, 0, 1, 2, 3, 7, i64::MAX];
        match &self.targets {
            Numbers(good, takes) => {
                let trial = |t: f64| (with_last(good, t), t.to_string(), takes(t));
                numbers.map(trial).into()
            }
            Labels(good, takes) => {
                let trial = |t: i64| (with_last(good, t), t.to_string(), takes(t));
                integers.map(trial).into()
            }
        }
    }

    /// Whether an outcome is what the trial calls for.
    fn judge<T>(&self, outcome: Result<T, Error>, value: &str, is_taken: bool, way: &str) {
        let Row { name, noun, .. } = self;
        let error = match (outcome, is_taken) {
            (Ok(_), true) => return,
            (Ok(_), false) => panic!("{name} takes {value}, {way}"),
            (Err(error), _) => error.to_string(),
        };
        let begins = [
            format!("{name}: {noun} {value} of example 2 of 2"),
            format!("{name}: the probabilities of example 2 of 2 add up to"),
        ];
        let says = begins.iter().any(|begin| error.starts_with(begin));
        assert!(!is_taken && says, "{name}, {value}, {way}: {error}");
    }
}

fn with_last<T: retrograd_core::Element>(tensor: &Tensor, value: T) -> Tensor {
    let mut elements = tensor.to_vec::<T>();
    *elements.last_mut().expect("there are targets") = value;
    Tensor::new(tensor.shape(), elements).expect("the shape is the same")
}

fn predictions(g: &Graph) -> Expr<'_> {
    g.param("y", [[0.1, 0.2, 0.7], [0.3, 0.4, 0.3]])
}

#[test]
fn every_loss_has_a_row() {
    let tried: BTreeSet<_> =
        rows().iter().map(|row| row.name).chain(WITHOUT.iter().copied()).collect();
    let missing: Vec<_> =
        LOSSES.iter().map(|loss| loss.name).filter(|name| !tried.contains(name)).collect();
    assert!(missing.is_empty(), "no row tries the targets of {missing:?}");
}

#[test]
fn targets_that_are_known_are_checked_when_the_loss_is_recorded() {
    for row in rows() {
        for (targets, value, is_taken) in row.trials() {
            let ways: [(&str, Record); 4] = [
                ("a constant", |g, t| g.constant(t)),
                ("an input with data", |g, t| g.input_with("t", t)),
                ("a constant of numbers of another type, cast", |g, t| {
                    let is_whole =
                        t.to_vec::<f64>().iter().all(|t| t.fract() == 0.0 && t.abs() < 1e9);
                    let data = if is_whole { t.cast(DType::I64) } else { t.clone() };
                    g.constant(data).cast(t.dtype())
                }),
                ("a part of a constant", |g, t| {
                    let twice = g.concat(&[g.constant(t), g.constant(t)], 0);
                    twice.slice(0, 2..4)
                }),
            ];
            for (way, leaf) in ways {
                let g = Graph::with_dtype(DType::F64);
                let outcome = (row.record)(predictions(&g), leaf(&g, &targets));
                row.judge(outcome.map(drop), &value, is_taken, way);
            }
        }
    }
}

#[test]
fn targets_that_are_given_later_are_checked_where_that_costs_nothing() {
    for row in rows() {
        for (targets, value, is_taken) in row.trials() {
            let g = Graph::with_dtype(DType::F64);
            let t = g.input_as("t", targets.dtype(), targets.shape());
            let loss = (row.record)(predictions(&g), t).expect("nothing is known").sum();
            let outcome = loss.value_with(&Bindings::new().with("t", &targets));
            row.judge(outcome.map(drop), &value, is_taken, "evaluated");

            let plan = Plan::compile_with(&[loss], &[], &CompileOptions::new().checked())
                .expect("the loss compiles");
            let feeds = [("t", targets.view())];
            let outcome = plan.run(&mut plan.workspace(), &g.recorded_params(), &feeds);
            match outcome {
                // The loss of the probability 0 is infinite, which is for the plan to say.
                Err(Error::NonFinite(_)) if is_taken => {}
                outcome => row.judge(outcome, &value, is_taken, "in a checked plan"),
            }
        }
    }
}

/// Plans that are not checked meet a label that is no class where they read or write at it.
#[test]
fn a_label_that_is_no_class_is_named_by_the_run_that_meets_it() {
    for row in rows().into_iter().filter(|row| matches!(row.targets, Labels(..))) {
        for (targets, value, is_taken) in row.trials() {
            let g = Graph::with_dtype(DType::F64);
            let t = g.input_as("t", targets.dtype(), targets.shape());
            let y = predictions(&g);
            let loss = (row.record)(y, t).expect("nothing is known").sum();
            for outputs in [vec![loss], loss.grad(&[y])] {
                let plan = Plan::compile(&outputs, &[]).expect("the loss compiles");
                let feeds = [("t", targets.view())];
                let params = g.recorded_params();
                match plan.run(&mut plan.workspace(), &params, &feeds) {
                    // Rows end before such labels, which are not read.
                    Ok(()) if row.name == "multilabel_margin_loss" => {}
                    outcome => row.judge(outcome, &value, is_taken, "in a plan"),
                }
            }
        }
    }
}

#[test]
fn parameters_in_the_place_of_targets_are_not_checked() {
    let g = Graph::with_dtype(DType::F64);
    let (y, t) = (predictions(&g), g.param("t", each(7.0)));
    assert!(y.try_binary_cross_entropy(t).is_ok());
    assert!(y.try_binary_cross_entropy(t.sigmoid()).is_ok());
}

#[test]
fn messages_say_what_is_allowed_and_what_may_have_been_meant() {
    let g = Graph::new();
    let message = |loss: Result<Expr<'_>, Error>| {
        let message = loss.unwrap_err().to_string();
        message.lines().next().map(str::to_owned).unwrap_or_default()
    };
    let y = g.input("y", [4]);
    assert_eq!(
        message(y.try_binary_cross_entropy(g.constant([0i64, 1, 2, 7]).cast(DType::F32))),
        "binary_cross_entropy: target 2 of example 3 of 4: it must be a probability, from 0 to 1; several classes need \
         `cross_entropy`"
    );
    assert_eq!(
        message(y.try_soft_margin_loss(g.constant([1.0, 0.0, 1.0, 0.0]))),
        "soft_margin_loss: target 0 of example 2 of 4: it must be −1 or 1; `2t − 1` makes them of 0 and 1"
    );
    let logits = g.input("logits", [2, 2]);
    assert_eq!(
        message(logits.try_cross_entropy(g.constant([0i64, 2]))),
        "cross_entropy: label 2 of example 2 of 2: the model has 2 classes, labeled 0 to 1"
    );
    let images = g.input("images", [2, 2, 3]);
    assert_eq!(
        message(images.try_cross_entropy(g.constant([[0i64, 0, 1], [0, 5, 1]]).cast(DType::I64))),
        "cross_entropy: `images` f32 [2, 2, 3] × `constant` i64 [2, 3]: integer labels name one class for each example, so \
         their shape is [2, 2]"
    );
    assert_eq!(
        message(images.try_cross_entropy_with(
            g.constant([[0i64, 0, 1], [0, 5, 1]]),
            &Classes { axis: 1, ..Classes::default() }
        )),
        "cross_entropy_with: label 5 of example 2 of 2, at [1]: the model has 2 classes, labeled 0 to 1, and -100 is ignored"
    );
    assert_eq!(
        message(logits.try_cross_entropy(g.constant([[0.5, 0.5], [1.0, 1.0]]))),
        "cross_entropy: the probabilities of example 2 of 2 add up to 2.0000, not to 1"
    );
}
