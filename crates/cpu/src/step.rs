//! Steps: a program consists of them.

use std::fmt;

use retrograd_core::{DType, computation::ValueId};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::kernels::kernel::{Kernel, ValueIds};

/// One step of a program: a kernel, which reads some values and writes others.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub kernel: Kernel,
    /// Ascending, each once.
    pub reads: ValueIds,
    pub writes: ValueIds,
    /// A scratch buffer of the kernel.
    pub scratch: Option<ValueId>,
    /// The nodes that the step computes, stored or not; of a copy, the views that get a buffer.
    pub computes: SmallVec<[ValueId; 2]>,
    pub level: u32,
}

impl Step {
    /// The step that runs a kernel, which computes some nodes, at a level.
    pub fn new(kernel: Kernel, computes: SmallVec<[ValueId; 2]>, level: u32) -> Self {
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
    pub fn n_bytes(&self, sizes: &Sizes) -> usize {
        let values = self.reads.iter().chain(&self.writes);
        values.fold(0, |n_bytes, &id| n_bytes.saturating_add(sizes.n_bytes(id)))
    }
}

/// The results, as in `%3, %4 = reduce %1, …`.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let writes: Vec<_> = self.writes.iter().map(ValueId::to_string).collect();
        write!(f, "{} = {}", writes.join(", "), self.kernel)
    }
}

/// Index of a step among those of a program that is being compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct StepId(u32);

impl StepId {
    /// The step at position `index`.
    pub fn new(index: usize) -> Self {
        Self(index as u32)
    }

    /// Position among the steps.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "step {}", self.0)
    }
}

/// The step that writes each value.
pub(crate) fn writers(steps: &[Step]) -> FxHashMap<ValueId, StepId> {
    let writes = steps.iter().enumerate();
    let writes =
        writes.flat_map(|(at, step)| step.writes.iter().map(move |&id| (id, StepId::new(at))));
    writes.collect()
}

/// Dtype and number of elements of each value: first the computation's, then copies and scratch buffers.
#[derive(Clone, Debug)]
pub(crate) struct Sizes(Vec<(DType, usize)>);

impl Sizes {
    /// The sizes of the values of a computation.
    pub fn new(sizes: Vec<(DType, usize)>) -> Self {
        Self(sizes)
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The value that is minted next.
    pub fn next(&self) -> ValueId {
        ValueId::new(self.0.len())
    }

    /// Mints a value of some size.
    pub fn mint(&mut self, size: (DType, usize)) -> ValueId {
        let id = self.next();
        self.0.push(size);
        id
    }

    /// The size of a value.
    pub fn of(&self, id: ValueId) -> (DType, usize) {
        self.0[id.index()]
    }

    /// The number of elements of a value.
    pub fn n_elements(&self, id: ValueId) -> usize {
        self.of(id).1
    }

    /// The bytes of a value; the most that there can be, if they are more still.
    pub fn n_bytes(&self, id: ValueId) -> usize {
        let (dtype, n_elements) = self.of(id);
        n_elements.saturating_mul(dtype.n_bytes())
    }
}
