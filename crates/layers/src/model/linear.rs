//! The linear layer.

use rand::Rng;
use retrograd_core::{Bound, DType, Error, Expr, Params, Tensor};

use crate::{error::located, init::Init, model::Model};

/// A linear (affine) layer `y = x·W + b`, shape `[…, n_in] → […, n_out]`.
///
/// Parameters: `weight` `[n_in, n_out]`, drawn by the initializer (default [`Init::Xavier`]), and `bias` `[n_out]`,
/// initially zero.
///
/// ```
/// use retrograd_core::Graph;
/// use retrograd_layers::{Init, Linear, Model, seeded};
///
/// let layer = Linear::new(2, 1).init(Init::Constant(0.5));
/// let params = layer.params(&mut seeded(1));
/// let g = Graph::new();
/// let x = g.constant([[1.0, 3.0]]);
/// assert_eq!(layer.apply(&g.bind(&params), x).value().to_vec::<f64>(), [2.0]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Linear {
    n_in: usize,
    n_out: usize,
    init: Init,
    has_bias: bool,
}

impl Linear {
    /// A layer with a bias.
    pub fn new(n_in: usize, n_out: usize) -> Self {
        Self { n_in, n_out, init: Init::Xavier, has_bias: true }
    }

    /// Sets the distribution of the weights (default [`Init::Xavier`]).
    pub fn init(self, init: Init) -> Self {
        Self { init, ..self }
    }

    /// Removes the bias: `y = x·W`.
    pub fn without_bias(self) -> Self {
        Self { has_bias: false, ..self }
    }
}

impl Model for Linear {
    fn params(&self, rng: &mut dyn Rng) -> Params {
        let mut params = Params::new();
        params.insert("weight", self.init.sample(self.n_in, self.n_out, rng));
        if self.has_bias {
            params.insert("bias", Tensor::zeros(DType::F32, [self.n_out]));
        }
        params
    }

    fn apply<'g>(&self, params: &Bound<'g, '_>, x: Expr<'g>) -> Expr<'g> {
        located(self.try_apply(params, x))
    }

    fn try_apply<'g>(&self, params: &Bound<'g, '_>, x: Expr<'g>) -> Result<Expr<'g>, Error> {
        let product = x.try_matmul(params.try_param("weight")?)?;
        if self.has_bias { product.try_add(params.try_param("bias")?) } else { Ok(product) }
    }

    fn kind(&self) -> &'static str {
        "linear"
    }
}
