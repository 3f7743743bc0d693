//! Training steps of seven sizes, automatic and written by hand: `cargo bench --bench workloads -- W3 --json`.
//! `docs/performance.md` says what is measured and how.

mod arguments;
mod measure;
mod report;

use std::{error::Error, process::ExitCode};

use arguments::Arguments;
use measure::{Contender, Measured, measure};
use retrograd_benches::{Problem, Task, Workload, automatic::Automatic, memory, program};

/// By how much, relatively, the losses of both sides may differ.
const TOLERANCE: f64 = 1e-4;

/// Runs of which a profile shows medians.
const N_PROFILED: usize = 51;

fn main() -> ExitCode {
    program::main("workloads", arguments::USAGE, arguments::parse(lexopt::Parser::from_env()), run)
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    if arguments.profile {
        return profile(arguments);
    }
    if !arguments.json {
        println!("{}", report::header(arguments));
    }
    for workload in &arguments.workloads {
        let rows = run_one(workload, arguments)?;
        let text = if arguments.json { report::json } else { report::row };
        println!("{}", text(workload, arguments, &rows));
    }
    Ok(())
}

/// Prints the profile of each workload.
fn profile(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    for workload in &arguments.workloads {
        let problem = Problem::new(workload, arguments.dtype, arguments.n_threads);
        let table = Automatic::profile(&problem, Task::Step, N_PROFILED)?;
        println!("{}, {}\n{table}", workload.name, arguments.dtype);
    }
    Ok(())
}

/// Measures the chosen sides of a workload.
fn run_one(
    workload: &'static Workload,
    arguments: &Arguments,
) -> Result<Vec<Measured>, Box<dyn Error>> {
    memory::forget_peak();
    let problem = Problem::new(workload, arguments.dtype, arguments.n_threads);
    let contenders = arguments.sides.iter().map(|&side| Contender::new(side, &problem));
    let measured = measure(&problem, &mut contenders.collect::<Result<Vec<_>, _>>()?)?;
    if let ([first, second], [a, b]) = (&measured[..], arguments.sides) {
        for (loss, expected) in first.losses.into_iter().zip(second.losses) {
            if (loss - expected).abs() > TOLERANCE * expected.abs() {
                let (name, a, b) = (workload.name, a.name(), b.name());
                let reason = format!("{name}: the losses differ: {a} {loss}, {b} {expected}");
                return Err(reason.into());
            }
        }
    }
    Ok(measured)
}
