//! Steps: a program consists of them.

use retrograd_core::{DType, NodeId};
use smallvec::SmallVec;

use crate::kernels::kernel::{Kernel, Values};

/// One step of a program: a kernel, which reads some values and writes others.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub kernel: Kernel,
    /// Ascending, each once.
    pub reads: Values,
    pub writes: Values,
    /// A scratch buffer of the kernel.
    pub scratch: Option<NodeId>,
    /// The nodes whose values are computed, stored or not; of a copy those that it makes a buffer for.
    pub computes: SmallVec<[NodeId; 2]>,
    pub level: u32,
}

impl Step {
    /// The step that runs a kernel, which computes some nodes, at a level.
    pub fn new(kernel: Kernel, computes: SmallVec<[NodeId; 2]>, level: u32) -> Self {
        let behavior = kernel.behavior();
        let mut reads = behavior.reads_in_place();
        reads.extend(behavior.reads_elsewhere());
        reads.sort_unstable();
        reads.dedup();
        reads.shrink_to_fit();
        let (writes, scratch) = (behavior.writes(), behavior.scratch());
        Self { kernel, reads, writes, scratch, computes, level }
    }

    /// Bytes that the step reads and writes, each value once.
    pub fn n_bytes(&self, sizes: &[(DType, usize)]) -> usize {
        let values = self.reads.iter().chain(&self.writes).map(|id| sizes[id.index()]);
        let n_bytes = values.map(|(dtype, n_elements)| n_elements.saturating_mul(dtype.n_bytes()));
        n_bytes.fold(0, usize::saturating_add)
    }
}
