//! The traits of backends, and the errors of compiling and running.

use std::time::Duration;

use retrograd_core::{Slice, SliceMut, Tensor, View, computation::ValueId};
use rustc_hash::FxHashMap;

use crate::Task;

/// A compiler of tasks.
///
/// A backend never sees a graph, a name or a map of parameters. Leaves are slots whose data have been found and checked
/// before a run.
pub trait Backend: Send + Sync {
    /// The name, with all settings that change compiled programs. Caches distinguish backends by this name.
    fn name(&self) -> String;

    /// Compiles a task.
    ///
    /// # Errors
    /// If an operation is not supported, or more memory is needed than can be addressed.
    fn compile(&self, task: &Task) -> Result<Box<dyn Executable>, CompileError>;
}

/// The reason why a task cannot be compiled.
#[derive(Clone, Debug, PartialEq)]
pub enum CompileError {
    /// More memory than can be addressed.
    OutOfMemory(Shortage),
    /// An operation that the backend does not have.
    Unsupported {
        /// The value that the operation computes.
        value: ValueId,
        /// The reason, for a message.
        reason: String,
    },
}

/// A lack of memory: the bytes that could not be allocated.
#[derive(Clone, Debug, PartialEq)]
pub struct Shortage {
    /// The bytes needed at one time.
    pub n_bytes: u128,
    /// The largest value.
    pub largest: Option<ValueId>,
}

/// A compiled task: immutable, shared by all of its instances.
pub trait Executable: Send + Sync {
    /// New memory for runs on at most `n_threads` threads.
    ///
    /// # Errors
    /// If the memory cannot be allocated.
    fn instance(&self, n_threads: usize) -> Result<Box<dyn Instance>, Shortage>;

    /// The steps of a run, in order; none if a backend does not tell.
    fn steps(&self) -> Vec<StepText> {
        Vec::new()
    }

    /// Bytes of the working memory of an instance.
    fn n_bytes(&self) -> usize {
        0
    }

    /// The least bytes that any working memory would need for the steps in their order.
    fn n_bytes_live(&self) -> usize {
        self.n_bytes()
    }

    /// The value that takes the most memory.
    fn largest(&self) -> Option<ValueId> {
        None
    }

    /// Whether the new value of an update is written to a slot of its own, which comes after those of the leaves, and not
    /// to the slot of its leaf. Checked programs can need this, so that a run that fails leaves all leaves as they were.
    fn is_beside(&self, _update: usize) -> bool {
        false
    }
}

/// The text of a step, for profiles and printed plans.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepText {
    /// The values that it computes, its result first.
    pub computes: Vec<ValueId>,
    /// Bytes that it reads and writes, each value once.
    pub n_bytes: usize,
    /// The kernel with its operands and results, and the places of these, as the backend writes them.
    pub text: String,
}

/// An executable with the memory that it runs in.
pub trait Instance: Send + Sync {
    /// Computes the outputs and writes the updates. The data of all leaves are there and fit them; those of updated
    /// leaves can be written. Pushes the time of each step to `times`, if they are asked for.
    ///
    /// # Errors
    /// If an operation has no answer for the data, or a checked task has found a value that is not finite: then no leaf
    /// has been updated.
    fn run(
        &mut self,
        leaves: &mut LeafSlots<'_>,
        times: Option<&mut Vec<Duration>>,
    ) -> Result<(), Fault>;

    /// Output `k` of the last run; zeros before the first run, and after a failed run.
    ///
    /// # Panics
    /// If there is no such output.
    fn output(&self, k: usize) -> View<'_>;

    /// Allows at most `n` threads from now on. Results do not depend on it.
    ///
    /// # Panics
    /// If the system refuses to start a thread.
    fn set_threads(&mut self, _n: usize) {}
}

/// The reason why a run has failed.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// The operation of a value cannot work on its data.
    Data {
        /// The value.
        node: ValueId,
        /// The reason.
        reason: String,
    },
    /// A value that must be finite is not. The map holds the leaves, and whichever other values the run has stored: the
    /// rest is computed from these to find the first value that is not finite.
    NonFinite(FxHashMap<ValueId, Tensor>),
}

/// The data of a slot.
pub enum LeafData<'a> {
    /// Data to be read.
    Read(Slice<'a>),
    /// Data to be read and written.
    Write(SliceMut<'a>),
}

/// The data of one run: a slot for each leaf, then one for each update.
#[derive(Default)]
pub struct LeafSlots<'a>(Vec<Option<LeafData<'a>>>);

impl<'a> LeafSlots<'a> {
    /// `n_slots` empty slots, in the allocation of slots that are no longer used.
    pub fn reusing(slots: LeafSlots<'_>, n_slots: usize) -> Self {
        let mut slots = slots.0;
        slots.clear();
        // Collecting an empty vector in place keeps its allocation, and changes the lifetime.
        let mut slots: Vec<_> = slots.into_iter().map(|_| None).collect();
        slots.resize_with(n_slots, || None);
        Self(slots)
    }

    /// The number of slots.
    #[inline]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no slots.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a slot has data.
    #[inline]
    pub fn is_set(&self, slot: usize) -> bool {
        self.0[slot].is_some()
    }

    /// Sets the data of a slot, to be read.
    #[inline]
    pub fn set(&mut self, slot: usize, data: Slice<'a>) {
        self.0[slot] = Some(LeafData::Read(data));
    }

    /// Sets the data of a slot, to be read and written.
    #[inline]
    pub fn set_mut(&mut self, slot: usize, data: SliceMut<'a>) {
        self.0[slot] = Some(LeafData::Write(data));
    }

    /// Takes the data of a slot, if it has any.
    #[inline]
    pub fn take(&mut self, slot: usize) -> Option<LeafData<'a>> {
        self.0[slot].take()
    }
}
