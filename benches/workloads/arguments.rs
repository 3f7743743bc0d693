//! The command line.

use lexopt::{Error, prelude::*};
use retrograd::DType;
use retrograd_benches::{WORKLOADS, Workload, program::Command};

/// How to call the program.
pub const USAGE: &str = "\
cargo bench --bench workloads -- [NAME …] [OPTIONS]
  NAME            W1 … W7, several of them, or all (all)
  --dtype TYPE    f32 or f64 (f32)
  --threads N     at most so many threads, for what is large in a step (1)
  --manual        measures the side written by hand
  --pair          measures both, in turns, and prints the ratio of their medians
  --checked       measures a checked step and an unchecked one, in turns
  --profile       prints where the time of the engine's step goes, and measures nothing else
  --json          one JSON object per line and workload";

/// The workloads to measure, and the format of the report.
pub struct Arguments {
    pub workloads: Vec<&'static Workload>,
    pub dtype: DType,
    pub n_threads: usize,
    /// One, or two to be compared: the ratio is that of the first to the second.
    pub sides: &'static [Side],
    pub json: bool,
    pub profile: bool,
}

/// A side that can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The engine.
    Automatic,
    /// The engine, testing that losses and new parameters are finite.
    Checked,
    /// The same by hand.
    ByHand,
}

impl Side {
    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Side::Automatic => "automatic",
            Side::Checked => "checked",
            Side::ByHand => "by hand",
        }
    }
}

/// Reads the command line.
pub fn parse(mut parser: lexopt::Parser) -> Result<Command<Arguments>, Error> {
    let mut arguments = Arguments {
        workloads: Vec::new(),
        dtype: DType::F32,
        n_threads: 1,
        sides: &[],
        json: false,
        profile: false,
    };
    while let Some(argument) = parser.next()? {
        match argument {
            Value(name) => arguments.add(&name.string()?)?,
            Long("dtype") => arguments.dtype = parser.value()?.parse_with(dtype)?,
            Long("threads") => arguments.n_threads = parser.value()?.parse_with(n_threads)?,
            Long("manual") => arguments.choose(&[Side::ByHand])?,
            Long("pair") => arguments.choose(&[Side::Automatic, Side::ByHand])?,
            Long("checked") => arguments.choose(&[Side::Checked, Side::Automatic])?,
            Long("profile") => arguments.profile = true,
            Long("json") => arguments.json = true,
            // Cargo says so to every benchmark.
            Long("bench") => {}
            Short('h') | Long("help") => return Ok(Command::Help),
            _ => return Err(argument.unexpected()),
        }
    }
    if arguments.sides.is_empty() {
        arguments.sides = &[Side::Automatic];
    }
    if arguments.workloads.is_empty() {
        arguments.workloads.extend(&WORKLOADS);
    }
    Ok(Command::Run(arguments))
}

impl Arguments {
    /// Adds the workloads of a name.
    fn add(&mut self, name: &str) -> Result<(), Error> {
        match Workload::find(name) {
            Some(workload) => self.workloads.push(workload),
            None if name == "all" => self.workloads.extend(&WORKLOADS),
            None => {
                let known = WORKLOADS.map(|workload| workload.name).join(", ");
                return Err(
                    format!("no workload is called '{name}': there are {known}, and all").into()
                );
            }
        }
        Ok(())
    }

    fn choose(&mut self, sides: &'static [Side]) -> Result<(), Error> {
        if ![&[], sides].contains(&self.sides) {
            return Err("--manual, --pair and --checked exclude each other".into());
        }
        self.sides = sides;
        Ok(())
    }
}

fn dtype(name: &str) -> Result<DType, String> {
    match name {
        "f32" => Ok(DType::F32),
        "f64" => Ok(DType::F64),
        _ => Err("f32 and f64 are measured".to_owned()),
    }
}

fn n_threads(number: &str) -> Result<usize, String> {
    match number.parse() {
        Ok(n) if n > 0 => Ok(n),
        _ => Err("a number of threads is at least 1".to_owned()),
    }
}
