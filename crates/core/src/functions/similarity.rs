//! How far vectors are from each other, vectors scaled to length 1, and two relatives of activations.

use crate::{
    data::{
        error::Error,
        shape::{AxisSet, keep, resolve_axis},
    },
    graph::{
        expr::{Expr, inputs_of_one_graph},
        methods::functions,
    },
};

functions! { "Norms":
    /// Vectors along an axis, divided by their norm of order `p`: `x / max(‖x‖ₚ, ε)`. A vector of zeros stays. Shapes
    /// `[…] → […]`. Source: `torch.nn.functional.normalize`.
    normalize / try_normalize(x, p: f64, axis: isize, eps: f64) -> Expr<'g>,
    "If the axis does not exist, or the elements are not floating-point numbers.",
    { normalize(x, p, axis, eps) }

    /// Cosine of the angle between vectors along an axis, `x·z / (max(‖x‖, ε)·max(‖z‖, ε))`, after broadcasting. The
    /// axis is removed. Shapes `[…, n, …], […, n, …] → […, …]`. Source: `torch.nn.functional.cosine_similarity`.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let (x, z) = (g.constant([3.0, 4.0]), g.constant([-4.0, 3.0]));
    /// assert_eq!(x.cosine_similarity(z, 0, 1e-8).value().item(), 0.0);
    /// ```
    cosine_similarity / try_cosine_similarity(x, z: Expr<'g>, axis: isize, eps: f64) -> Expr<'g>,
    "If the axis does not exist, or the operands do not fit each other.",
    { cosine_similarity(x, z, axis, eps) }

    /// Norm of order `p` of differences along the last axis, `‖x − z + ε‖ₚ`, after broadcasting. The axis is removed.
    /// Shapes `[…, n], […, n] → […]`. Source: `torch.nn.functional.pairwise_distance`.
    pairwise_distance / try_pairwise_distance(x, z: Expr<'g>, p: f64, eps: f64) -> Expr<'g>,
    "If there is no axis, or the operands do not fit each other.",
    { pairwise_distance(x, z, p, eps) }

    /// Softmax of the negative: `e^{−xᵢ} / Σ e^{−xⱼ}` along an axis. Shapes `[…] → […]`. Source:
    /// `torch.nn.functional.softmin`.
    softmin / try_softmin(x, axis: isize) -> Expr<'g>,
    "If the axis does not exist or is empty, or the elements are not floating-point numbers.",
    {
        x.require_float()?;
        resolve_axis(axis, x.rank()).map_err(|reason| Self::misfit(&[x], reason))?;
        (-x).try_softmax(axis)
    }

    /// Gated linear unit: the first half of an axis times the sigmoid of the second. Shapes `[…, 2n, …] → […, n, …]`.
    /// Source: Dauphin et al. 2017, arXiv:1612.08083; `torch.nn.functional.glu`.
    glu / try_glu(x, axis: isize) -> Expr<'g>,
    "If the axis does not exist or is of odd size, or the elements are not floating-point numbers.",
    { glu(x, axis) }
}

#[track_caller]
fn normalize<'g>(x: Expr<'g>, p: f64, axis: isize, eps: f64) -> Result<Expr<'g>, Error> {
    x.require_float()?;
    let resolved = resolve_axis(axis, x.rank()).map_err(|reason| Expr::misfit(&[x], reason))?;
    if p == 2.0 {
        return Ok(unit_vectors(x, resolved, eps));
    }
    let norm = x.try_vector_norm(p, keep(axis))?;
    x.try_div(at_least(norm, norm.like(eps)))
}

/// Vectors along an axis, divided by their length or `eps`, whichever is larger. They are scaled before, so that the
/// length does not overflow.
#[track_caller]
fn unit_vectors(x: Expr<'_>, axis: usize, eps: f64) -> Expr<'_> {
    if x.shape()[axis] == 0 {
        return x;
    }
    let axes = AxisSet::default().with(axis);
    let per_scale = x.scale_along(axes, eps).reciprocal();
    let scaled = x * per_scale;
    scaled / at_least(scaled.length_along(axes), per_scale * eps)
}

/// `x` where it is at least `limit`, which it must not be divided below.
#[track_caller]
fn at_least<'g>(x: Expr<'g>, limit: Expr<'g>) -> Expr<'g> {
    let limit = limit.broadcast_to_known(&x.shape());
    x.lt(limit).select(limit, x)
}

#[track_caller]
fn cosine_similarity<'g>(
    x: Expr<'g>,
    z: Expr<'g>,
    axis: isize,
    eps: f64,
) -> Result<Expr<'g>, Error> {
    let [x, z] = alike(x, z)?;
    let resolved = resolve_axis(axis, x.rank()).map_err(|reason| Expr::misfit(&[x, z], reason))?;
    let [x, z] = [x, z].map(|x| unit_vectors(x, resolved, eps));
    (x * z).try_sum_over(axis)
}

#[track_caller]
fn pairwise_distance<'g>(x: Expr<'g>, z: Expr<'g>, p: f64, eps: f64) -> Result<Expr<'g>, Error> {
    let [x, z] = alike(x, z)?;
    if x.rank() == 0 {
        return Err(Expr::misfit(&[x, z], "scalars have no last axis"));
    }
    (x - z + eps).try_vector_norm(p, -1)
}

/// Two operands of one floating-point type, broadcast to their common shape.
#[track_caller]
fn alike<'g>(x: Expr<'g>, z: Expr<'g>) -> Result<[Expr<'g>; 2], Error> {
    inputs_of_one_graph(&[x, z])?;
    x.require_float()?;
    if x.dtype() != z.dtype() {
        return Err(Expr::misfit(&[x, z], "the dtypes differ; cast one of them"));
    }
    match x.shape().broadcast(&z.shape()) {
        Some(shape) => Ok([x.try_stretch(&shape)?, z.try_stretch(&shape)?]),
        None => Err(Expr::misfit(&[x, z], x.shape().conflict(&z.shape()))),
    }
}

#[track_caller]
fn glu<'g>(x: Expr<'g>, axis: isize) -> Result<Expr<'g>, Error> {
    let misfit = |reason: String| Expr::misfit(&[x], reason);
    x.require_float()?;
    let resolved = resolve_axis(axis, x.rank()).map_err(misfit)?;
    let size = x.shape()[resolved];
    if !size.is_multiple_of(2) {
        return Err(misfit(format!("axis {resolved} of size {size} has no halves")));
    }
    let (value, gate) = (x.try_slice(axis, ..size / 2)?, x.try_slice(axis, size / 2..)?);
    value.try_mul(gate.try_sigmoid()?)
}
