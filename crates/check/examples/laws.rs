//! Holds the laws of differentiation against many random graphs, by the oracle and by plans.
//! `cargo run --release -p retrograd-check --example laws -- --graphs 100000 --seed 0`

use std::{env, process::ExitCode, time::Instant};

use retrograd_check::laws::{self, LawTally, LawViolation};
use retrograd_core::{Error, Expr, Tensor};
use retrograd_plan::Plan;

/// Graphs between two lines of progress.
const A_FEW: u64 = 1000;

fn main() -> ExitCode {
    let (Some(n_graphs), Some(first)) = (number_after("--graphs", 2000), number_after("--seed", 0))
    else {
        eprintln!("laws [--graphs N (2000)] [--seed N, the first (0)]");
        return ExitCode::from(2);
    };
    let (start, mut tally) = (Instant::now(), LawTally::default());
    for seed in first..first + n_graphs {
        match check(seed) {
            Ok(of_graph) => tally.add(&of_graph),
            Err(violation) => {
                println!("{violation}\nthe same again: --graphs 1 --seed {}", violation.seed);
                return ExitCode::FAILURE;
            }
        }
        if (seed - first + 1).is_multiple_of(A_FEW) {
            eprintln!("{} graphs, {:.0?}", seed - first + 1, start.elapsed());
        }
    }
    println!("seeds {first}..{}: all laws hold\n{tally}", first + n_graphs);
    ExitCode::SUCCESS
}

/// The laws of one graph; one in eleven is compiled too.
fn check(seed: u64) -> Result<LawTally, LawViolation> {
    laws::check(seed, if seed.is_multiple_of(11) { Some(&by_a_plan) } else { None })
}

/// Values by a compiled plan.
fn by_a_plan(outputs: &[Expr<'_>]) -> Result<Vec<Tensor>, Error> {
    let plan = Plan::compile(outputs, &[])?;
    let mut workspace = plan.workspace();
    let Some(output) = outputs.first() else { return Ok(Vec::new()) };
    plan.run(&mut workspace, &output.graph().recorded_params(), &[])?;
    Ok((0..outputs.len()).map(|k| workspace.output(k).to_tensor()).collect())
}

/// The number after a flag, or one in its place; `None` if what follows is none.
fn number_after(flag: &str, default: u64) -> Option<u64> {
    let mut arguments = env::args().skip(1);
    match arguments.find(|argument| argument == flag) {
        Some(_) => arguments.next()?.parse().ok(),
        None => Some(default),
    }
}
