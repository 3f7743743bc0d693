//! Layers one after the other.

use rand::Rng;
use retrograd_core::{Bound, Error, Expr, Params};

use crate::{
    error::located,
    model::{Activation, Linear, Model},
};

/// A layer of a [`Sequential`] model.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Layer {
    /// A linear layer.
    Linear(Linear),
    /// An elementwise function.
    Activation(Activation),
}

impl Layer {
    fn kind(&self) -> &'static str {
        match self {
            Layer::Linear(_) => "linear",
            Layer::Activation(activation) => activation.name(),
        }
    }
}

impl From<Linear> for Layer {
    fn from(layer: Linear) -> Self {
        Layer::Linear(layer)
    }
}

impl From<Activation> for Layer {
    fn from(activation: Activation) -> Self {
        Layer::Activation(activation)
    }
}

impl Model for Layer {
    fn params(&self, rng: &mut dyn Rng) -> Params {
        match self {
            Layer::Linear(layer) => layer.params(rng),
            Layer::Activation(activation) => activation.params(rng),
        }
    }

    fn apply<'g>(&self, params: &Bound<'g, '_>, x: Expr<'g>) -> Expr<'g> {
        located(self.try_apply(params, x))
    }

    fn try_apply<'g>(&self, params: &Bound<'g, '_>, x: Expr<'g>) -> Result<Expr<'g>, Error> {
        match self {
            Layer::Linear(layer) => layer.try_apply(params, x),
            Layer::Activation(activation) => activation.try_apply(params, x),
        }
    }
}

/// Layers one after the other, each in a scope of its own, named by its kind and a number that counts the layers
/// of that kind: `linear1`, `relu1`, `linear2`. Outputs of activations are named `h1`, `h2`, …
///
/// ```
/// use retrograd_core::Graph;
/// use retrograd_layers::{Activation, Linear, Model, Sequential, seeded};
///
/// let model = Sequential::new()
///     .then(Linear::new(4, 8))
///     .then(Activation::Prelu { slope: 0.25 })
///     .then(Linear::new(8, 3));
/// let params = model.params(&mut seeded(1));
/// let names: Vec<_> = params.iter().map(|(name, _)| name).collect();
/// assert_eq!(
///     names,
///     ["linear1.weight", "linear1.bias", "prelu1.slope", "linear2.weight", "linear2.bias"]
/// );
/// let g = Graph::new();
/// assert_eq!(model.apply(&g.bind(&params), g.input("x", [10, 4])).shape(), [10, 3].into());
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sequential {
    layers: Vec<(String, Layer)>,
}

impl Sequential {
    /// A model without layers: the identity.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a layer at the end.
    pub fn then(mut self, layer: impl Into<Layer>) -> Self {
        let layer = layer.into();
        let n_before = self.layers.iter().filter(|(_, other)| other.kind() == layer.kind()).count();
        self.layers.push((format!("{}{}", layer.kind(), n_before + 1), layer));
        self
    }
}

impl Model for Sequential {
    fn params(&self, rng: &mut dyn Rng) -> Params {
        let mut params = Params::new();
        for (name, layer) in &self.layers {
            params.insert_nested(name, layer.params(rng));
        }
        params
    }

    fn apply<'g>(&self, params: &Bound<'g, '_>, x: Expr<'g>) -> Expr<'g> {
        located(self.try_apply(params, x))
    }

    fn try_apply<'g>(&self, params: &Bound<'g, '_>, x: Expr<'g>) -> Result<Expr<'g>, Error> {
        let (mut y, mut n_hidden) = (x, 0);
        for (name, layer) in &self.layers {
            let (inner, _scope) = params.scope(name);
            y = layer.try_apply(&inner, y)?;
            if let Layer::Activation(_) = layer {
                n_hidden += 1;
                y = y.named(&format!("h{n_hidden}"));
            }
        }
        Ok(y)
    }
}
