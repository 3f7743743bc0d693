//! Laws of the derivatives of a program, whichever number type gives them.

use std::fmt;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use retrograd_core::{DType, Expr, Graph, Real, ops::Comparison};
use retrograd_scalar::{Dual, Scalar, Series, Tape};

use super::{
    RandomProgram, branch,
    generate::{ProgramKind, random_program},
    replays::check_replays,
    second::check_second,
    select,
};

/// Most inputs of a program.
const N_INPUTS: usize = 5;

/// By how much derivatives may differ, relatively to the largest number that any of them is made of.
pub(super) const TOLERANCE: f64 = 1e-9;

/// Derivatives are compared if the numbers that they are made of are not larger, so that cancellation leaves digits.
pub(super) const LARGEST: f64 = 1e4;

/// Something that does not hold of a program.
#[derive(Clone, Debug)]
pub struct ProgramViolation {
    /// The seed of the program.
    pub seed: u64,
    /// The law that does not hold.
    pub what: String,
    /// The program.
    pub program: RandomProgram,
}

impl fmt::Display for ProgramViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}: {}, of the program\n{}", self.seed, self.what, self.program)
    }
}

/// How much was compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProgramTally {
    /// Programs that were run.
    pub n_programs: usize,
    /// Those whose first derivatives were compared.
    pub n_first: usize,
    /// Those whose second derivatives were compared.
    pub n_second: usize,
    /// Those that were compared with differences.
    pub n_differences: usize,
    /// Those that were not tame, so that only what is finite was compared.
    pub n_wild: usize,
    /// Derivatives that are not finite in some mode.
    pub n_not_finite: usize,
    /// Other inputs at which recordings were evaluated.
    pub n_replays: usize,
    /// Those at which a choice went the other way.
    pub n_flipped: usize,
    /// Those of these at which compiled recordings were run, too.
    pub n_compiled: usize,
}

impl ProgramTally {
    /// Adds the comparisons of another program.
    pub fn add(&mut self, other: &Self) {
        self.n_programs += other.n_programs;
        self.n_first += other.n_first;
        self.n_second += other.n_second;
        self.n_differences += other.n_differences;
        self.n_wild += other.n_wild;
        self.n_not_finite += other.n_not_finite;
        self.n_replays += other.n_replays;
        self.n_flipped += other.n_flipped;
        self.n_compiled += other.n_compiled;
    }
}

impl fmt::Display for ProgramTally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} programs: first derivatives compared of {}, second of {}, with differences {}; of {} what is finite, {} \
             derivatives being not; recordings evaluated at {} other inputs, which choose otherwise at {}, compiled at {} \
             of these",
            self.n_programs,
            self.n_first,
            self.n_second,
            self.n_differences,
            self.n_wild,
            self.n_not_finite,
            self.n_replays,
            self.n_flipped,
            self.n_compiled
        )
    }
}

/// Runs the program of a seed in all modes.
///
/// # Errors
/// If modes differ.
pub fn check(seed: u64) -> Result<ProgramTally, ProgramViolation> {
    let kind = ProgramKind::ALL[(seed % 4) as usize];
    let program = random_program(seed, kind);
    let direction = direction(seed, program.inputs.len());
    let violation = |what| ProgramViolation { seed, what, program: program.clone() };
    let mut tally = check_program(&program, kind, &direction).map_err(violation)?;
    tally.add(&check_replays(&program, kind, seed).map_err(violation)?);
    Ok(tally)
}

/// Holds a gradient of a program against those of all modes.
///
/// # Errors
/// If it differs from one of them.
pub fn check_gradient(program: &RandomProgram, gradient: &[f64]) -> Result<(), String> {
    let size = Sensitivity::of(program, &vec![0.0; gradient.len()]);
    let (duals, graph) = (by_duals(program).1, by_graph(program).1);
    for (k, &derivative) in gradient.iter().enumerate() {
        let modes = [("duals", duals[k]), ("the graph", graph[k])];
        // Zeros that stop what is infinite come from one side or from the other. A tape multiplies forwards within a
        // statement and backwards between them, so that it knows both, but not everywhere.
        let may_be_lost = modes.iter().any(|(_, expected)| !expected.is_finite());
        if !derivative.is_finite() && may_be_lost {
            continue;
        }
        for (mode, expected) in modes {
            let is_close = (derivative - expected).abs() <= TOLERANCE * (1.0 + size.first);
            if size.first < LARGEST && expected.is_finite() && !is_close {
                return Err(format!(
                    "the derivative by x{k} is {derivative:?}, by {mode} {expected:?}"
                ));
            }
        }
    }
    Ok(())
}

