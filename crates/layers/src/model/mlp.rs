//! The multilayer perceptron.

use rand::Rng;
use retrograd_core::{Bound, Error, Expr, Params};

use crate::{
    init::Init,
    model::{Activation, Linear, Model, Sequential},
};

/// A multilayer perceptron: linear layers with an activation between them, shape `[…, n_in] → […, n_out]`.
///
/// `hₖ = σ(hₖ₋₁·Wₖ + bₖ)` with `h₀ = x`, and without the activation in the last layer. Two widths make a linear
/// model; the activation is [`Activation::Relu`] and the initializer [`Init::He`] unless others are chosen. The
/// parameters are `linear1.weight` `[n_in, n₁]`, `linear1.bias` `[n₁]`, and so on.
///
/// ```
/// use retrograd_core::Graph;
/// use retrograd_layers::{Activation, Init, Loss, Mlp, Model, seeded};
///
/// let mlp = Mlp::new([4, 5, 3]).activation(Activation::Sigmoid).init(Init::Xavier);
/// let params = mlp.params(&mut seeded(1));
/// assert_eq!(params.n_elements(), 43);
///
/// let g = Graph::new();
/// let (x, t) = (g.input("x", [32, 4]), g.input("t", [32, 3]));
/// let loss = mlp.apply(&g.bind(&params), x).cross_entropy(t).mean();
/// assert_eq!(loss.grad(&g.params()).len(), 4);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Mlp {
    widths: Vec<usize>,
    activation: Activation,
    init: Init,
}

impl Mlp {
    /// A perceptron whose layers have these widths: inputs, hidden layers, outputs.
    ///
    /// # Panics
    /// If there are fewer than two widths, or one is 0.
    #[track_caller]
    pub fn new(widths: impl Into<Vec<usize>>) -> Self {
        let widths = widths.into();
        assert!(
            widths.len() >= 2 && !widths.contains(&0),
            "an Mlp needs the widths of its inputs and outputs, none of them 0, not {widths:?}"
        );
        Self { widths, activation: Activation::Relu, init: Init::He }
    }

    /// Sets the activation after each hidden layer (default [`Activation::Relu`]).
    pub fn activation(self, activation: Activation) -> Self {
        Self { activation, ..self }
    }

    /// Sets the distribution of the weights (default [`Init::He`]).
    pub fn init(self, init: Init) -> Self {
        Self { init, ..self }
    }

    /// The same model as a [`Sequential`], to which layers can be added.
    pub fn to_sequential(&self) -> Sequential {
        let n_layers = self.widths.len() - 1;
        let layers = self.widths.windows(2).enumerate();
        layers.fold(Sequential::new(), |model, (k, width)| {
            let model = model.then(Linear::new(width[0], width[1]).init(self.init));
            if k + 1 < n_layers { model.then(self.activation) } else { model }
        })
    }
}

impl Model for Mlp {
    fn params(&self, rng: &mut dyn Rng) -> Params {
        self.to_sequential().params(rng)
    }

    fn apply<'g>(&self, params: &Bound<'g, '_>, x: Expr<'g>) -> Expr<'g> {
        self.to_sequential().apply(params, x)
    }

    fn try_apply<'g>(&self, params: &Bound<'g, '_>, x: Expr<'g>) -> Result<Expr<'g>, Error> {
        self.to_sequential().try_apply(params, x)
    }

    fn kind(&self) -> &'static str {
        "mlp"
    }
}
