//! Affine and bilinear maps of the last axis.

use crate::{
    data::{error::Error, shape::Shape, size::n_elements},
    graph::{
        expr::{Expr, inputs_of_one_graph},
        methods::functions,
    },
};

functions! { "Products":
    /// Affine map of the last axis, `y = x·wᵀ + b`: `[…, in], [out, in], [out] → […, out]`. A weight of shape `[in]` is
    /// one row whose axis is removed: `[…, in], [in], [] → […]`. Source: `torch.nn.functional.linear`.
    linear / try_linear(x, weight: Expr<'g>, bias: Option<Expr<'g>>) -> Expr<'g>,
    "If the shapes do not fit each other.",
    { linear(x, weight, bias) }

    /// Bilinear map of the last axes, `y[o] = Σᵢⱼ x[i]·w[o, i, j]·z[j] + b[o]`: `[…, i], […, j], [o, i, j], [o] → […,
    /// o]`. Source: `torch.nn.functional.bilinear`.
    bilinear / try_bilinear(x, z: Expr<'g>, weight: Expr<'g>, bias: Option<Expr<'g>>) -> Expr<'g>,
    "If the shapes do not fit each other.",
    { bilinear(x, z, weight, bias) }
}

#[track_caller]
fn linear<'g>(x: Expr<'g>, weight: Expr<'g>, bias: Option<Expr<'g>>) -> Result<Expr<'g>, Error> {
    let operands: Vec<_> = [x, weight].into_iter().chain(bias).collect();
    let misfit = |reason: &str| Expr::misfit(&operands, reason);
    inputs_of_one_graph(&operands)?;
    let matrix = match weight.rank() {
        1 => weight,
        2 => weight.try_transpose(0, 1)?,
        _ => return Err(misfit("the weight must be a matrix [out, in] or a vector [in]")),
    };
    if x.rank() == 0 || x.shape().last() != weight.shape().last() {
        return Err(misfit("the last axis of the input must have the size of that of the weight"));
    }
    if x.dtype() != weight.dtype() || !x.dtype().is_float() {
        return Err(misfit("the dtypes differ; cast some of them"));
    }
    let y = x.try_matmul(matrix)?;
    added(y, bias, &weight.shape()[..weight.rank() - 1])
        .ok_or_else(|| misfit("the bias must have the shape of one output"))
}

/// The output with its bias, which must have the shape of one output.
#[track_caller]
fn added<'g>(y: Expr<'g>, bias: Option<Expr<'g>>, shape: &[usize]) -> Option<Expr<'g>> {
    let Some(bias) = bias else { return Some(y) };
    if bias.shape()[..] != *shape {
        return None;
    }
    y.try_add(bias).ok()
}

#[track_caller]
fn bilinear<'g>(
    x: Expr<'g>,
    z: Expr<'g>,
    weight: Expr<'g>,
    bias: Option<Expr<'g>>,
) -> Result<Expr<'g>, Error> {
    let operands: Vec<_> = [x, z, weight].into_iter().chain(bias).collect();
    let misfit = |reason: &str| Expr::misfit(&operands, reason);
    inputs_of_one_graph(&operands)?;
    let &[n_outputs, n_x, n_z] = &weight.shape()[..] else {
        return Err(misfit("the weight must have the axes [out, in of x, in of z]"));
    };
    let (x_shape, z_shape) = (x.shape(), z.shape());
    let Some((&[.., last_x], &[.., last_z])) = Some((&x_shape[..], &z_shape[..])) else {
        return Err(misfit("a scalar has no last axis"));
    };
    let rows = &x_shape[..x_shape.rank() - 1];
    if (last_x, last_z) != (n_x, n_z) || *rows != z_shape[..z_shape.rank() - 1] {
        return Err(misfit("the inputs must agree but for their last axis, which fits the weight"));
    }
    if [x, z].iter().any(|of| of.dtype() != weight.dtype()) || !weight.dtype().is_float() {
        return Err(misfit("the dtypes differ; cast some of them"));
    }
    let n = n_elements(rows);
    let matrix = weight.try_permute(&[1, 0, 2])?.try_reshape([n_x, n_outputs * n_z])?;
    let by_x = x.try_reshape([n, n_x])?.try_matmul(matrix)?;
    let y = by_x.try_reshape([n, n_outputs, n_z])?.try_matmul(z.try_reshape([n, n_z, 1])?)?;
    let y = y.try_reshape(rows.iter().copied().chain([n_outputs]).collect::<Shape>())?;
    added(y, bias, &[n_outputs]).ok_or_else(|| misfit("the bias must have the shape [out]"))
}
