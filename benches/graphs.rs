//! The cost of graphs of small nodes: time and bytes for each node, derivatives of a deep chain, and steps recorded anew.
//!
//! `cargo bench --bench graphs` prints a JSON object for each measurement, made in a process of its own so that its
//! memory is its own, too. `cargo bench --bench graphs -- loop 1000000` makes one of them.

use std::{
    env,
    error::Error,
    process::{Command, ExitCode},
    thread,
    time::Instant,
};

use retrograd::{Bindings, DType, Expr, Graph, Plan, PlanCache};
use retrograd_benches::{Problem, Task, Workload, automatic::Automatic, memory};

const USAGE: &str = "\
cargo bench --bench graphs                          all of these:
cargo bench --bench graphs -- loop N                a loop over numbers, N nodes, and its gradient
cargo bench --bench graphs -- chain MODE N          a derivative of N sines of each other
                                                    MODE: gradient, jvp, vmap, hessian_vector, taylor or plan
cargo bench --bench graphs -- anew WORKLOAD STEPS   training steps recorded anew each time";

const ALL: &str = "\
loop 10000; loop 100000; loop 1000000;
chain gradient 1000000; chain jvp 1000000; chain vmap 1000000; chain hessian_vector 1000000; chain taylor 1000000;
chain plan 1000000;
anew W3 2000; anew W5 200000";

/// Parameters of a loop.
const N_PARAMS: usize = 300;

/// Measurements of which the median counts; memory is that of the first.
const N_REPEATS: usize = 5;

/// Bytes of stack for a deep chain: no recursion over it would fit.
const STACK: usize = 256 * 1024;

type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

