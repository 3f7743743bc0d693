//! The workloads: seven training steps, and their data.

use rand::RngExt;
use retrograd::{
    DType, Params, Tensor,
    layers::{Activation, Init, Mlp, Model, seeded},
};

use crate::{Manual, by_hand::Number, models};

/// A training step: loss, gradient, and an update by plain gradient descent.
#[derive(Debug, PartialEq)]
pub struct Workload {
    /// Its name on the command line.
    pub name: &'static str,
    /// The kind of computation.
    pub kind: Kind,
    /// Rows of a batch; numbers of a chain.
    pub n: usize,
    /// The width of each layer, inputs first; none for a chain.
    pub widths: &'static [usize],
    /// The activation between layers.
    pub activation: Activation,
    /// The learning rate; a chain has no update.
    pub learning_rate: f64,
}

/// Kinds of workloads, each written by hand in a way of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Linear regression.
    Linear,
    /// Regression by a tiny perceptron.
    Tiny,
    /// Cross entropy of a perceptron, with any number of hidden layers.
    Classifier,
    /// A chain of elementwise functions, and its gradient.
    Chain,
}

/// All workloads, in the order of their names.
pub const WORKLOADS: [Workload; 7] = [
    perceptron("W1", Kind::Linear, 1024, &[32, 1], Activation::Identity, 0.01),
    perceptron("W2", Kind::Classifier, 256, &[784, 10], Activation::Identity, 1e-3),
    perceptron("W3", Kind::Classifier, 32, &[784, 128, 10], Activation::Relu, 0.01),
    perceptron("W4", Kind::Classifier, 128, &[784, 512, 512, 10], Activation::Relu, 0.01),
    perceptron("W5", Kind::Tiny, 4, &[2, 8, 1], Activation::Tanh, 0.01),
    perceptron("W6", Kind::Chain, 1_000_000, &[], Activation::Identity, 0.0),
    perceptron("W7", Kind::Classifier, 256, &[1024, 2048, 2048, 10], Activation::GeluTanh, 1e-3),
];

const fn perceptron(
    name: &'static str,
    kind: Kind,
    n: usize,
    widths: &'static [usize],
    activation: Activation,
    learning_rate: f64,
) -> Workload {
    Workload { name, kind, n, widths, activation, learning_rate }
}

impl Workload {
    /// The workload of a name.
    pub fn find(name: &str) -> Option<&'static Workload> {
        WORKLOADS.iter().find(|workload| workload.name.eq_ignore_ascii_case(name))
    }
}

/// A workload on data: what both sides start from.
pub struct Problem {
    /// The workload.
    pub workload: &'static Workload,
    /// The dtype of all floating-point numbers.
    pub dtype: DType,
    /// At most so many threads, for what is large.
    pub n_threads: usize,
    /// Inputs, `[n, n_in]`; of a chain `[n]`.
    pub x: Tensor,
    /// Targets `[n]`: numbers for a regression, labels of classes otherwise.
    pub t: Tensor,
    /// The parameters to start with.
    pub params: Params,
}

impl Problem {
    /// Standard-normal data, random labels, weights normal/√fan-in and biases 0, all from one seed.
    pub fn new(workload: &'static Workload, dtype: DType, n_threads: usize) -> Self {
        let (mut rng, n) = (seeded(1), workload.n);
        let standard = Init::Gaussian { std: 1.0 };
        let n_in = workload.widths.first().copied().unwrap_or(1);
        let mut x = standard.sample(n, n_in, &mut rng).cast(dtype);
        let t = match workload.kind {
            Kind::Linear | Kind::Tiny => flat(&standard.sample(n, 1, &mut rng).cast(dtype)),
            Kind::Classifier => {
                let n_classes = workload.widths[workload.widths.len() - 1] as i64;
                Tensor::from((0..n).map(|_| rng.random_range(0..n_classes)).collect::<Vec<_>>())
            }
            Kind::Chain => {
                x = flat(&x);
                Tensor::zeros(dtype, [0])
            }
        };
        let params = match workload.widths {
            [] => Params::new(),
            widths => Mlp::new(widths).init(Init::Xavier).params(&mut rng).cast(dtype),
        };
        Self { workload, dtype, n_threads, x, t, params }
    }

    /// The elements of parameter `k`.
    pub(crate) fn param<F: Number>(&self, k: usize) -> Vec<F> {
        self.params.at(k).expect("the parameters are those of the model").to_vec()
    }

    /// The side of this problem that is written by hand.
    pub fn by_hand(&self) -> Box<dyn Manual> {
        match self.dtype {
            DType::F32 => models::by_hand::<f32>(self),
            DType::F64 => models::by_hand::<f64>(self),
            DType::I64 | DType::Bool => unreachable!("workloads compute with f32 or f64"),
        }
    }
}

fn flat(tensor: &Tensor) -> Tensor {
    tensor.reshape([tensor.shape().n_elements()]).expect("as many elements as before")
}
