//! Handwritten digits: a perceptron learns 8,000 of them, is tested on 2,000 others, and writes its graph, its loss
//! curve and its weights to a folder. `cargo run --release --example mnist -- --epochs 20 --seed 1 --out out`

use std::{error::Error, path::Path};

use lexopt::prelude::*;
use retrograd::{layers::data::idx, layers::store, prelude::*};

const IMAGES: &[u8] = include_bytes!("data/mnist10k-images-idx3-ubyte.gz");
const LABELS: &[u8] = include_bytes!("data/mnist10k-labels-idx1-ubyte.gz");

fn main() -> Result<(), lexopt::Error> {
    let (mut n_epochs, mut seed, mut out) = (20, 1, "out".into());
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("epochs") => n_epochs = arguments.value()?.parse()?,
            Long("seed") => seed = arguments.value()?.parse()?,
            Long("out") => out = arguments.value()?,
            Short('h') | Long("help") => {
                println!("mnist [--epochs N (20)] [--seed N (1)] [--out FOLDER (out)]");
                return Ok(());
            }
            _ => return Err(argument.unexpected()),
        }
    }
    learn(n_epochs, seed, Path::new(&out)).map_err(lexopt::Error::Custom)
}

fn learn(n_epochs: usize, seed: u64, out: &Path) -> Result<(), Box<dyn Error + Send + Sync>> {
    let images = idx::parse("images", IMAGES, DType::F32)?.reshape([10_000, 28 * 28])?;
    let digits = Dataset::new(images, idx::parse("labels", LABELS, DType::I64)?)?;
    let (train, test) = digits.split_at(8000);
    let scale = Standardizer::fit_jointly(train.features())?;
    let (train, test) = (train.standardized(&scale)?, test.standardized(&scale)?);

    let mlp = Mlp::new([28 * 28, 256, 10]).activation(Activation::Relu).init(Init::He);
    let mut params = mlp.params(&mut seeded(seed));
    let g = Graph::new();
    let (x, t) = (g.input("x", [64, 28 * 28]), g.input_as("t", DType::I64, [64]));
    let loss = mlp.apply(&g.bind(&params), x).cross_entropy(t).mean().named("loss");
    g.draw(&[loss]).save(out.join("mlp.dot"))?;
    if let Err(error) = g.draw(&[loss]).save(out.join("mlp.svg")) {
        println!("no mlp.svg: {error}");
    }

    let fit = Fit::new(Objective::CrossEntropy, Adam::new(2e-3).weight_decay(1.0));
    let fit = fit.epochs(n_epochs).batch_size(64).seed(seed).schedule(Schedule::Cosine);
    let fit = fit.validation(&test).progress(Progress::Lines);
    let history = fit.run(&mlp, &mut params, &train)?;

    let chart = LineChart::new("Cross entropy of MNIST digits").x_label("epoch").log_y();
    let chart = chart.line("train", history.losses()).line("test", history.validation_losses());
    chart.save(out.join("loss.svg"))?;
    store::save(&params, out.join("mnist.safetensors"))?;
    let score = Predictor::new(&mlp).score(&params, Objective::CrossEntropy, &test)?;
    println!("test accuracy: {:.4}", score.accuracy.expect("digits are classes"));
    Ok(())
}