fn main() -> ExitCode {
    // Cargo says so to every benchmark.
    let arguments: Vec<_> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let result = match arguments[..] {
        [] => all(),
        ["loop", n] => n.parse().map_err(Into::into).and_then(a_loop),
        ["chain", mode, n] => n.parse().map_err(Into::into).and_then(|n| a_chain(mode, n)),
        ["anew", workload, n] => n.parse().map_err(Into::into).and_then(|n| anew(workload, n)),
        _ => Err(USAGE.into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn all() -> Outcome {
    for measurement in ALL.split(';') {
        let status =
            Command::new(env::current_exe()?).args(measurement.split_whitespace()).status()?;
        if !status.success() {
            return Err(format!("{} failed", measurement.trim()).into());
        }
    }
    Ok(())
}

/// Records a loss of `n` nodes on numbers, as in a recurrence or a simulation.
fn record_loop(g: &Graph, n: usize) -> Expr<'_> {
    let value = |k: usize| 1.0 + 0.1 * (k as f64).sin();
    let params: Vec<_> = (0..N_PARAMS).map(|k| g.param(&format!("p{k}"), value(k))).collect();
    (0..n - N_PARAMS).fold(params[0], |y, k| match k % 3 {
        0 => y + params[k % N_PARAMS],
        1 => y * params[k % N_PARAMS],
        _ => y.sin(),
    })
}

/// Records and compiles a loop, then its gradient.
fn a_loop(n: usize) -> Outcome {
    let (mut times, mut bytes) = (vec![Vec::new(); 4], Vec::new());
    let mut n_with_gradient = 0;
    for _ in 0..N_REPEATS {
        let memory = Memory::now();
        let g = Graph::new();
        let loss = timed(&mut times[0], || record_loop(&g, n));
        timed(&mut times[1], || Plan::compile(&[loss], &[]))?;
        bytes.push(memory.bytes_for_each(n));
        let gradient = timed(&mut times[2], || loss.grad(&g.params()));
        timed(&mut times[3], || Plan::compile(&[&[loss], &gradient[..]].concat(), &[]))?;
        n_with_gradient = g.len();
        bytes.push(memory.bytes_for_each(n_with_gradient));
    }
    let [record, compile, gradient, compile_gradient] = [0, 1, 2, 3].map(|k| median(&mut times[k]));
    println!(
        "{{\"graph\":\"loop\",\"nodes\":{n},\"record_ms\":{record:.1},\"compile_ms\":{compile:.1},\
         \"bytes_per_node\":{},\"nodes_with_gradient\":{n_with_gradient},\"gradient_ms\":{gradient:.1},\
         \"compile_with_gradient_ms\":{compile_gradient:.1},\"bytes_per_node_with_gradient\":{}}}",
        bytes[0], bytes[1]
    );
    Ok(())
}

/// Derives a chain of `n` sines and evaluates the derivative, on a small stack.
fn a_chain(mode: &str, n: usize) -> Outcome {
    let mode = mode.to_owned();
    let thread = thread::Builder::new().stack_size(STACK).spawn(move || derive_chain(&mode, n))?;
    thread.join().expect("the thread does not overflow its stack")
}

fn derive_chain(mode: &str, n: usize) -> Outcome {
    let g = Graph::with_dtype(DType::F64);
    let (x, v) = (g.param("x", 0.5), g.input_with("v", 1.0));
    let (memory, mut times) = (Memory::now(), vec![Vec::new(); 2]);
    let y = (0..n).fold(x, |y, _| y.sin());
    let derivative = timed(&mut times[0], || match mode {
        "gradient" | "plan" => Ok(y.grad(&[x])[0]),
        "jvp" => Ok(y.jvp(&[(x, v)])),
        "vmap" => Ok(y.vmap(&[(x, g.constant([0.5, 0.25]))]).slice(0, ..1).sum()),
        "hessian_vector" => Ok(y.hessian_vector(&[(x, v)])[0]),
        "taylor" => Ok(2.0 * y.taylor(&[(x, v)], 2)[2]),
        _ => Err(USAGE),
    })?;
    let value = timed(&mut times[1], || match mode {
        "plan" => {
            let plan = Plan::compile(&[derivative], &[])?;
            let mut workspace = plan.workspace();
            plan.run(&mut workspace, &g.recorded_params(), &[])?;
            Ok(workspace.output(0).to_tensor())
        }
        _ => derivative.value_with(&Bindings::new()),
    })?;
    println!(
        "{{\"graph\":\"chain\",\"mode\":\"{mode}\",\"depth\":{n},\"nodes\":{},\"derive_ms\":{:.0},\"value_ms\":{:.0},\
         \"peak_mb\":{},\"value\":{:e}}}",
        g.len(),
        times[0][0],
        times[1][0],
        memory.bytes_for_each(1_000_000),
        value.item(),
    );
    Ok(())
}

/// Training steps that are recorded anew, with plans from a cache, beside a step that is compiled once.
fn anew(workload: &str, n_steps: usize) -> Outcome {
    let workload = Workload::find(workload).ok_or(USAGE)?;
    let problem = Problem::new(workload, DType::F32, 1);
    let mut compiled = Automatic::new(&problem, Task::Step)?;
    let (mut recorded, mut cache) = (Automatic::new(&problem, Task::Step)?, PlanCache::new());
    let mut times = vec![Vec::new(); 2];
    let mut early = None;
    for step in 0..n_steps {
        // Memory that does not grow with the number of steps has its size by now.
        if step == n_steps / 10 {
            early = memory::resident_bytes();
        }
        let expected = timed(&mut times[0], || compiled.run());
        let loss = timed(&mut times[1], || recorded.run_anew(&mut cache))?;
        assert_eq!(loss, expected, "a step recorded anew is the same step");
        // Samples of all steps would be growth themselves.
        if step % 1000 == 0 {
            times.iter_mut().for_each(Vec::clear);
        }
    }
    let growth =
        memory::resident_bytes().zip(early).map(|(late, early)| late as i64 - early as i64);
    let [step, anew] = [0, 1].map(|k| 1e3 * median(&mut times[k]));
    println!(
        "{{\"graph\":\"anew\",\"workload\":\"{}\",\"steps\":{n_steps},\"step_us\":{step:.1},\"anew_us\":{anew:.1},\
         \"ratio\":{:.2},\"plans\":{},\"growth_kb\":{}}}",
        workload.name,
        anew / step,
        cache.len(),
        growth.map_or("null".to_owned(), |bytes| (bytes / 1000).to_string()),
    );
    Ok(())
}

/// Memory that is taken from some moment on.
struct Memory {
    resident: Option<usize>,
}

impl Memory {
    fn now() -> Self {
        memory::forget_peak();
        Self { resident: memory::resident_bytes() }
    }

    /// The most that has been taken, for each of `n`; 0 where the system does not tell.
    fn bytes_for_each(&self, n: usize) -> usize {
        let taken = memory::peak_bytes().zip(self.resident);
        taken.map_or(0, |(peak, before)| peak.saturating_sub(before) / n)
    }
}

/// Notes how long something took, in milliseconds, and returns what it gave.
fn timed<T>(times: &mut Vec<f64>, run: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = run();
    times.push(1e3 * start.elapsed().as_secs_f64());
    result
}

fn median(samples: &mut [f64]) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}
