//! Kernels: an enum for identity, a trait for behavior, one `match` that joins them.

use std::fmt;

use retrograd_core::{DType, computation::ValueId};
use smallvec::SmallVec;

use crate::{
    arena::{Memory, Split},
    kernels::{
        code::Elementwise,
        embed::Embed,
        plain::{CopyView, Plain},
        product::Product,
        reduce::Reduce,
        scalars::Scalars,
        team::Team,
    },
};

/// Some values of a kernel.
pub(crate) type ValueIds = SmallVec<[ValueId; 4]>;

/// The reason why a kernel cannot work on the data, and the node whose operation has given it.
pub(crate) struct Refusal {
    pub node: ValueId,
    pub reason: String,
}

/// The registers of a kernel: so many, each of a block of numbers.
pub(crate) struct RegisterFile {
    pub dtype: DType,
    pub n: usize,
    pub n_elements: usize,
}

/// Everything that the compiler and a run ask of a kernel.
pub(crate) trait Behavior {
    /// The values whose elements are read just before results are written in their places: a result can be an alias of
    /// such an operand.
    fn reads_in_place(&self) -> ValueIds {
        ValueIds::new()
    }

    /// The values read at other places than the written ones.
    fn reads_elsewhere(&self) -> ValueIds;

    /// The results.
    fn writes(&self) -> ValueIds;

    /// A scratch buffer, which only the kernel writes and reads.
    fn scratch(&self) -> Option<ValueId> {
        None
    }

    /// Whether the kernel is of fused nodes, which stand on the level of their operands; others stand above them.
    fn is_fused(&self) -> bool;

    /// Whether a result can be written over the leaf that it is the new value of.
    fn can_update(&self) -> bool {
        false
    }

    /// Whether there are data that the kernel refuses.
    fn can_fail(&self) -> bool {
        false
    }

    /// The results that are tested for being finite while they are stored.
    fn tests(&self) -> ValueIds {
        ValueIds::new()
    }

    /// Whether [`is_sure_to_be_finite`](Self::is_sure_to_be_finite) has a bound to tell by.
    fn has_bound(&self) -> bool {
        false
    }

    /// Whether a bound shows, before the kernel runs, that its result is finite.
    fn is_sure_to_be_finite(&self, _: &Memory<'_>) -> bool {
        false
    }

    /// The partition of the rows among threads, if there is one.
    fn split(&self) -> Option<Split> {
        None
    }

    /// The registers that each thread needs.
    fn registers(&self) -> Option<RegisterFile> {
        None
    }

    /// Checks that values have as many elements as the kernel reads and writes.
    fn check_sizes(&self, _n_elements: &dyn Fn(ValueId) -> usize) -> Result<(), String> {
        Ok(())
    }

    /// Writes the kernel as text.
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;

    /// Computes the results.
    fn run(&self, memory: &mut Memory<'_>, team: &mut Team) -> Result<(), Refusal>;
}

/// The kernel of a step.
#[derive(Clone, Debug)]
pub(crate) enum Kernel {
    /// Fused elementwise code.
    Elementwise(Elementwise),
    /// A program on single numbers.
    Scalars(Scalars),
    /// Matrix products.
    Product(Product),
    /// Sum or maximum over neighboring axes.
    Reduce(Reduce),
    /// Elements of a view, put side by side.
    Copy(CopyView),
    /// A value at its places in another.
    Embed(Embed),
    /// An operation's own plain loop.
    Plain(Plain),
}

impl Kernel {
    /// The behavior of this kernel.
    pub fn behavior(&self) -> &dyn Behavior {
        match self {
            Kernel::Elementwise(elementwise) => elementwise,
            Kernel::Scalars(scalars) => scalars,
            Kernel::Product(product) => product,
            Kernel::Reduce(reduce) => reduce,
            Kernel::Copy(copy) => copy,
            Kernel::Embed(embed) => embed,
            Kernel::Plain(plain) => plain,
        }
    }
}
