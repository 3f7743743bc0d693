//! Stages: each is verified and shown before the next begins.

use std::fmt;

/// An observer of the stages: it is shown the table of each, with the stage's name.
pub(crate) struct Stages<'w>(pub &'w mut dyn FnMut(&'static str, &dyn fmt::Display));

impl Stages<'_> {
    /// Ends a stage: verifies its table, in builds with debug assertions, and shows it.
    ///
    /// # Panics
    /// If the table is not sound: a fault of the stage.
    pub fn end<T: fmt::Display>(
        &mut self,
        name: &'static str,
        table: T,
        verify: impl FnOnce(&T) -> Result<(), String>,
    ) -> T {
        if cfg!(debug_assertions)
            && let Err(fault) = verify(&table)
        {
            panic!("the stage `{name}`: {fault}");
        }
        self.0(name, &table);
        table
    }
}

/// The steps of a task, for tests of later stages.
#[cfg(test)]
pub(super) fn lowered(task: &crate::program::Task) -> super::lower::Lowered {
    let tuning = crate::tuning::Tuning::default();
    let classified = super::classify(&task.computation, &tuning);
    let roles = super::accumulate(&classified);
    let levels = super::levels(&roles);
    super::lower(task, &super::rematerialize(&super::group(&levels)))
}
