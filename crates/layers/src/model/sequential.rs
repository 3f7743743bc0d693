//! Layers one after the other.

use std::{fmt, sync::Arc};

use rand::Rng;
use retrograd_core::{Bound, Error, Expr, Params};

use crate::{error::located, model::Model};

/// Layers one after the other, each in a scope of its own, named by its [kind](Model::kind) and a number that counts the
/// layers of that kind: `linear1`, `relu1`, `linear2`. Any [`Model`] can be a layer. Outputs of activations are named `h1`,
/// `h2`, …
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
#[derive(Clone, Default)]
pub struct Sequential {
    layers: Vec<(String, Arc<dyn Model + Send + Sync>)>,
}

impl Sequential {
    /// A model without layers: the identity.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a layer at the end.
    pub fn then(mut self, layer: impl Model + Send + Sync + 'static) -> Self {
        let kind = layer.kind();
        let n_before = self.layers.iter().filter(|(_, other)| other.kind() == kind).count();
        let name = format!("{kind}{}", n_before + 1);
        self.layers.push((name, Arc::new(layer)));
        self
    }
}

/// The names of the layers.
impl fmt::Debug for Sequential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sequential ")?;
        f.debug_list().entries(self.layers.iter().map(|(name, _)| name)).finish()
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
            if layer.is_activation() {
                n_hidden += 1;
                y = y.named(&format!("h{n_hidden}"));
            }
        }
        Ok(y)
    }

    fn kind(&self) -> &'static str {
        "sequential"
    }
}
