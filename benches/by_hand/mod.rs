//! Tools of the sides that are written by hand: what an engine can at best be as fast as. They call the same library
//! for matrix products, allocate beforehand, and fuse everything else into few loops.

mod number;
mod product;
mod vectorized;

pub use number::{Number, number};
pub use product::{LibraryProduct, Matrix, Products};
pub(crate) use vectorized::vectorized;
