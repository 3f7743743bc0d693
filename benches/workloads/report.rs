//! Figures as a table and as JSON.

use std::fmt::Write;

use retrograd_benches::Workload;
use serde_json::{Value, json};

use crate::{
    arguments::{Arguments, Sides},
    measure::Measured,
};

const MEGABYTE: f64 = 1e6;

const AUTOMATIC: &str = "automatic";
const BY_HAND: &str = "by hand";

/// The head of the table, and what must be known to read it.
pub fn header(arguments: &Arguments) -> String {
    let threads = match (arguments.n_threads, arguments.sides) {
        (1, _) => "1 thread".to_owned(),
        (n, Sides::ByHand) => format!("{n} threads"),
        (n, _) => format!("by hand {n} threads, the engine 1 (it ignores --threads)"),
    };
    format!(
        "{}, {threads}; medians; ours: allocations of a step outside of matrix products\n\
         {:<8} {:<9} {:>11} {:>11} {:>6} {:>11} {:>5} {:>11} {:>9} {:>8}  {}",
        arguments.dtype,
        "workload",
        "side",
        "step µs",
        "loss µs",
        "ratio",
        "compile µs",
        "ours",
        "in products",
        "arena MB",
        "peak MB",
        "loss, first → last",
    )
}

/// A line of the table for each side.
pub fn row(workload: &Workload, arguments: &Arguments, sides: &[Measured]) -> String {
    let lines = sides.iter().zip(names(arguments.sides)).map(|(measured, name)| {
        let Measured { step, forward, n_allocations, losses, .. } = measured;
        let (compile, arena) = match &measured.plan {
            Some(plan) => (format!("{:.0}", plan.compile), megabytes(plan.arena_bytes)),
            None => Default::default(),
        };
        let ratio = match ratio(sides) {
            Some(ratio) if *name == AUTOMATIC => format!("{ratio:.2}"),
            _ => String::new(),
        };
        format!(
            "{:<8} {name:<9} {step:>11.2} {forward:>11.2} {ratio:>6} {compile:>11} {n_allocations:>5} {:>11} \
             {arena:>9} {:>8}  {:.6} → {:.6}",
            workload.name,
            measured.n_allocations_in_products,
            measured.peak_bytes.map(megabytes).unwrap_or_default(),
            losses[0],
            losses[1],
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// All figures in one line of JSON: those of the engine if it was measured; with `--pair` the hand-written step beside.
pub fn json(workload: &Workload, arguments: &Arguments, sides: &[Measured]) -> String {
    let measured = &sides[0];
    let plan = measured.plan.as_ref();
    let mut fields = vec![
        ("workload", json!(workload.name)),
        ("side", json!(names(arguments.sides)[0])),
        ("threads", json!(arguments.n_threads)),
        ("dtype", json!(arguments.dtype.to_string())),
        ("us_per_step_median", json!(measured.step)),
        ("fwd_us", json!(measured.forward)),
        ("compile_us", json!(plan.map(|plan| plan.compile))),
        ("allocs_per_step", json!(measured.n_allocations)),
        ("allocs_in_products", json!(measured.n_allocations_in_products)),
        ("arena_mb", json!(plan.map(|plan| plan.arena_bytes as f64 / MEGABYTE))),
        ("peak_rss_mb", json!(measured.peak_bytes.map(|bytes| bytes as f64 / MEGABYTE))),
        ("loss_first", json!(measured.losses[0])),
        ("loss_last", json!(measured.losses[1])),
    ];
    if let [_, by_hand] = sides {
        fields.push(("manual_us_per_step_median", json!(by_hand.step)));
        fields.push(("manual_fwd_us", json!(by_hand.forward)));
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

fn names(sides: Sides) -> &'static [&'static str] {
    match sides {
        Sides::Automatic => &[AUTOMATIC],
        Sides::ByHand => &[BY_HAND],
        Sides::Both => &[AUTOMATIC, BY_HAND],
    }
}

/// Automatic ÷ manual, if both were measured.
fn ratio(sides: &[Measured]) -> Option<f64> {
    let [automatic, by_hand] = sides else { return None };
    Some(automatic.step / by_hand.step)
}

fn megabytes(bytes: usize) -> String {
    format!("{:.2}", bytes as f64 / MEGABYTE)
}
