//! Hand-written against automatic gradients, side by side: `cargo bench --bench manual_vs_auto`.
//!
//! After the measurements, the table of ratios is printed and kept in `benches/results/manual_vs_auto.md`.

use std::{error::Error, fmt::Write, path::Path, time::Duration};

use criterion::{BenchmarkId, Criterion};
use retrograd::DType;
use retrograd_benches::{Problem, Task, Workload, automatic::Automatic};

/// The models: names in the table, and the workloads that they are.
const MODELS: [(&str, &str); 3] =
    [("linear_regression", "W1"), ("logistic_regression", "W2"), ("mlp", "W3")];

/// The measurements of each model, in this order.
const SIDES: [&str; 4] = ["forward_manual", "forward_auto", "gradient_manual", "gradient_auto"];

fn main() -> Result<(), Box<dyn Error>> {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .without_plots()
        .configure_from_args();
    for (model, workload) in MODELS {
        let problem = Problem::new(find(workload), DType::F32, 1);
        check_that_both_agree(model, &problem)?;
        measure(&mut criterion, model, &problem)?;
    }
    criterion.final_summary();
    let Some(table) = table()? else { return Ok(()) };
    println!("\n{table}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("results/manual_vs_auto.md");
    Ok(retrograd_files::write(path, table.as_bytes())?)
}

fn find(workload: &str) -> &'static Workload {
    Workload::find(workload).expect("the models are workloads")
}

/// A comparison is worth nothing unless both sides compute the same.
fn check_that_both_agree(model: &str, problem: &Problem) -> Result<(), Box<dyn Error>> {
    let (mut by_hand, mut engine) = (problem.by_hand(), Automatic::new(problem, Task::Gradient)?);
    let (expected, loss) = (by_hand.run(Task::Gradient), engine.run());
    assert!((loss - expected).abs() <= 1e-4 * expected.abs(), "{model}: {loss} ≠ {expected}");
    for (k, (ours, expected)) in engine.gradients().iter().zip(by_hand.gradients()).enumerate() {
        let (ours, expected) = (ours.to_vec::<f64>(), expected.to_vec::<f64>());
        let largest = expected.iter().fold(0.0f64, |largest, x| largest.max(x.abs()));
        let errors = ours.iter().zip(&expected).map(|(a, b)| (a - b).abs());
        let error = errors.fold(0.0, f64::max);
        assert!(error <= 1e-4 * largest, "{model}: gradient {k} is off by {error}");
    }
    Ok(())
}

fn measure(
    criterion: &mut Criterion,
    model: &str,
    problem: &Problem,
) -> Result<(), Box<dyn Error>> {
    let mut by_hand = problem.by_hand();
    let [mut forward, mut gradient] =
        [Automatic::new(problem, Task::Forward)?, Automatic::new(problem, Task::Gradient)?];
    let mut group = criterion.benchmark_group(model);
    let [a, b, c, d] = SIDES.map(BenchmarkId::from_parameter);
    group.bench_function(a, |bencher| bencher.iter(|| by_hand.run(Task::Forward)));
    group.bench_function(b, |bencher| bencher.iter(|| forward.run()));
    group.bench_function(c, |bencher| bencher.iter(|| by_hand.run(Task::Gradient)));
    group.bench_function(d, |bencher| bencher.iter(|| gradient.run()));
    group.finish();
    Ok(())
}

/// The table of medians and ratios; `None` where something was left out of the run.
fn table() -> Result<Option<String>, Box<dyn Error>> {
    let mut table = String::from(
        "| model | batch, widths | forward, by hand | forward, auto | gradient, by hand | gradient, auto \
         | auto ÷ manual | gradient ÷ forward (manual) | gradient ÷ forward (auto) |\n|---|---|---|---|---|---|---|---|---|\n",
    );
    for (model, workload) in MODELS {
        let mut medians = [0.0; 4];
        for (median, side) in medians.iter_mut().zip(SIDES) {
            let Some(measured) = median_in_microseconds(model, side)? else { return Ok(None) };
            *median = measured;
        }
        let [forward_manual, forward_auto, manual, auto] = medians;
        let Workload { n, widths, .. } = find(workload);
        write!(table, "| {model} | {n}, {widths:?} ")?;
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
fn median_in_microseconds(model: &str, side: &str) -> Result<Option<f64>, Box<dyn Error>> {
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the benches lie in the workspace");
    let path =
        root.join(target).join("criterion").join(model).join(side).join("new/estimates.json");
    let Ok(text) = std::fs::read_to_string(path) else { return Ok(None) };
    let estimates: serde_json::Value = serde_json::from_str(&text)?;
    Ok(estimates["median"]["point_estimate"].as_f64().map(|nanoseconds| nanoseconds / 1e3))
}
