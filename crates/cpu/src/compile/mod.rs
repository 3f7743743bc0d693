//! The compiler: from a task to a program.

mod accumulate;
mod classify;
mod group;
mod lists;
pub(crate) mod lower;
pub(crate) mod order;
pub(crate) mod place;
mod rematerialize;
pub(crate) mod rows;
pub(crate) mod update;
pub(crate) mod verify;
