//! `lstm`: the loss of a recurrent network with diagonal weights that predicts the next character, and its gradient.
//! Source: GradBench, `evals/lstm/README.md`, and ADBench, `src/cpp/shared/lstm.h`; Hochreiter, Schmidhuber 1997.

use retrograd_core::{Expr, keep};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::is_derived;
use crate::{
    error::Error,
    evaluation::{Evaluation, measure_plan, only},
    json,
};

/// Each step of each layer is recorded. The suite's longest text takes 4096 of them in each of a few layers.
const MOST_STEPS: usize = 1 << 18;

#[derive(Deserialize)]
struct LstmInput {
    main_params: Vec<Vec<f64>>,
    extra_params: Vec<Vec<f64>>,
    state: Vec<Vec<f64>>,
    sequence: Vec<Vec<f64>>,
}

/// Weights, or biases, of the gates of a layer: `[b]` each.
struct Gates<'g> {
    forget: Expr<'g>,
    ingate: Expr<'g>,
    outgate: Expr<'g>,
    change: Expr<'g>,
}

impl<'g> Gates<'g> {
    /// Those that lie side by side in `row: [4·b]`.
    fn of(row: Expr<'g>) -> Self {
        let [forget, ingate, outgate, change] =
            row.chunk(0, 4).try_into().expect("a row of 4·b elements has four parts of b");
        Gates { forget, ingate, outgate, change }
    }
}

/// A layer, and its state at the start.
struct LstmLayer<'g> {
    weight: Gates<'g>,
    bias: Gates<'g>,
    hidden: Expr<'g>,
    cell: Expr<'g>,
}

impl<'g> LstmLayer<'g> {
    /// The hidden parts of the layer after each step of a sequence `x: [n, b]`: `[n, b]`.
    ///
    /// `c ← c·σ(x·w_f + b_f) + σ(h·w_i + b_i)·tanh(h·w_c + b_c)`, then `h ← σ(x·w_o + b_o)·tanh c`. Two gates depend on
    /// the sequence alone, and are computed for all steps at once.
    fn read(self, x: Expr<'g>) -> Expr<'g> {
        let LstmLayer { weight, bias, mut hidden, mut cell } = self;
        let forget = (x * weight.forget + bias.forget).sigmoid().unbind(0);
        let outgate = (x * weight.outgate + bias.outgate).sigmoid().unbind(0);
        let step = |(forget, outgate): (Expr<'g>, Expr<'g>)| {
            let ingate = (hidden * weight.ingate + bias.ingate).sigmoid();
            let change = (hidden * weight.change + bias.change).tanh();
            cell = cell * forget + ingate * change;
            hidden = outgate * cell.tanh();
            hidden
        };
        let hidden: Vec<_> = forget.into_iter().zip(outgate).map(step).collect();
        x.graph().stack(&hidden, 0)
    }
}

/// The parameters of a network of `l` layers of `b` cells, and its inputs.
#[derive(Clone, Copy)]
struct Network<'g> {
    /// Weights, then biases, of each layer: `[2·l, 4·b]`.
    main: Expr<'g>,
    /// Weights of the input, weights of the output, biases of the output: `[3, b]`.
    extra: Expr<'g>,
    /// Hidden part, then cell, of each layer at the start: `[2·l, b]`.
    state: Expr<'g>,
    /// Characters, each as its bits: `[c, b]`.
    sequence: Expr<'g>,
}

impl<'g> Network<'g> {
    /// `−1/((c − 1)·b)·Σₜ xₜ₊₁·(yₜ − ln(2 + Σ exp yₜ))`, where `yₜ` is predicted from the characters `x₀ … xₜ`.
    fn loss(self) -> Expr<'g> {
        let (rows, states) = (self.main.unbind(0), self.state.unbind(0));
        let layer = |(rows, state): (&[Expr<'g>], &[Expr<'g>])| LstmLayer {
            weight: Gates::of(rows[0]),
            bias: Gates::of(rows[1]),
            hidden: state[0],
            cell: state[1],
        };
        let layers = rows.chunks(2).zip(states.chunks(2)).map(layer);
        let [in_weight, out_weight, out_bias] = [0, 1, 2].map(|k| self.extra.select_index(0, k));
        let characters = self.sequence.slice(0, ..self.sequence.shape()[0] - 1);
        let read = layers.fold(characters * in_weight, |x, layer| layer.read(x));
        let predicted = read * out_weight + out_bias;
        let normalizer = (2.0 + predicted.exp().sum_over(keep(1))).log();
        -(self.sequence.slice(0, 1..) * (predicted - normalizer)).mean()
    }
}

pub(crate) fn evaluate(function: &str, input: &RawValue) -> Result<Evaluation, Error> {
    let is_gradient = is_derived(function, ["objective", "jacobian"])?;
    let LstmInput { main_params, extra_params, state, sequence } = json::input(input)?;
    let (l, b, c) = (main_params.len() / 2, state.first().map_or(0, Vec::len), sequence.len());
    for (name, count, least) in [("number of layers", l, 1), ("width", b, 1), ("length", c, 2)] {
        json::check_range(name, count, least..=json::MOST)?;
    }
    json::check_product("layers·length", &[l, c], MOST_STEPS)?;
    let main = json::matrix("main_params", &main_params, [2 * l, 4 * b])?;
    let extra = json::matrix("extra_params", &extra_params, [3, b])?;
    let state = json::matrix("state", &state, [2 * l, b])?;
    let sequence = json::matrix("sequence", &sequence, [c, b])?;
    measure_plan(
        input,
        |g| {
            let network = Network {
                main: g.input_with("main_params", main),
                extra: g.input_with("extra_params", extra),
                state: g.input_with("state", state),
                sequence: g.input_with("sequence", sequence),
            };
            let loss = network.loss();
            if !is_gradient {
                return vec![loss];
            }
            let gradient = loss.grad(&[network.main, network.extra]);
            vec![g.concat(&[gradient[0].flatten(), gradient[1].flatten()], 0)]
        },
        only,
    )
}
