//! Checkpoints: a deep chain keeps the values of about √n of its layers for the gradient, computes the others again, and
//! learns the same to the last bit, in less memory and a little more time.

use std::time::{Duration, Instant};

use retrograd::{layers::Error, prelude::*};

/// Layers of one width, on a batch of rows.
struct Chain {
    n_layers: usize,
    width: usize,
    n_rows: usize,
    activation: fn(Expr<'_>) -> Expr<'_>,
}

fn main() -> Result<(), Error> {
    let deep = Chain { n_layers: 256, width: 64, n_rows: 64, activation: |x| x.tanh() };
    let wide = Chain { n_layers: 16, width: 512, n_rows: 128, activation: |x| x.relu() };
    for chain in [deep, wide] {
        println!("{} layers of {}, {} rows", chain.n_layers, chain.width, chain.n_rows);
        let is_equal = train(&chain, false)? == train(&chain, true)?;
        println!("  losses are {}", if is_equal { "equal" } else { "different" });
    }
    Ok(())
}

/// Trains for some steps; the losses before each.
fn train(chain: &Chain, is_checkpointed: bool) -> Result<Vec<f64>, Error> {
    let g = Graph::new();
    let x = g.input_with("x", wave([chain.n_rows, chain.width], 1.0));
    let scale = 2.0 / (chain.width as f32).sqrt();
    let layer = |x, k| {
        let w = g.param(&format!("w{k}"), wave([chain.width; 2], scale));
        (chain.activation)(Expr::dot(x, w))
    };
    let y = match is_checkpointed {
        true => g.checkpointed_chain(x, chain.n_layers, layer),
        false => (0..chain.n_layers).fold(x, layer),
    };
    let mut step = Sgd::new(0.1).compile((y - x).square().mean())?;

    let (mut params, mut state, x) = (g.recorded_params(), step.initial_state(), x.value());
    let (mut losses, mut fastest) = (Vec::new(), Duration::MAX);
    for _ in 0..5 {
        let start = Instant::now();
        losses.push(step.run(&mut params, &mut state, &[("x", x.view())])?);
        fastest = fastest.min(start.elapsed());
    }
    let (with, n_bytes) =
        (["without", "with"][usize::from(is_checkpointed)], step.plan().arena_bytes());
    println!("  {with} checkpoints: {n_bytes} bytes, {fastest:.1?} a step");
    Ok(losses)
}

/// Numbers up to `scale`, of both signs.
fn wave(shape: [usize; 2], scale: f32) -> Tensor {
    let number = |k| scale * ((k * k) as f32).sin();
    let numbers: Vec<_> = (0..shape[0] * shape[1]).map(number).collect();
    Tensor::new(shape, numbers).expect("there is a number for every element")
}
