//! The command line.

use lexopt::{Error, prelude::*};
use retrograd_benches::{functions::FUNCTIONS, program::Command};

/// How to call the program.
pub const USAGE: &str = "\
cargo bench --bench scalars -- [NAME …] [OPTIONS]
  NAME    S1, S1m, S2 … S6, S4v, several of them, or all (all)
  --json  one JSON object per line and function
cargo bench --bench scalars -- deep N
  one tape of N operations, and one that gets half of the memory";

/// The functions to measure, and the format of the report.
pub struct Arguments {
    pub functions: Vec<&'static str>,
    pub json: bool,
    /// Operations of a deep tape, which is measured in place of functions.
    pub deep: Option<usize>,
}

/// Reads the command line.
pub fn parse(mut parser: lexopt::Parser) -> Result<Command<Arguments>, Error> {
    let mut arguments = Arguments { functions: Vec::new(), json: false, deep: None };
    while let Some(argument) = parser.next()? {
        match argument {
            Value(name) if name == "deep" => arguments.deep = Some(parser.value()?.parse()?),
            Value(name) => arguments.add(&name.string()?)?,
            Long("json") => arguments.json = true,
            // Cargo says so to every benchmark.
            Long("bench") => {}
            Short('h') | Long("help") => return Ok(Command::Help),
            _ => return Err(argument.unexpected()),
        }
    }
    if arguments.functions.is_empty() {
        arguments.functions.extend(&FUNCTIONS);
    }
    Ok(Command::Run(arguments))
}

impl Arguments {
    /// Adds the functions of a name.
    fn add(&mut self, name: &str) -> Result<(), Error> {
        match FUNCTIONS.iter().find(|known| known.eq_ignore_ascii_case(name)) {
            Some(known) => self.functions.push(known),
            None if name == "all" => self.functions.extend(&FUNCTIONS),
            None => {
                let known = FUNCTIONS.join(", ");
                let reason = format!("no function is called '{name}': there are {known}, and all");
                return Err(reason.into());
            }
        }
        Ok(())
    }
}
