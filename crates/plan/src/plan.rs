//! Plans: the compiled form of a task, as users run it.

use std::sync::Arc;

use retrograd_core::{Error, Expr, Params, View, ops::LeafKind};
use retrograd_task::{Executable, RecordedTask, Signature, Task};

use crate::options::CompileOptions;

/// Data of an input for one run, by the input's name.
pub type Feed<'a> = (&'a str, View<'a>);

/// The compiled computation of some expressions of a graph: immutable, `Send + Sync`, cheap to clone.
///
/// ```
/// use retrograd_core::{Graph, Params, Tensor};
/// use retrograd_plan::Plan;
///
/// let g = Graph::new();
/// let x = g.input("x", [3]);
/// let plan = Plan::compile(&[(x * x).sum()], &[])?;
/// let mut workspace = plan.workspace();
/// let data = Tensor::from([1.0f32, 2.0, 3.0]);
/// plan.run(&mut workspace, &Params::new(), &[("x", data.view())])?;
/// assert_eq!(workspace.output(0).to_tensor().item(), 14.0);
/// # Ok::<(), retrograd_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Plan {
    pub(crate) compiled: Arc<Compiled>,
    pub(crate) signature: Arc<Signature>,
    pub(crate) n_threads: usize,
}

/// A compiled task, which plans of equal structure share.
pub(crate) struct Compiled {
    pub executable: Box<dyn Executable>,
    /// The task, if it is checked: the first value that is not finite is searched for in it.
    pub checked: Option<Arc<Task>>,
}

impl Compiled {
    /// Compiles a task.
    pub fn new(
        recorded: &RecordedTask<'_>,
        task: &Arc<Task>,
        options: &CompileOptions,
    ) -> Result<Arc<Self>, Error> {
        let executable = options.compiler().compile(task);
        let executable = executable.map_err(|error| recorded.error(error))?;
        let checked = options.is_checked().then(|| Arc::clone(task));
        Ok(Arc::new(Self { executable, checked }))
    }
}

impl Plan {
    /// Compiles `outputs`, and `updates` of parameters and state: pairs of a leaf and its new value. The options are the
    /// default ones: unchecked, one thread, on the CPU.
    ///
    /// # Errors
    /// If expressions of different graphs are mixed, or an update is not of a parameter or state of that shape, or not
    /// the only one of it, or more memory is needed than can be addressed.
    pub fn compile<'g>(
        outputs: &[Expr<'g>],
        updates: &[(Expr<'g>, Expr<'g>)],
    ) -> Result<Plan, Error> {
        Self::compile_with(outputs, updates, &CompileOptions::new())
    }

    /// Compiles as [`compile`](Self::compile) does, with other options.
    ///
    /// # Errors
    /// As [`compile`](Self::compile), and if the backend lacks an operation.
    pub fn compile_with<'g>(
        outputs: &[Expr<'g>],
        updates: &[(Expr<'g>, Expr<'g>)],
        options: &CompileOptions,
    ) -> Result<Plan, Error> {
        let recorded = RecordedTask::new(outputs, updates, options.is_checked())?;
        let compiled = Compiled::new(&recorded, &recorded.task, options)?;
        Ok(Self::new(recorded, compiled, options))
    }

    /// The plan of a recording, by the program of its task.
    pub(crate) fn new(
        recorded: RecordedTask<'_>,
        compiled: Arc<Compiled>,
        options: &CompileOptions,
    ) -> Self {
        let largest = compiled.executable.largest().and_then(|id| recorded.describe(id));
        let signature = Arc::new(Signature { largest, ..recorded.signature });
        Plan { compiled, signature, n_threads: options.n_threads() }
    }

    pub(crate) fn is_checked(&self) -> bool {
        self.compiled.checked.is_some()
    }

    /// Whether the plan reads an input of this name: data can be fed to no other.
    pub fn has_input(&self, name: &str) -> bool {
        self.signature.slot(LeafKind::Input, name, 0).is_some()
    }

    /// Number of steps of a run.
    pub fn n_steps(&self) -> usize {
        self.compiled.executable.steps().len()
    }

    /// Bytes of the arena that a run works in.
    pub fn arena_bytes(&self) -> usize {
        self.compiled.executable.n_bytes()
    }

    /// The least bytes that any arena would need for these steps in this order.
    pub fn live_bytes(&self) -> usize {
        self.compiled.executable.n_bytes_live()
    }

    /// The state that the plan reads and updates, with the values it was recorded with.
    pub fn initial_state(&self) -> Params {
        let mut state = Params::new();
        for leaf in self.signature.leaves.iter().filter(|leaf| leaf.kind == LeafKind::State) {
            let data = leaf.data.clone().expect("state is recorded with its initial value");
            state.insert(&*leaf.description.name, data);
        }
        state
    }
}
