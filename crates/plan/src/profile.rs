//! Where the time of a plan goes, step by step.

use std::{
    collections::BTreeMap,
    fmt::Write,
    time::{Duration, Instant},
};

use retrograd_core::{Error, Graph, NodeId, Params, computation::ValueId};

use crate::plan::{Feed, Plan};

/// The measured times of a plan, by [`Plan::profile`].
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// The steps, in the order in which they run.
    pub steps: Vec<StepProfile>,
    /// Median time of a whole run, measured without looking at its steps.
    pub run: Duration,
    /// Number of runs that were measured.
    pub n_runs: usize,
}

/// The measured time of one step of a plan, with its operations and bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct StepProfile {
    /// The nodes of the graph that it computes, that of its result first for a matrix product. A step that only moves a
    /// new value to its parameter computes none.
    pub nodes: Vec<NodeId>,
    /// Median time.
    pub time: Duration,
    /// Bytes that it reads and writes, each value once: what must be moved if nothing stays in a cache.
    pub n_bytes: usize,
}

impl Plan {
    /// Measures `n_runs` runs in one thread, after one to warm up: the time of the whole, and of each step. Parameters
    /// and state are copied before a plan updates them.
    ///
    /// ```
    /// use retrograd_core::{Graph, Params, Tensor};
    /// use retrograd_plan::Plan;
    ///
    /// let g = Graph::new();
    /// let (x, w) = (g.input("x", [64, 32]), g.param("w", Tensor::zeros(g.dtype(), [32, 10])));
    /// let plan = Plan::compile(&[x.dot(w).tanh().sum().named("total")], &[])?;
    /// let data = Tensor::zeros(g.dtype(), [64, 32]);
    /// let profile = plan.profile(9, &g.recorded_params(), &Params::new(), &[("x", data.view())])?;
    /// assert_eq!(profile.steps.len(), plan.n_steps());
    /// assert_eq!(profile.steps[0].n_operations(&g), 2 * 64 * 32 * 10);
    /// println!("{}", profile.table(&g));
    /// # assert!(profile.table(&g).contains("total: sum"), "{}", profile.table(&g));
    /// # Ok::<(), retrograd_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`step`](Self::step).
    ///
    /// # Panics
    /// If `n_runs` is 0.
    pub fn profile(
        &self,
        n_runs: usize,
        params: &Params,
        state: &Params,
        feeds: &[Feed<'_>],
    ) -> Result<Profile, Error> {
        assert!(n_runs > 0, "a profile needs at least one run");
        let (mut workspace, mut params, mut state) =
            (self.try_workspace()?, params.clone(), state.clone());
        let mut runs = Vec::with_capacity(n_runs);
        let mut times = vec![Vec::with_capacity(n_runs); self.n_steps()];
        for k in 0..=n_runs {
            let start = Instant::now();
            self.step(&mut workspace, &mut params, &mut state, feeds)?;
            let run = start.elapsed();
            let mut steps = Vec::with_capacity(times.len());
            self.timed_step(&mut workspace, &mut params, &mut state, feeds, Some(&mut steps))?;
            if k > 0 {
                runs.push(run);
                times.iter_mut().zip(steps).for_each(|(times, time)| times.push(time));
            }
        }
        let origin = |id: &ValueId| self.signature.origins[id.index()];
        let steps = self.compiled.executable.steps().into_iter().zip(times);
        let steps = steps.map(|(step, times)| StepProfile {
            nodes: step.computes.iter().map(origin).collect(),
            time: median(times),
            n_bytes: step.n_bytes,
        });
        Ok(Profile { steps: steps.collect(), run: median(runs), n_runs })
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

impl StepProfile {
    /// Scalar operations of its nodes, as [`n_operations`](retrograd_core::ops::Operation::n_operations) counts them.
    pub fn n_operations(&self, graph: &Graph) -> usize {
        self.nodes.iter().map(|&id| n_operations(graph, id)).sum()
    }

    /// The text of the step: names of nodes, then all operations.
    fn meaning(&self, graph: &Graph) -> String {
        if self.nodes.is_empty() {
            return "a new value put in the place of the old one".to_owned();
        }
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for &id in &self.nodes {
            *counts.entry(graph.node(id).op.to_string()).or_default() += 1;
        }
        let counted = |(op, n): (String, usize)| if n == 1 { op } else { format!("{n} {op}") };
        let ops = counts.into_iter().map(counted).collect::<Vec<_>>().join(", ");
        let scope = self.nodes.last().map(|&id| graph.site(id).scope).unwrap_or_default();
        let names: Vec<_> = self.nodes.iter().filter_map(|&id| graph.name(id)).collect();
        let at = [scope, names.join(", ")].into_iter().filter(|part| !part.is_empty());
        match at.collect::<Vec<_>>().join("/") {
            at if at.is_empty() => ops,
            at => format!("{at}: {ops}"),
        }
    }

    /// The shape of the step's result.
    fn shape(&self, graph: &Graph) -> String {
        self.nodes.first().map(|&id| graph.node(id).shape.to_string()).unwrap_or_default()
    }
}

fn n_operations(graph: &Graph, id: NodeId) -> usize {
    let node = graph.node(id).clone();
    let shapes: Vec<_> = node.inputs.iter().map(|&id| graph.node(id).shape.clone()).collect();
    node.op.behavior().n_operations(&shapes.iter().collect::<Vec<_>>(), &node.shape)
}

impl Profile {
    /// The time of all steps together.
    pub fn steps_time(&self) -> Duration {
        self.steps.iter().map(|step| step.time).sum()
    }

    /// The time of each node that a step computes, for a drawing to color by: the time of a step is shared among its
    /// nodes by the number of their operations. Nodes that cost nothing, such as views, are not there.
    pub fn node_times(&self, graph: &Graph) -> BTreeMap<NodeId, Duration> {
        let mut node_times = BTreeMap::new();
        for step in &self.steps {
            // A node that only moves counts, too.
            let weight = |id: NodeId| n_operations(graph, id).max(1) as f64;
            let total: f64 = step.nodes.iter().map(|&id| weight(id)).sum();
            for &id in &step.nodes {
                *node_times.entry(id).or_default() += step.time.mul_f64(weight(id) / total);
            }
        }
        node_times
    }

    /// A table of the steps, the slowest first: time in microseconds, its share of all steps, speed in 10⁹ scalar
    /// operations and 10⁹ bytes per second, the shape and what is computed.
    pub fn table(&self, graph: &Graph) -> String {
        let total = self.steps_time();
        let mut steps: Vec<_> = self.steps.iter().collect();
        steps.sort_by_key(|step| std::cmp::Reverse(step.time));
        let mut table = format!(
            "{:>10} {:>6} {:>8} {:>8}  {:<14} computes\n",
            "time µs", "share", "GFLOP/s", "GB/s", "shape"
        );
        for step in steps {
            let share = 100.0 * step.time.as_secs_f64() / total.as_secs_f64().max(1e-9);
            let speed = |n: usize| n as f64 / step.time.as_nanos().max(1) as f64;
            let (flops, bytes) = (speed(step.n_operations(graph)), speed(step.n_bytes));
            let (time, shape) = (microseconds(step.time), step.shape(graph));
            let meaning = step.meaning(graph);
            writeln!(
                table,
                "{time:>10.2} {share:>5.1}% {flops:>8.2} {bytes:>8.2}  {shape:<14} {meaning}"
            )
            .expect("a string takes all text");
        }
        let (steps, run) = (microseconds(total), microseconds(self.run));
        write!(table, "{steps:>10.2} µs in {} steps; {run:.2} µs a run, ", self.steps.len())
            .expect("a string takes all text");
        table + &format!("medians of {} runs\n", self.n_runs)
    }
}

fn microseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}
