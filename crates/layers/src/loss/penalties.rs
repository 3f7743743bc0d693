//! Penalties of parameters, added to a loss so that models stay simple.

use retrograd_core::Expr;

/// Sum of absolute values of parameters, `Σ |w|`; times λ, the penalty that drives small weights to exactly 0.
///
/// ```
/// let g = retrograd_core::Graph::new();
/// let w = g.param("w", [3.0, -2.0, 0.0]);
/// let penalty = 0.1 * retrograd_layers::l1(&[w]);
/// assert_eq!(penalty.grad(&[w])[0].value().to_vec::<f32>(), [0.1, -0.1, 0.0]);
/// ```
///
/// # Panics
/// If there are no parameters, or they are of different graphs.
#[track_caller]
pub fn l1<'g>(params: &[Expr<'g>]) -> Expr<'g> {
    let first = first(params);
    let _scope = first.graph().scope("l1");
    let mut total = first.abs().sum();
    for param in &params[1..] {
        total = total + param.abs().sum();
    }
    total
}

/// Half the sum of squares of parameters, `½ Σ w²`; times λ, the penalty whose gradient is `λw`. With plain
/// gradient descent at rate η it is weight decay: `w ← (1 − ηλ)w − η ∂L/∂w`.
///
/// ```
/// let g = retrograd_core::Graph::new();
/// let w = g.param("w", [3.0, -2.0]);
/// assert_eq!(retrograd_layers::l2(&[w]).grad(&[w])[0].value().to_vec::<f64>(), [3.0, -2.0]);
/// ```
///
/// # Panics
/// If there are no parameters, or they are of different graphs.
#[track_caller]
pub fn l2<'g>(params: &[Expr<'g>]) -> Expr<'g> {
    let first = first(params);
    let _scope = first.graph().scope("l2");
    let mut total = first.square().sum();
    for param in &params[1..] {
        total = total + param.square().sum();
    }
    0.5 * total
}

#[track_caller]
fn first<'g>(params: &[Expr<'g>]) -> Expr<'g> {
    *params.first().expect("a penalty needs at least one parameter")
}
