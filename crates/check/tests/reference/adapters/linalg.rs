//! Dense linear algebra.

use retrograd_core::{Axes, MatrixNorm, keep};

use crate::reference::{
    call::{Adapter, Call, Refusal},
    format::Argument,
};

/// The table.
pub const LINALG: &[(&str, Adapter)] = &[
    ("linalg.cholesky", |c| {
        let lower = c.x(0)?.try_cholesky()?;
        c.one(if c.bool((1, "upper"), false)? { lower.t() } else { lower })
    }),
    ("linalg.det", |c| c.one(c.x(0)?.try_det())),
    ("linalg.inv", |c| c.one(c.x(0)?.try_inv())),
    ("linalg.matrix_norm", |c| {
        let axes = c.maybe_ints((2, "dim"))?.unwrap_or(vec![-2, -1]);
        c.one(c.x(0)?.try_matrix_norm(matrix_norm(c)?, kept(c, &axes)?))
    }),
    ("linalg.slogdet", |c| {
        c.x(0)?.try_slogdet().map(|(sign, log)| vec![sign, log]).map_err(Refusal::from)
    }),
    ("linalg.solve", |c| c.one(c.x(0)?.try_solve(c.x(1)?))),
    ("norm_nuc", |c| {
        let axes = c.maybe_ints((2, "dim"))?.unwrap_or(vec![-2, -1]);
        c.one(c.x(0)?.try_matrix_norm(MatrixNorm::Nuclear, kept(c, &axes)?))
    }),
];

/// Two axes, kept if the call says so.
fn kept(c: &Call<'_>, axes: &[isize]) -> Result<Axes, Refusal> {
    Ok(if c.bool((3, "keepdim"), false)? { keep(axes) } else { axes.into() })
}

/// The norm that the reference calls by a name or a number.
fn matrix_norm(c: &Call<'_>) -> Result<MatrixNorm, Refusal> {
    if let None | Some(Argument::Text(_)) = c.get((1, "ord")) {
        return match c.text((1, "ord"), "fro")? {
            "fro" => Ok(MatrixNorm::Frobenius),
            "nuc" => Ok(MatrixNorm::Nuclear),
            other => Err(Refusal::Type(format!("{other} is not a norm of matrices"))),
        };
    }
    let order = c.number((1, "ord"), 2.0)?;
    match (order.abs(), order > 0.0) {
        (f64::INFINITY, true) => Ok(MatrixNorm::LargestRow),
        (f64::INFINITY, false) => Ok(MatrixNorm::SmallestRow),
        (1.0, true) => Ok(MatrixNorm::LargestColumn),
        (1.0, false) => Ok(MatrixNorm::SmallestColumn),
        (2.0, true) => Ok(MatrixNorm::LargestSingularValue),
        (2.0, false) => Ok(MatrixNorm::SmallestSingularValue),
        _ => Err(Refusal::Type(format!("{order} is not the order of a norm of matrices"))),
    }
}
