//! XOR: no straight line separates its classes, so the best that a linear model can say of each point is "one half";
//! a perceptron with one hidden layer learns all four.

use retrograd::{layers::Error, prelude::*};

fn main() -> Result<(), Error> {
    let points = Tensor::from([[0.0f32, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]);
    let xor = Dataset::new(points, Tensor::from([0i64, 1, 1, 0]))?;

    learn("linear model", &LogisticRegression::binary(2), &xor)?;
    let perceptron = Mlp::new([2, 4, 1]).activation(Activation::Tanh).init(Init::Xavier);
    learn("perceptron with 4 hidden units", &perceptron, &xor)
}

/// Trains a model, and prints what it says of each point.
fn learn(name: &str, model: &impl Model, data: &Dataset) -> Result<(), Error> {
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
    Ok(())
}