/// Holds a value against that of the program, to the last bit.
pub(super) fn check_value(mode: &str, got: f64, value: f64) -> Result<(), String> {
    match got.to_bits() == value.to_bits() || got.is_nan() && value.is_nan() {
        true => Ok(()),
        false => Err(format!("the value is {value:?}, by {mode} {got:?}")),
    }
}

fn check_program(
    program: &RandomProgram,
    kind: ProgramKind,
    v: &[f64],
) -> Result<ProgramTally, String> {
    let mut tally = ProgramTally { n_programs: 1, ..ProgramTally::default() };
    let value = run_by(program, &program.inputs, branch);
    let same = |mode, got| check_value(mode, got, value);
    let (tape, kept) = (by_tape(program, false), by_tape(program, true));
    let (duals, graph) = (by_duals(program), by_graph(program));
    same("the tape", tape.0)?;
    same("duals", duals.0)?;
    same("the graph", graph.0)?;

    let size = Sensitivity::of(program, v);
    tally.n_not_finite +=
        tape.1.iter().chain(&duals.1).chain(&graph.1).filter(|d| !d.is_finite()).count();
    tally.n_first += usize::from(size.first < LARGEST);
    tally.n_wild += usize::from(size.first.is_nan() || size.first >= LARGEST);
    for gradient in [&tape.1, &kept.1] {
        check_gradient(program, gradient)?;
    }
    // If each step is recorded, derivatives are added up as in a graph, and zeros stop what is infinite at least there. A graph
    // knows roots and their squares, so that it may have a derivative where the value is NaN.
    let is_lost = |k: &usize| !value.is_nan() && graph.1[*k].is_finite() && !kept.1[*k].is_finite();
    if let Some(k) = (0..v.len()).find(is_lost) {
        return Err(format!(
            "the derivative by x{k} is {:?}, by the graph {:?}",
            kept.1[k], graph.1[k]
        ));
    }
    check_series(program, v, &size)?;
    if kind == ProgramKind::Wild || size.second.is_nan() || size.second >= LARGEST {
        return Ok(tally);
    }

    tally.n_second += 1;
    check_second(program, kind, v, &size)?;
    if kind == ProgramKind::Smooth {
        tally.n_differences += usize::from(check_difference(program, v, &size)?);
    }
    Ok(tally)
}

/// A direction to move inputs along.
pub(super) fn direction(seed: u64, n: usize) -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(!seed);
    (0..n).map(|_| rng.random_range(-1.0..1.0)).collect()
}

pub(super) fn run<R: Scalar>(program: &RandomProgram, inputs: &[R]) -> R {
    run_by(program, inputs, select)
}

pub(super) fn run_by<R: Scalar>(
    program: &RandomProgram,
    inputs: &[R],
    choose: impl FnMut(Comparison, [R; 2], [R; 2]) -> R,
) -> R {
    program.run(inputs, |terms| terms.into_iter().sum(), choose, |number| number)
}

pub(super) fn run_visiting<R: Scalar>(
    program: &RandomProgram,
    inputs: &[R],
    visit: impl FnMut(R) -> R,
) -> R {
    program.run(inputs, |terms| terms.into_iter().sum(), select, visit)
}

/// Value and gradient by a tape that records every step, or only the necessary ones.
fn by_tape(program: &RandomProgram, is_kept: bool) -> (f64, Vec<f64>) {
    Tape::new().record(|t| {
        let x = t.variables(&program.inputs);
        let y = run_visiting(program, &x, |number| if is_kept { t.keep(number) } else { number });
        (y.value(), t.reverse(y).collect(&x))
    })
}

/// Value and gradient by duals of several lanes.
fn by_duals(program: &RandomProgram) -> (f64, Vec<f64>) {
    let lane = |(k, &x): (usize, &f64)| Dual::<f64, N_INPUTS>::variable_of(x, k);
    let inputs: Vec<_> = program.inputs.iter().enumerate().map(lane).collect();
    let y = run(program, &inputs);
    (y.value, y.tangents[..inputs.len()].to_vec())
}

