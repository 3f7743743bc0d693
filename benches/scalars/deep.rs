//! One tape of very many operations: its time, its memory, and what a limit does to it.

use std::{error::Error, time::Instant};

use retrograd::{
    Real,
    scalar::{Tape, TapeFull},
};
use retrograd_benches::{memory, timing::microseconds};
use serde_json::json;

/// Operations of a turn.
const OPERATIONS: usize = 6;

/// By how much the derivative may differ from the formula, relatively.
const TOLERANCE: f64 = 1e-6;

/// A point turned by an angle as often as asked for: a chain whose adjoints neither grow nor vanish.
fn turned<R: Real>([angle, x, y]: [R; 3], n_turns: usize) -> [R; 2] {
    let (sin, cos) = (angle.sin(), angle.cos());
    (0..n_turns).fold([x, y], |[x, y], _| [x * cos - y * sin, x * sin + y * cos])
}

/// The derivative of `x` by the angle after so many turns, which is `−n·y`, by a tape and by the formula.
fn derivative(tape: &mut Tape, n_turns: usize) -> Result<(f64, f64), TapeFull> {
    tape.record(|t| {
        let variables = [0.1, 1.0, 0.0].map(|x| t.variable(x));
        let [x, y] = turned(variables, n_turns);
        Ok((t.checked()?.reverse(x).of(variables[0]), -(n_turns as f64) * y.value()))
    })
}

/// Figures of a tape of so many operations, and of one that gets half of the memory, in a line of JSON.
pub fn measure(n_operations: usize) -> Result<String, Box<dyn Error>> {
    let n_turns = n_operations / OPERATIONS;
    let run = |limit| {
        memory::forget_peak();
        let before = memory::resident_bytes();
        let start = Instant::now();
        let result = derivative(&mut Tape::with_limit(limit), n_turns);
        let seconds = microseconds(start.elapsed()) * 1e-6;
        let bytes = memory::peak_bytes().zip(before).map(|(peak, before)| peak - before);
        (result, seconds, bytes)
    };
    let (result, seconds, bytes) = run(usize::MAX);
    let (derivative, expected) = result?;
    if (derivative - expected).abs() > TOLERANCE * n_turns as f64 {
        return Err(format!("the derivative is {derivative}, not {expected}").into());
    }
    let limit = bytes.map_or(1 << 20, |bytes| bytes / 2);
    let (limited, _, limited_bytes) = run(limit);
    let megabytes = |bytes: Option<usize>| bytes.map(|bytes| bytes as f64 / 1e6);
    Ok(json!({
        "deep": n_operations,
        "seconds": seconds,
        "ns_per_operation": seconds * 1e9 / n_operations as f64,
        "memory_mb": megabytes(bytes),
        "bytes_per_operation": bytes.map(|bytes| bytes as f64 / n_operations as f64),
        "limit_mb": megabytes(Some(limit)),
        "memory_with_limit_mb": megabytes(limited_bytes),
        "error_with_limit": limited.err().map(|full| full.to_string()),
    })
    .to_string())
}
