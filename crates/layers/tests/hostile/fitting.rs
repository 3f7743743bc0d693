//! Training on data, or with numbers, that cannot be right.

use retrograd_layers::{
    Activation, Adam, Dataset, Error, Linear, LinearRegression, LogisticRegression, Model,
    Objective, Sequential, Sgd, seeded,
};

use crate::{Call, check, features, fit, mlp, run, three_classes, with_feature, with_targets};

#[test]
fn features_that_do_not_fit_cannot_be_trained_on() {
    let data = three_classes(10);
    let (none, _) = data.split_at(0);
    let narrow = Dataset::new(features(10, 3), data.targets().clone()).unwrap();
    let classes = fit(Objective::CrossEntropy, Adam::new(0.01));
    let binary = fit(Objective::BinaryCrossEntropy, Adam::new(0.01));
    let numbers = fit(Objective::MeanSquaredError, Adam::new(0.01));
    let deep = Sequential::new().then(Linear::new(4, 3)).then(Activation::Tanh);
    let (line, logistic) = (LinearRegression::new(4), LogisticRegression::binary(4));
    check(vec![
        ("no examples", Box::new(|| run(&classes, &mlp(), &none)), &["no examples to train on"]),
        (
            "too few features",
            Box::new(|| run(&classes, &mlp(), &narrow)),
            &["matmul: `features` [4, 3] × `linear1.weight` [4, 5]: inner sizes 3 and 4 differ"],
        ),
        (
            "too few features for layers",
            Box::new(|| run(&classes, &deep, &narrow)),
            &["`features` [4, 3] × `linear1.weight` [4, 3]"],
        ),
        (
            "too few features for a linear regression",
            Box::new(|| run(&numbers, &line, &narrow)),
            &["`features` [4, 3] × `linear.weight` [4, 1]"],
        ),
        (
            "too few features for a logistic regression",
            Box::new(|| run(&binary, &logistic, &narrow)),
            &["`features` [4, 3] × `linear.weight` [4, 1]"],
        ),
        (
            "features that are NaN",
            Box::new(|| run(&classes, &mlp(), &with_feature(&data, 7, 2, f32::NAN))),
            &["in epoch 1: feature 2 of example 7 of 10 is NaN"],
        ),
        (
            "features that are NaN, checked",
            Box::new(|| {
                run(&classes.clone().checked(), &mlp(), &with_feature(&data, 7, 2, f32::NAN))
            }),
            &["in epoch 1: feature 2 of example 7 of 10 is NaN"],
        ),
    ]);
}

#[test]
fn targets_that_do_not_fit_cannot_be_trained_on() {
    let classes = fit(Objective::CrossEntropy, Adam::new(0.01));
    let binary = fit(Objective::BinaryCrossEntropy, Adam::new(0.01));
    let numbers = fit(Objective::MeanSquaredError, Adam::new(0.01));
    let (line, logistic) = (LinearRegression::new(4), LogisticRegression::binary(4));
    check(vec![
        (
            "a label too many",
            Box::new(|| run(&classes, &mlp(), &with_targets([0i64, 1, 3, 0]))),
            &[
                "in the training data, cross_entropy: label 3 of example 3 of 4: the model has 3 classes",
            ],
        ),
        (
            "a negative label",
            Box::new(|| run(&classes, &mlp(), &with_targets([0i64, -100]))),
            &["label -100 of example 2 of 2: the model has 3 classes"],
        ),
        (
            "labels for a binary model",
            Box::new(|| run(&binary, &logistic, &with_targets([0i64, 1, 2, 7]))),
            &["in the training data, binary_cross_entropy: target 2 of example 3 of 4"],
        ),
        (
            "targets that are NaN",
            Box::new(|| run(&numbers, &line, &with_targets([0.5, f32::NAN]))),
            &[
                "in the training data, mse: target NaN of example 2 of 2: it must be a finite number",
            ],
        ),
        (
            "fractions for labels",
            Box::new(|| run(&classes, &mlp(), &with_targets([0.5, 1.0]))),
            &["labels of classes are integers"],
        ),
        (
            "truth values for classes",
            Box::new(|| run(&classes, &mlp(), &with_targets([true, false]))),
            &["labels of classes are integers"],
        ),
        (
            "rows that are no distributions",
            Box::new(|| run(&classes, &mlp(), &with_targets([[1.0f32, 1.0, 0.0]]))),
            &["the probabilities of example 1 of 1 add up to 2"],
        ),
        (
            "targets of another shape",
            Box::new(|| run(&numbers, &mlp(), &with_targets([0.5f32, 1.0]))),
            &["mse: ", "targets need the shape of the predictions"],
        ),
    ]);
}

