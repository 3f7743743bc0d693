//! Options of compiling, and the default backend.

use std::{fmt, sync::Arc};

use retrograd_cpu::Cpu;
use retrograd_task::Backend;

/// Options of compiling: the backend, checks, threads.
///
/// ```
/// use retrograd_core::{Graph, Params};
/// use retrograd_plan::{CompileOptions, Plan};
///
/// let g = Graph::new();
/// let x = g.param("x", [-1.0]);
/// let options = CompileOptions::new().checked().threads(2);
/// let plan = Plan::compile_with(&[x.sqrt()], &[], &options)?;
/// let error = plan.run(&mut plan.workspace(), &g.recorded_params(), &[]).unwrap_err();
/// assert!(error.to_string().starts_with("`sqrt(x)` [1] is NaN"));
/// # Ok::<(), retrograd_core::Error>(())
/// ```
#[derive(Clone)]
pub struct CompileOptions {
    is_checked: bool,
    n_threads: usize,
    backend: Arc<dyn Backend>,
}

impl Default for CompileOptions {
    fn default() -> Self {
        Self { is_checked: false, n_threads: 1, backend: Arc::new(Cpu::new()) }
    }
}

impl CompileOptions {
    /// Unchecked, one thread, on the CPU.
    pub fn new() -> Self {
        Self::default()
    }

    /// Has runs checked: a run in which an output or a new value is not finite updates nothing, and its error names the
    /// node that made the first such value, forwards or backwards, as
    /// [`Graph::find_non_finite`](retrograd_core::Graph::find_non_finite) does.
    ///
    /// A checked step takes longer, by about a tenth at most, since it tests outputs and new values. Most of these it writes
    /// beside the old ones; its workspace holds the memory for that. A large parameter to which a smaller product is added
    /// is updated in place, if a bound shows beforehand that no element can overflow. If the bound shows nothing, as
    /// with numbers of 10¹⁵ and more in `f32`, the step allocates a copy of the parameter and takes longer.
    ///
    /// ```
    /// use retrograd_core::{Graph, Params, Tensor};
    /// use retrograd_plan::{CompileOptions, Plan};
    ///
    /// let g = Graph::new();
    /// let w = g.param("w", [0.5, 0.0]);
    /// let loss = w.square().sqrt().sum();
    /// let updates = [(w, w - 0.1 * loss.grad(&[w])[0])];
    /// let plan = Plan::compile_with(&[loss], &updates, &CompileOptions::new().checked())?;
    /// let (mut params, mut workspace) = (g.recorded_params(), plan.workspace());
    /// let error = plan.step(&mut workspace, &mut params, &mut Params::new(), &[]).unwrap_err();
    /// assert!(error.to_string().contains("is inf at [1]; 1 of its 2 elements is not finite"));
    /// assert!(error.to_string().contains("in the gradient of `sqrt(square(w))` [2]"));
    /// assert_eq!(params.get("w"), Some(&Tensor::from([0.5f32, 0.0])), "nothing was updated");
    /// # Ok::<(), retrograd_core::Error>(())
    /// ```
    pub fn checked(self) -> Self {
        Self { is_checked: true, ..self }
    }

    /// Sets the number of threads of each workspace (default 1), as
    /// [`Workspace::with_threads`](crate::Workspace::with_threads) does. With 0, workspaces panic.
    pub fn threads(self, n: usize) -> Self {
        Self { n_threads: n, ..self }
    }

    /// Sets the backend (default [`Cpu`] with its own defaults).
    ///
    /// ```
    /// use retrograd_core::{Graph, Params};
    /// use retrograd_cpu::{Cpu, InstructionSet};
    /// use retrograd_plan::{CompileOptions, Plan};
    ///
    /// let g = Graph::new();
    /// let portable = Cpu::new().instructions(InstructionSet::portable());
    /// let options = CompileOptions::new().backend(portable);
    /// let plan = Plan::compile_with(&[g.constant([0.5, 2.0]).tanh()], &[], &options)?;
    /// let mut workspace = plan.workspace();
    /// plan.run(&mut workspace, &Params::new(), &[])?;
    /// assert_eq!(workspace.output(0).to_tensor().to_vec::<f32>(), [0.46211714, 0.96402764]);
    /// # Ok::<(), retrograd_core::Error>(())
    /// ```
    pub fn backend(self, backend: impl Backend + 'static) -> Self {
        Self { backend: Arc::new(backend), ..self }
    }

    /// Whether runs are checked.
    pub fn is_checked(&self) -> bool {
        self.is_checked
    }

    /// The number of threads of each workspace.
    pub fn n_threads(&self) -> usize {
        self.n_threads
    }

    /// The backend that compiles.
    pub(crate) fn compiler(&self) -> &dyn Backend {
        &*self.backend
    }
}

impl fmt::Debug for CompileOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { is_checked, n_threads, backend } = self;
        let mut fields = f.debug_struct("CompileOptions");
        fields.field("is_checked", is_checked).field("n_threads", n_threads);
        fields.field("backend", &backend.name()).finish()
    }
}
