//! The memory that plans run in: made for one plan, used for any number of its runs.

use std::sync::Arc;

use retrograd_core::{Error, Tensor, View, error::Operand};

use crate::{
    kernels::{InstructionSet, team::Sharing},
    plan::Plan,
    program::{Memories, Program},
};

/// The memory that a plan runs in. It can be used again for any number of runs, which then allocate nothing.
pub struct Workspace {
    pub(crate) program: Arc<Program>,
    pub(crate) memories: Memories,
    /// Where a checked plan writes new values of leaves, for each update that it does not make in place.
    pub(crate) next: Vec<Option<Tensor>>,
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
    /// use retrograd_cpu::Plan;
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
    pub fn try_workspace(&self) -> Result<Workspace, Error> {
        let program = Arc::clone(&self.program);
        let shortage = |n_bytes| out_of_memory(n_bytes, self.signature.largest.as_ref());
        let memories = program.memories().map_err(|found| shortage(found.n_bytes))?;
        let updated = self.signature.targets.iter().enumerate();
        let beside = updated.map(|(update, &slot)| {
            let leaf = &self.signature.leaves[slot].description;
            program.is_beside(update).then_some(leaf)
        });
        let zeros = |leaf: Option<&Operand>| leaf.map(zeros).transpose();
        let next = beside.map(zeros).collect::<Result<_, _>>()?;
        Ok(Workspace { memories, program, next })
    }
}

/// A tensor for the new value of a leaf.
fn zeros(leaf: &Operand) -> Result<Tensor, Error> {
    let n_bytes = leaf.shape.n_elements().saturating_mul(leaf.dtype.n_bytes());
    match Vec::<u8>::new().try_reserve_exact(n_bytes) {
        Ok(()) => Ok(Tensor::zeros(leaf.dtype, &leaf.shape)),
        Err(_) => Err(out_of_memory(n_bytes as u128, Some(leaf))),
    }
}

/// The error that says how much memory a plan takes, and which of its values takes the most.
pub(crate) fn out_of_memory(n_bytes: u128, largest: Option<&Operand>) -> Error {
    let what = match largest {
        Some(Operand { name, dtype, shape, .. }) => {
            format!("the workspace of a plan whose largest value is `{name}` {dtype} {shape}")
        }
        None => "the workspace of a plan".to_owned(),
    };
    Error::OutOfMemory { what, n_bytes }
}

impl Workspace {
    /// This workspace, in which elementwise kernels use `instructions` instead of the best that the machine has.
    ///
    /// ```
    /// use retrograd_core::{Graph, Params};
    /// use retrograd_cpu::{InstructionSet, Plan};
    ///
    /// let g = Graph::new();
    /// let plan = Plan::compile(&[g.constant([0.5, 2.0]).tanh()], &[])?;
    /// let mut workspace = plan.workspace().with_instructions(InstructionSet::portable());
    /// plan.run(&mut workspace, &Params::new(), &[])?;
    /// assert_eq!(workspace.output(0).to_tensor().to_vec::<f32>(), [0.46211714, 0.96402764]);
    /// # Ok::<(), retrograd_core::Error>(())
    /// ```
    pub fn with_instructions(mut self, instructions: InstructionSet) -> Self {
        self.memories.team.set_instructions(instructions);
        self
    }

    /// This workspace, with at most `n` threads for large steps instead of one: the one that runs the plan, and others
    /// that wait for it as long as the workspace lives. Matrix products are split by rows of the result and elementwise
    /// kernels by blocks, if that pays; a plan of small steps runs in one thread, whatever is allowed.
    ///
    /// Results do not depend on the number of threads. One is the default, since who runs several plans side by side
    /// uses all processors already.
    ///
    /// ```
    /// use retrograd_core::{Graph, Params};
    /// use retrograd_cpu::Plan;
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
    pub fn with_threads(self, n: usize) -> Self {
        assert!(n > 0, "a plan runs in at least one thread");
        self.sharing(Sharing::among(n))
    }

    /// This workspace, with threads that share steps in some way.
    pub(crate) fn sharing(mut self, sharing: Sharing) -> Self {
        self.memories.team = self.program.team(sharing, self.memories.team.instructions());
        self
    }

    /// Output `k` of the last run; zeros before the first, and after one that met bad data or panicked.
    ///
    /// # Panics
    /// If the plan has no such output.
    pub fn output(&self, k: usize) -> View<'_> {
        self.program.output(&self.memories, k)
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
