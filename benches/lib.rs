//! What the benchmarks share: problems on random data, and gradients written by hand for each of them.

pub mod engine;
pub mod manual;

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use retrograd::{Params, Tensor};

/// A model on one batch of data: what both sides compute the loss and the gradient of.
pub struct Problem {
    /// Inputs, `[n, n_in]`.
    pub x: Tensor,
    /// Targets: numbers `[n]` for a regression, class labels `[n]` otherwise.
    pub t: Tensor,
    /// Parameters, in the order of the layers.
    pub params: Params,
    /// Which model it is.
    pub kind: Kind,
}

/// The models compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `mean (xW + b − t)²`.
    LinearRegression,
    /// `mean cross entropy` of `xW + b`.
    LogisticRegression,
    /// `mean cross entropy` of `relu(xW₁ + b₁)W₂ + b₂`.
    Mlp,
}

impl Kind {
    /// All models.
    pub const ALL: [Kind; 3] = [Kind::LinearRegression, Kind::LogisticRegression, Kind::Mlp];

    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Kind::LinearRegression => "linear_regression",
            Kind::LogisticRegression => "logistic_regression",
            Kind::Mlp => "mlp",
        }
    }

    /// Rows of a batch, then the width of each layer.
    pub fn sizes(self) -> (usize, &'static [usize]) {
        match self {
            Kind::LinearRegression => (1024, &[32, 1]),
            Kind::LogisticRegression => (256, &[784, 10]),
            Kind::Mlp => (32, &[784, 128, 10]),
        }
    }
}

impl Problem {
    /// The problem of a kind on standard-normal data, labels at random, weights normal/√fan-in and biases 0.
    pub fn new(kind: Kind) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let (n, widths) = kind.sizes();
        let x = normal(&mut rng, &[n, widths[0]], 1.0);
        let t = match kind {
            Kind::LinearRegression => normal(&mut rng, &[n], 1.0),
            Kind::LogisticRegression | Kind::Mlp => {
                let n_classes = *widths.last().expect("a model has layers") as i64;
                Tensor::from((0..n).map(|_| rng.random_range(0..n_classes)).collect::<Vec<_>>())
            }
        };
        let mut params = Params::new();
        for (k, pair) in widths.windows(2).enumerate() {
            let weight = normal(&mut rng, pair, 1.0 / (pair[0] as f64).sqrt());
            params.insert(format!("linear{}.weight", k + 1), weight);
            params.insert(
                format!("linear{}.bias", k + 1),
                Tensor::zeros(retrograd::DType::F32, [pair[1]]),
            );
        }
        Self { x, t, params, kind }
    }
}

/// Normal deviates, by the method of Box and Muller.
fn normal(rng: &mut impl Rng, shape: &[usize], std: f64) -> Tensor {
    let n = shape.iter().product();
    let deviate = |_| {
        let (u, v): (f64, f64) = (1.0 - rng.random::<f64>(), rng.random());
        ((-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos() * std) as f32
    };
    Tensor::new(shape, (0..n).map(deviate).collect::<Vec<_>>())
        .expect("as many deviates as elements")
}

/// The elements of a tensor of `f32`.
pub fn elements(tensor: &Tensor) -> &[f32] {
    match tensor.as_slice() {
        retrograd::Slice::F32(elements) => elements,
        other => panic!("the benchmarks are in f32, not {}", other.dtype()),
    }
}
