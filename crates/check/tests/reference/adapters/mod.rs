//! From the reference's names to our calls: one table for each family, one row for each operation.
//!
//! A row is named as the reference names the operation, such as `"nn.functional.gelu"`; a row that is named with a
//! variant, such as `"max_binary"`, comes first for the cases of that variant.

mod elementwise;
mod index;
mod linalg;
mod losses;
mod neural;
mod products;
mod reductions;
mod shape;

use super::call::Adapter;

/// All tables.
pub const TABLES: &[&[(&str, Adapter)]] = &[
    elementwise::ELEMENTWISE,
    index::INDEX,
    linalg::LINALG,
    losses::LOSSES,
    neural::NEURAL,
    products::PRODUCTS,
    reductions::REDUCTIONS,
    shape::SHAPE,
];

/// The adapter of a name.
pub fn adapter(name: &str) -> Option<Adapter> {
    TABLES.iter().copied().flatten().find(|(row, _)| *row == name).map(|&(_, adapter)| adapter)
}
