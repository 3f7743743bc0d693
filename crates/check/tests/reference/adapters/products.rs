//! Products of vectors, matrices and tensors.

use crate::reference::call::Adapter;

/// The table.
pub const PRODUCTS: &[(&str, Adapter)] = &[
    ("matmul", |c| c.one(c.x(0)?.try_dot(c.x(1)?))),
    ("mm", |c| c.one(c.x(0)?.try_matmul(c.x(1)?))),
];
