//! Data: dtypes, shapes, tensors, special functions of floats, and errors. Nothing here knows of graphs.

#[doc(hidden)]
pub mod dtype;
#[doc(hidden)]
pub mod elements;
#[doc(hidden)]
pub mod error;
#[cfg(feature = "ndarray")]
mod ndarray;
#[doc(hidden)]
pub mod shape;
pub(crate) mod size;
pub(crate) mod special;
#[doc(hidden)]
pub mod tensor;
