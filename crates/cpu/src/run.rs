//! A run of a program's steps, and what a checked program tests after it.

use retrograd_core::{DType, NodeId, Op, Shape, Tensor, computation::Computation};
use rustc_hash::FxHashMap;

use crate::{
    arena::Memory,
    kernels::elementwise::Scratch,
    program::Task,
    step::{Kernel, Step},
};

/// Why a run has stopped.
pub(crate) enum Fault {
    /// The operation of a node cannot work on the data.
    Data { node: NodeId, reason: String },
    /// Something that must be finite is not. With it the values that the run has stored, and those of
    /// the leaves.
    NonFinite(FxHashMap<NodeId, Tensor>),
}

/// A run under way.
pub(crate) struct Run<'r> {
    pub memory: Memory<'r>,
    pub single: &'r mut Scratch<f32>,
    pub double: &'r mut Scratch<f64>,
}

impl Run<'_> {
    /// Runs steps until one cannot work on the data.
    pub fn steps(&mut self, steps: &[Step]) -> Result<(), Fault> {
        steps.iter().try_for_each(|step| self.step(step))
    }

    fn step(&mut self, step: &Step) -> Result<(), Fault> {
        let memory = &mut self.memory;
        match &step.kernel {
            Kernel::Elementwise(kernel) if kernel.dtype == DType::F32 => {
                kernel.run(memory, self.single);
            }
            Kernel::Elementwise(kernel) => kernel.run(memory, self.double),
            Kernel::Product(product) => product.run(memory),
            Kernel::Reduce(reduce) => reduce.run(memory),
            Kernel::Copy(copy) => copy.run(memory),
            Kernel::Plain(plain) => {
                let refused = |reason| Fault::Data { node: plain.out, reason };
                plain.run(memory).map_err(refused)?;
            }
        }
        Ok(())
    }
}

/// What a checked program tests.
pub(crate) struct Check {
    /// Outputs and new values of leaves.
    must_be_finite: Vec<(NodeId, DType, Shape)>,
    computation: Computation,
}

impl Check {
    /// The check of a task whose outputs and new values are found at some numbers.
    pub fn new(task: &Task, outputs: &[NodeId], targets: &[NodeId]) -> Self {
        let computation = task.computation.clone();
        let values = outputs.iter().chain(targets).zip(&computation.roots).map(|(&id, root)| {
            let node = &computation.nodes[root.index()];
            (id, node.dtype, node.shape.clone())
        });
        Self { must_be_finite: values.collect(), computation }
    }

    /// What the program computes.
    pub fn computation(&self) -> &Computation {
        &self.computation
    }

    /// Runs the steps; fails if what must be finite is not.
    pub fn run(&self, steps: &[Step], run: &mut Run<'_>) -> Result<(), Fault> {
        run.steps(steps)?;
        let is_finite = |(id, dtype, shape): &(NodeId, DType, Shape)| {
            run.memory.view(*id, *dtype, shape).data.is_finite()
        };
        match self.must_be_finite.iter().all(is_finite) {
            true => Ok(()),
            false => Err(Fault::NonFinite(self.stored(steps, run)?)),
        }
    }

    /// The data of leaves, and all that the steps write when they run again.
    fn stored(
        &self,
        steps: &[Step],
        run: &mut Run<'_>,
    ) -> Result<FxHashMap<NodeId, Tensor>, Fault> {
        let nodes = self.computation.nodes.iter().enumerate();
        let leaves = nodes.filter(|(_, node)| matches!(node.op, Op::Leaf(_)));
        let mut values: FxHashMap<_, _> =
            leaves.map(|(index, _)| self.value(NodeId::new(index), run)).collect();
        for step in steps {
            run.step(step)?;
            // Copies of roots, and new values of leaves, are no nodes.
            let nodes = step.writes.iter().filter(|id| id.index() < self.computation.nodes.len());
            values.extend(nodes.map(|&id| self.value(id, run)));
        }
        Ok(values)
    }

    fn value(&self, id: NodeId, run: &Run<'_>) -> (NodeId, Tensor) {
        let node = &self.computation.nodes[id.index()];
        (id, run.memory.view(id, node.dtype, &node.shape).to_tensor())
    }
}
