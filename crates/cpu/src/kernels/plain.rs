//! Copies, and the operations that run as their own plain loops.

use std::fmt;

use retrograd_core::{
    DType, Op, Shape, SliceMut, View, ViewMut, computation::ValueId, with_elements,
};
use smallvec::{SmallVec, smallvec};

use crate::{
    arena::{Beside, Memory},
    kernels::{
        kernel::{Behavior, Refusal, ValueIds},
        team::Team,
    },
    layout::Walk,
};

/// Elements of a view, put side by side.
#[derive(Clone, Debug)]
pub(crate) struct CopyView {
    pub from: ValueId,
    pub walk: Walk,
    pub to: ValueId,
    pub dtype: DType,
}

impl Behavior for CopyView {
    fn reads_elsewhere(&self) -> ValueIds {
        smallvec![self.from]
    }

    fn writes(&self) -> ValueIds {
        smallvec![self.to]
    }

    fn is_fused(&self) -> bool {
        false
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "copy {}{}", self.from, self.walk)
    }

    fn run(&self, memory: &mut Memory<'_>, _: &mut Team) -> Result<(), Refusal> {
        let (out, rest) = memory.write_beside(self.to, self.dtype);
        with_elements!(SliceMut, out, out => self.walk.read(rest.read(self.from), 0, out, |element| element));
        Ok(())
    }
}

/// An operation on contiguous values that has no kernel: its definition serves.
#[derive(Clone, Debug)]
pub(crate) struct Plain {
    pub op: Op,
    pub out: ValueId,
    pub dtype: DType,
    pub shape: Shape,
    pub inputs: SmallVec<[(ValueId, DType, Shape); 2]>,
}

/// Why a view of an output is never refused.
const FILLED: &str = "an output has as many elements as its shape says";

impl Behavior for Plain {
    fn reads_elsewhere(&self) -> ValueIds {
        self.inputs.iter().map(|&(id, ..)| id).collect()
    }

    fn writes(&self) -> ValueIds {
        smallvec![self.out]
    }

    fn is_fused(&self) -> bool {
        false
    }

    fn can_fail(&self) -> bool {
        self.op.behavior().can_refuse()
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.op)?;
        let mut inputs = self.inputs.iter().enumerate();
        let comma = |k: usize| if k == 0 { " " } else { ", " };
        inputs.try_for_each(|(k, (id, ..))| write!(f, "{}{id}", comma(k)))
    }

    fn run(&self, memory: &mut Memory<'_>, _: &mut Team) -> Result<(), Refusal> {
        self.compute(memory).map_err(|reason| Refusal { node: self.out, reason })
    }
}

impl Plain {
    /// Runs the operation; the error is the reason why it cannot work on its inputs' values.
    fn compute(&self, memory: &mut Memory<'_>) -> Result<(), String> {
        let (mut out, rest) = memory.write_beside(self.out, self.dtype);
        // Any number of inputs, one at a time, so that no list of them is allocated.
        if let Op::Concat(concat) = &self.op {
            for k in 0..self.inputs.len() {
                concat.place(k, self.input(k, rest), self.output(out.reborrow()));
            }
            return Ok(());
        }
        let inputs: SmallVec<[View<'_>; 4]> =
            (0..self.inputs.len()).map(|k| self.input(k, rest)).collect();
        let behavior = self.op.behavior();
        behavior.check(&inputs, &self.shape)?;
        behavior.eval(&inputs, self.output(out.reborrow()));
        behavior.verify(View::new(&self.shape, out.as_slice()).expect(FILLED))
    }

    fn output<'a>(&'a self, data: SliceMut<'a>) -> ViewMut<'a> {
        ViewMut::new(&self.shape, data).expect(FILLED)
    }

    fn input<'a>(&'a self, k: usize, rest: Beside<'a>) -> View<'a> {
        let (id, dtype, shape) = &self.inputs[k];
        rest.view(*id, *dtype, shape)
    }
}
