//! Figures as a table and as JSON.

use std::fmt::Write;

use retrograd_benches::Workload;
use serde_json::{Value, json};

use crate::{arguments::Arguments, measure::Measured};

const MEGABYTE: f64 = 1e6;

/// The head of the table, and what must be known to read it.
pub fn header(arguments: &Arguments) -> String {
    let threads = match arguments.n_threads {
        1 => "1 thread".to_owned(),
        n => format!("{n} threads"),
    };
    format!(
        "{}, {threads}; medians; ours: allocations of a step outside of matrix products\n\
         {:<8} {:<9} {:>11} {:>11} {:>6} {:>11} {:>5} {:>11} {:>9} {:>9} {:>8}  {}",
        arguments.dtype,
        "workload",
        "side",
        "step µs",
        "loss µs",
        "ratio",
        "compile µs",
        "ours",
        "in products",
        "arena kB",
        "least kB",
        "peak MB",
        "loss, first → last",
    )
}

/// A line of the table for each side.
pub fn row(workload: &Workload, arguments: &Arguments, sides: &[Measured]) -> String {
    let lines = sides.iter().enumerate().map(|(k, measured)| {
        let name = arguments.sides[k].name();
        let Measured { step, forward, n_allocations, losses, .. } = measured;
        let (compile, arena, least) = match &measured.plan {
            Some(plan) => {
                let [arena, least] = [plan.arena_bytes, plan.live_bytes].map(kilobytes);
                (format!("{:.0}", plan.compile), arena, least)
            }
            None => Default::default(),
        };
        let ratio = match ratio(sides) {
            Some(ratio) if k == 0 => format!("{ratio:.2}"),
            _ => String::new(),
        };
        format!(
            "{:<8} {name:<9} {step:>11.2} {forward:>11.2} {ratio:>6} {compile:>11} {n_allocations:>5} {:>11} \
             {arena:>9} {least:>9} {:>8}  {:.6} → {:.6}",
            workload.name,
            measured.n_allocations_in_products,
            measured.peak_bytes.map(megabytes).unwrap_or_default(),
            losses[0],
            losses[1],
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// All figures in one line of JSON: those of the first side, and the times of a second one.
pub fn json(workload: &Workload, arguments: &Arguments, sides: &[Measured]) -> String {
    let measured = &sides[0];
    let plan = measured.plan.as_ref();
    let mut fields = vec![
        ("workload", json!(workload.name)),
        ("side", json!(arguments.sides[0].name())),
        ("threads", json!(arguments.n_threads)),
        ("dtype", json!(arguments.dtype.to_string())),
        ("us_per_step_median", json!(measured.step)),
        ("fwd_us", json!(measured.forward)),
        ("compile_us", json!(plan.map(|plan| plan.compile))),
        ("allocs_per_step", json!(measured.n_allocations)),
        ("allocs_in_products", json!(measured.n_allocations_in_products)),
        ("arena_mb", json!(plan.map(|plan| plan.arena_bytes as f64 / MEGABYTE))),
        ("arena_least_mb", json!(plan.map(|plan| plan.live_bytes as f64 / MEGABYTE))),
        ("peak_rss_mb", json!(measured.peak_bytes.map(|bytes| bytes as f64 / MEGABYTE))),
        ("loss_first", json!(measured.losses[0])),
        ("loss_last", json!(measured.losses[1])),
    ];
    if let ([_, second], [_, side]) = (sides, arguments.sides) {
        fields.push(("second_side", json!(side.name())));
        fields.push(("second_us_per_step_median", json!(second.step)));
        fields.push(("second_fwd_us", json!(second.forward)));
        fields.push(("ratio", json!(ratio(sides))));
    }
    object(&fields)
}

/// An object whose fields stay in order.
fn object(fields: &[(&str, Value)]) -> String {
    let mut line = String::from("{");
    for (k, (name, value)) in fields.iter().enumerate() {
        let comma = if k == 0 { "" } else { "," };
        write!(line, "{comma}\"{name}\":{value}").expect("a string takes all text");
    }
    line + "}"
}

/// The first side ÷ the second, if there are two.
fn ratio(sides: &[Measured]) -> Option<f64> {
    let [first, second] = sides else { return None };
    Some(first.step / second.step)
}

fn megabytes(bytes: usize) -> String {
    format!("{:.2}", bytes as f64 / MEGABYTE)
}

fn kilobytes(bytes: usize) -> String {
    format!("{:.1}", bytes as f64 / 1e3)
}