/// The program as an expression, of leaves that hold its inputs.
pub(super) fn recorded<'g>(program: &RandomProgram, graph: &'g Graph) -> (Expr<'g>, Vec<Expr<'g>>) {
    let leaf = |(k, &x): (usize, &f64)| graph.param(&format!("x{k}"), x);
    let inputs: Vec<_> = program.inputs.iter().enumerate().map(leaf).collect();
    let add =
        |terms: Vec<Expr<'g>>| terms.into_iter().fold(inputs[0].lit(-0.0), |sum, term| sum + term);
    let y = program.run(&inputs, add, select, |number| number);
    (y, inputs)
}

/// Value and gradient by a graph.
pub(super) fn by_graph(program: &RandomProgram) -> (f64, Vec<f64>) {
    let graph = Graph::with_dtype(DType::F64);
    let (y, inputs) = recorded(program, &graph);
    let gradient = y.grad(&inputs);
    (y.value().item(), gradient.iter().map(|slope| slope.value().item()).collect())
}

pub(super) fn along(program: &RandomProgram, v: &[f64]) -> Vec<Dual> {
    program.inputs.iter().zip(v).map(|(&x, &v)| Dual::new(x, [v])).collect()
}

/// Holds the first derivative along `v` by series against that by duals. Both multiply forwards, so that zeros stop the
/// same.
fn check_series(program: &RandomProgram, v: &[f64], size: &Sensitivity) -> Result<(), String> {
    let moving = along(program, v);
    let series: Vec<_> = moving.iter().map(|x| Series::new([x.value, x.tangents[0]])).collect();
    let derivative = run(program, &series).coefficients[1];
    let by_duals = run(program, &moving);
    let expected = by_duals.tangents[0];
    let is_close = match size.first < LARGEST {
        true => (derivative - expected).abs() <= TOLERANCE * (1.0 + size.first),
        // Times an infinite slope, the rounding of a derivative that cancels is infinite, too.
        false if by_duals.value.is_infinite() => !derivative.is_nan(),
        false => derivative.is_finite(),
    };
    match is_close || !expected.is_finite() {
        true => Ok(()),
        false => Err(format!("the derivative is {expected:?} by duals, by series {derivative:?}")),
    }
}

/// The largest of the numbers that derivatives are made of; NaN if one is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sensitivity {
    pub first: f64,
    pub second: f64,
}

impl Sensitivity {
    pub(super) fn of(program: &RandomProgram, v: &[f64]) -> Self {
        let largest = |size: f64, x: f64| {
            if size.is_nan() || x.is_nan() { f64::NAN } else { size.max(x.abs()) }
        };
        Tape::new().record(|t| {
            let x = t.variables(&along(program, v));
            let mut numbers = x.clone();
            let y = run_visiting(program, &x, |number| {
                numbers.push(t.keep(number));
                numbers[numbers.len() - 1]
            });
            let adjoints = t.reverse(y);
            let mut size = Self { first: 0.0, second: 0.0 };
            for number in numbers {
                let (value, adjoint) = (number.value(), adjoints.of(number));
                size.first = [value.value, adjoint.value, value.value * adjoint.value]
                    .into_iter()
                    .fold(size.first, largest);
                size.second = [value.tangents[0], adjoint.tangents[0], size.first]
                    .into_iter()
                    .fold(size.second, largest);
            }
            size
        })
    }
}

/// Holds the derivative along `v` against the central difference, whose error follows from higher derivatives; where these
/// are too large for a number, it says nothing. Returns whether it did.
fn check_difference(
    program: &RandomProgram,
    v: &[f64],
    size: &Sensitivity,
) -> Result<bool, String> {
    let step = 1e-4;
    let at = |t: f64| {
        let inputs: Vec<_> = program.inputs.iter().zip(v).map(|(x, v)| x + t * v).collect();
        run(program, &inputs)
    };
    let difference = (at(step) - at(-step)) / (2.0 * step);
    let moving: Vec<_> = program
        .inputs
        .iter()
        .zip(v)
        .map(|(&x, &v)| Series::new([x, v, 0.0, 0.0, 0.0, 0.0]))
        .collect();
    let [_, derivative, _, third, _, fifth] = run(program, &moving).coefficients;
    let error = 2.0 * third.abs() * step.powi(2)
        + 100.0 * fifth.abs() * step.powi(4)
        + 1e-7 * (1.0 + size.second);
    if !error.is_finite() {
        return Ok(false);
    }
    match (difference - derivative).abs() <= error {
        true => Ok(true),
        false => Err(format!("the derivative is {derivative:?}, by differences {difference:?}")),
    }
}
