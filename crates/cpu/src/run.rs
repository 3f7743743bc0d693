//! A run of a program's steps, and what a checked program tests after it.

use std::time::{Duration, Instant};

use retrograd_core::{DType, NodeId, Op, Shape, Tensor, computation::Computation};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    arena::Memory,
    kernels::finite::is_finite,
    program::Task,
    step::{Kernel, Step},
    team::Team,
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
    pub team: &'r mut Team,
    /// Where to write how long each step takes, if somebody wants to know.
    pub times: &'r mut Option<Vec<Duration>>,
}

impl Run<'_> {
    /// Runs steps until one cannot work on the data.
    pub fn steps(&mut self, steps: &[Step]) -> Result<(), Fault> {
        match self.times.take() {
            None => steps.iter().try_for_each(|step| self.step(step)),
            Some(times) => self.timed_steps(steps, times),
        }
    }

    fn timed_steps(&mut self, steps: &[Step], mut times: Vec<Duration>) -> Result<(), Fault> {
        times.clear();
        let result = steps.iter().try_for_each(|step| {
            let start = Instant::now();
            self.step(step)?;
            times.push(start.elapsed());
            Ok(())
        });
        *self.times = Some(times);
        result
    }

    fn step(&mut self, step: &Step) -> Result<(), Fault> {
        let Self { memory, team, .. } = self;
        match &step.kernel {
            Kernel::Elementwise(kernel) => {
                kernel.check(memory).map_err(|(node, reason)| Fault::Data { node, reason })?;
                team.compute(memory, kernel.split(), kernel.writes(), |memory, rows, own| {
                    match kernel.rows.dtype {
                        DType::F32 => kernel.run(memory, &mut own.single, rows),
                        _ => kernel.run(memory, &mut own.double, rows),
                    }
                });
            }
            Kernel::Scalars(program) => match program.dtype {
                DType::F32 => program.run::<f32>(memory, team.instructions()),
                _ => program.run::<f64>(memory, team.instructions()),
            },
            Kernel::Product(product) => {
                team.compute(memory, product.split(), product.writes(), |memory, rows, own| {
                    product.run(memory, own.single.instructions, rows);
                });
            }
            Kernel::Reduce(reduce) => reduce.run(memory),
            Kernel::Copy(copy) => copy.run(memory),
            Kernel::Embed(embed) => embed.run(memory),
            Kernel::Plain(plain) => {
                let refused = |reason| Fault::Data { node: plain.out, reason };
                plain.run(memory).map_err(refused)?;
            }
        }
        Ok(())
    }
}

/// What a checked program tests: that outputs and new values of leaves are finite. Elementwise kernels test what they
/// store while they have it at hand; the rest is looked at after the run.
pub(crate) struct Check {
    rest: Vec<(NodeId, DType, Shape)>,
    computation: Computation,
}

impl Check {
    /// The check of a task whose steps write some outputs and updates, pairs of a target and its new value.
    pub fn new(
        task: &Task,
        steps: &mut [Step],
        outputs: &[NodeId],
        updates: &[(NodeId, NodeId)],
    ) -> Self {
        let computation = task.computation.clone();
        let written = outputs.iter().map(|&output| (output, output)).chain(updates.iter().copied());
        let values: FxHashSet<_> = written.clone().map(|(_, value)| value).collect();
        let mut tested = FxHashSet::default();
        for step in steps {
            let Kernel::Elementwise(kernel) = &mut step.kernel else { continue };
            for store in kernel.stores.iter_mut().filter(|store| values.contains(&store.to)) {
                store.is_tested = true;
                tested.insert(store.to);
            }
        }
        let rest =
            written.zip(&computation.roots).filter(|((_, value), _)| !tested.contains(value));
        let rest = rest.map(|((target, _), root)| {
            let node = &computation.nodes[root.index()];
            (target, node.dtype, node.shape.clone())
        });
        Self { rest: rest.collect(), computation }
    }

    /// What the program computes.
    pub fn computation(&self) -> &Computation {
        &self.computation
    }

    /// Runs the steps; fails if what must be finite is not.
    pub fn run(&self, steps: &[Step], run: &mut Run<'_>) -> Result<(), Fault> {
        run.team.forget_finite();
        run.steps(steps)?;
        let holds = |(id, dtype, shape): &(NodeId, DType, Shape)| {
            is_finite(run.memory.view(*id, *dtype, shape).data)
        };
        match run.team.is_finite() && self.rest.iter().all(holds) {
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
