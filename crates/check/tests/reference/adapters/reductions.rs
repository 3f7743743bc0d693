//! Reductions and cumulative functions.

use retrograd_core::{Axes, Error, Expr, Shape};

use crate::reference::call::{Adapter, Call, Outputs};

/// The table.
pub const REDUCTIONS: &[(&str, Adapter)] = &[
    ("sum", |c| reduced(c, |x, axes| x.try_sum_over(axes))),
    ("nansum", |c| reduced(c, |x, axes| x.try_nansum(axes))),
    ("mean", |c| reduced(c, |x, axes| x.try_mean_over(axes))),
    ("prod", |c| reduced(c, |x, axes| x.try_prod_over(axes))),
    ("amax", |c| reduced(c, |x, axes| x.try_max_over(axes))),
    ("amin", |c| reduced(c, |x, axes| x.try_min_over(axes))),
    ("logsumexp", |c| reduced(c, |x, axes| x.try_logsumexp(axes))),
    ("max_binary", |c| c.one(c.x(0)?.try_maximum(c.x(1)?))),
    ("min_binary", |c| c.one(c.x(0)?.try_minimum(c.x(1)?))),
    ("max_reduction_no_dim", |c| reduced(c, |x, axes| x.try_max_over(axes))),
    ("min_reduction_no_dim", |c| reduced(c, |x, axes| x.try_min_over(axes))),
    ("max_reduction_with_dim", |c| indexed(c, Expr::try_max_with_index)),
    ("min_reduction_with_dim", |c| indexed(c, Expr::try_min_with_index)),
    ("argmax", |c| place(c, Expr::try_argmax)),
    ("argmin", |c| place(c, Expr::try_argmin)),
    ("median", |c| match c.has((1, "dim")) {
        true => indexed(c, Expr::try_median),
        false => c.one(flat(c.x(0)?)?.try_median(0)?.0),
    }),
    ("sort", |c| {
        let (axis, descending) = (c.int((1, "dim"), -1)?, c.bool((2, "descending"), false)?);
        both(c.x(0)?, |x| x.try_sort(axis, descending))
    }),
    ("topk", |c| {
        let (k, axis, largest) = (c.size((1, "k"))?, c.int((2, "dim"), -1)?, c.bool(3, true)?);
        both(c.x(0)?, |x| x.try_topk(k, axis, largest))
    }),
    ("cumsum", |c| cumulative(c, Expr::try_cumsum)),
    ("cumprod", |c| cumulative(c, Expr::try_cumprod)),
    ("logcumsumexp", |c| cumulative(c, Expr::try_logcumsumexp)),
    ("var", |c| {
        let (axes, correction) = deviation(c)?;
        c.one(c.x(0)?.try_var(axes, correction))
    }),
    ("std", |c| {
        let (axes, correction) = deviation(c)?;
        c.one(c.x(0)?.try_std(axes, correction))
    }),
    ("var_mean", |c| {
        let (axes, correction) = deviation(c)?;
        let (var, mean) = c.x(0)?.try_var_mean(axes, correction)?;
        Ok(vec![var, mean])
    }),
    ("std_mean", |c| {
        let (axes, correction) = deviation(c)?;
        let (std, mean) = c.x(0)?.try_std_mean(axes, correction)?;
        Ok(vec![std, mean])
    }),
    ("linalg.vector_norm", norm),
    ("norm", norm),
];

/// A reduction over the axes that the call names.
fn reduced<'g>(c: &Call<'g>, f: impl Fn(Expr<'g>, Axes) -> Result<Expr<'g>, Error>) -> Outputs<'g> {
    let x = c.x(0)?;
    c.one(f(x, c.axes((1, "dim"), (2, "keepdim"), x.rank())?))
}

fn flat(x: Expr<'_>) -> Result<Expr<'_>, Error> {
    x.try_reshape([x.shape().n_elements()])
}

/// Two outputs of a function along an axis, of the shape of `x`, or of a scalar if `x` is one.
fn both<'g>(
    x: Expr<'g>,
    f: impl Fn(Expr<'g>) -> Result<(Expr<'g>, Expr<'g>), Error>,
) -> Outputs<'g> {
    if x.rank() > 0 {
        let (values, indices) = f(x)?;
        return Ok(vec![values, indices]);
    }
    let (values, indices) = f(x.try_reshape([1])?)?;
    Ok(vec![values.try_reshape(Shape::scalar())?, indices.try_reshape(Shape::scalar())?])
}

/// A value and its index along an axis that may be kept.
fn indexed<'g>(
    c: &Call<'g>,
    f: fn(Expr<'g>, isize) -> Result<(Expr<'g>, Expr<'g>), Error>,
) -> Outputs<'g> {
    let (axis, kept) = (c.int((1, "dim"), 0)?, c.bool((2, "keepdim"), false)?);
    both(c.x(0)?, |x| {
        let (value, index) = f(x, axis)?;
        match kept {
            true => Ok((value.try_unsqueeze(axis)?, index.try_unsqueeze(axis)?)),
            false => Ok((value, index)),
        }
    })
}

/// An index along an axis that may be kept, or of all elements.
fn place<'g>(c: &Call<'g>, f: fn(Expr<'g>, isize) -> Result<Expr<'g>, Error>) -> Outputs<'g> {
    let x = c.x(0)?;
    match c.maybe_int((1, "dim"))? {
        Some(axis) if x.rank() > 0 => {
            let index = f(x, axis)?;
            let kept = c.bool((2, "keepdim"), false)?;
            c.one(if kept { index.try_unsqueeze(axis) } else { Ok(index) })
        }
        _ => c.one(f(flat(x)?, 0)),
    }
}

fn cumulative<'g>(c: &Call<'g>, f: fn(Expr<'g>, isize) -> Result<Expr<'g>, Error>) -> Outputs<'g> {
    let axis = c.int((1, "dim"), 0)?;
    c.along(c.x(0)?, |x| Ok(f(x, axis)?))
}

/// Axes and correction of a variance. A truth value in place of the axes says whether it is unbiased.
fn deviation(c: &Call<'_>) -> Result<(Axes, f64), crate::reference::call::Refusal> {
    use crate::reference::format::Argument;
    let rank = c.x(0)?.rank();
    if let Some(&Argument::Bool(is_unbiased)) = c.get(1) {
        return Ok((
            Axes::from(&(0..rank as isize).collect::<Vec<_>>()[..]),
            f64::from(u8::from(is_unbiased)),
        ));
    }
    let unbiased = f64::from(u8::from(c.bool("unbiased", true)?));
    Ok((c.axes((1, "dim"), "keepdim", rank)?, c.number("correction", unbiased)?))
}

/// A vector norm; without an order, or by the name `fro`, the Euclidean one.
fn norm<'g>(c: &Call<'g>) -> Outputs<'g> {
    use crate::reference::format::Argument;
    let x = c.x(0)?;
    let axes = c.axes((2, "dim"), (3, "keepdim"), x.rank())?;
    let order = match c.get((1, if c.has("ord") { "ord" } else { "p" })) {
        Some(Argument::Text(name)) if name == "fro" => 2.0,
        Some(Argument::Text(name)) if name == "nuc" => {
            return Err(crate::reference::call::Refusal::Argument("nuclear norm".to_owned()));
        }
        _ => c.number((1, if c.has("ord") { "ord" } else { "p" }), 2.0)?,
    };
    c.one(x.try_vector_norm(order, axes))
}
