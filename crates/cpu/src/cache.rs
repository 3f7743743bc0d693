//! Plans by the structure of what they compute, so that a model that is recorded anew is compiled once.

use std::sync::Arc;

use retrograd_core::{Error, Expr};
use rustc_hash::FxHashMap;

use crate::{
    plan::Plan,
    prepare::Prepared,
    program::{Program, Task},
};

/// Programs by their tasks: operations, shapes, dtypes and constants; not names, scopes, lines or slots' numbers.
///
/// ```
/// use retrograd_core::Graph;
/// use retrograd_cpu::PlanCache;
///
/// let mut cache = PlanCache::new();
/// for n in [4, 4, 2] {
///     let g = Graph::new();
///     let x = g.input("x", [n]);
///     cache.compile(&[x.exp().sum()], &[])?;
/// }
/// assert_eq!(cache.len(), 2);
/// # Ok::<(), retrograd_core::Error>(())
/// ```
#[derive(Default)]
pub struct PlanCache {
    programs: FxHashMap<Task, Arc<Program>>,
}

impl PlanCache {
    /// No plans.
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of programs compiled so far.
    pub fn len(&self) -> usize {
        self.programs.len()
    }

    /// Whether nothing has been compiled.
    pub fn is_empty(&self) -> bool {
        self.programs.is_empty()
    }

    /// The plan of these outputs and updates, compiled only if none of equal structure has been.
    ///
    /// # Errors
    /// As [`Plan::compile`].
    pub fn compile<'g>(
        &mut self,
        outputs: &[Expr<'g>],
        updates: &[(Expr<'g>, Expr<'g>)],
    ) -> Result<Plan, Error> {
        Ok(self.plan(Prepared::new(outputs, updates, false)?))
    }

    /// The [checked](Plan::compile_checked) plan of these outputs and updates, compiled only if no checked plan of
    /// equal structure has been.
    ///
    /// # Errors
    /// As [`Plan::compile`].
    pub fn compile_checked<'g>(
        &mut self,
        outputs: &[Expr<'g>],
        updates: &[(Expr<'g>, Expr<'g>)],
    ) -> Result<Plan, Error> {
        Ok(self.plan(Prepared::new(outputs, updates, true)?))
    }

    fn plan(&mut self, prepared: Prepared) -> Plan {
        let program = match self.programs.get(&prepared.task) {
            Some(program) => Arc::clone(program),
            None => {
                let program = Arc::new(Program::compile(&prepared.task));
                self.programs.insert(prepared.task.clone(), Arc::clone(&program));
                program
            }
        };
        prepared.into_plan(program)
    }
}
