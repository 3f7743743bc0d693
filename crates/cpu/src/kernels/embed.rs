//! The kernel that embeds a value in a larger one: among zeros, or added to the values there.

use std::fmt;

use retrograd_core::{DType, Element, Float, SliceMut, computation::ValueId, with_elements};
use smallvec::smallvec;

use crate::{
    arena::{Beside, Memory},
    kernels::{
        kernel::{Behavior, Refusal, ValueIds},
        team::Team,
    },
    layout::Walk,
};

/// A contiguous value whose elements go to places in a result, which is zero elsewhere or else a value to add to.
#[derive(Clone, Debug)]
pub(crate) struct Embed {
    pub part: ValueId,
    pub n_elements: usize,
    /// The places of the elements, in order; no two of them are the same.
    pub walk: Walk,
    /// A contiguous value of floating-point numbers, of which the first are added to.
    pub onto: Option<ValueId>,
    pub out: ValueId,
    pub dtype: DType,
}

impl Behavior for Embed {
    fn reads_in_place(&self) -> ValueIds {
        self.onto.into_iter().collect()
    }

    fn reads_elsewhere(&self) -> ValueIds {
        smallvec![self.part]
    }

    fn writes(&self) -> ValueIds {
        smallvec![self.out]
    }

    fn is_fused(&self) -> bool {
        false
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let zeros = "zeros".to_owned();
        let onto = self.onto.map_or(zeros, |onto| onto.to_string());
        write!(f, "embed {}{} in {onto}", self.part, self.walk)
    }

    fn run(&self, memory: &mut Memory<'_>, _: &mut Team) -> Result<(), Refusal> {
        self.compute(memory);
        Ok(())
    }
}

impl Embed {
    /// Computes the result. In the place of the addend, only the places of the part are touched.
    fn compute(&self, memory: &mut Memory<'_>) {
        let Some(onto) = self.onto else { return self.put(memory) };
        let onto = Some(onto).filter(|&onto| !memory.are_in_one_place(onto, self.out));
        match memory.write_beside(self.out, self.dtype) {
            (SliceMut::F32(out), rest) => self.add(onto, out, rest),
            (SliceMut::F64(out), rest) => self.add(onto, out, rest),
            (SliceMut::I64(_) | SliceMut::Bool(_), _) => unreachable!("only floats are added"),
        }
    }

    fn put(&self, memory: &mut Memory<'_>) {
        let (out, rest) = memory.write_beside(self.out, self.dtype);
        with_elements!(SliceMut, out, out => {
            out.fill(Default::default());
            self.walk.write(self.part(rest), out, |out, element| *out = element);
        });
    }

    /// Adds the part to `onto`, or to the values there.
    fn add<F: Float>(&self, onto: Option<ValueId>, out: &mut [F], rest: Beside<'_>) {
        if let Some(onto) = onto {
            out.copy_from_slice(&rest.read(onto)[..out.len()]);
        }
        self.walk.write(self.part(rest), out, |out, element| *out = *out + element);
    }

    fn part<'m, T: Element>(&self, rest: Beside<'m>) -> &'m [T] {
        &rest.read(self.part)[..self.n_elements]
    }
}
