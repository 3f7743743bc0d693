//! Layers of networks: convolutions, pooling, normalizations, attention, softmax.

use crate::reference::call::Adapter;

/// The table.
pub const NEURAL: &[(&str, Adapter)] = &[
    ("log_softmax", |c| c.one(c.x(0)?.try_log_softmax(c.int((1, "dim"), 0)?))),
    ("softmax", |c| c.one(c.x(0)?.try_softmax(c.int((1, "dim"), 0)?))),
];
