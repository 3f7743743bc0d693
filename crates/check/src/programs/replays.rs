//! Laws of a program that is recorded once, and evaluated at inputs for which it chooses otherwise.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use retrograd_core::{Bindings, Expr, Tensor};
use retrograd_scalar::{Frozen, Number, Replay, ReplayError};

use super::{
    RandomProgram, branch,
    generate::{ProgramKind, number},
    laws::{
        LARGEST, ProgramTally, Sensitivity, TOLERANCE, by_graph, check_value, direction, run,
        run_by,
    },
};

/// Other inputs of each program.
const N_REPLAYS: usize = 3;

/// Functions of plans are some units in the last place off: closer numbers may compare differently.
const CLEAR: f64 = 1e-6;

/// Holds the recordings of a program against the program itself, at other inputs.
///
/// # Errors
/// If they differ.
pub(super) fn check_replays(
    program: &RandomProgram,
    kind: ProgramKind,
    seed: u64,
) -> Result<ProgramTally, String> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    // The program was drawn from stream 0.
    rng.set_stream(1);
    let recorded = Choices::of(program);
    let frozen = record(program, recorded.value)?;
    let outputs = [frozen.y(), frozen.y().grad(&[frozen.x()])[0]];
    // In programs of other kinds, rounding moves numbers across jumps.
    let is_compiled = kind == ProgramKind::Piecewise;
    let mut compiled =
        is_compiled.then(|| CompiledReplay::new(program, &frozen, &outputs)).transpose()?;

    let mut tally = ProgramTally::default();
    for _ in 0..N_REPLAYS {
        let inputs: Vec<_> = program.inputs.iter().map(|_| number(&mut rng, kind)).collect();
        let moved = RandomProgram { inputs, steps: program.steps.clone() };
        let choices = Choices::of(&moved);
        let is_flipped = choices.outcomes != recorded.outcomes;
        tally.n_replays += 1;
        tally.n_flipped += usize::from(is_flipped);

        let elsewhere = |what| format!("{what}, replayed at {:?}", moved.inputs);
        let size = Sensitivity::of(&moved, &direction(seed, moved.inputs.len()));
        check_evaluated(outputs, &moved, choices.value, &size).map_err(elsewhere)?;
        if let Some(compiled) = &mut compiled
            && choices.are_clear
            && size.second < LARGEST
        {
            compiled.check(&moved, choices.value, is_flipped, &size).map_err(elsewhere)?;
            tally.n_compiled += usize::from(is_flipped);
        }
    }
    Ok(tally)
}

/// The result of a program at its inputs, and the choices on the way.
struct Choices {
    value: f64,
    outcomes: Vec<bool>,
    /// Whether rounding leaves all of them as they are.
    are_clear: bool,
}

impl Choices {
    fn of(program: &RandomProgram) -> Self {
        let (mut outcomes, mut are_clear) = (Vec::new(), true);
        let value = run_by(program, &program.inputs, |op, [a, b], alternatives| {
            outcomes.push(op.value(a, b));
            are_clear &= (a - b).abs() > CLEAR * (1.0 + a.abs() + b.abs());
            branch(op, [a, b], alternatives)
        });
        Self { value, outcomes, are_clear }
    }
}

/// Records a program by selections; its value is known.
fn record(program: &RandomProgram, value: f64) -> Result<Frozen, String> {
    let mut traced = f64::NAN;
    let frozen = Frozen::record(
        |x| {
            let y = run(program, x);
            traced = y.primal();
            y
        },
        &program.inputs,
    );
    check_value("recording it", traced, value)?;
    match frozen.n_decisions() {
        0 => Ok(frozen),
        n => Err(format!("{n} selections were recorded as branches")),
    }
}

/// Evaluates a recording, and its gradient, at the inputs of `moved`.
fn check_evaluated(
    [y, by_x]: [Expr<'_>; 2],
    moved: &RandomProgram,
    value: f64,
    size: &Sensitivity,
) -> Result<(), String> {
    let x = Tensor::from(moved.inputs.clone());
    let bindings = Bindings::new().with("x", &x);
    let evaluated = |expr: Expr<'_>| expr.value_with(&bindings).map_err(|error| error.to_string());
    check_value("the recording", evaluated(y)?.item(), value)?;
    let gradient = evaluated(by_x)?.to_vec::<f64>();
    match size.first < LARGEST {
        true => check_close("the gradient", &gradient, &by_graph(moved).1, size.first),
        false => Ok(()),
    }
}

/// Recordings that are compiled: one that selects, with its gradient, and one that branches.
struct CompiledReplay {
    selecting: Replay,
    branching: Replay,
}

impl CompiledReplay {
    fn new(program: &RandomProgram, frozen: &Frozen, outputs: &[Expr<'_>]) -> Result<Self, String> {
        let branching = Frozen::record(|x| run_by(program, x, branch), &program.inputs);
        let compile = |frozen: &Frozen, outputs: &[Expr<'_>]| {
            frozen.compile(outputs).map_err(|error| error.to_string())
        };
        Ok(Self {
            selecting: compile(frozen, outputs)?,
            branching: compile(&branching, &[branching.y()])?,
        })
    }

    /// Runs both at the inputs of `moved`: where it chooses otherwise, those with branches must refuse.
    fn check(
        &mut self,
        moved: &RandomProgram,
        value: f64,
        is_flipped: bool,
        size: &Sensitivity,
    ) -> Result<(), String> {
        self.selecting.run(&moved.inputs).map_err(|error| error.to_string())?;
        check_close("the compiled value", self.selecting.output(0), &[value], size.first)?;
        let gradient = by_graph(moved).1;
        check_close("the compiled gradient", self.selecting.output(1), &gradient, size.second)?;
        match self.branching.run(&moved.inputs) {
            Ok(()) if is_flipped => Err("a branch that changes is not reported".to_owned()),
            Ok(()) => check_close("with branches", self.branching.output(0), &[value], size.first),
            Err(ReplayError::Changed { .. }) if is_flipped => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Holds numbers against others; both are made of numbers up to `size`.
fn check_close(what: &str, got: &[f64], expected: &[f64], size: f64) -> Result<(), String> {
    let tolerance = TOLERANCE * (1.0 + size);
    let is_far = |(got, expected): (&f64, &f64)| {
        expected.is_finite() && (got.is_nan() || (got - expected).abs() > tolerance)
    };
    match got.len() == expected.len() && !got.iter().zip(expected).any(is_far) {
        true => Ok(()),
        false => Err(format!("{what} is {got:?}, should be {expected:?}")),
    }
}
