//! Tests of the training loop and of predictions.

use retrograd_core::{Bound, DType, Expr, Params, Tensor};

use super::*;
use crate::{
    Activation, Adam, Dataset, Error, Linear, LinearRegression, LogisticRegression, Mlp, Model,
    Sgd, seeded,
};

/// Two classes of points in the plane, apart from each other but for noise.
fn two_clouds(n: usize) -> Dataset {
    let noise = crate::Init::Gaussian { std: 0.5 }.sample(n, 2, &mut seeded(5)).to_vec::<f32>();
    let labels: Vec<_> = (0..n as i64).map(|row| row % 2).collect();
    let centers = labels.iter().flat_map(|&label| [2.0 * label as f32 - 1.0; 2]);
    let points = centers.zip(noise).map(|(center, noise)| center + noise).collect();
    Dataset::new(Tensor::new([n, 2], points).unwrap(), labels.into()).unwrap()
}

fn trained(fit: Fit<'_, impl crate::Optimizer>, data: &Dataset) -> (Params, History) {
    let mlp = Mlp::new([2, 8, 2]);
    let mut params = mlp.params(&mut seeded(1));
    let history = fit.run(&mlp, &mut params, data).unwrap();
    (params, history)
}

#[test]
fn a_seeded_run_repeats_bit_for_bit() {
    let data = two_clouds(50);
    let fit = Fit::new(Objective::CrossEntropy, Adam::new(0.01)).epochs(3).batch_size(8);
    assert_eq!(trained(fit.clone(), &data), trained(fit.clone(), &data));
    assert_ne!(trained(fit.clone(), &data).0, trained(fit.seed(1), &data).0);
}

#[test]
fn training_is_the_same_in_several_threads() {
    let data = two_clouds(4096);
    let mlp = Mlp::new([2, 256, 2]);
    let trained = |n_threads| {
        let fit = Fit::new(Objective::CrossEntropy, Adam::new(0.01)).epochs(2).batch_size(1024);
        let mut params = mlp.params(&mut seeded(1));
        let history = fit.threads(n_threads).run(&mlp, &mut params, &data).unwrap();
        (params, history)
    };
    let [one, two, three] = [1, 2, 3].map(trained);
    assert!(one == two && one == three);
}

#[test]
fn training_classifies_what_can_be_separated() {
    let (train, test) = two_clouds(200).split_at(150);
    let fit = Fit::new(Objective::CrossEntropy, Adam::new(0.02)).epochs(20).validation(&test);
    let (params, history) = trained(fit, &train);
    assert_eq!(history.epochs.len(), 20);
    assert!(history.losses().next().unwrap() > 2.0 * history.losses().last().unwrap());
    let score = history.last().unwrap().validation.unwrap();
    assert!(score.accuracy.unwrap() > 0.95, "{score}");
    let mlp = Mlp::new([2, 8, 2]);
    let again = Predictor::new(&mlp).score(&params, Objective::CrossEntropy, &test).unwrap();
    assert_eq!(again, score);
}

/// With a learning rate of 0, an epoch's score is that of the whole data, so the last batch must count its share.
#[test]
fn the_last_partial_batch_counts_its_share() {
    let data = two_clouds(50);
    for batch_size in [1, 7, 49, 50, 64] {
        let fit = Fit::new(Objective::CrossEntropy, Sgd::new(0.0)).epochs(2).batch_size(batch_size);
        let (params, history) = trained(fit, &data);
        let mlp = Mlp::new([2, 8, 2]);
        let whole = Predictor::new(&mlp).score(&params, Objective::CrossEntropy, &data).unwrap();
        for epoch in &history.epochs {
            assert!((epoch.train.loss - whole.loss).abs() < 1e-6);
            assert_eq!(epoch.train.accuracy, whole.accuracy);
        }
    }
}

#[test]
fn every_example_is_seen_once_in_an_epoch() {
    // The squares of these targets add up to a number that tells which are in the sum.
    let targets: Vec<_> = (0..10).map(|row| f64::from(1 << row)).collect();
    let zeros = Tensor::zeros(DType::F64, [10, 1]);
    let data = Dataset::new(zeros, targets.into()).unwrap();
    let model = LinearRegression::new(1);
    let mut params = model.params(&mut seeded(1)).cast(DType::F64);
    let history = Fit::new(Objective::MeanSquaredError, Sgd::new(0.0))
        .epochs(1)
        .batch_size(3)
        .run(&model, &mut params, &data)
        .unwrap();
    let total: f64 = (0..10).map(|row| f64::from(1 << row).powi(2)).sum();
    assert_eq!(history.epochs[0].train.loss, total / 10.0);
    assert_eq!(history.epochs[0].train.accuracy, None);
}

