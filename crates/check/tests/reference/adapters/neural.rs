//! Layers of networks: convolutions, pooling, normalizations, attention, softmax.

use crate::reference::call::Adapter;

/// The table.
pub const NEURAL: &[(&str, Adapter)] = &[
    ("log_softmax", |c| c.along(c.x(0)?, |x| Ok(x.try_log_softmax(c.int((1, "dim"), 0)?)?))),
    ("softmax", |c| c.along(c.x(0)?, |x| Ok(x.try_softmax(c.int((1, "dim"), 0)?)?))),
];
