//! Shapes: the same elements in another order or arrangement.

use crate::reference::call::Adapter;

/// The table.
pub const SHAPE: &[(&str, Adapter)] = &[
    ("reshape", |c| {
        let x = c.x(0)?;
        c.one(x.try_reshape(c.shape((1, "shape"), x)?))
    }),
    ("permute", |c| c.one(c.x(0)?.try_permute(&c.ints((1, "dims"))?))),
    ("transpose", |c| c.one(c.x(0)?.try_transpose(c.int((1, "dim0"), 0)?, c.int((2, "dim1"), 1)?))),
];
