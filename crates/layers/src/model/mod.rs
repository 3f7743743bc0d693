//! Models: recipes for parameters, and functions that record expressions with them.

mod activation;
mod linear;
mod mlp;
mod regression;
mod sequential;
#[cfg(test)]
mod tests;

pub use activation::Activation;
pub use linear::Linear;
pub use mlp::Mlp;
pub use regression::{LinearRegression, LogisticRegression};
pub use sequential::Sequential;

use rand::Rng;
use retrograd_core::{Bound, Error, Expr, Params};

/// A function with parameters.
///
/// A model does not own parameters. It creates them, and records expressions with the parameters that are bound. Models
/// have no derivative code: their expressions are differentiated like any other.
///
/// ```
/// use retrograd_core::{Bound, Expr, Graph, Params, Tensor};
/// use retrograd_layers::{Linear, Model};
///
/// /// A linear layer with a skip connection.
/// struct Residual(Linear);
///
/// impl Model for Residual {
///     fn params(&self, rng: &mut dyn rand::Rng) -> Params {
///         let mut params = Params::new();
///         params.insert_nested("linear", self.0.params(rng));
///         params
///     }
///
///     fn apply<'g>(&self, params: &Bound<'g, '_>, x: Expr<'g>) -> Expr<'g> {
///         let (inner, _scope) = params.scope("linear");
///         x + self.0.apply(&inner, x)
///     }
/// }
///
/// let model = Residual(Linear::new(3, 3));
/// let params = model.params(&mut retrograd_layers::seeded(1));
/// let g = Graph::new();
/// let y = model.apply(&g.bind(&params), g.input("x", [5, 3]));
/// assert_eq!(y.shape(), [5, 3].into());
/// ```
pub trait Model {
    /// New parameters, in the order in which the model applies them, in `f32`; [`Params::cast`] makes them `f64`.
    fn params(&self, rng: &mut dyn Rng) -> Params;

    /// Records the model applied to `x`, whose first axis counts examples.
    ///
    /// # Panics
    /// If a parameter is missing, or shapes do not fit.
    #[track_caller]
    fn apply<'g>(&self, params: &Bound<'g, '_>, x: Expr<'g>) -> Expr<'g>;

    /// [`apply`](Self::apply) with an error in place of a panic. Training and predictions call this method, so a model that
    /// overrides it reports unfit data as an error. The default implementation panics as `apply` does.
    ///
    /// # Errors
    /// If a parameter is missing, or shapes do not fit.
    #[track_caller]
    fn try_apply<'g>(&self, params: &Bound<'g, '_>, x: Expr<'g>) -> Result<Expr<'g>, Error> {
        Ok(self.apply(params, x))
    }

    /// The kind of layer, by which [`Sequential`] names it: `linear1`, `relu1`, … (default `layer`).
    fn kind(&self) -> &'static str {
        "layer"
    }

    /// Whether the output is the value of a hidden layer, which [`Sequential`] names `h1`, `h2`, … (default no).
    fn is_activation(&self) -> bool {
        false
    }
}
