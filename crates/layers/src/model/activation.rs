//! Activations: the elementwise functions between linear layers.

use rand::Rng;
use retrograd_core::{Bound, Error, Expr, Params, Tensor};

use crate::{error::located, model::Model};

/// An elementwise function between linear layers, shape `[…] → […]`.
///
/// ```
/// use retrograd_core::{Graph, Params};
/// use retrograd_layers::{Activation, Model};
///
/// let g = Graph::new();
/// let x = g.constant([-2.0, 3.0]);
/// let y = Activation::LeakyRelu { slope: 0.5 }.apply(&g.bind(&Params::new()), x);
/// assert_eq!(y.value().to_vec::<f64>(), [-1.0, 3.0]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Activation {
    /// `x` itself: layers without an activation between them make one linear layer.
    Identity,
    /// `1/(1 + e⁻ˣ)`; its derivative is at most 1/4, so deep stacks of it saturate.
    Sigmoid,
    /// `tanh x = 2σ(2x) − 1`.
    Tanh,
    /// `max(x, 0)`; derivative 0 at 0.
    Relu,
    /// `x` where positive, else `slope·x`.
    LeakyRelu {
        /// Slope where `x ≤ 0`.
        slope: f64,
    },
    /// [`LeakyRelu`](Self::LeakyRelu) whose slope is a parameter `slope` of shape `[]` (He et al. 2015,
    /// arXiv:1502.01852).
    Prelu {
        /// Slope before training; 0.25 in the paper.
        slope: f64,
    },
    /// `x` where positive, else `α(eˣ − 1)` (Clevert et al. 2015, arXiv:1511.07289).
    Elu {
        /// The negated limit of the function as `x → −∞`.
        alpha: f64,
    },
    /// Scaled ELU, which keeps mean 0 and variance 1 (Klambauer et al. 2017, arXiv:1706.02515).
    Selu,
    /// `x·σ(x)`, or swish (Ramachandran et al. 2017, arXiv:1710.05941).
    Silu,
    /// `x·Φ(x)` with the normal distribution function `Φ` (Hendrycks & Gimpel 2016, arXiv:1606.08415).
    Gelu,
    /// [`Gelu`](Self::Gelu) approximated by a tanh.
    GeluTanh,
    /// `ln(1 + eˣ)`, a smooth ReLU.
    Softplus,
}

impl Activation {
    /// The name, as scopes and parameters use it.
    pub fn name(self) -> &'static str {
        match self {
            Activation::Identity => "identity",
            Activation::Sigmoid => "sigmoid",
            Activation::Tanh => "tanh",
            Activation::Relu => "relu",
            Activation::LeakyRelu { .. } => "leaky_relu",
            Activation::Prelu { .. } => "prelu",
            Activation::Elu { .. } => "elu",
            Activation::Selu => "selu",
            Activation::Silu => "silu",
            Activation::Gelu => "gelu",
            Activation::GeluTanh => "gelu_tanh",
            Activation::Softplus => "softplus",
        }
    }
}

impl Model for Activation {
    fn params(&self, _: &mut dyn Rng) -> Params {
        let mut params = Params::new();
        if let Activation::Prelu { slope } = self {
            params.insert("slope", Tensor::from(*slope as f32));
        }
        params
    }

    fn apply<'g>(&self, params: &Bound<'g, '_>, x: Expr<'g>) -> Expr<'g> {
        located(self.try_apply(params, x))
    }

    fn try_apply<'g>(&self, params: &Bound<'g, '_>, x: Expr<'g>) -> Result<Expr<'g>, Error> {
        match *self {
            Activation::Identity => Ok(x),
            Activation::Sigmoid => x.try_sigmoid(),
            Activation::Tanh => x.try_tanh(),
            Activation::Relu => x.try_relu(),
            Activation::LeakyRelu { slope } => x.try_leaky_relu(slope),
            Activation::Prelu { .. } => x.try_prelu(params.try_param("slope")?),
            Activation::Elu { alpha } => x.try_elu(alpha),
            Activation::Selu => x.try_selu(),
            Activation::Silu => x.try_silu(),
            Activation::Gelu => x.try_gelu(),
            Activation::GeluTanh => x.try_gelu_tanh(),
            Activation::Softplus => x.try_softplus(),
        }
    }

    fn kind(&self) -> &'static str {
        self.name()
    }

    fn is_activation(&self) -> bool {
        true
    }
}