#[test]
fn validation_data_are_looked_at_before_the_first_step() {
    let data = three_classes(10);
    let (none, _) = data.split_at(0);
    let narrow = Dataset::new(features(10, 3), data.targets().clone()).unwrap();
    let foreign = with_targets([0i64, 5]);
    let validated = |validation: &Dataset| {
        let mut params = mlp().params(&mut seeded(1));
        let before = params.clone();
        let fit = fit(Objective::CrossEntropy, Adam::new(0.01)).validation(validation);
        let outcome = fit.run(&mlp(), &mut params, &data);
        assert_eq!(params, before, "nothing has been trained");
        outcome.map(drop)
    };
    check(vec![
        (
            "no validation data",
            Box::new(|| validated(&none)),
            &["there are no validation examples"],
        ),
        (
            "narrow validation data",
            Box::new(|| validated(&narrow)),
            &["matmul: `features` [10, 3] × `linear1.weight` [4, 5]"],
        ),
        (
            "foreign labels",
            Box::new(|| validated(&foreign)),
            &["in the validation data, cross_entropy: label 5 of example 2 of 2"],
        ),
    ]);
}

#[test]
fn a_validation_loss_that_is_not_finite_ends_training_with_its_cause() {
    let data = three_classes(10);
    let flawed = with_feature(&data, 9, 2, f32::NAN);
    let classes = fit(Objective::CrossEntropy, Adam::new(0.01)).validation(&flawed);
    let parts: &[&str] = &[
        "the validation loss became NaN in epoch 1: of example 9, `features` [1, 4] is NaN at [0, 1]",
    ];
    check(vec![
        ("a NaN", Box::new(|| run(&classes, &mlp(), &data)), parts),
        ("a NaN, checked", Box::new(|| run(&classes.clone().checked(), &mlp(), &data)), parts),
    ]);
    // Past the last batch nothing else would find that the model has diverged.
    let all = fit(Objective::MeanSquaredError, Sgd::new(1e30)).batch_size(10).epochs(1);
    let numbers = with_targets([1e3f32; 10]);
    let all = all.validation(&numbers);
    check(vec![(
        "a last step that diverges",
        Box::new(|| run(&all, &LinearRegression::new(4), &numbers)),
        &["the validation loss became ", "in epoch 1: of example 1, "],
    )]);
}

#[test]
fn numbers_that_make_no_sense_are_refused_before_the_first_step() {
    let data = three_classes(10);
    let classes = &fit(Objective::CrossEntropy, Sgd::new(0.1));
    let mut calls: Vec<Call<'_>> = vec![
        (
            "batches of none",
            Box::new(|| run(&classes.clone().batch_size(0), &mlp(), &data)),
            &["a batch needs at least one example"],
        ),
        (
            "no threads",
            Box::new(|| run(&classes.clone().threads(0), &mlp(), &data)),
            &["at least one thread"],
        ),
    ];
    for bad in [f64::NAN, f64::INFINITY, -0.1] {
        let data = &data;
        calls.push((
            "the l1 penalty",
            Box::new(move || run(&classes.clone().l1(bad), &mlp(), data)),
            &["the share of the l1 penalty is ", "finite and not negative"],
        ));
        calls.push((
            "the l2 penalty",
            Box::new(move || run(&classes.clone().l2(bad), &mlp(), data)),
            &["the share of the l2 penalty is "],
        ));
        let sgd = move |change: fn(Sgd, f64) -> Sgd| {
            run(&fit(Objective::CrossEntropy, change(Sgd::new(0.1), bad)), &mlp(), data)
        };
        let adam = move |change: fn(Adam, f64) -> Adam| {
            run(&fit(Objective::CrossEntropy, change(Adam::new(0.1), bad)), &mlp(), data)
        };
        let rate: &[&str] = &["the learning rate is ", "finite and not negative"];
        calls.push(("a rate of Sgd", Box::new(move || sgd(|_, bad| Sgd::new(bad))), rate));
        calls.push(("a rate of Adam", Box::new(move || adam(|_, bad| Adam::new(bad))), rate));
        calls.push(("a momentum", Box::new(move || sgd(Sgd::momentum)), &["the momentum is "]));
        let decay: &[&str] = &["the weight decay is "];
        calls.push(("a decay of Sgd", Box::new(move || sgd(Sgd::weight_decay)), decay));
        calls.push(("a decay of Adam", Box::new(move || adam(Adam::weight_decay)), decay));
        calls.push((
            "an l2 of Adam",
            Box::new(move || adam(Adam::l2)),
            &["λw in the gradient is "],
        ));
        calls.push(("an ε", Box::new(move || adam(Adam::epsilon)), &["the ε of Adam is "]));
        let first = move || adam(|adam, bad| adam.betas(bad, 0.9));
        calls.push(("a first β", Box::new(first), &["the decay rate β₁ of Adam is "]));
        let second = move || adam(|adam, bad| adam.betas(0.9, bad));
        calls.push(("a second β", Box::new(second), &["the decay rate β₂ of Adam is "]));
        if !bad.is_finite() {
            let dampening = move || sgd(|sgd, bad| sgd.momentum(0.9).dampening(bad));
            calls.push(("a dampening", Box::new(dampening), &["the dampening is "]));
        }
    }
    check(calls);
}

#[test]
fn epochs_take_memory_as_they_come() {
    let numbers = with_targets([1e3f32; 10]);
    for n_epochs in [1_000_000_000, usize::MAX] {
        let fit = fit(Objective::MeanSquaredError, Sgd::new(1e10)).epochs(n_epochs);
        let error = run(&fit, &LinearRegression::new(4), &numbers).unwrap_err();
        assert!(matches!(error, Error::Diverged { epoch: 1..=9, .. }), "{error}");
    }
}
