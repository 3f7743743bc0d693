//! Linear and logistic regression: one linear layer, and the meaning of its output.

use rand::Rng;
use retrograd_core::{Bound, Error, Expr, Params};

use crate::{
    error::located,
    init::Init,
    model::{Linear, Model},
};

/// Name of the only layer: its parameters are `linear.weight` and `linear.bias`.
const LAYER: &str = "linear";

fn linear_params(layer: Linear, rng: &mut dyn Rng) -> Params {
    let mut params = Params::new();
    params.insert_nested(LAYER, layer.params(rng));
    params
}

#[track_caller]
fn try_apply_linear<'g>(
    layer: Linear,
    params: &Bound<'g, '_>,
    x: Expr<'g>,
) -> Result<Expr<'g>, Error> {
    let (inner, _scope) = params.scope(LAYER);
    layer.try_apply(&inner, x)
}

/// Linear regression: predictions `x·w + b`, shape `[n, n_in] → [n]`, to be trained by
/// [`mse`](crate::Loss::mse). All weights are zero at first.
///
/// ```
/// use retrograd_core::Graph;
/// use retrograd_layers::{LinearRegression, Loss, Model, seeded};
///
/// let model = LinearRegression::new(2);
/// let params = model.params(&mut seeded(1));
/// let g = Graph::new();
/// let (x, t) = (g.constant([[1.0, 2.0], [3.0, 4.0]]), g.constant([1.0, -1.0]));
/// let loss = model.apply(&g.bind(&params), x).mse(t).mean();
/// assert_eq!(loss.value().item(), 1.0);
/// let gradient = loss.grad(&g.params());
/// assert_eq!(gradient[0].value().to_vec::<f64>(), [2.0, 2.0]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinearRegression {
    layer: Linear,
}

impl LinearRegression {
    /// Regression on `n_in` features.
    pub fn new(n_in: usize) -> Self {
        Self { layer: Linear::new(n_in, 1).init(Init::Constant(0.0)) }
    }
}

impl Model for LinearRegression {
    fn params(&self, rng: &mut dyn Rng) -> Params {
        linear_params(self.layer, rng)
    }

    fn apply<'g>(&self, params: &Bound<'g, '_>, x: Expr<'g>) -> Expr<'g> {
        located(self.try_apply(params, x))
    }

    fn try_apply<'g>(&self, params: &Bound<'g, '_>, x: Expr<'g>) -> Result<Expr<'g>, Error> {
        try_apply_linear(self.layer, params, x)?.try_squeeze(-1)
    }
}

/// Logistic regression. All weights are initially zero: the loss is convex, so the start does not matter.
///
/// With two classes the output is one logit for each example, `[n, n_in] → [n]`, whose sigmoid is the probability
/// of class 1 ([`binary_cross_entropy`](crate::Loss::binary_cross_entropy)). With several it is one logit for each
/// class, `[n, n_in] → [n, n_classes]`, whose softmax gives their probabilities
/// ([`cross_entropy`](crate::Loss::cross_entropy)).
///
/// ```
/// use retrograd_core::Graph;
/// use retrograd_layers::{LogisticRegression, Model, seeded};
///
/// let (binary, several) = (LogisticRegression::binary(4), LogisticRegression::softmax(4, 3));
/// let g = Graph::new();
/// let x = g.input("x", [5, 4]);
/// assert_eq!(binary.apply(&g.bind(&binary.params(&mut seeded(1))), x).shape(), [5].into());
///
/// let g = Graph::new();
/// let x = g.input("x", [5, 4]);
/// assert_eq!(several.apply(&g.bind(&several.params(&mut seeded(1))), x).shape(), [5, 3].into());
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LogisticRegression {
    layer: Linear,
    is_binary: bool,
}

impl LogisticRegression {
    /// Regression on `n_in` features with two classes: one logit for each example.
    pub fn binary(n_in: usize) -> Self {
        let layer = Linear::new(n_in, 1).init(Init::Constant(0.0));
        Self { layer, is_binary: true }
    }

    /// Regression on `n_in` features with several classes: one logit for each.
    pub fn softmax(n_in: usize, n_classes: usize) -> Self {
        let layer = Linear::new(n_in, n_classes).init(Init::Constant(0.0));
        Self { layer, is_binary: false }
    }
}

impl Model for LogisticRegression {
    fn params(&self, rng: &mut dyn Rng) -> Params {
        linear_params(self.layer, rng)
    }

    fn apply<'g>(&self, params: &Bound<'g, '_>, x: Expr<'g>) -> Expr<'g> {
        located(self.try_apply(params, x))
    }

    fn try_apply<'g>(&self, params: &Bound<'g, '_>, x: Expr<'g>) -> Result<Expr<'g>, Error> {
        let logits = try_apply_linear(self.layer, params, x)?;
        if self.is_binary { logits.try_squeeze(-1) } else { Ok(logits) }
    }
}
