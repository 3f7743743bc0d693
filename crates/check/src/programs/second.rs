//! Second derivatives of random programs, by every mode that has them.

use retrograd_core::{
    DType, Graph,
    ops::{Binary, Unary},
};
use retrograd_scalar::{Dual, Number, Series, Tape, Var};

use super::{
    ProgramStep, RandomProgram,
    generate::ProgramKind,
    laws::{Sensitivity, TOLERANCE, along, recorded, run, run_visiting},
};

/// Holds the second derivative along `v` by every mode against that by duals of duals.
pub(super) fn check_second(
    program: &RandomProgram,
    kind: ProgramKind,
    v: &[f64],
    size: &Sensitivity,
) -> Result<(), String> {
    let second = second_derivatives(program, v);
    let expected = second[0].1;
    let is_close =
        |derivative: f64| (derivative - expected).abs() <= 10.0 * TOLERANCE * (1.0 + size.second);
    // Duals of duals at a kink are on the side that they move to, and there the other side is that of the opposite direction.
    // If the sides differ, there is no second derivative.
    let back: Vec<_> = v.iter().map(|v| -v).collect();
    let is_there = is_close(twice_by_duals(program, &back));
    if kind == ProgramKind::Smooth && !is_there {
        return Err(format!(
            "the second derivative is {expected:?} by duals of duals, backwards another"
        ));
    }
    let meeting = Meeting::of(program, v);
    for (mode, derivative) in second {
        // Where zeros stop something infinite in some modes, others have it; and at kinks some have nothing finite.
        let may_differ = match mode {
            "series" => kind != ProgramKind::Smooth && !derivative.is_finite() || meeting.is_jump,
            _ => !derivative.is_finite() || meeting.is_touch,
        };
        if expected.is_finite() && is_there && !is_close(derivative) && !may_differ {
            return Err(format!(
                "the second derivative is {expected:?} by {}, by {mode} {derivative:?}",
                second[0].0
            ));
        }
    }
    Ok(())
}

/// Places at which modes go by different rules.
struct Meeting {
    /// Whether equal numbers are compared, or a function such as `trunc` jumps, or the curvature of one such as `softsign`:
    /// series go by the numbers nearby, others by these.
    is_jump: bool,
    /// Whether a kink is touched without moving through it to first order, as by `|t²|`: tapes and graphs know no more of
    /// the direction, and have the slope that the row states.
    is_touch: bool,
}

impl Meeting {
    #[expect(clippy::wildcard_enum_match_arm, reason = "a few of many rows are told apart")]
    fn of(program: &RandomProgram, v: &[f64]) -> Self {
        let mut numbers = twice(program, v);
        run_visiting(program, &numbers.clone(), |number| {
            numbers.push(number);
            number
        });
        let is_equal = |a: usize, b: usize| numbers[a].value.value == numbers[b].value.value;
        let jumps = |step: &ProgramStep| match *step {
            ProgramStep::Choice(_, [a, b], _) => is_equal(a, b),
            ProgramStep::Unary(Unary::Softsign, x) => numbers[x].value.value == 0.0,
            ProgramStep::Unary(op, x) if op.is_flat() => {
                let x = numbers[x].value.value;
                op.value(x.next_up()) != op.value(x.next_down())
            }
            _ => false,
        };
        let touches = |x: Dual<Dual>| {
            x.value.value == 0.0 && x.value.tangents == [0.0] && x.tangents[0].tangents != [0.0]
        };
        let is_touched = |step: &ProgramStep| match *step {
            ProgramStep::Unary(Unary::Abs | Unary::Relu, x) => touches(numbers[x]),
            ProgramStep::Binary(Binary::Hypot, a, b) => touches(numbers[a]) || touches(numbers[b]),
            ProgramStep::Binary(_, a, b) => touches(numbers[a] - numbers[b]),
            _ => false,
        };
        Self {
            is_jump: program.steps.iter().any(jumps),
            is_touch: program.steps.iter().any(is_touched),
        }
    }
}

/// The inputs as duals of duals that move along `v`, in both sweeps.
fn twice(program: &RandomProgram, v: &[f64]) -> Vec<Dual<Dual>> {
    along(program, v).iter().map(|&x| Dual::new(x, [Dual::constant(x.tangents[0])])).collect()
}

/// The second derivative along `v` by duals of duals.
fn twice_by_duals(program: &RandomProgram, v: &[f64]) -> f64 {
    run(program, &twice(program, v)).tangents[0].tangents[0]
}

/// The second derivative along `v`, by every mode that has one.
fn second_derivatives(program: &RandomProgram, v: &[f64]) -> [(&'static str, f64); 4] {
    let moving = along(program, v);
    // With more coefficients than the answer has, of which a branch at a tie may need one.
    let series: Vec<_> =
        moving.iter().map(|x| Series::new([x.value, x.tangents[0], 0.0, 0.0, 0.0, 0.0])).collect();
    let mut products = vec![Dual::default(); v.len()];
    Tape::new().value_and_gradient(|x: &[Var<'_, Dual>]| run(program, x), &moving, &mut products);

    let graph = Graph::with_dtype(DType::F64);
    let (y, inputs) = recorded(program, &graph);
    let pairs: Vec<_> = inputs.iter().zip(v).map(|(&x, &v)| (x, graph.constant(v))).collect();
    [
        ("duals of duals", twice_by_duals(program, v)),
        ("series", 2.0 * run(program, &series).coefficients[2]),
        (
            "duals on a tape",
            products.iter().zip(v).map(|(product, v)| product.tangents[0] * v).sum(),
        ),
        ("the graph", y.jvp(&pairs).jvp(&pairs).value().item()),
    ]
}
