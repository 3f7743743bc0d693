//! Attention: means of values, weighted by how well keys match queries.

use crate::{
    data::{
        dtype::DType,
        error::Error,
        shape::{Shape, keep},
    },
    graph::{
        expr::{Expr, inputs_of_one_graph},
        methods::functions,
    },
};

/// Choices of [`Expr::scaled_dot_product_attention`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Attention<'g> {
    /// Truth values, false where a query must not see a key; or numbers that are added to the scores. It broadcasts
    /// to `[…, queries, keys]`.
    pub mask: Option<Expr<'g>>,
    /// Whether query `i` sees the keys `0..=i` only.
    pub causal: bool,
    /// The factor of scores; `1/√e` for queries of size `e` if not given.
    pub scale: Option<f64>,
    /// Whether keys and values have fewer heads (axis −3) than queries, each serving a group of consecutive ones.
    pub grouped: bool,
}

crate::graph::region::describe_fields! { ['g] Attention<'g> { mask, causal, scale, grouped } }

functions! { "Attention and embedding":
    /// Attention `softmax(q·kᵀ·scale + mask)·v`, where this is `q`: shapes `[…, l, e], […, s, e], […, s, f] → […, l,
    /// f]`. A query that sees no key gets zeros. Source: Vaswani et al. 2017, arXiv:1706.03762.
    ///
    /// ```
    /// use retrograd_core::{Graph, functions::Attention};
    ///
    /// let g = Graph::new();
    /// let (q, k) = (g.constant([[0.0, 0.0]]), g.constant([[1.0, 0.0], [0.0, 1.0]]));
    /// let y = q.scaled_dot_product_attention(k, k, &Attention::default());
    /// assert_eq!(y.value().to_vec::<f64>(), [0.5, 0.5]);
    /// ```
    scaled_dot_product_attention / try_scaled_dot_product_attention(
        x, keys: Expr<'g>, values: Expr<'g>, options: &Attention<'g>
    ) -> Expr<'g>,
    "If the shapes of queries, keys, values and mask do not fit each other.",
    { attention(x, keys, values, options) }
}

#[track_caller]
fn attention<'g>(
    queries: Expr<'g>,
    keys: Expr<'g>,
    values: Expr<'g>,
    options: &Attention<'g>,
) -> Result<Expr<'g>, Error> {
    let misfit = |reason: &str| Expr::misfit(&[queries, keys, values], reason);
    inputs_of_one_graph(&[queries, keys, values])?;
    let [q, k, v] = [queries, keys, values].map(|operand| operand.shape());
    if [&q, &k, &v].iter().any(|shape| shape.rank() < 2) {
        return Err(misfit("queries, keys and values need two axes or more"));
    }
    let of_keys = |shape: &Shape| shape[shape.rank() - 2];
    if q.last() != k.last() || of_keys(&k) != of_keys(&v) {
        return Err(misfit("a key needs the size of a query, and there must be a value for each"));
    }
    let (keys, values) = match options.grouped {
        true => (shared(queries, keys)?, shared(queries, values)?),
        false => (keys, values),
    };
    let size = q[q.rank() - 1] as f64;
    let scale = options.scale.unwrap_or(1.0 / size.sqrt());
    let products = queries.try_matmul(keys.try_transpose(-1, -2)?);
    let products = products.map_err(|_| misfit("the axes before the last two do not fit"))?;
    let scores = products.try_mul(scale)?;
    let scores = masked(scores, options)?;
    softmax_or_zeros(scores)?
        .try_matmul(values)
        .map_err(|_| misfit("the axes before the last two do not fit"))
}

/// Each head repeated, so that there are as many as queries have.
#[track_caller]
fn shared<'g>(queries: Expr<'g>, x: Expr<'g>) -> Result<Expr<'g>, Error> {
    let (rank, misfit) = (x.rank(), |reason| Expr::misfit(&[queries, x], reason));
    if rank < 3 || queries.rank() < 3 {
        return Err(misfit("grouped heads need an axis −3"));
    }
    let (heads, n_queries) = (x.shape()[rank - 3], queries.shape()[queries.rank() - 3]);
    if heads == 0 || n_queries % heads != 0 {
        return Err(misfit("the heads of keys and values must divide those of queries"));
    }
    let repeated = x.try_unsqueeze(rank as isize - 2)?;
    let sizes = repeated.shape().with_size(rank - 2, n_queries / heads);
    repeated.try_broadcast_to(sizes)?.try_reshape(x.shape().with_size(rank - 3, n_queries))
}

#[track_caller]
fn masked<'g>(mut scores: Expr<'g>, options: &Attention<'g>) -> Result<Expr<'g>, Error> {
    let hidden = scores.graph().literal(f64::NEG_INFINITY, Shape::scalar(), scores.dtype());
    if options.causal {
        let (shape, g) = (scores.shape(), scores.graph());
        let (l, s) = (shape[shape.rank() - 2], shape[shape.rank() - 1]);
        let sees = g.try_arange(l)?.try_unsqueeze(1)?.try_ge(g.try_arange(s)?)?;
        scores = sees.try_select(scores, hidden)?;
    }
    let Some(mask) = options.mask else { return Ok(scores) };
    let misfit = || Expr::misfit(&[scores, mask], "the mask does not fit the scores");
    if mask.shape().broadcast(&scores.shape()) != Some(scores.shape()) {
        return Err(misfit());
    }
    match mask.dtype() {
        DType::Bool => mask.try_select(scores, hidden).map_err(|_| misfit()),
        DType::F32 | DType::F64 | DType::I64 => scores.try_add(mask).map_err(|_| misfit()),
    }
}

/// Softmax over the last axis, and zeros where all scores are −∞.
#[track_caller]
fn softmax_or_zeros(scores: Expr<'_>) -> Result<Expr<'_>, Error> {
    if scores.shape().last() == Some(&0) {
        return Ok(scores);
    }
    let zero = scores.like(0.0);
    let is_blind = scores.stop_gradient().max_over(keep(-1)).eq(f64::NEG_INFINITY);
    Ok(is_blind.select(zero, is_blind.select(zero, scores).try_softmax(-1)?))
}
