//! Checkpoints: regions whose values plans compute again for the gradient instead of keeping them.

use std::panic::Location;

use crate::graph::{
    Graph,
    expr::Expr,
    region::{RegionGuard, RegionId},
};

impl Graph {
    /// Opens a checkpointed scope: plans keep its inputs and the values read outside, and rematerialize the values inside
    /// when its gradient is due. That takes less memory, and the time of one more forward pass through it; no value
    /// changes. Unlike [`scope`](Self::scope), each call opens a scope of its own, also under a name that was used
    /// before, so that layers recorded by one function are computed again one by one.
    ///
    /// ```
    /// use retrograd_core::Graph;
    ///
    /// let g = Graph::new();
    /// let x = g.param("x", [0.5, -1.0]);
    /// let y = {
    ///     let _checkpoint = g.checkpoint("layer");
    ///     x.sin().exp().tanh()
    /// };
    /// let gradient = y.square().sum().grad(&[x])[0];
    /// assert!(g.regions().get(g.region_of(y.id())).is_checkpointed());
    /// # let _ = gradient;
    /// ```
    #[track_caller]
    #[must_use = "the scope closes when the guard is dropped"]
    pub fn checkpoint(&self, name: &str) -> RegionGuard<'_> {
        let outer = self.regions_mut().enter_checkpoint(name, Location::caller());
        RegionGuard::new(self, outer)
    }

    /// Checkpoints a region that has been opened already, such as the scope of a layer or the call of a function, as if
    /// by [`checkpoint`](Self::checkpoint). Plans compiled from now on obey.
    ///
    /// ```
    /// use retrograd_core::Graph;
    ///
    /// let g = Graph::new();
    /// let x = g.input("x", [3]);
    /// let y = {
    ///     let _scope = g.scope("block");
    ///     x.sin().cos()
    /// };
    /// let block = g.region_of(y.id());
    /// g.checkpoint_region(block);
    /// assert!(g.regions().get(block).is_checkpointed());
    /// ```
    pub fn checkpoint_region(&self, region: RegionId) {
        self.regions_mut().checkpoint(region);
    }

    /// `x` after `n_steps` steps, with checkpoints so that plans keep `O(√n)` values of steps for the gradient, not `n`:
    /// segments of `⌈√n⌉` steps are checkpointed scopes. `step` records the step of a number, from 0 on. Source: Chen
    /// et al. 2016, "Training deep nets with sublinear memory cost".
    ///
    /// For segments of another length, open a [`checkpoint`](Self::checkpoint) around each.
    ///
    /// ```
    /// use retrograd_core::Graph;
    ///
    /// let g = Graph::new();
    /// let w = g.param("w", [[0.6, -0.8], [0.8, 0.6]]);
    /// let x = g.constant([1.0, 0.0]);
    /// let y = g.checkpointed_chain(x, 9, |x, _| x.dot(w).tanh());
    /// assert_eq!(g.regions().get(g.region_of(y.id())).path(), "segment2");
    /// ```
    #[track_caller]
    pub fn checkpointed_chain<'g>(
        &'g self,
        x: Expr<'g>,
        n_steps: usize,
        mut step: impl FnMut(Expr<'g>, usize) -> Expr<'g>,
    ) -> Expr<'g> {
        let mut y = x;
        let length = ceil_sqrt(n_steps);
        for k in 0..n_steps.div_ceil(length.max(1)) {
            let _segment = self.checkpoint(&format!("segment{k}"));
            let steps = k * length..n_steps.min((k + 1) * length);
            y = steps.fold(y, &mut step);
        }
        y
    }
}

fn ceil_sqrt(n: usize) -> usize {
    let root = n.isqrt();
    if root * root < n { root + 1 } else { root }
}
