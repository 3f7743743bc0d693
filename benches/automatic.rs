//! The engine's side: the loss as a graph, its gradient by the generic sweep, the update by `Sgd`, all in one plan.

use std::time::{Duration, Instant};

use retrograd::{
    CompileOptions, Element, Expr, Feed, Graph, Params, Plan, PlanCache, Tensor, Workspace,
    layers::{Error, Optimizer, Sgd, TrainStep},
    with_elements,
};

use crate::{Kind, Problem, Task, models};

/// A problem with a plan for one task.
pub struct Automatic<'p> {
    problem: &'p Problem,
    params: Params,
    state: Params,
    compiled: Compiled,
    compile_time: Duration,
}

enum Compiled {
    /// The loss, then gradients.
    Outputs { plan: Plan, workspace: Workspace, n_gradients: usize },
    /// The loss and an update of the parameters.
    Step(TrainStep),
}

impl<'p> Automatic<'p> {
    /// Records the loss and compiles the task.
    ///
    /// # Errors
    /// If the plan cannot be compiled.
    pub fn new(problem: &'p Problem, task: Task) -> Result<Self, Error> {
        Self::of(problem, task, false)
    }

    /// As [`new`](Self::new), with a plan that tests whether the loss and new parameters are finite.
    ///
    /// # Errors
    /// If the plan cannot be compiled.
    pub fn checked(problem: &'p Problem, task: Task) -> Result<Self, Error> {
        Self::of(problem, task, true)
    }

    fn of(problem: &'p Problem, task: Task, is_checked: bool) -> Result<Self, Error> {
        Self::record(&Graph::with_dtype(problem.dtype), problem, task, is_checked)
    }

    fn record(
        g: &Graph,
        problem: &'p Problem,
        task: Task,
        is_checked: bool,
    ) -> Result<Self, Error> {
        let (loss, leaves) = models::record(problem, g);
        let start = Instant::now();
        let sgd = Sgd::new(problem.workload.learning_rate);
        let compiled = match task {
            Task::Forward => Compiled::outputs(problem, loss, &[], is_checked)?,
            Task::Step if problem.workload.kind != Kind::Chain => {
                let step = match is_checked {
                    true => sgd.compile_with(loss, CompileOptions::new().checked())?,
                    false => sgd.compile(loss)?,
                };
                Compiled::Step(step.with_threads(problem.n_threads))
            }
            Task::Gradient | Task::Step => {
                Compiled::outputs(problem, loss, &loss.grad(&leaves), is_checked)?
            }
        };
        let compile_time = start.elapsed();
        let state = match &compiled {
            Compiled::Step(step) => step.initial_state(),
            Compiled::Outputs { .. } => Params::new(),
        };
        Ok(Self { problem, params: problem.params.clone(), state, compiled, compile_time })
    }

    /// Records the step anew, takes its plan from a cache, and runs it: what a model does whose graph can differ from
    /// step to step. Returns the loss.
    ///
    /// # Errors
    /// If the plan cannot be compiled.
    pub fn run_anew(&mut self, cache: &mut PlanCache) -> Result<f64, Error> {
        let g = Graph::with_dtype(self.problem.dtype);
        let (loss, _) = models::record(self.problem, &g);
        let sgd = Sgd::new(self.problem.workload.learning_rate);
        self.compiled = Compiled::Step(sgd.compile_in(loss, &[], cache)?);
        Ok(self.run())
    }

    /// A table of where the time of the plan goes, for the graph that the task is recorded in anew.
    ///
    /// # Errors
    /// If the plan cannot be compiled or run.
    pub fn profile(problem: &'p Problem, task: Task, n_runs: usize) -> Result<String, Error> {
        let g = Graph::with_dtype(problem.dtype);
        let this = Self::record(&g, problem, task, false)?;
        let profile = with_feeds(problem, |feeds| {
            this.plan().profile(n_runs, &this.params, &this.state, feeds)
        })?;
        Ok(profile.table(&g))
    }

    /// How long it took from the recorded loss to the plan and its memory.
    pub fn compile_time(&self) -> Duration {
        self.compile_time
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        match &self.compiled {
            Compiled::Outputs { plan, .. } => plan,
            Compiled::Step(step) => step.plan(),
        }
    }

    /// Runs the task; returns the loss.
    pub fn run(&mut self) -> f64 {
        let Self { problem, params, state, compiled, .. } = self;
        let loss = with_feeds(problem, |feeds| match compiled {
            Compiled::Step(step) => step.run(params, state, feeds),
            Compiled::Outputs { plan, workspace, .. } => {
                plan.run(workspace, params, feeds)?;
                Ok(with_elements!(Slice, workspace.output(0).data(), loss => loss[0].to_f64()))
            }
        });
        loss.expect("the data fit the graph")
    }

    /// The gradients of the last run, if they are the task.
    pub fn gradients(&self) -> Vec<Tensor> {
        match &self.compiled {
            Compiled::Step(_) => vec![],
            Compiled::Outputs { workspace, n_gradients, .. } => {
                (1..=*n_gradients).map(|k| workspace.output(k).to_tensor()).collect()
            }
        }
    }
}

/// Calls a function with the data of a problem.
fn with_feeds<T>(problem: &Problem, call: impl FnOnce(&[Feed<'_>]) -> T) -> T {
    let feeds = [("x", problem.x.view()), ("t", problem.t.view())];
    call(if problem.workload.kind == Kind::Chain { &feeds[..1] } else { &feeds })
}

impl Compiled {
    fn outputs<'g>(
        problem: &Problem,
        loss: Expr<'g>,
        gradients: &[Expr<'g>],
        is_checked: bool,
    ) -> Result<Self, Error> {
        let options = CompileOptions::new().threads(problem.n_threads);
        let options = if is_checked { options.checked() } else { options };
        let plan = Plan::compile_with(&[&[loss], gradients].concat(), &[], &options)?;
        let workspace = plan.workspace();
        Ok(Self::Outputs { workspace, plan, n_gradients: gradients.len() })
    }
}