#[test]
fn outputs_do_not_depend_on_how_many_are_asked_for() {
    let mlp = Mlp::new([2, 8, 3]).activation(Activation::Gelu);
    let params = mlp.params(&mut seeded(1));
    let mut predictor = Predictor::new(&mlp);
    let data = two_clouds(600);
    let all = predictor.predict(&params, data.features()).unwrap();
    assert_eq!(all.shape(), &[600, 3].into());
    for n in [0, 1, 255, 256, 257, 512, 599] {
        let (some, _) = data.split_at(n);
        let outputs = predictor.predict(&params, some.features()).unwrap().to_vec::<f32>();
        for (output, expected) in outputs.iter().zip(all.to_vec::<f32>()) {
            assert!((output - expected).abs() < 1e-5);
        }
        assert_eq!(outputs.len(), 3 * n);
    }
}

fn final_accuracy(objective: Objective, model: &impl Model, data: &Dataset) -> f64 {
    let mut params = model.params(&mut seeded(1));
    let fit = Fit::new(objective, Sgd::new(0.5).momentum(0.5)).epochs(10);
    let history = fit.run(model, &mut params, data).unwrap();
    history.last().unwrap().train.accuracy.unwrap()
}

#[test]
fn classifiers_take_labels_or_probabilities() {
    let data = two_clouds(64);
    let rows = data.targets().to_vec::<i64>();
    let rows: Vec<_> = rows.iter().flat_map(|&label| [1.0 - label as f32, label as f32]).collect();
    let one_hot = Tensor::new([64, 2], rows).unwrap();
    let one_hot = Dataset::new(data.features().clone(), one_hot).unwrap();
    let (binary, softmax) = (LogisticRegression::binary(2), LogisticRegression::softmax(2, 2));
    assert!(final_accuracy(Objective::BinaryCrossEntropy, &binary, &data) > 0.95);
    assert!(final_accuracy(Objective::BinaryCrossEntropy, &Linear::new(2, 1), &data) > 0.95);
    assert!(final_accuracy(Objective::BinaryCrossEntropy, &softmax, &one_hot) > 0.95);
    assert!(final_accuracy(Objective::CrossEntropy, &softmax, &data) > 0.95);
    assert!(final_accuracy(Objective::CrossEntropy, &softmax, &one_hot) > 0.95);
}

#[test]
fn penalties_keep_weights_small() {
    let data = two_clouds(64);
    let norm = |fit: Fit<'_, Adam>| {
        let (params, _) = trained(fit, &data);
        params.get("linear1.weight").unwrap().to_vec::<f64>().iter().map(|w| w * w).sum::<f64>()
    };
    let fit = Fit::new(Objective::CrossEntropy, Adam::new(0.02)).epochs(20);
    assert!(norm(fit.clone().l1(0.1)) < 0.5 * norm(fit.clone()));
    assert!(norm(fit.clone().l2(0.1)) < 0.5 * norm(fit));
}

#[test]
fn frozen_parameters_are_not_trained() {
    let (mlp, data) = (Mlp::new([2, 4, 2]), two_clouds(20));
    let mut params = mlp.params(&mut seeded(1));
    params.freeze("linear1.weight").unwrap();
    let before = params.clone();
    let fit = Fit::new(Objective::CrossEntropy, Adam::new(0.1)).epochs(1);
    fit.run(&mlp, &mut params, &data).unwrap();
    assert_eq!(params.get("linear1.weight"), before.get("linear1.weight"));
    assert_ne!(params.get("linear1.bias"), before.get("linear1.bias"));
}

#[test]
fn a_schedule_ends_near_zero() {
    for schedule in [Schedule::Linear, Schedule::Cosine] {
        let fit = Fit::new(Objective::CrossEntropy, Adam::new(0.1)).epochs(20).schedule(schedule);
        let (_, history) = trained(fit, &two_clouds(64));
        let rates: Vec<_> = history.epochs.iter().map(|epoch| epoch.learning_rate).collect();
        assert!(rates.is_sorted_by(|a, b| a > b) && rates[19] < 0.01, "{rates:?}");
    }
}

