//! A small perceptron, neuron by neuron: `2 → 16 → 16 → 1`, with `tanh` between its layers, and its mean squared error.

use rand::RngExt;
use retrograd::{Expr, Real, layers::seeded};

use super::Function;

const N: usize = 16;
const N_PARAMS: usize = 3 * N + N * N + N + N + 1;

/// Points, each with its target.
const DATA: [([f64; 2], f64); 4] =
    [([0.5, 0.866], 1.0), ([-0.5, 0.866], 1.0), ([0.5, -0.366], -1.0), ([1.5, -0.366], -1.0)];

/// The error as a function of the weights, each neuron's bias after its weights.
pub struct Network {
    /// In turns.
    params: Vec<Vec<f64>>,
}

impl Network {
    /// Weights and biases uniform in [−1, 1).
    pub fn new() -> Self {
        Self::varied(1)
    }

    /// The same, with other weights and biases for each of `n` runs, as in training: what branches on numbers, as `tanh`
    /// of the system's library does, cannot be foreseen then from the run before.
    pub fn varied(n: usize) -> Self {
        let mut rng = seeded(1);
        let mut params = || (0..N_PARAMS).map(|_| rng.random_range(-1.0..1.0)).collect();
        Self { params: (0..n).map(|_| params()).collect() }
    }
}

impl Default for Network {
    fn default() -> Self {
        Self::new()
    }
}

/// The parameters of each layer.
fn layers<R>(params: &[R]) -> [&[R]; 3] {
    let (first, rest) = params.split_at(3 * N);
    let (second, third) = rest.split_at(N * N + N);
    [first, second, third]
}

/// `Σ wᵢ·xᵢ + b`, where the bias stands last.
fn neuron<R: Real>(params: &[R], x: &[R]) -> R {
    let mut sum = params[x.len()];
    for (&weight, &x) in params.iter().zip(x) {
        sum = sum + weight * x;
    }
    sum
}

impl Function for Network {
    fn point(&self) -> Vec<f64> {
        self.params[0].clone()
    }

    fn points(&self) -> Vec<Vec<f64>> {
        self.params.clone()
    }

    fn value<R: Real>(&self, params: &[R]) -> R {
        let [first, second, third] = layers(params);
        let mut sum = params[0].lit(0.0);
        for (x, target) in DATA {
            let x = x.map(|x| params[0].lit(x));
            let mut hidden = [x[0]; N];
            for (hidden, params) in hidden.iter_mut().zip(first.chunks(3)) {
                *hidden = neuron(params, &x).tanh();
            }
            let mut deeper = hidden;
            for (deeper, params) in deeper.iter_mut().zip(second.chunks(N + 1)) {
                *deeper = neuron(params, &hidden).tanh();
            }
            sum = sum + (neuron(third, &deeper) - x[0].lit(target)).square();
        }
        sum * params[0].lit(1.0 / DATA.len() as f64)
    }

    fn expression<'g>(&self, params: Expr<'g>) -> Option<Expr<'g>> {
        let g = params.graph();
        let mut start = 0;
        let mut layer = |x: Expr<'g>, n_in: usize, n_out: usize| {
            let end = start + (n_in + 1) * n_out;
            let rows = params.slice(0, start..end).reshape([n_out, n_in + 1]);
            start = end;
            let (weights, bias) = (rows.slice(1, 0..n_in), rows.slice(1, n_in..n_in + 1));
            x.dot(weights.t()) + bias.reshape([n_out])
        };
        let x = g.constant(DATA.map(|(x, _)| x));
        let targets = g.constant(DATA.map(|(_, target)| [target]));
        let hidden = layer(x, 2, N).tanh();
        let deeper = layer(hidden, N, N).tanh();
        Some((layer(deeper, N, 1) - targets).square().mean())
    }

    fn gradient(&self, params: &[f64], gradient: &mut [f64], _: &mut Vec<f64>) -> f64 {
        gradient.fill(0.0);
        let [first, second, third] = layers(params);
        let (by_first, rest) = gradient.split_at_mut(3 * N);
        let (by_second, by_third) = rest.split_at_mut(N * N + N);
        let mut sum = 0.0;
        for (x, target) in DATA {
            let mut hidden = [0.0; N];
            for (hidden, p) in hidden.iter_mut().zip(first.as_chunks::<3>().0) {
                *hidden = (p[0] * x[0] + p[1] * x[1] + p[2]).tanh();
            }
            let mut deeper = [0.0; N];
            for (deeper, params) in deeper.iter_mut().zip(second.as_chunks::<{ N + 1 }>().0) {
                *deeper = neuron(params, &hidden).tanh();
            }
            let error = neuron(third, &deeper) - target;
            sum += error * error;

            let by_output = 2.0 * error / DATA.len() as f64;
            by_third[N] += by_output;
            let mut by_hidden = [0.0; N];
            for i in 0..N {
                by_third[i] += by_output * deeper[i];
                let by_sum = by_output * third[i] * (1.0 - deeper[i] * deeper[i]);
                let row = i * (N + 1);
                for j in 0..N {
                    by_second[row + j] += by_sum * hidden[j];
                    by_hidden[j] += by_sum * second[row + j];
                }
                by_second[row + N] += by_sum;
            }
            for (j, p) in by_first.as_chunks_mut::<3>().0.iter_mut().enumerate() {
                let by_sum = by_hidden[j] * (1.0 - hidden[j] * hidden[j]);
                p[0] += by_sum * x[0];
                p[1] += by_sum * x[1];
                p[2] += by_sum;
            }
        }
        sum / DATA.len() as f64
    }
}
