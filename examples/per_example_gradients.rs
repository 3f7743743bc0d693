//! The gradient of every example by itself: how hard each digit pulls at the weights of a perceptron, and training in
//! which none pulls harder than the others (clipping, as in Abadi and others 2016). The loss is recorded for one example;
//! `vmap` makes it a batch; and losses, gradients, their norms, clipping and update are one plan.

use retrograd::{
    layers::{Error, data::idx},
    prelude::*,
};

const IMAGES: &[u8] = include_bytes!("data/mnist10k-images-idx3-ubyte.gz");
const LABELS: &[u8] = include_bytes!("data/mnist10k-labels-idx1-ubyte.gz");
const BATCH: usize = 64;

fn main() -> Result<(), Error> {
    let images = idx::parse("images", IMAGES, DType::F32)?.reshape([10_000, 28 * 28])?;
    let digits = Dataset::new(images, idx::parse("labels", LABELS, DType::I64)?)?;
    let digits = digits.standardized(&Standardizer::fit_jointly(digits.features())?)?;

    let mlp = Mlp::new([28 * 28, 32, 10]);
    let mut params = mlp.params(&mut seeded(1));
    let g = Graph::new();
    let (x, t) = (g.input("x of one", [28 * 28]), g.input_as("t of one", DType::I64, []));
    let loss = mlp.apply(&g.bind(&params), x).cross_entropy(t);

    let (xs, ts) = (g.input("x", [BATCH, 28 * 28]), g.input_as("t", DType::I64, [BATCH]));
    let of_batch = [loss].into_iter().chain(loss.grad(&g.params())).collect::<Vec<_>>();
    let of_batch = g.vmap(&of_batch, &[(x, xs), (t, ts)]);
    let (losses, gradients) = (of_batch[0], &of_batch[1..]);
    let gradients = gradients.iter().map(|g| g.reshape([BATCH, g.shape().n_elements() / BATCH]));
    let squares = gradients.clone().map(|rows| rows.square().sum_over(1));
    let norms = squares.reduce(|a, b| a + b).expect("there are parameters").sqrt();
    let weights = (1.0 / norms).minimum(1.0); // no gradient counts as longer than 1
    let clipped = gradients.map(|rows| weights.dot(rows) / BATCH as f64);
    let params_and_steps = g.params().into_iter().zip(clipped);
    let updates: Vec<_> =
        params_and_steps.map(|(p, step)| (p, p - 0.5 * step.reshape(p.shape()))).collect();
    let plan = Plan::compile(&[losses, norms], &updates)?;

    let mut memory = plan.workspace();
    for epoch in 0..3 {
        let (mut losses, mut norms) = (Vec::new(), Vec::new());
        for first in (0..8000).step_by(BATCH) {
            let batch = digits.select(&(first..first + BATCH).collect::<Vec<_>>());
            let feeds = [("x", batch.features().view()), ("t", batch.targets().view())];
            plan.step(&mut memory, &mut params, &mut Params::new(), &feeds)?;
            losses.extend(memory.output(0).to_tensor().to_vec::<f64>());
            norms.extend(memory.output(1).to_tensor().to_vec::<f64>());
        }
        norms.sort_by(f64::total_cmp);
        let [median, longest] = [norms[norms.len() / 2], norms[norms.len() - 1]];
        let mean = losses.iter().sum::<f64>() / losses.len() as f64;
        println!("epoch {epoch}: loss {mean:.4}, norms: median {median:.3}, largest {longest:.1}");
    }
    let (_, test) = digits.split_at(8000);
    let score = Predictor::new(&mlp).score(&params, Objective::CrossEntropy, &test)?;
    println!("test accuracy: {:.4}", score.accuracy.expect("digits are classes"));
    Ok(())
}
