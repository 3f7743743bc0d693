//! The functions of plans are as accurate as `docs/accuracy.md` says, on a sample of all inputs.

#[path = "../examples/accuracy/measure.rs"]
#[expect(dead_code, reason = "only the example adds errors up")]
mod measure;

use measure::{Errors, Function, Row, pairs, read_true_values, singles, true_values};
use retrograd_core::{
    DType,
    ops::{Binary, Unary},
};
use retrograd_cpu::InstructionSet;

/// Units in the last place that functions may be off by; infinite where a sum cancels near a root of the function, so
/// that no bound on relative errors holds.
fn limit(row: Row, dtype: DType) -> f64 {
    match (row, dtype) {
        (Row::Unary(Unary::Lgamma) | Row::Binary(Binary::Logaddexp), _) => f64::INFINITY,
        // It squares what is off by one or two.
        (Row::Unary(Unary::SechSquared), _) => 5.5,
        (Row::Unary(_) | Row::Binary(_), _) => 3.0,
    }
}

fn check(row: Row, dtype: DType, measured: &[(InstructionSet, Errors)]) -> Vec<String> {
    let wrong = measured.iter().filter(|(_, errors)| errors.max > limit(row, dtype));
    wrong
        .map(|(set, errors)| {
            let Errors { max, at, .. } = errors;
            format!(
                "{} of {at:?} in {dtype} with {}: off by {max:.2} units",
                row.name(),
                set.name()
            )
        })
        .collect()
}

#[test]
fn functions_in_single_precision_are_within_their_limits() {
    let (singles, pairs) = (singles(40_961), pairs(20_000));
    let mut wrong = Vec::new();
    for row in Row::all() {
        let inputs = if let Row::Unary(_) = row { &singles } else { &pairs };
        let mut function = Function::new(row, DType::F32, inputs.len());
        wrong.extend(check(row, DType::F32, &function.errors_against_double(inputs)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn functions_in_double_precision_are_within_their_limits() {
    let (data, mut wrong) = (read_true_values(), Vec::new());
    for row in Row::all() {
        let Some((inputs, exact)) = true_values(&data, row) else { continue };
        let mut function = Function::new(row, DType::F64, inputs.len());
        wrong.extend(check(row, DType::F64, &function.errors(&inputs, &exact)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
