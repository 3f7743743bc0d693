//! Jacobians, Hessians and their products: the two sweeps and batching, put together.

use crate::{
    data::{error::Error, shape::Shape},
    graph::{
        documented::Theme,
        expr::{Expr, Pair},
        methods::functions,
    },
    modes::{batch, forward, grad, sparse, taylor},
};

/// The functions that record derivatives and batches, in all files.
pub const THEMES: &[Theme] =
    &[grad::THEME, forward::THEME, THEME, sparse::THEME, taylor::THEME, batch::THEME];

functions! { "Derivatives":
    /// All derivatives of this value's elements by those of `x`: the Jacobian, whose shape is that of this value
    /// followed by that of `x`. It takes one sweep for all elements of this value, or of `x` if those are fewer.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let x = g.param("x", [1.0, 2.0]);
    /// let a = g.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    /// assert_eq!(a.dot(x).jacobian(x).value().to_vec::<f64>(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    /// ```
    jacobian / try_jacobian(y, x: Expr<'g>) -> Expr<'g>,
    "If this value or `x` is not of floating-point numbers, or they are of different graphs.",
    {
        y.require_derivatives("jacobian", [x].into_iter())?;
        let (y_shape, x_shape) = (y.shape(), x.shape());
        let (n_outputs, n_inputs) = (y_shape.n_elements(), x_shape.n_elements());
        let shape: Shape = y_shape.iter().chain(x_shape.iter()).copied().collect();
        if n_outputs == 1 {
            let gradient = y.try_vjp(y.like(1.0), &[x])?[0];
            return gradient.try_reshape(shape);
        }
        if n_outputs <= n_inputs {
            let seed = y.graph().placeholder(y_shape, y.dtype());
            let row = y.try_vjp(seed, &[x])?[0];
            return row.try_vmap(&[(seed, y.basis()?)])?.try_reshape(shape);
        }
        let columns = y.columns(x)?.try_reshape([n_inputs, n_outputs])?;
        columns.try_t()?.try_reshape(shape)
    }

    /// The Hessian of this scalar: all second derivatives by the elements of `x`, whose shape is that of `x` twice.
    /// It is recorded forward over reverse, as the derivatives of the gradient along all directions at once.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let x = g.param("x", [1.0, 2.0]);
    /// let y = x.prod().square();
    /// assert_eq!(y.hessian(x).value().to_vec::<f64>(), [8.0, 8.0, 8.0, 2.0]);
    /// ```
    hessian / try_hessian(y, x: Expr<'g>) -> Expr<'g>,
    "If this value is not a scalar, something is not of floating-point numbers, or graphs are mixed.",
    {
        let shape: Shape = x.shape().iter().chain(x.shape().iter()).copied().collect();
        // The Hessian is symmetric, so that its columns are its rows.
        y.try_grad(&[x])?[0].columns(x)?.try_reshape(shape)
    }

    /// The product of this scalar's Hessian with a vector, `Σ ∂²f/∂x∂x'·v'`, for each `x` of the pairs `(x, v)`,
    /// without the Hessian: forward over reverse, for the cost of a few gradients (Pearlmutter 1994).
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let x = g.param("x", [1.0, 2.0]);
    /// let v = g.constant([1.0, -1.0]);
    /// let product = x.prod().square().hessian_vector(&[(x, v)]);
    /// assert_eq!(product[0].value().to_vec::<f64>(), [0.0, 6.0]);
    /// ```
    hessian_vector / try_hessian_vector(y, along: &[Pair<'g>]) -> Vec<Expr<'g>>,
    "If this value is not a scalar, a vector has another shape or dtype than its expression, something is not of floating-point numbers, or graphs are mixed.",
    {
        let wrt: Vec<_> = along.iter().map(|&(x, _)| x).collect();
        y.graph().try_jvp(&y.try_grad(&wrt)?, along)
    }

    /// The diagonal of the Hessian of this scalar: the second derivative by each element of `x`, of its shape. Exact,
    /// by as many Hessian–vector products as `x` has elements, in one batch.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let x = g.param("x", [1.0, 2.0]);
    /// let y = x.prod().square();
    /// assert_eq!(y.hessian_diagonal(x).value().to_vec::<f64>(), [8.0, 2.0]);
    /// ```
    hessian_diagonal / try_hessian_diagonal(y, x: Expr<'g>) -> Expr<'g>,
    "As [`hessian`](Self::hessian).",
    {
        let direction = y.graph().placeholder(x.shape(), x.dtype());
        let product = y.try_hessian_vector(&[(x, direction)])?[0];
        let element = direction.chain(product).sum();
        element.try_vmap(&[(direction, x.basis()?)])?.try_reshape(x.shape())
    }

    /// The product of the Gauss–Newton matrix of this scalar with a vector, `Jᵀ·H·J·v` for each `x` of the pairs
    /// `(x, v)`, where `J` is the Jacobian of `outputs` and `H` the Hessian of this value by them (Schraudolph 2002).
    /// The matrix is positive semidefinite where this value is convex in `outputs`, and the Hessian where they are
    /// linear. For a negative log-likelihood of an exponential family in its natural parameters, such as cross entropy
    /// of logits, it is the Fisher matrix (Martens 2014).
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let w = g.param("w", 2.0);
    /// let residual = w.square() - 1.0;
    /// let product = residual.square().gauss_newton_vector(residual, &[(w, g.constant(1.0))]);
    /// assert_eq!(product[0].value().item(), 32.0);
    /// ```
    gauss_newton_vector / try_gauss_newton_vector(y, outputs: Expr<'g>, along: &[Pair<'g>]) -> Vec<Expr<'g>>,
    "If this value is not a scalar, a vector has another shape or dtype than its expression, something is not of floating-point numbers, or graphs are mixed.",
    {
        let wrt: Vec<_> = along.iter().map(|&(x, _)| x).collect();
        let moved = outputs.try_jvp(along)?;
        let curved = y.try_hessian_vector(&[(outputs, moved)])?[0];
        outputs.try_vjp(curved, &wrt)
    }

    /// The product of the empirical Fisher matrix with a vector, `Jᵀ·J·v/n` for each `x` of the pairs `(x, v)`, where
    /// this value is the log-likelihoods (or losses) of `n` examples and `J` their Jacobian: the mean outer product of
    /// the examples' gradients.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let w = g.param("w", 1.0);
    /// let losses = g.constant([1.0, 3.0]) * w;
    /// let product = losses.fisher_vector(&[(w, g.constant(1.0))]);
    /// assert_eq!(product[0].value().item(), 5.0);
    /// ```
    fisher_vector / try_fisher_vector(y, along: &[Pair<'g>]) -> Vec<Expr<'g>>,
    "If a vector has another shape or dtype than its expression, something is not of floating-point numbers, or graphs are mixed.",
    {
        let wrt: Vec<_> = along.iter().map(|&(x, _)| x).collect();
        let moved = y.try_jvp(along)?;
        y.try_vjp(moved.try_div(y.shape().n_elements() as f64)?, &wrt)
    }
}

impl<'g> Expr<'g> {
    /// The derivatives of this value along each element of `x`, side by side in front: `[n, …]`, for the `n` elements
    /// of `x` and this value's shape `[…]`.
    #[track_caller]
    fn columns(self, x: Expr<'g>) -> Result<Expr<'g>, Error> {
        let direction = self.graph().placeholder(x.shape(), x.dtype());
        self.try_jvp(&[(x, direction)])?.try_vmap(&[(direction, x.basis()?)])
    }

    /// All tensors of this value's shape that are 1 in one place and 0 elsewhere, side by side in front.
    #[track_caller]
    fn basis(self) -> Result<Expr<'g>, Error> {
        let shape = self.shape();
        let n = shape.n_elements();
        let index = self.graph().try_arange(n)?;
        let identity = index.try_unsqueeze(1)?.try_eq(index.try_unsqueeze(0)?)?;
        identity.cast(self.dtype()).try_reshape(shape.with_axis(0, n))
    }
}
