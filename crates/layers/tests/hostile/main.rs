//! Calls of training and prediction that cannot be right: each is an error that names what is wrong, and none panics.

mod fitting;
mod models;
mod stepping;

use std::panic::{AssertUnwindSafe, catch_unwind};

use retrograd_core::Tensor;
use retrograd_layers::{Dataset, Error, Fit, Mlp, Model, Objective, Optimizer, Progress, seeded};

/// A call, and parts of its message.
type Call<'a> = (&'a str, Box<dyn Fn() -> Result<(), Error> + 'a>, &'a [&'a str]);

/// Checks that every call ends in an error with its parts.
fn check(calls: Vec<Call<'_>>) {
    for (what, call, parts) in calls {
        let outcome = catch_unwind(AssertUnwindSafe(call));
        let message = match outcome {
            Ok(Err(error)) => error.to_string(),
            Ok(Ok(())) => panic!("{what} is no error"),
            Err(_) => panic!("{what} panics"),
        };
        for part in parts {
            assert!(message.contains(part), "{what}: {message:?} has no {part:?}");
        }
    }
}

fn features(n: usize, width: usize) -> Tensor {
    let numbers = (0..n * width).map(|k| ((k * 7 % 11) as f32 - 5.0) / 5.0).collect();
    Tensor::new([n, width], numbers).expect("there are as many numbers")
}

/// Examples of three classes with four features.
fn three_classes(n: usize) -> Dataset {
    let labels: Vec<_> = (0..n as i64).map(|row| row % 3).collect();
    Dataset::new(features(n, 4), labels.into()).expect("each example has a label")
}

fn with_targets(targets: impl Into<Tensor>) -> Dataset {
    let targets = targets.into();
    Dataset::new(features(targets.shape()[0], 4), targets).expect("each example has a target")
}

/// The examples with one feature of one of them changed.
fn with_feature(data: &Dataset, example: usize, feature: usize, value: f32) -> Dataset {
    let mut numbers = data.features().to_vec::<f32>();
    numbers[(example - 1) * 4 + feature - 1] = value;
    let features =
        Tensor::new(data.features().shape(), numbers).expect("there are as many numbers");
    Dataset::new(features, data.targets().clone()).expect("each example has a target")
}

fn mlp() -> Mlp {
    Mlp::new([4, 5, 3])
}

fn fit<'d, O: Optimizer>(objective: Objective, optimizer: O) -> Fit<'d, O> {
    Fit::new(objective, optimizer).epochs(2).batch_size(4).progress(Progress::Quiet)
}

fn run<O: Optimizer>(fit: &Fit<'_, O>, model: &impl Model, data: &Dataset) -> Result<(), Error> {
    fit.run(model, &mut model.params(&mut seeded(1)), data).map(drop)
}
