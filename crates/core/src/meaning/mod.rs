//! Meaning: the values that graphs define, evaluated node by node, and the search for values that are not finite.

#[doc(hidden)]
pub mod eval;
pub mod nonfinite;