#[test]
fn double_precision_parameters_train_in_double_precision() {
    let (mlp, data) = (Mlp::new([2, 4, 2]), two_clouds(20));
    let mut params = mlp.params(&mut seeded(1)).cast(DType::F64);
    let fit = Fit::new(Objective::CrossEntropy, Adam::new(0.1)).epochs(1).validation(&data);
    fit.run(&mlp, &mut params, &data).unwrap();
    let outputs = Predictor::new(&mlp).predict(&params, data.features()).unwrap();
    assert_eq!(outputs.dtype(), DType::F64);
}

#[test]
fn what_cannot_be_trained_is_an_error() {
    let message = |model: &dyn Fn(&Fit<'_, Sgd>) -> Result<History, Error>, rate: f64| {
        let fit = Fit::new(Objective::CrossEntropy, Sgd::new(rate));
        model(&fit).unwrap_err().to_string()
    };
    let mlp = Mlp::new([2, 4, 2]);
    let params = mlp.params(&mut seeded(1));
    let (nothing, _) = two_clouds(4).split_at(0);
    let found = message(&|fit| fit.run(&mlp, &mut params.clone(), &nothing), 0.1);
    assert_eq!(found, "there are no examples to train on");
    let found = message(&|fit| fit.run(&mlp, &mut Params::new(), &two_clouds(4)), 0.1);
    assert_eq!(found, "there are no parameters to train");
    let found = message(&|fit| fit.run(&mlp, &mut params.clone(), &two_clouds(40)), 1e30);
    assert!(found.starts_with("the loss became NaN in epoch 1"), "{found}");

    let labels = Tensor::from([0i64, 2]);
    let foreign = Dataset::new(Tensor::zeros(DType::F32, [2, 2]), labels).unwrap();
    let found = message(&|fit| fit.run(&mlp, &mut params.clone(), &foreign), 0.1);
    assert_eq!(
        found,
        "in the training data, cross_entropy: label 2 of example 2 of 2: the model has 2 classes, labeled 0 to 1"
    );

    let numbers = Dataset::new(Tensor::zeros(DType::F32, [3, 2]), Tensor::from([0.5f32; 3]));
    let found = message(&|fit| fit.run(&mlp, &mut params.clone(), numbers.as_ref().unwrap()), 0.1);
    assert!(found.contains("labels of classes are integers"), "{found}");
}

#[test]
fn a_checked_run_names_the_step_and_the_node_that_diverged() {
    let (mlp, data) = (Mlp::new([2, 4, 2]), two_clouds(40));
    let fit = Fit::new(Objective::CrossEntropy, Sgd::new(1e25)).batch_size(10).checked();
    let mut params = mlp.params(&mut seeded(1));
    let Err(Error::NonFinite { epoch, step, found }) = fit.run(&mlp, &mut params, &data) else {
        panic!("a learning rate of 10²⁵ is too large");
    };
    assert_eq!((epoch, step, found.value.is_finite()), (1, 2, false), "{found}");
    assert!(params.iter().all(|(_, tensor)| tensor.as_slice().is_finite()));
    // Steps that stay finite are the same as unchecked ones.
    let fit = Fit::new(Objective::CrossEntropy, Adam::new(0.01)).epochs(2).batch_size(7);
    assert_eq!(trained(fit.clone().checked(), &data), trained(fit, &data));
}

/// A model that loses the axis of examples.
struct Total;

impl Model for Total {
    fn params(&self, _: &mut dyn rand::Rng) -> Params {
        Params::new()
    }

    fn apply<'g>(&self, _: &Bound<'g, '_>, x: Expr<'g>) -> Expr<'g> {
        x.sum_over(0)
    }
}

#[test]
fn a_model_that_loses_examples_cannot_predict() {
    let x = Tensor::zeros(DType::F32, [5, 2]);
    let error = Predictor::new(&Total).predict(&Params::new(), &x).unwrap_err().to_string();
    assert_eq!(error, "for 5 examples the model returns the shape [2]");
    assert!(Predictor::new(&Total).predict(&Params::new(), &Tensor::from(1.0)).is_err());
}
