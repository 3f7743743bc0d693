//! One step of training, compiled: loss, gradients and updates in one plan.

use retrograd_core::{Element, Expr, Params, SliceMut, Tensor, View, with_elements};
use retrograd_plan::{Feed, Plan, PlanCache, Workspace};
use smallvec::SmallVec;

use crate::{
    Error,
    optim::{LEARNING_RATE, Updates, require_rate},
};

/// A compiled training step: a plan that computes the loss and updates parameters and optimizer state in place.
///
/// A run allocates nothing, given at most 7 inputs and parameters that share no elements with a clone.
///
/// ```
/// use retrograd_core::{Graph, Tensor};
/// use retrograd_layers::{Adam, LinearRegression, Loss, Model, Optimizer, seeded};
///
/// let model = LinearRegression::new(1);
/// let mut params = model.params(&mut seeded(1));
/// let g = Graph::new();
/// let (x, t) = (g.input("x", [3, 1]), g.input("t", [3]));
/// let loss = model.apply(&g.bind(&params), x).mse(t).mean();
/// let mut step = Adam::new(0.1).compile(loss)?;
///
/// let mut state = step.initial_state();
/// let (x, t) = (Tensor::from([[0.0f32], [1.0], [2.0]]), Tensor::from([1.0f32, 3.0, 5.0]));
/// for _ in 0..300 {
///     step.run(&mut params, &mut state, &[("x", x.view()), ("t", t.view())])?;
/// }
/// let slope = params.get("linear.weight").map_or(0.0, Tensor::item);
/// assert!((slope - 2.0).abs() < 0.01, "{slope}");
/// # Ok::<(), retrograd_layers::Error>(())
/// ```
pub struct TrainStep {
    plan: Plan,
    workspace: Workspace,
    learning_rate: Tensor,
    /// The learning rate before rounding to the dtype of the step.
    rate: f64,
    /// Whether the updates depend on it.
    has_learning_rate: bool,
}

impl TrainStep {
    /// Compiles the loss, further outputs, and recorded updates. [`Optimizer::compile`](crate::Optimizer::compile)
    /// does this and records the updates too. The options of `cache` apply: with
    /// [`CompileOptions::checked`](retrograd_plan::CompileOptions::checked), a run that meets something that is not finite
    /// updates nothing.
    ///
    /// # Errors
    /// If expressions of different graphs are mixed.
    pub fn compile<'g>(
        loss: Expr<'g>,
        outputs: &[Expr<'g>],
        updates: &Updates<'g>,
        cache: &mut PlanCache,
    ) -> Result<Self, Error> {
        Self::new(cache.compile(&with(loss, outputs), updates.pairs())?, updates)
    }

    fn new(plan: Plan, updates: &Updates<'_>) -> Result<Self, Error> {
        let (workspace, has_learning_rate) = (plan.try_workspace()?, plan.has_input(LEARNING_RATE));
        let learning_rate = updates.learning_rate().try_value()?;
        let rate = learning_rate.item();
        Ok(Self { plan, workspace, learning_rate, rate, has_learning_rate })
    }

    /// Sets the largest number of threads for a large kernel (default 1). Results do not depend on the number.
    /// [`Workspace::with_threads`] lists the kernels that are split.
    ///
    /// # Panics
    /// If `n` is 0, or the system refuses to start a thread.
    #[track_caller]
    pub fn with_threads(self, n: usize) -> Self {
        Self { workspace: self.workspace.with_threads(n), ..self }
    }

    /// The initial optimizer state: named tensors of zeros. The state is plain data; store it to resume training
    /// later.
    pub fn initial_state(&self) -> Params {
        self.plan.initial_state()
    }

    /// Sets the learning rate of later runs.
    pub fn set_learning_rate(&mut self, learning_rate: f64) {
        self.rate = learning_rate;
        match self.learning_rate.as_mut_slice() {
            SliceMut::F32(rate) => rate.fill(Element::from_f64(learning_rate)),
            SliceMut::F64(rate) => rate.fill(learning_rate),
            SliceMut::I64(_) | SliceMut::Bool(_) => unreachable!("a rate is a float"),
        }
    }

    /// Makes one step and returns the loss before it.
    ///
    /// # Errors
    /// If the learning rate is negative or not finite, data of an input are missing, misfit, or given twice, an index is out of bounds, or a checked step meets something that is
    /// not finite; then nothing has been updated.
    pub fn run(
        &mut self,
        params: &mut Params,
        state: &mut Params,
        feeds: &[Feed<'_>],
    ) -> Result<f64, Error> {
        require_rate(self.rate)?;
        let mut all: SmallVec<[Feed<'_>; 8]> = SmallVec::from_slice(feeds);
        let is_given = feeds.iter().any(|(name, _)| *name == LEARNING_RATE);
        if self.has_learning_rate && !is_given {
            all.push((LEARNING_RATE, self.learning_rate.view()));
        }
        self.plan.step(&mut self.workspace, params, state, &all)?;
        Ok(number(self.workspace.output(0)))
    }

    /// The plan, to look at: how many steps it has, and how much memory it needs.
    ///
    /// ```
    /// use retrograd_core::Graph;
    /// use retrograd_layers::{Optimizer, Sgd};
    ///
    /// let g = Graph::new();
    /// let step = Sgd::new(0.1).compile(g.param("w", [1.0, 2.0]).square().sum())?;
    /// assert!(step.plan().arena_bytes() > 0);
    /// # Ok::<(), retrograd_layers::Error>(())
    /// ```
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Output `k` of the last run, without the loss: zeros before the first run.
    pub fn output(&self, k: usize) -> View<'_> {
        self.workspace.output(k + 1)
    }
}

/// The loss and further outputs.
fn with<'g>(loss: Expr<'g>, outputs: &[Expr<'g>]) -> Vec<Expr<'g>> {
    std::iter::once(loss).chain(outputs.iter().copied()).collect()
}

/// The number in a tensor of one element.
pub(crate) fn number(view: View<'_>) -> f64 {
    with_elements!(Slice, view.data(), elements => elements[0].to_f64())
}
