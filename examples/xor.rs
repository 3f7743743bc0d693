//! XOR: no straight line separates its classes, so a linear model gets at most three of four points right; a
//! perceptron with one hidden layer learns all four.

use retrograd::{layers::Error, prelude::*};

fn main() -> Result<(), Error> {
    let points = Tensor::from([[0.0f32, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]);
    let xor = Dataset::new(points, Tensor::from([0i64, 1, 1, 0]))?;

    let linear = LogisticRegression::binary(2);
    let perceptron = Mlp::new([2, 4, 1]).activation(Activation::Tanh).init(Init::Xavier);
    let hidden = learn("perceptron with 4 hidden units", &perceptron, &xor)?;
    let plain = learn("linear model", &linear, &xor)?;
    println!("linear model: {} of 4 right; perceptron: {} of 4 right", 4.0 * plain, 4.0 * hidden);
    Ok(())
}

/// Trains a model, prints what it says of each point, and gives its accuracy.
fn learn(name: &str, model: &impl Model, data: &Dataset) -> Result<f64, Error> {
    let mut params = model.params(&mut seeded(1));
    let fit = Fit::new(Objective::BinaryCrossEntropy, Adam::new(0.05)).epochs(500).batch_size(4);
    fit.run(model, &mut params, data)?;

    let mut predictor = Predictor::new(model);
    let logits = predictor.predict(&params, data.features())?.to_vec::<f64>();
    let score = predictor.score(&params, Objective::BinaryCrossEntropy, data)?;
    println!("{name}: {score}");
    let points = data.features().to_vec::<f64>();
    let labels = data.targets().to_vec::<i64>();
    for ((point, logit), label) in points.chunks(2).zip(logits).zip(labels) {
        let probability = 1.0 / (1.0 + (-logit).exp());
        println!("  {point:?}: probability {probability:.3}, class {label}");
    }
    Ok(score.accuracy.expect("these targets are classes"))
}
