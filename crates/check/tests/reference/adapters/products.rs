//! Products of vectors, matrices and tensors.

use retrograd_core::{Error, Expr};

use crate::reference::call::{Adapter, Call, Outputs, Refusal};

/// The table.
pub const PRODUCTS: &[(&str, Adapter)] = &[
    ("dot", |c| c.one(c.x(0)?.try_vdot(c.x(1)?))),
    ("vdot", |c| c.one(c.x(0)?.try_vdot(c.x(1)?))),
    ("inner", |c| c.one(c.x(0)?.try_inner(c.x(1)?))),
    ("outer", |c| c.one(c.x(0)?.try_outer(c.x(1)?))),
    ("matmul", |c| c.one(c.x(0)?.try_matmul(c.x(1)?))),
    ("mm", |c| c.one(c.x(0)?.try_mm(c.x(1)?))),
    ("mv", |c| c.one(c.x(0)?.try_mv(c.x(1)?))),
    ("bmm", |c| c.one(c.x(0)?.try_bmm(c.x(1)?))),
    ("addmm", |c| added(c, Expr::try_addmm)),
    ("addmv", |c| added(c, Expr::try_addmv)),
    ("baddbmm", |c| added(c, Expr::try_baddbmm)),
    ("addbmm", |c| added(c, Expr::try_addbmm)),
    ("linalg.multi_dot", |c| c.one(c.graph.try_multi_dot(&c.list(0)?))),
    ("einsum", |c| c.one(c.graph.try_einsum(c.text(1, "")?, &c.list(0)?))),
    ("tensordot", tensordot),
];

/// `beta` times the first tensor, plus `alpha` times a product of the others.
fn added<'g>(
    c: &Call<'g>,
    f: fn(Expr<'g>, Expr<'g>, Expr<'g>, f64, f64) -> Result<Expr<'g>, Error>,
) -> Outputs<'g> {
    c.one(f(c.x(0)?, c.x(1)?, c.x(2)?, c.number("beta", 1.0)?, c.number("alpha", 1.0)?))
}

/// A number means the last axes of one and the first of the other.
fn tensordot<'g>(c: &Call<'g>) -> Outputs<'g> {
    use crate::reference::format::Argument;
    let (x, y) = (c.x(0)?, c.x(1)?);
    let ints = |given: &Argument<Expr<'g>>| match given {
        Argument::List(items) => items
            .iter()
            .map(|item| match item {
                Argument::Int(axis) => Ok(*axis as isize),
                other => Err(crate::reference::call::unexpected("an axis", other)),
            })
            .collect::<Result<Vec<_>, Refusal>>(),
        other => Err(crate::reference::call::unexpected("axes", other)),
    };
    let (x_axes, y_axes) = match c.get((2, "dims")) {
        Some(Argument::List(pair)) if pair.len() == 2 => (ints(&pair[0])?, ints(&pair[1])?),
        _ => {
            let n = c.int((2, "dims"), 2)?;
            ((-n..0).collect(), (0..n).collect())
        }
    };
    c.one(x.try_tensordot(y, &x_axes, &y_axes))
}
