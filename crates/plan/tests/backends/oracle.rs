//! The oracle as a backend: each operation's own `eval`, in order, on tensors.

use std::{sync::Arc, time::Duration};

use retrograd_core::{Op, SliceMut, Tensor, View, computation::ValueId};
use retrograd_task::{
    Backend, CompileError, Executable, Fault, Instance, LeafData, LeafSlots, Shortage, Task, Update,
};

/// A backend that evaluates one operation after another.
pub struct Oracle;

impl Backend for Oracle {
    fn name(&self) -> String {
        "oracle".to_owned()
    }

    fn compile(&self, task: &Task) -> Result<Box<dyn Executable>, CompileError> {
        Ok(Box::new(Evaluation(Arc::new(task.clone()))))
    }
}

struct Evaluation(Arc<Task>);

impl Executable for Evaluation {
    fn instance(&self, _n_threads: usize) -> Result<Box<dyn Instance>, Shortage> {
        let nodes = self.0.computation.nodes.iter();
        let values = nodes.map(|node| Tensor::zeros(node.dtype, &node.shape)).collect();
        Ok(Box::new(Evaluator { task: Arc::clone(&self.0), values }))
    }
}

struct Evaluator {
    task: Arc<Task>,
    values: Vec<Tensor>,
}

impl Evaluator {
    /// The value of an operation.
    fn apply(&self, id: ValueId) -> Result<Tensor, Fault> {
        let node = &self.task.computation.nodes[id.index()];
        let refused = |reason| Fault::Data { node: id, reason };
        let inputs = node.inputs.iter().map(|input| self.values[input.index()].view());
        let (inputs, behavior): (Vec<_>, _) = (inputs.collect(), node.op.behavior());
        behavior.check(&inputs, &node.shape).map_err(refused)?;
        let mut value = Tensor::zeros(node.dtype, &node.shape);
        behavior.eval(&inputs, value.view_mut());
        behavior.verify(value.view()).map_err(refused)?;
        Ok(value)
    }

    /// Leaves are given; everything else is computed.
    fn values(&mut self, leaves: &mut [LeafData<'_>]) -> Result<(), Fault> {
        for index in 0..self.values.len() {
            let node = &self.task.computation.nodes[index];
            self.values[index] = match node.op {
                Op::Leaf(leaf) => {
                    let data = match &leaves[leaf.slot] {
                        LeafData::Read(data) => *data,
                        LeafData::Write(data) => data.as_slice(),
                    };
                    View::new(&node.shape, data).expect("the data fit the leaf").to_tensor()
                }
                _ => self.apply(ValueId::new(index))?,
            };
        }
        Ok(())
    }
}

impl Instance for Evaluator {
    fn run(
        &mut self,
        leaves: &mut LeafSlots<'_>,
        _times: Option<&mut Vec<Duration>>,
    ) -> Result<(), Fault> {
        let slots = 0..self.task.leaves().count();
        let mut leaves: Vec<_> =
            slots.map(|slot| leaves.take(slot).expect("all leaves have data")).collect();
        self.values(&mut leaves)?;
        let mut roots = self.task.computation.roots.iter();
        if self.task.is_checked && !roots.all(|r| self.values[r.index()].as_slice().is_finite()) {
            let values = self.values.iter().cloned().enumerate();
            return Err(Fault::NonFinite(
                values.map(|(index, value)| (ValueId::new(index), value)).collect(),
            ));
        }
        for Update { slot, value } in self.task.updates() {
            let LeafData::Write(leaf) = &mut leaves[slot] else { panic!("the leaf is updated") };
            match (leaf, self.values[value.index()].as_mut_slice()) {
                (SliceMut::F32(old), SliceMut::F32(new)) => old.copy_from_slice(new),
                (SliceMut::F64(old), SliceMut::F64(new)) => old.copy_from_slice(new),
                _ => panic!("updates are of floating-point numbers here"),
            }
        }
        Ok(())
    }

    fn output(&self, k: usize) -> View<'_> {
        self.values[self.task.outputs()[k].index()].view()
    }
}
