//! Evaluating a function for as long as the suite wants, and the time that each run takes.

use std::{hint::black_box, time::Instant};

use retrograd_core::{DType, Expr, Graph, Params};
use retrograd_plan::{Plan, Workspace};
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};

use crate::{error::Error, json};

/// How often a function is to be evaluated: at least `min_runs` times, and until its runs have taken `min_seconds`.
#[derive(Default, Deserialize)]
struct Runs {
    #[serde(default)]
    min_runs: usize,
    #[serde(default)]
    min_seconds: f64,
}

/// Most seconds that runs may take: a day.
const MOST_SECONDS: f64 = 86_400.0;
/// Most runs, whose times are all kept.
const MOST_RUNS: usize = 1 << 24;

/// The time that a part of an evaluation took.
#[derive(Serialize)]
pub(crate) struct Timing {
    name: &'static str,
    nanoseconds: u64,
}

impl Timing {
    fn since(start: Instant, name: &'static str) -> Self {
        Self { name, nanoseconds: start.elapsed().as_nanos() as u64 }
    }
}

/// The value of a function, with its timings.
pub(crate) struct Evaluation {
    pub output: Value,
    pub timings: Vec<Timing>,
}

/// A function at an input, ready to be evaluated any number of times.
pub(crate) trait Timeable {
    /// Evaluates the function.
    fn run(&mut self) -> Result<(), Error>;

    /// The value that the last run has found.
    fn output(&self) -> Value;
}

/// Evaluates what `prepare` prepares, as often as `input` says. What is done once (recording, compiling) is timed as
/// `"prepare"`, and each run as `"evaluate"`.
pub(crate) fn measure<P: Timeable>(
    input: &RawValue,
    prepare: impl FnOnce() -> Result<P, Error>,
) -> Result<Evaluation, Error> {
    let runs: Option<Runs> = json::input(input)?;
    let Runs { min_runs, min_seconds } = runs.unwrap_or_default();
    json::check_range("min_runs", min_runs, 0..=MOST_RUNS)?;
    json::check_range("min_seconds", min_seconds, 0.0..=MOST_SECONDS)?;
    let start = Instant::now();
    let mut function = prepare()?;
    let mut timings = vec![Timing::since(start, "prepare")];
    let (mut n_runs, mut nanoseconds) = (0, 0);
    while n_runs < min_runs.max(1) || nanoseconds as f64 * 1e-9 < min_seconds {
        let start = Instant::now();
        function.run()?;
        let timing = Timing::since(start, "evaluate");
        nanoseconds += timing.nanoseconds;
        timings.push(timing);
        n_runs += 1;
        check_end(n_runs, nanoseconds as f64 * 1e-9)?;
    }
    Ok(Evaluation { output: function.output(), timings })
}

/// Whether more runs may follow. Many that each are slow take more than a day, and a second of very fast ones more memory
/// than there is.
fn check_end(n_runs: usize, seconds: f64) -> Result<(), Error> {
    match n_runs <= MOST_RUNS && seconds <= MOST_SECONDS {
        true => Ok(()),
        false => Err(Error::Misfit(format!(
            "{n_runs} runs, which took {seconds:.0} seconds, are fewer than it asks for, and as many as there may be"
        ))),
    }
}

/// A function that is computed by a compiled plan.
struct MeasuredPlan<S> {
    plan: Plan,
    workspace: Workspace,
    show: S,
}

/// Evaluates a function that is recorded as expressions of a graph of `f64`, and compiled. Its inputs are leaves that hold
/// their data, so that every run reads them anew; `show` says what its outputs are to the suite.
pub(crate) fn measure_plan(
    input: &RawValue,
    record: impl for<'g> FnOnce(&'g Graph) -> Vec<Expr<'g>>,
    show: impl Fn(&Workspace) -> Value,
) -> Result<Evaluation, Error> {
    measure(input, || {
        let graph = Graph::with_dtype(DType::F64);
        let plan = Plan::compile(&record(&graph), &[])?;
        let workspace = plan.try_workspace()?;
        Ok(MeasuredPlan { plan, workspace, show })
    })
}

/// A function's only output as it is: nested lists of its elements.
pub(crate) fn only(outputs: &Workspace) -> Value {
    json::nested(outputs.output(0))
}

impl<S: Fn(&Workspace) -> Value> Timeable for MeasuredPlan<S> {
    fn run(&mut self) -> Result<(), Error> {
        Ok(self.plan.run(&mut self.workspace, &Params::new(), &[])?)
    }

    fn output(&self) -> Value {
        (self.show)(&self.workspace)
    }
}

/// A function that is computed by ordinary code, with its last value.
struct MeasuredCode<F, T> {
    f: F,
    value: Option<T>,
}

/// Evaluates a function that is ordinary code.
pub(crate) fn measure_code<T: Clone + Into<Value>>(
    input: &RawValue,
    f: impl FnMut() -> Result<T, Error>,
) -> Result<Evaluation, Error> {
    measure(input, || Ok(MeasuredCode { f, value: None }))
}

impl<F: FnMut() -> Result<T, Error>, T: Clone + Into<Value>> Timeable for MeasuredCode<F, T> {
    fn run(&mut self) -> Result<(), Error> {
        self.value = Some(black_box((self.f)()?));
        Ok(())
    }

    fn output(&self) -> Value {
        self.value.clone().map_or(Value::Null, Into::into)
    }
}
