//! Initializers: the values that parameters have before training.

use std::f64::consts::TAU;

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use retrograd_core::Tensor;

/// Distribution of the weights of a layer `[n_in, n_out]` before training.
///
/// Weights of variance `1/n_in` keep the variance of a sum over the fan-in, `n_in` inputs. The rules differ in the
/// further factors that they include.
///
/// ```
/// use retrograd_layers::{Init, seeded};
///
/// let weight = Init::He.sample(784, 128, &mut seeded(1));
/// assert_eq!(weight.shape(), &[784, 128].into());
/// assert_eq!(Init::He.std(784, 128), (2.0f64 / 784.0).sqrt());
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Init {
    /// The same number for every weight. All units of a hidden layer then stay equal, so use this only for models
    /// without hidden layers.
    Constant(f64),
    /// Normal with this standard deviation, independent of fan-in and fan-out.
    Gaussian {
        /// Standard deviation.
        std: f64,
    },
    /// Normal with standard deviation `√(1/n_in)`, which keeps the variance of activations going forward: the
    /// fan-in form of Xavier's rule (LeCun et al. 1998, "Efficient BackProp"; so in Caffe and many lectures).
    Xavier,
    /// Normal with standard deviation `√(2/(n_in + n_out))`: Xavier's rule as published, a compromise between the
    /// variance of activations going forward and of gradients going back (Glorot & Bengio 2010).
    Glorot,
    /// Normal with standard deviation `√(2/n_in)`, since a rectifier lets half of the variance through; also
    /// called MSRA (He et al. 2015, arXiv:1502.01852).
    He,
}

impl Init {
    /// Standard deviation of the weights of a layer from `n_in` to `n_out` units.
    pub fn std(self, n_in: usize, n_out: usize) -> f64 {
        let (n_in, n_out) = (n_in as f64, n_out as f64);
        match self {
            Init::Constant(_) => 0.0,
            Init::Gaussian { std } => std,
            Init::Xavier => n_in.recip().sqrt(),
            Init::Glorot => (2.0 / (n_in + n_out)).sqrt(),
            Init::He => (2.0 / n_in).sqrt(),
        }
    }

    /// Weights `[n_in, n_out]`, in `f32`; the same for the same state of the generator.
    pub fn sample(self, n_in: usize, n_out: usize, rng: &mut dyn Rng) -> Tensor {
        let n = n_in.checked_mul(n_out).expect("a layer has fewer than 2⁶⁴ weights");
        let weights: Vec<f32> = match self {
            Init::Constant(value) => vec![value as f32; n],
            Init::Gaussian { .. } | Init::Xavier | Init::Glorot | Init::He => {
                let std = self.std(n_in, n_out);
                standard_normals(rng).take(n).map(|z| (std * z) as f32).collect()
            }
        };
        Tensor::new([n_in, n_out], weights).expect("as many weights were made as the shape has")
    }
}

/// Independent standard normal values, by the transform of Box & Muller (1958): for uniform `u, v`, the point at
/// distance `√(−2 ln u)` from the origin in direction `2πv` has two of them as coordinates.
fn standard_normals(rng: &mut dyn Rng) -> impl Iterator<Item = f64> {
    std::iter::repeat_with(move || {
        let (u, v): (f64, f64) = (1.0 - rng.random::<f64>(), rng.random());
        let (sin, cos) = (TAU * v).sin_cos();
        let radius = (-2.0 * u.ln()).sqrt();
        [radius * cos, radius * sin]
    })
    .flatten()
}

/// A generator of random numbers whose stream depends on nothing but the seed: ChaCha with 8 rounds, the same on
/// every machine.
///
/// ```
/// use rand::Rng;
///
/// assert_eq!(retrograd_layers::seeded(7).next_u64(), retrograd_layers::seeded(7).next_u64());
/// ```
pub fn seeded(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean, variance and kurtosis.
    fn moments(values: &[f64]) -> [f64; 3] {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let central = |power| values.iter().map(|x| (x - mean).powi(power)).sum::<f64>() / n;
        [mean, central(2), central(4) / central(2).powi(2)]
    }

    #[test]
    fn weights_have_the_moments_of_their_rule() {
        let (n_in, n_out) = (400, 250);
        let rules = [
            (Init::Gaussian { std: 0.3 }, 0.3f64.powi(2)),
            (Init::Xavier, 1.0 / 400.0),
            (Init::Glorot, 2.0 / 650.0),
            (Init::He, 2.0 / 400.0),
        ];
        for (init, variance) in rules {
            let [mean, var, kurtosis] =
                moments(&init.sample(n_in, n_out, &mut seeded(3)).to_vec::<f64>());
            let n_root = (n_in as f64 * n_out as f64).sqrt();
            assert!(mean.abs() < 4.0 * variance.sqrt() / n_root, "{init:?}: mean {mean}");
            assert!((var / variance - 1.0).abs() < 4.0 * 2f64.sqrt() / n_root, "{init:?}: {var}");
            assert!((kurtosis - 3.0).abs() < 4.0 * 24f64.sqrt() / n_root, "{init:?}: {kurtosis}");
        }
    }

    #[test]
    fn a_constant_is_a_constant() {
        assert_eq!(Init::Constant(0.1).sample(3, 2, &mut seeded(0)).to_vec::<f32>(), [0.1; 6]);
    }

    #[test]
    fn a_seed_determines_the_weights() {
        let sample = |seed| Init::He.sample(7, 5, &mut seeded(seed));
        assert_eq!(sample(1), sample(1));
        assert_ne!(sample(1), sample(2));
    }
}
