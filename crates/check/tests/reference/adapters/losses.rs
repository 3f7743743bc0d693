//! Losses.

use crate::reference::call::Adapter;

/// The table.
pub const LOSSES: &[(&str, Adapter)] = &[];
