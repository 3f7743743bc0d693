//! Logistic regression: whether a breast tumor is benign, from thirty measurements.

use retrograd::{
    layers::{Error, data::parse_csv},
    prelude::*,
};

const TUMORS: &[u8] = include_bytes!("data/breast_cancer.csv");

fn main() -> Result<(), Error> {
    let tumors = parse_csv("breast_cancer.csv", TUMORS, Targets::Classes)?;
    let (train, test) = tumors.split_by(|row| row % 5 == 3);
    let scale = Standardizer::fit(train.features())?;
    let (train, test) = (train.standardized(&scale)?, test.standardized(&scale)?);

    let model = LogisticRegression::binary(30);
    let mut params = model.params(&mut seeded(1)).cast(DType::F64);
    // The penalty of scikit-learn's default, C = 1, which it writes without the division by the number of examples.
    let fit = Fit::new(Objective::BinaryCrossEntropy, Sgd::new(0.5).momentum(0.9))
        .l2(1.0 / train.len() as f64);
    fit.epochs(1000).batch_size(train.len()).run(&model, &mut params, &train)?;

    let mut predictor = Predictor::new(&model);
    println!("train: {}", predictor.score(&params, Objective::BinaryCrossEntropy, &train)?);
    let score = predictor.score(&params, Objective::BinaryCrossEntropy, &test)?;
    println!("test accuracy: {:.4}", score.accuracy.expect("these targets are classes"));
    Ok(())
}
