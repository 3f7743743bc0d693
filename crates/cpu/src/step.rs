//! Steps: what a program consists of.

use retrograd_core::{DType, NodeId};
use smallvec::{SmallVec, smallvec};

use crate::{
    arena::Split,
    kernels::{
        code::Elementwise,
        embed::Embed,
        plain::{Copy, Plain},
        product::Product,
        reduce::Reduce,
        scalars::Scalars,
    },
};

/// One step of a program: reads some values, writes others.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub kernel: Kernel,
    pub reads: SmallVec<[NodeId; 4]>,
    pub writes: SmallVec<[NodeId; 2]>,
    /// A value that only the step itself writes and reads.
    pub scratch: Option<NodeId>,
    /// The nodes whose values it computes, stored or not; of a copy those that it makes a buffer for.
    pub computes: SmallVec<[NodeId; 2]>,
    pub level: u32,
}

impl Step {
    /// The values that are read where the step writes, just before it does: results can take their places.
    pub fn reads_in_step(&self) -> SmallVec<[NodeId; 4]> {
        match &self.kernel {
            Kernel::Elementwise(kernel) => kernel.reads_in_step().collect(),
            Kernel::Product(product) => product.reads_in_step().collect(),
            Kernel::Scalars(_) => SmallVec::new(),
            Kernel::Embed(embed) => embed.onto.into_iter().collect(),
            Kernel::Reduce(_) | Kernel::Copy(_) | Kernel::Plain(_) => SmallVec::new(),
        }
    }

    /// The values that such a step reads in other places than those being written.
    pub fn reads_elsewhere(&self) -> SmallVec<[NodeId; 4]> {
        match &self.kernel {
            Kernel::Elementwise(kernel) => kernel.reads_elsewhere().collect(),
            Kernel::Product(product) => product.reads_elsewhere().collect(),
            Kernel::Scalars(_) => self.reads.clone(),
            Kernel::Embed(embed) => smallvec![embed.part],
            Kernel::Reduce(_) | Kernel::Copy(_) | Kernel::Plain(_) => self.reads.clone(),
        }
    }

    /// Bytes that it reads and writes, each value once.
    pub fn n_bytes(&self, sizes: &[(DType, usize)]) -> usize {
        let values = self.reads.iter().chain(&self.writes).map(|id| sizes[id.index()]);
        let n_bytes = values.map(|(dtype, n_elements)| n_elements.saturating_mul(dtype.n_bytes()));
        n_bytes.fold(0, usize::saturating_add)
    }

    /// Its code, if it is elementwise.
    pub fn elementwise(&self) -> Option<&Elementwise> {
        if let Kernel::Elementwise(kernel) = &self.kernel { Some(kernel) } else { None }
    }

    /// The product, if it is one.
    pub fn product(&self) -> Option<&Product> {
        if let Kernel::Product(product) = &self.kernel { Some(product) } else { None }
    }

    /// How its rows can be split, if it is of a kind that can be.
    pub fn split(&self) -> Option<Split> {
        match &self.kernel {
            Kernel::Elementwise(kernel) => Some(kernel.split()),
            Kernel::Product(product) => Some(product.split()),
            Kernel::Scalars(_)
            | Kernel::Reduce(_)
            | Kernel::Copy(_)
            | Kernel::Embed(_)
            | Kernel::Plain(_) => None,
        }
    }
}

/// What a step does.
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
    Copy(Copy),
    /// A value at its places in another.
    Embed(Embed),
    /// An operation's own plain loop.
    Plain(Plain),
}
