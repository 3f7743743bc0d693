//! Caches of compiled programs by the structure of their tasks, so that a model recorded anew is compiled once.

use std::sync::Arc;

use retrograd_core::{Error, Expr};
use retrograd_task::{RecordedTask, Task};
use rustc_hash::FxHashMap;

use crate::{
    options::CompileOptions,
    plan::{Compiled, Plan},
};

/// A cache of compiled programs by their tasks. Tasks are equal if operations, shapes, dtypes and constants are; names,
/// scopes and lines do not matter.
///
/// It keeps at most [`limit`](Self::limit) programs, and forgets the one that has not been asked for longest. Plans that have
/// been handed out stay as they are.
///
/// ```
/// use retrograd_core::Graph;
/// use retrograd_plan::PlanCache;
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
pub struct PlanCache {
    programs: FxHashMap<Arc<Task>, Cached>,
    options: CompileOptions,
    limit: usize,
    /// How often a plan has been asked for.
    n_requests: u64,
}

struct Cached {
    program: Arc<Compiled>,
    /// The time of the last request, as a count of requests.
    last_request: u64,
}

impl Default for PlanCache {
    fn default() -> Self {
        Self::with_options(CompileOptions::new())
    }
}

impl PlanCache {
    /// The number of programs that a cache keeps unless it is told otherwise: a model at each of some hundred batch sizes
    /// or lengths.
    pub const LIMIT: usize = 256;

    /// No plans yet, and default options.
    pub fn new() -> Self {
        Self::default()
    }

    /// No plans yet; all will be compiled with some options.
    ///
    /// ```
    /// use retrograd_core::Graph;
    /// use retrograd_plan::{CompileOptions, PlanCache};
    ///
    /// let mut cache = PlanCache::with_options(CompileOptions::new().checked());
    /// let g = Graph::new();
    /// let plan = cache.compile(&[g.constant(-1.0).sqrt()], &[])?;
    /// assert!(plan.run(&mut plan.workspace(), &g.recorded_params(), &[]).is_err());
    /// # Ok::<(), retrograd_core::Error>(())
    /// ```
    pub fn with_options(options: CompileOptions) -> Self {
        Self { programs: FxHashMap::default(), options, limit: Self::LIMIT, n_requests: 0 }
    }

    /// The options of all plans.
    pub fn options(&self) -> &CompileOptions {
        &self.options
    }

    /// Sets the number of programs that are kept at most (default [`LIMIT`](Self::LIMIT)). With 0, every plan is compiled
    /// anew.
    ///
    /// ```
    /// use retrograd_core::Graph;
    /// use retrograd_plan::PlanCache;
    ///
    /// let mut cache = PlanCache::new().with_limit(2);
    /// for n in 1..10 {
    ///     let g = Graph::new();
    ///     cache.compile(&[g.input("x", [n]).exp().sum()], &[])?;
    /// }
    /// assert_eq!(cache.len(), 2);
    /// # Ok::<(), retrograd_core::Error>(())
    /// ```
    pub fn with_limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self.shrink();
        self
    }

    /// The largest number of programs in the cache.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// The number of programs in the cache.
    pub fn len(&self) -> usize {
        self.programs.len()
    }

    /// Whether no program is kept.
    pub fn is_empty(&self) -> bool {
        self.programs.is_empty()
    }

    /// Drops all programs. Plans keep theirs.
    pub fn clear(&mut self) {
        self.programs.clear();
    }

    /// The plan of these outputs and updates, compiled only if none of equal structure is kept.
    ///
    /// # Errors
    /// As [`Plan::compile`].
    pub fn compile<'g>(
        &mut self,
        outputs: &[Expr<'g>],
        updates: &[(Expr<'g>, Expr<'g>)],
    ) -> Result<Plan, Error> {
        let recorded = RecordedTask::new(outputs, updates, self.options.is_checked())?;
        self.n_requests += 1;
        let program = match self.programs.get_mut(&recorded.task) {
            Some(cached) => {
                cached.last_request = self.n_requests;
                Arc::clone(&cached.program)
            }
            None => {
                let task = Arc::clone(&recorded.task);
                let program = Compiled::new(&recorded, &task, &self.options)?;
                let last_request = self.n_requests;
                let cached = Cached { program: Arc::clone(&program), last_request };
                self.programs.insert(task, cached);
                self.shrink();
                program
            }
        };
        Ok(Plan::new(recorded, program, &self.options))
    }

    /// Forgets the programs that have not been asked for longest, until there are no more than can be kept.
    fn shrink(&mut self) {
        if self.programs.len() > self.limit {
            let mut requests: Vec<_> =
                self.programs.values().map(|cached| cached.last_request).collect();
            requests.sort_unstable();
            let oldest = requests[requests.len() - self.limit..].first().copied();
            self.programs
                .retain(|_, cached| oldest.is_some_and(|oldest| cached.last_request >= oldest));
        }
    }
}

#[cfg(test)]
mod tests {
    use retrograd_core::{Graph, Params, Tensor};

    use super::*;

    /// A plan that doubles `n` numbers.
    fn doubled(cache: &mut PlanCache, n: usize) -> Plan {
        let g = Graph::new();
        cache.compile(&[g.input("x", [n]) * 2.0], &[]).expect("it compiles")
    }

    /// Whether the program of `n` numbers is kept; asking for it changes which one goes next.
    fn keeps(cache: &mut PlanCache, plan: &Plan, n: usize) -> bool {
        Arc::ptr_eq(&doubled(cache, n).compiled, &plan.compiled)
    }

    #[test]
    fn the_program_that_has_not_been_asked_for_longest_is_forgotten() {
        let mut cache = PlanCache::new().with_limit(3);
        let plans: Vec<_> = (0..3).map(|n| doubled(&mut cache, n)).collect();
        assert!(keeps(&mut cache, &plans[0], 0));
        let fourth = doubled(&mut cache, 3);
        assert_eq!((cache.len(), cache.limit()), (3, 3));
        assert!(keeps(&mut cache, &plans[0], 0) && keeps(&mut cache, &plans[2], 2));
        assert!(keeps(&mut cache, &fourth, 3));
        assert!(!keeps(&mut cache, &plans[1], 1), "it was the oldest");
        assert_eq!(cache.len(), 3);
        cache = cache.with_limit(1);
        assert_eq!(cache.len(), 1);
        assert!(!keeps(&mut cache, &fourth, 3));
    }

    #[test]
    fn plans_outlive_the_cache_that_forgets_them() {
        let mut cache = PlanCache::new();
        assert_eq!(cache.limit(), PlanCache::LIMIT);
        let plan = doubled(&mut cache, 2);
        cache.clear();
        assert!(cache.is_empty());
        assert!(!keeps(&mut cache, &plan, 2), "it is compiled anew");
        let mut none = PlanCache::new().with_limit(0);
        doubled(&mut none, 2);
        assert!(none.is_empty());
        let (data, mut workspace) = (Tensor::from([1.0f32, 2.0]), plan.workspace());
        plan.run(&mut workspace, &Params::new(), &[("x", data.view())]).expect("there are data");
        assert_eq!(workspace.output(0).to_tensor().to_vec::<f64>(), [2.0, 4.0]);
    }
}
