//! The frame of a benchmark with a command line of its own.

use std::{error::Error, fmt::Display, process::ExitCode};

/// The command given to a benchmark.
pub enum Command<A> {
    /// Prints the usage.
    Help,
    /// A measurement.
    Run(A),
}

/// Does what the command line says: 2 is the exit status if it cannot be read, 1 if the measurement fails.
pub fn main<A>(
    name: &str,
    usage: &str,
    command: Result<Command<A>, impl Display>,
    run: impl FnOnce(&A) -> Result<(), Box<dyn Error>>,
) -> ExitCode {
    match command {
        Err(error) => {
            eprintln!("{name}: {error}\n\n{usage}");
            ExitCode::from(2)
        }
        Ok(Command::Help) => {
            println!("{usage}");
            ExitCode::SUCCESS
        }
        Ok(Command::Run(arguments)) => match run(&arguments) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{name}: {error}");
                ExitCode::FAILURE
            }
        },
    }
}
