//! Every operation on the reference's own test inputs: values, first and second derivatives, in double precision by
//! the oracle and by a compiled plan, and in single precision; and what must be rejected.
//!
//! `RETROGRAD_OPS_VECTORS` names a folder of vectors to read instead of the vendored ones.

mod reference;

use std::{
    any::Any,
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use reference::{
    adapters::adapter,
    call::{Adapter, Refusal},
    compare, data, exceptions,
    format::{Argument, Case, Operation},
    open, record, single,
    tally::{Outcome, Tally},
};
use retrograd_core::{DType, Graph};

/// What became of the cases of an operation.
#[derive(Default)]
struct Report {
    name: String,
    category: String,
    double: Tally,
    single: Tally,
    rejected: Tally,
}

#[test]
fn operations_agree_with_the_reference() {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let reports = in_parallel(&data::texts(), |text| data::operation(text).map(|op| run(&op)));
    std::panic::set_hook(hook);
    let mut reports: Vec<_> = reports.into_iter().flatten().collect();
    reports.sort_by(|a, b| a.name.cmp(&b.name));
    print(&reports);
    let is_new = |name: &str, failure: &&String| !open::is_known_case(name, failure);
    let new: Vec<_> = reports
        .iter()
        .flat_map(|report| {
            let failures = [&report.double, &report.single, &report.rejected];
            let failures = failures.into_iter().flat_map(|tally| &tally.failures);
            failures.filter(|failure| is_new(&report.name, failure)).map(|how| (&report.name, how))
        })
        .collect();
    assert!(new.is_empty(), "comparisons with the reference fail that did not before: {new:#?}");
}

/// The first line of a message; the others say where.
fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().to_owned()
}

/// Prints the counts.
fn print(reports: &[Report]) {
    let (mut double, mut single, mut rejected) = Default::default();
    let mut categories: BTreeMap<&str, Tally> = BTreeMap::new();
    for report in reports {
        println!("{}: {}", report.name, report.double);
        for (kind, tally, sum) in [
            ("", &report.double, &mut double),
            ("f32 ", &report.single, &mut single),
            ("rejected ", &report.rejected, &mut rejected),
        ] {
            let sum: &mut Tally = sum;
            *sum += tally;
            tally.failures.iter().for_each(|failure| println!("    {kind}{failure}"));
        }
        *categories.entry(&report.category).or_default() += &report.double;
    }
    for (kind, tally) in [("cases", &double), ("f32", &single), ("rejected", &rejected)] {
        for (why, n) in &tally.skipped {
            println!("skipped, {kind}: {n} because: {why}");
        }
    }
    for (category, tally) in &categories {
        println!("{category}: {tally}");
    }
    println!("reference ops in f32: {single}");
    println!("reference ops, inputs to be rejected: {rejected}");
    println!("reference ops: {double}");
}

fn run(operation: &Operation) -> Report {
    let full_name = operation.full_name();
    let mut report = Report {
        name: full_name.clone(),
        category: operation.category.clone(),
        ..Report::default()
    };
    let name = &operation.name;
    let Some(adapter) = adapter(&full_name).or_else(|| adapter(name)) else {
        let unknown = || Outcome::Skipped(format!("{full_name}: there is no such operation"));
        operation.cases.iter().for_each(|case| report.double.count(&case.id, unknown()));
        operation.cases.iter().for_each(|case| report.single.count(&case.id, unknown()));
        operation.rejected.iter().for_each(|case| report.rejected.count(&case.id, unknown()));
        return report;
    };
    for case in &operation.cases {
        let double = caught(|| in_double(case, adapter, name));
        report.double.count(&case.id, known(name, double));
        let single =
            caught(|| single::agrees(case, adapter).map_err(|how| first_line(&how)).into());
        report.single.count(&case.id, known(name, single));
    }
    for case in &operation.rejected {
        let outcome = caught(|| rejects(case, adapter, &operation.name));
        report.rejected.count(&case.id, outcome);
    }
    report
}

fn in_double(case: &Case, adapter: Adapter, name: &str) -> Outcome {
    let graph = Graph::with_dtype(DType::F64);
    let recorded = match record::record(&graph, case, adapter) {
        Ok(recorded) => recorded,
        Err(refusal) => return Outcome::Failed(first_line(&refusal.to_string())),
    };
    for (way, values) in [("oracle", recorded.by_oracle()), ("plan", recorded.by_plan())] {
        let agreement = values.map_err(|e| first_line(&e.to_string()));
        if let Err(how) = agreement.and_then(|values| compare::agrees(&values, case, name)) {
            return Outcome::Failed(format!("{way}: {how}"));
        }
    }
    Outcome::Passed
}

/// An outcome, which is no failure if it is known that the call cannot be compared.
fn known(name: &str, outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Failed(how) => match exceptions::skipped(name, &how) {
            Some(why) => Outcome::Skipped(format!("{name}: {why}")),
            None => Outcome::Failed(how),
        },
        Outcome::Passed | Outcome::Skipped(_) => outcome,
    }
}

/// Whether a call that the reference rejects is an error here, when it is recorded or computed.
fn rejects(case: &Case, adapter: Adapter, name: &str) -> Outcome {
    if let Some(foreign) = exceptions::FOREIGN.iter().find(|name| case.kwargs.contains_key(**name))
    {
        return Outcome::Skipped(format!(
            "{name}: only the reference has the argument `{foreign}`"
        ));
    }
    let is_number = |given: &Argument<_>| matches!(given, Argument::Int(_) | Argument::Float(_));
    if case.args.iter().all(is_number) {
        return Outcome::Skipped(format!("{name}: a call with numbers only has no graph"));
    }
    let graph = Graph::with_dtype(DType::F64);
    let (call, _) = record::call(&graph, case);
    let values = match adapter(&call) {
        Err(Refusal::Operation(_)) => return Outcome::Passed,
        Err(Refusal::Argument(why)) => {
            return Outcome::Skipped(format!("{name}: it cannot be written: {why}"));
        }
        Ok(outputs) => outputs.into_iter().map(|output| output.try_value()).collect(),
    };
    let values: Result<Vec<_>, _> = values;
    match (values, exceptions::accepted(name, &case.message)) {
        (Err(_), _) => Outcome::Passed,
        (Ok(_), Some(why)) => Outcome::Skipped(format!("{name}: {why}")),
        (Ok(_), None) => Outcome::Failed(format!("it is accepted; reference: {:?}", case.message)),
    }
}

/// The outcome of `run`; a panic is a failure.
fn caught(run: impl FnOnce() -> Outcome) -> Outcome {
    let message = |panic: Box<dyn Any + Send>| match panic.downcast::<String>() {
        Ok(message) => *message,
        Err(panic) => panic.downcast_ref::<&str>().copied().unwrap_or("no message").to_owned(),
    };
    let run = catch_unwind(AssertUnwindSafe(run));
    run.unwrap_or_else(|panic| Outcome::Failed(format!("panic: {}", message(panic))))
}

/// What `run` makes of each item, in no particular order.
fn in_parallel<T: Sync, R: Send>(items: &[T], run: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let work = || {
        let taken = std::iter::from_fn(|| items.get(next.fetch_add(1, Ordering::Relaxed)));
        taken.map(&run).collect::<Vec<_>>()
    };
    let n_threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..n_threads).map(|_| scope.spawn(work)).collect();
        let results = threads.into_iter().map(|thread| thread.join().expect("panics are caught"));
        results.flatten().collect()
    })
}
