//! Traits of other crates, each behind a feature of its name: none changes what is computed.

#[cfg(feature = "nalgebra")]
mod nalgebra;
#[cfg(feature = "num-traits")]
mod num_traits;
