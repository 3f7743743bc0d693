//! Elements picked, put and masked by index.

use crate::reference::call::Adapter;

/// The table.
pub const INDEX: &[(&str, Adapter)] = &[];
