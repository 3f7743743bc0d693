//! Runs many random programs with every number type, and compares the derivatives.
//! `cargo run --release -p retrograd-check --example programs -- 10000 0`: so many, from this seed on.

use std::{env, process::ExitCode};

use retrograd_check::programs::{ProgramTally, check};

fn main() -> ExitCode {
    let mut numbers = env::args().skip(1).map(|argument| argument.parse::<u64>());
    let (Ok(n_programs), Ok(first)) =
        (numbers.next().unwrap_or(Ok(10_000)), numbers.next().unwrap_or(Ok(0)))
    else {
        eprintln!("programs [N (10000)] [SEED, the first (0)]");
        return ExitCode::from(2);
    };
    let mut tally = ProgramTally::default();
    for seed in first..first + n_programs {
        match check(seed) {
            Ok(of_program) => tally.add(&of_program),
            Err(violation) => {
                println!("{violation}");
                return ExitCode::FAILURE;
            }
        }
    }
    println!("{tally}");
    ExitCode::SUCCESS
}
