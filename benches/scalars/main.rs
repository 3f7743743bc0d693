//! Gradients of scalar functions, by every means there is and by hand: `cargo bench --bench scalars -- S2 --json`.
//! `docs/performance.md` says what is measured and how. `-- deep 100000000` measures one tape of so many operations.

mod arguments;
mod deep;
mod report;
mod side;

use std::{error::Error, process::ExitCode};

use arguments::Arguments;
use retrograd_benches::{
    functions::{Function, Visitor, n_operations, visit},
    memory, program,
    timing::medians,
};
use side::Side;

/// By how much gradients may differ, relatively to the largest element.
const TOLERANCE: f64 = 1e-8;

fn main() -> ExitCode {
    program::main("scalars", arguments::USAGE, arguments::parse(lexopt::Parser::from_env()), run)
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    if let Some(n_operations) = arguments.deep {
        println!("{}", deep::measure(n_operations)?);
        return Ok(());
    }
    if !arguments.json {
        println!("{}", report::HEADER);
    }
    for &name in &arguments.functions {
        let mut measurement = Measurement { result: None };
        visit(name, &mut measurement);
        let measured = measurement.result.expect("a function of this name was visited")?;
        let text = if arguments.json { report::json } else { report::row };
        println!("{}", text(&measured));
    }
    Ok(())
}

/// The figures of a function.
struct Measured {
    name: &'static str,
    /// Operations of its value.
    n_operations: usize,
    /// Of its value as plain numbers.
    plain: f64,
    /// The ways to compute the gradient, by hand first, with median times in microseconds.
    gradients: Vec<(&'static str, f64)>,
    /// Bytes that the tape holds after recording, without adjoints.
    n_tape_bytes: usize,
    peak_bytes: Option<usize>,
}

struct Measurement {
    result: Option<Result<Measured, Box<dyn Error>>>,
}

impl Visitor for Measurement {
    fn visit<F: Function>(&mut self, name: &'static str, function: &F) {
        self.result = Some(measure(name, function));
    }
}

fn measure<F: Function>(name: &'static str, function: &F) -> Result<Measured, Box<dyn Error>> {
    memory::forget_peak();
    let mut sides = side::all(function)?;
    let n_tape_bytes = side::n_tape_bytes(function);
    agree(name, &mut sides)?;
    let times = medians(&mut sides, |side| (side.call)(None));
    let peak_bytes = memory::peak_bytes();
    let mut named = sides.iter().map(|side| side.name).zip(times);
    let (_, plain) = named.next().expect("the plain value is the first side");
    Ok(Measured {
        name,
        n_operations: n_operations(function),
        plain,
        gradients: named.collect(),
        n_tape_bytes,
        peak_bytes,
    })
}

/// Fails unless all sides give the value of the first and the gradient of the second.
fn agree(name: &str, sides: &mut [Side<'_>]) -> Result<(), Box<dyn Error>> {
    let mut expected: Option<Vec<f64>> = None;
    let mut value = None;
    for side in sides {
        let mut gradient = Vec::new();
        let own = (side.call)(Some(&mut gradient));
        let value = *value.get_or_insert(own);
        if (own - value).abs() > TOLERANCE * value.abs() {
            return Err(format!("{name}, {}: the value is {own}, not {value}", side.name).into());
        }
        if gradient.is_empty() {
            continue;
        }
        let expected = expected.get_or_insert_with(|| gradient.clone());
        let largest = expected.iter().fold(0.0f64, |largest, x| largest.max(x.abs()));
        let pairs = gradient.iter().zip(&*expected).enumerate();
        let off = pairs.into_iter().find(|(_, (a, b))| (*a - *b).abs() > TOLERANCE * largest);
        if let Some((k, (a, b))) = off {
            return Err(format!("{name}, {}: derivative {k} is {a}, not {b}", side.name).into());
        }
    }
    Ok(())
}
