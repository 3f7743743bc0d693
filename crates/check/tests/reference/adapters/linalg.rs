//! Dense linear algebra.

use crate::reference::call::Adapter;

/// The table.
pub const LINALG: &[(&str, Adapter)] = &[];
