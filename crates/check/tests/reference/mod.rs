//! Reference vectors that we did not write: their format, and the tables from the reference's names to our calls.

#![allow(dead_code, reason = "two test programs share this module, and each uses a part of it")]

pub mod adapters;
pub mod call;
pub mod compare;
pub mod data;
pub mod exceptions;
pub mod followed;
pub mod format;
pub mod kinks;
pub mod record;
pub mod single;
pub mod tally;
pub mod true_values;
pub mod truths;
pub mod verdicts;
