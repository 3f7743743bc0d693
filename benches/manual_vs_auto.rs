//! Hand-written against automatic gradients, side by side: `cargo bench --bench manual_vs_auto`.
//!
//! After the measurements, the table of ratios is printed and kept in `benches/results/manual_vs_auto.md`.

use std::{error::Error, fmt::Write, path::Path, time::Duration};

use criterion::{BenchmarkId, Criterion};
use retrograd_benches::{Kind, Problem, engine::Compiled, manual::manual};

/// What is measured of each model, in this order.
const SIDES: [&str; 4] = ["forward_manual", "forward_auto", "gradient_manual", "gradient_auto"];

fn main() -> Result<(), Box<dyn Error>> {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .without_plots()
        .configure_from_args();
    for kind in Kind::ALL {
        let problem = Problem::new(kind);
        check_that_both_agree(&problem)?;
        measure(&mut criterion, &problem)?;
    }
    criterion.final_summary();
    let Some(table) = table()? else { return Ok(()) };
    println!("\n{table}");
    std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("results/manual_vs_auto.md"), table)?;
    Ok(())
}

/// A comparison is worth nothing unless both sides compute the same.
fn check_that_both_agree(problem: &Problem) -> Result<(), Box<dyn Error>> {
    let (mut by_hand, mut compiled) = (manual(problem), Compiled::gradient(problem)?);
    let (expected, loss) = (by_hand.gradient(problem), compiled.run(problem));
    assert!(
        (loss - expected).abs() <= 1e-4 * expected.abs(),
        "{}: {loss} ≠ {expected}",
        problem.kind.name()
    );
    for (k, gradient) in by_hand.gradients().into_iter().enumerate() {
        let ours = compiled.output(k + 1);
        let largest = gradient.iter().fold(0.0f32, |largest, x| largest.max(x.abs()));
        let error =
            ours.iter().zip(gradient).fold(0.0f32, |error, (a, b)| error.max((a - b).abs()));
        assert!(error <= 1e-4 * largest, "{}: gradient {k} is off by {error}", problem.kind.name());
    }
    Ok(())
}

fn measure(criterion: &mut Criterion, problem: &Problem) -> Result<(), Box<dyn Error>> {
    let mut by_hand = manual(problem);
    let (mut forward, mut gradient) = (Compiled::forward(problem)?, Compiled::gradient(problem)?);
    let mut group = criterion.benchmark_group(problem.kind.name());
    let [a, b, c, d] = SIDES.map(BenchmarkId::from_parameter);
    group.bench_function(a, |bencher| bencher.iter(|| by_hand.forward(problem)));
    group.bench_function(b, |bencher| bencher.iter(|| forward.run(problem)));
    group.bench_function(c, |bencher| bencher.iter(|| by_hand.gradient(problem)));
    group.bench_function(d, |bencher| bencher.iter(|| gradient.run(problem)));
    group.finish();
    Ok(())
}

/// The table of medians and ratios; `None` where something was left out of the run.
fn table() -> Result<Option<String>, Box<dyn Error>> {
    let mut table = String::from(
        "| model | batch, widths | forward, by hand | forward, auto | gradient, by hand | gradient, auto \
         | auto ÷ manual | gradient ÷ forward (manual) | gradient ÷ forward (auto) |\n|---|---|---|---|---|---|---|---|---|\n",
    );
    for kind in Kind::ALL {
        let mut medians = [0.0; 4];
        for (median, side) in medians.iter_mut().zip(SIDES) {
            let Some(measured) = median_in_microseconds(kind, side)? else { return Ok(None) };
            *median = measured;
        }
        let [forward_manual, forward_auto, manual, auto] = medians;
        let (n, widths) = kind.sizes();
        write!(table, "| {} | {n}, {widths:?} ", kind.name())?;
        medians.iter().try_for_each(|median| write!(table, "| {median:.1} µs "))?;
        let ratios = [auto / manual, manual / forward_manual, auto / forward_auto];
        ratios.iter().try_for_each(|ratio| write!(table, "| {ratio:.2} "))?;
        table.push_str("|\n");
    }
    let processor = processor();
    write!(
        table,
        "\nMedians of `cargo bench --bench manual_vs_auto`, f32, one thread, on {processor}.\n"
    )?;
    Ok(Some(table))
}

/// The name of this machine's processor, where the system tells it.
fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("model name"));
    name.map_or("an unknown processor", |name| name.trim_start_matches([' ', '\t', ':'])).to_owned()
}

/// The median that criterion has estimated in this run.
fn median_in_microseconds(kind: Kind, side: &str) -> Result<Option<f64>, Box<dyn Error>> {
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the benches lie in the workspace");
    let path =
        root.join(target).join("criterion").join(kind.name()).join(side).join("new/estimates.json");
    let Ok(text) = std::fs::read_to_string(path) else { return Ok(None) };
    let estimates: serde_json::Value = serde_json::from_str(&text)?;
    Ok(estimates["median"]["point_estimate"].as_f64().map(|nanoseconds| nanoseconds / 1e3))
}
