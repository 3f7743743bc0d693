//! How random programs grow.

use rand::{Rng, RngExt, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use retrograd_core::{
    Real,
    ops::{Binary, Comparison, Unary},
};

use super::{ProgramStep, RandomProgram, branch};

/// The functions and numbers that a program is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgramKind {
    /// Functions without kinks, away from their poles: differences see the derivatives.
    Smooth,
    /// Smooth functions, and choices between them.
    Piecewise,
    /// All functions, with ties and branches; numbers stay small and finite.
    Kinked,
    /// Anything: infinite numbers, NaN, extremes.
    Wild,
}

impl ProgramKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Smooth, Self::Piecewise, Self::Kinked, Self::Wild];
}

/// Larger numbers are left out unless the program is wild.
pub(super) const LARGEST: f64 = 100.0;

/// Rows that jump or bend somewhere.
const KINKED: &[Unary] = &[
    Unary::Abs,
    Unary::Sign,
    Unary::Step,
    Unary::Relu,
    Unary::Softsign,
    Unary::Floor,
    Unary::Ceil,
    Unary::Trunc,
    Unary::Round,
    Unary::NanToNum,
];

/// The same of two numbers.
const KINKED_BINARY: &[Binary] = &[
    Binary::Maximum,
    Binary::Minimum,
    Binary::Chain,
    Binary::Fmax,
    Binary::Fmin,
    Binary::Fmod,
    Binary::Atan2,
    Binary::Hypot,
];

/// Rows whose second operand is a whole number.
const OF_ORDERS: &[Binary] = &[Binary::Polygamma, Binary::SincDerivative, Binary::ErfcxDerivative];

/// Values that inputs and constants of wild programs are drawn from.
const EXTREMES: &[f64] = &[0.0, -0.0, 1.0, -1.0, 30.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];

/// The random program of a seed.
pub fn random_program(seed: u64, kind: ProgramKind) -> RandomProgram {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let n_inputs = rng.random_range(1..6);
    let inputs: Vec<f64> = (0..n_inputs).map(|_| number(&mut rng, kind)).collect();
    let mut values = inputs.clone();
    let mut steps = Vec::new();
    let n_steps = rng.random_range(3..40);
    while steps.len() < n_steps {
        let step = random_step(&mut rng, kind, values.len());
        let value = step.compute(&values, &|terms| terms.into_iter().sum(), &mut branch);
        if kind == ProgramKind::Wild || value.abs() < LARGEST && is_tame(&step, &values) {
            values.push(value);
            steps.push(step);
        }
    }
    // The result depends on a few of the last numbers, whatever the last step was.
    let last = values.len() - 1;
    steps.push(ProgramStep::Sum((last.saturating_sub(2)..=last).collect()));
    RandomProgram { inputs, steps }
}

/// An input or a constant of a program.
pub(super) fn number(rng: &mut impl Rng, kind: ProgramKind) -> f64 {
    match kind {
        ProgramKind::Smooth | ProgramKind::Piecewise => rng.random_range(-2.0..2.0),
        // Halves meet at kinks and in ties.
        ProgramKind::Kinked => f64::from(rng.random_range(-4..5)) / 2.0,
        ProgramKind::Wild if rng.random_bool(0.3) => {
            *EXTREMES.choose(rng).expect("there are extremes")
        }
        ProgramKind::Wild => rng.random_range(-2.0..2.0),
    }
}

fn random_step(rng: &mut impl Rng, kind: ProgramKind, n: usize) -> ProgramStep {
    // Late numbers rather than early ones, so that programs are deep.
    let mut pick = || {
        if rng.random_bool(0.5) {
            n - 1 - rng.random_range(0..n.min(4))
        } else {
            rng.random_range(0..n)
        }
    };
    let [a, b, c, d] = [pick(), pick(), pick(), pick()];
    let is_smooth = matches!(kind, ProgramKind::Smooth | ProgramKind::Piecewise);
    match rng.random_range(0..20) {
        0 => ProgramStep::Constant(number(rng, kind)),
        1 => ProgramStep::Power(a, rng.random_range(-2..4)),
        2 => {
            ProgramStep::Sum((0..rng.random_range(0..25)).map(|_| rng.random_range(0..n)).collect())
        }
        3..=4 if kind != ProgramKind::Smooth => {
            let op = *Comparison::ALL.choose(rng).expect("there are comparisons");
            ProgramStep::Choice(op, [a, b], [c, d])
        }
        5..=12 => {
            let op = *[Binary::Add, Binary::Sub, Binary::Mul, Binary::Div]
                .choose(rng)
                .expect("there are four");
            ProgramStep::Binary(op, a, b)
        }
        13..=14 => loop {
            let op = *Binary::ALL.choose(rng).expect("there are rows");
            if !(OF_ORDERS.contains(&op) || is_smooth && KINKED_BINARY.contains(&op)) {
                return ProgramStep::Binary(op, a, b);
            }
        },
        _ => loop {
            let op = *Unary::ALL.choose(rng).expect("there are rows");
            if !(is_smooth && KINKED.contains(&op)) {
                return ProgramStep::Unary(op, a);
            }
        },
    }
}

/// Whether the derivatives of a step by its operands are moderate, too.
fn is_tame(step: &ProgramStep, values: &[f64]) -> bool {
    let is_moderate = |slope: f64| slope.abs() < LARGEST;
    match *step {
        ProgramStep::Unary(op, x) => is_moderate(op.derivative(values[x], values[x].unary(op))),
        ProgramStep::Binary(op, a, b) => {
            let (a, b) = (values[a], values[b]);
            (0..2).all(|k| is_moderate(op.derivative(k, a, b, a.binary(op, b))))
        }
        ProgramStep::Power(x, n) => n >= 0 || values[x].abs() > 0.1,
        ProgramStep::Constant(_) | ProgramStep::Sum(_) | ProgramStep::Choice(..) => true,
    }
}
