//! Reductions and cumulative functions.

use crate::reference::call::Adapter;

/// The table.
pub const REDUCTIONS: &[(&str, Adapter)] = &[
    ("sum", |c| {
        let x = c.x(0)?;
        c.one(x.try_sum_over(c.axes((1, "dim"), (2, "keepdim"), x.rank())?))
    }),
    ("mean", |c| {
        let x = c.x(0)?;
        c.one(x.try_mean_over(c.axes((1, "dim"), (2, "keepdim"), x.rank())?))
    }),
    ("logsumexp", |c| {
        let x = c.x(0)?;
        c.one(x.try_logsumexp(c.axes((1, "dim"), (2, "keepdim"), x.rank())?))
    }),
];
