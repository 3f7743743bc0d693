//! Linear regression: how diabetes progresses in a year, from ten measurements. The gradient descends to the minimum
//! that has a closed form, so the errors printed are known beforehand: 2999.555 in training.

use retrograd::{
    layers::{Error, data::parse_csv},
    prelude::*,
};

const DIABETES: &[u8] = include_bytes!("data/diabetes.csv");

fn main() -> Result<(), Error> {
    let patients = parse_csv("diabetes.csv", DIABETES, Targets::Numbers)?;
    let (train, test) = patients.split_by(|row| row % 5 == 3);
    let scale = Standardizer::fit(train.features())?;
    let (train, test) = (train.standardized(&scale)?, test.standardized(&scale)?);

    let model = LinearRegression::new(10);
    let mut params = model.params(&mut seeded(1)).cast(DType::F64);
    // Two of the features are nearly the same, which makes a long flat valley: momentum gets through.
    let fit = Fit::new(Objective::MeanSquaredError, Sgd::new(0.1).momentum(0.95).nesterov());
    fit.epochs(3000).batch_size(train.len()).run(&model, &mut params, &train)?;

    let mut predictor = Predictor::new(&model);
    for (name, tensor) in params.iter() {
        println!("{name}: {:.3?}", tensor.to_vec::<f64>());
    }
    let train_mse = predictor.score(&params, Objective::MeanSquaredError, &train)?.loss;
    let test_mse = predictor.score(&params, Objective::MeanSquaredError, &test)?.loss;
    println!("train mean squared error: {train_mse:.3}");
    println!("test R²: {:.3}", 1.0 - test_mse / variance(&test.targets().to_vec()));
    Ok(())
}

fn variance(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n
}
