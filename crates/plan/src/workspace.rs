//! Workspaces: the memory of runs, made for one plan and used for any number of its runs.

use std::sync::Arc;

use retrograd_core::{Error, Tensor, View, error::Operand};
use retrograd_task::{Instance, LeafSlots, out_of_memory};

use crate::plan::{Compiled, Plan};

/// The memory in which a plan runs. Any number of runs use it in turn, without allocations.
pub struct Workspace {
    pub(crate) compiled: Arc<Compiled>,
    pub(crate) instance: Box<dyn Instance>,
    /// Where a checked plan writes new values of leaves, for each update that it does not make in place.
    pub(crate) next: Vec<Option<Tensor>>,
    /// Empty slots, whose allocation runs reuse.
    pub(crate) slots: LeafSlots<'static>,
}

impl Plan {
    /// Memory for this plan.
    ///
    /// # Panics
    /// If there is not so much: then [`try_workspace`](Self::try_workspace) returns an error.
    #[track_caller]
    pub fn workspace(&self) -> Workspace {
        match self.try_workspace() {
            Ok(workspace) => workspace,
            Err(error) => panic!("{error}"),
        }
    }

    /// Memory for this plan, unless there is not so much.
    ///
    /// ```
    /// use retrograd_core::{Error, Graph};
    /// use retrograd_plan::Plan;
    ///
    /// let g = Graph::new();
    /// let x = g.input("x", [1 << 50]);
    /// let plan = Plan::compile(&[x.exp().named("y")], &[])?;
    /// let Err(error) = plan.try_workspace() else { panic!("a machine with 4.5 PB") };
    /// assert_eq!(
    ///     error.to_string(),
    ///     "the workspace of a plan whose largest value is `y` f32 [1125899906842624] needs 4.5 PB, which cannot be \
    ///      allocated"
    /// );
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// If there is not so much.
    ///
    /// # Panics
    /// If it is to have no threads, or the system refuses to start one.
    #[track_caller]
    pub fn try_workspace(&self) -> Result<Workspace, Error> {
        assert!(self.n_threads > 0, "a plan runs in at least one thread");
        let executable = &self.compiled.executable;
        let shortage = |n_bytes| out_of_memory(n_bytes, self.signature.largest.as_ref());
        let instance = executable.instance(self.n_threads);
        let instance = instance.map_err(|found| shortage(found.n_bytes))?;
        let updated = self.signature.targets.iter().enumerate();
        let beside = updated.map(|(update, &slot)| {
            let leaf = &self.signature.leaves[slot].description;
            executable.is_beside(update).then_some(leaf)
        });
        let zeros = |leaf: Option<&Operand>| leaf.map(zeros).transpose();
        let next = beside.map(zeros).collect::<Result<_, _>>()?;
        let slots = LeafSlots::default();
        Ok(Workspace { compiled: Arc::clone(&self.compiled), instance, next, slots })
    }
}

/// A tensor for the new value of a leaf.
fn zeros(leaf: &Operand) -> Result<Tensor, Error> {
    let n_bytes = leaf.shape.n_elements() as u128 * leaf.dtype.n_bytes() as u128;
    Tensor::try_zeros(leaf.dtype, &leaf.shape).map_err(|_| out_of_memory(n_bytes, Some(leaf)))
}

impl Workspace {
    /// This workspace, with at most `n` threads for large steps instead of one: the one that runs the plan, and others
    /// that wait for it as long as the workspace lives. Matrix products are split by rows of the result and elementwise
    /// kernels by blocks, if that pays; a plan of small steps runs in one thread, whatever is allowed.
    ///
    /// Results do not depend on the number of threads. One is the default, since who runs several plans side by side
    /// uses all processors already.
    ///
    /// ```
    /// use retrograd_core::{Graph, Params};
    /// use retrograd_plan::Plan;
    ///
    /// let g = Graph::new();
    /// let plan = Plan::compile(&[g.arange(1 << 20).cast(g.dtype()).tanh()], &[])?;
    /// let (mut one, mut two) = (plan.workspace(), plan.workspace().with_threads(2));
    /// plan.run(&mut one, &Params::new(), &[])?;
    /// plan.run(&mut two, &Params::new(), &[])?;
    /// assert_eq!(one.output(0).to_tensor(), two.output(0).to_tensor());
    /// # Ok::<(), retrograd_core::Error>(())
    /// ```
    ///
    /// # Panics
    /// If `n` is 0, or the system refuses to start a thread.
    #[track_caller]
    pub fn with_threads(mut self, n: usize) -> Self {
        assert!(n > 0, "a plan runs in at least one thread");
        self.instance.set_threads(n);
        self
    }

    /// Output `k` of the last run; zeros before the first run, and after a run that failed or panicked.
    ///
    /// # Panics
    /// If the plan has no such output.
    pub fn output(&self, k: usize) -> View<'_> {
        self.instance.output(k)
    }
}

#[cfg(test)]
mod tests {
    use retrograd_core::{DType, Graph};

    use super::*;

    #[test]
    fn a_new_value_that_has_no_memory_is_named() {
        let g = Graph::with_dtype(DType::F64);
        let leaf = g.describe(g.input("w", [1 << 55]).id());
        let error = zeros(&leaf).expect_err("a machine with 288 PB").to_string();
        assert!(error.contains("`w` f64 [36028797018963968] needs 288.2 PB"), "{error}");
    }
}
