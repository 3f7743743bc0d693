//! Figures as a table and as JSON.

use serde_json::json;

use crate::Measured;

/// The head of the table, and what must be known to read it.
pub const HEADER: &str = "\
f64, 1 thread; medians; ÷ hand: time ÷ that of the gradient by hand; ns: time ÷ operations of the value
function   operations  what                        µs    ÷ hand       ns  bytes of tape an operation";

/// Lines of the table: the plain value, then each gradient.
pub fn row(measured: &Measured) -> String {
    let by_hand = measured.gradients[0].1;
    let n_operations = measured.n_operations as f64;
    let times =
        [("plain value", measured.plain)].into_iter().chain(measured.gradients.iter().copied());
    let lines = times.map(|(what, time)| {
        let bytes = match what {
            "tape" => format!("{:.1}", measured.n_tape_bytes as f64 / n_operations),
            _ => String::new(),
        };
        format!(
            "{:<10} {:>10}  {what:<18} {time:>11.2} {:>9.2} {:>8.2}  {bytes}",
            measured.name,
            measured.n_operations,
            time / by_hand,
            1000.0 * time / n_operations,
        )
    });
    lines.map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// All figures in one line of JSON; times in microseconds.
pub fn json(measured: &Measured) -> String {
    let n_operations = measured.n_operations as f64;
    let mut fields = serde_json::Map::new();
    fields.insert("function".into(), json!(measured.name));
    fields.insert("operations".into(), json!(measured.n_operations));
    fields.insert("plain_us".into(), json!(measured.plain));
    for &(what, time) in &measured.gradients {
        let what = what.replace(' ', "_");
        fields.insert(format!("{what}_us"), json!(time));
        fields.insert(format!("{what}_to_plain"), json!(time / measured.plain));
        fields.insert(format!("{what}_to_by_hand"), json!(time / measured.gradients[0].1));
        fields.insert(format!("{what}_ns_per_operation"), json!(1000.0 * time / n_operations));
    }
    let bytes = measured.n_tape_bytes as f64 / n_operations;
    fields.insert("tape_bytes_per_operation".into(), json!(bytes));
    let peak = measured.peak_bytes.map(|bytes| bytes as f64 / 1e6);
    fields.insert("peak_rss_mb".into(), json!(peak));
    serde_json::Value::Object(fields).to_string()
}
