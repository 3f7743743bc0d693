//! Where the time of a training step goes: a table of its kernels, and its graph colored by them.

use retrograd::{prelude::*, viz::Draw};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (g, model) = (Graph::new(), Mlp::new([784, 128, 10]));
    let params = model.params(&mut seeded(1));
    let (x, t) = (g.input("x", [32, 784]), g.input_as("t", DType::I64, [32]));
    let logits = model.apply(&g.bind(&params), x);
    let loss = logits.cross_entropy(t).mean().named("loss");

    let step = Sgd::new(0.01).compile(loss)?;
    let images = Init::Gaussian { std: 1.0 }.sample(32, 784, &mut seeded(2));
    let labels = Tensor::from((0..32).map(|k| k % 10).collect::<Vec<i64>>());
    let feeds = [("x", images.view()), ("t", labels.view())];
    let profile = step.plan().profile(51, &params, &step.initial_state(), &feeds)?;
    println!("{}", profile.table(&g));

    let gradients = loss.grad(&g.params());
    let drawing = g.draw(&[&[loss], &gradients[..]].concat()).times(profile.node_times(&g));
    drawing.title("A training step").save("out/profile.dot")?;
    println!("out/profile.dot: the graph, nodes filled by the time they take");
    Ok(())
}
