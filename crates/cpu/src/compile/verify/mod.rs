//! Verification of the stages' tables: each rewrite must keep the meaning of the code.
//!
//! Code is run on terms in place of numbers. So a register that is read before it is written, one that is shared by two
//! values at a time, and an instruction that computes another value all come to light as the stage's fault, whatever the
//! data are. Steps are run on the names of values in place of values, to see that each finds what it reads in its place.
//!
//! Builds without debug assertions verify nothing.

mod meaning;
mod steps;
mod tables;

pub(crate) use meaning::Meaning;
