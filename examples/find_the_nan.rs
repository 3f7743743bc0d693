//! Three ways to a NaN, each traced to the node that made it: forwards, backwards, and in the course of training.

use retrograd::{layers::Error, prelude::*};

fn main() -> Result<(), Error> {
    forwards()?;
    backwards()?;
    while_training()
}

/// The logarithm of a probability that has become 0, times 0.
fn forwards() -> Result<(), Error> {
    let g = Graph::new();
    let logits = g.input_with("logits", [[2.0, 0.5], [0.0, 200.0]]);
    let p = logits.softmax(1).named("p");
    let entropy = -(p * p.log()).sum().named("entropy");
    println!("The entropy is {:?}.", entropy.value().item());
    if let Some(found) = g.find_non_finite(&[entropy], &Bindings::new())? {
        println!("{found}\n");
    }
    Ok(())
}

/// A distance of 0: the loss is finite, its gradient is not.
fn backwards() -> Result<(), Error> {
    let g = Graph::new();
    let points = g.param("points", [[3.0, 4.0], [0.0, 0.0]]);
    let distances = {
        let _scope = g.scope("metric");
        points.square().sum_over(1).sqrt().named("distances")
    };
    let loss = distances.mean();
    println!("The loss is {:?}, but a step of training is refused:", loss.value().item());
    let mut step = Sgd::new(0.1).compile_with(loss, CompileOptions::new().checked())?;
    let mut params = g.recorded_params();
    match step.run(&mut params, &mut Params::new(), &[]) {
        Err(error) => println!("{error}\n"),
        Ok(loss) => println!("The loss was {loss}, and so was its gradient.\n"),
    }
    Ok(())
}

/// A learning rate that is too large.
fn while_training() -> Result<(), Error> {
    let x = Tensor::from([[1.0f32], [2.0], [3.0]]);
    let data = Dataset::new(x, Tensor::from([2.0f32, 4.0, 6.0]))?;
    let model = LinearRegression::new(1);
    let mut params = model.params(&mut seeded(1));
    let fit = Fit::new(Objective::MeanSquaredError, Sgd::new(10.0)).epochs(100).checked();
    match fit.progress(Progress::Quiet).run(&model, &mut params, &data) {
        Err(error) => println!("{error}"),
        Ok(history) => println!("The model has learned: {:?}", history.last()),
    }
    println!("The parameters are those before it: {:?}", params.get("linear.weight"));
    Ok(())
}
