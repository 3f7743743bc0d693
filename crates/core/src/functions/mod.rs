//! Functions composed of operations, by theme. They state no derivative: all derivatives follow from the operations.
//!
//! Names and conventions follow PyTorch, or NumPy where it has the better known name. Each function has a `try_` form; what has many
//! choices takes a struct of them.

mod attention;
mod conv;
mod diagonals;
mod einsum;
mod embedding;
mod indexing;
mod joining;
mod linear;
mod matrix_norm;
mod moments;
mod moving;
mod normalize;
mod norms;
mod ordering;
mod pad;
mod pool;
mod products;
mod scans;
mod similarity;
mod sliding;
mod statistics;
mod windows;

pub use attention::Attention;
pub use conv::{Conv, ConvPadding, ConvTranspose};
pub use matrix_norm::MatrixNorm;
pub use normalize::Norm;
pub use pad::PadMode;
pub use pool::{AvgPool, MaxPool};
pub use windows::Unfold;

use crate::graph::documented::Theme;

/// All functions composed of operations, by theme.
pub const THEMES: &[Theme] = &[
    moving::THEME,
    joining::THEME,
    indexing::THEME,
    diagonals::THEME,
    pad::THEME,
    sliding::THEME,
    windows::THEME,
    statistics::THEME,
    scans::THEME,
    norms::THEME,
    matrix_norm::THEME,
    similarity::THEME,
    ordering::THEME,
    products::THEME,
    einsum::THEME,
    linear::THEME,
    conv::THEME,
    pool::THEME,
    normalize::THEME,
    attention::THEME,
    embedding::THEME,
];
