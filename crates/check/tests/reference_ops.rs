//! Every operation on the reference's own test inputs: values, first and second derivatives, in double precision by
//! the oracle and by a compiled plan, and in single precision; and what must be rejected.
//!
//! `RETROGRAD_OPS_VECTORS` names a folder of vectors to read instead of the vendored ones. A file that cannot be read, or
//! an operation that is not in the tables, is counted and said; it stops nothing else.

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
    call::{Adapter, Call, Refusal},
    compare,
    data::{self, Source},
    exceptions::Exceptions,
    format::{Argument, Case, Operation},
    record, single,
    tally::{Outcome, Tally},
};
use retrograd_core::{DType, Graph};

/// The outcomes of the cases of an operation.
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
    let (sources, exceptions) = (data::sources(), Exceptions::default());
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let reports = in_parallel(&sources, |source| report(source, &exceptions));
    std::panic::set_hook(hook);
    let mut reports: Vec<_> = reports.into_iter().flatten().collect();
    reports.sort_by(|a, b| a.name.cmp(&b.name));
    // A folder of one's own need not have the points that the tables are of.
    let stale = if data::are_vendored() { exceptions.stale() } else { Vec::new() };
    stale.iter().for_each(|row| println!("a row that decides nothing: {row}"));
    let n_failed = print(&reports);
    assert!(!reports.is_empty(), "there are no vectors to compare with");
    assert!(n_failed == 0 && stale.is_empty(), "{n_failed} failed, {} rows are stale", stale.len());
}

#[test]
fn a_list_of_numbers_picks_rows_and_other_lists_an_index_of_each_axis() {
    let graph = Graph::with_dtype(DType::F64);
    let x = graph.full([5, 5, 5], 1.0);
    let shape = |index: Vec<Argument<_>>| {
        let args = vec![Argument::Tensor(x), Argument::List(index)];
        let call = Call { graph: &graph, args, kwargs: BTreeMap::new() };
        adapter("__getitem__").expect("it is in the table")(&call).map(|y| y[0].shape())
    };
    let [one, two] = [Argument::Int(1), Argument::Int(2)];
    assert_eq!(shape(vec![one.clone(), two.clone()]).ok(), Some([2, 5, 5].into()));
    let all = Argument::Slice([None; 3]);
    assert_eq!(shape(vec![all, one, two]).ok(), Some([5].into()));
}

/// The outcomes of the cases of a source; none if it is of another kind.
fn report(source: &Source, exceptions: &Exceptions) -> Option<Report> {
    match caught(|| data::operation(source)) {
        Ok(operation) => operation.map(|operation| run(&operation, exceptions)),
        Err(how) => {
            let mut report = Report { name: source.name.clone(), ..Report::default() };
            report.double.count("the file", Outcome::Failed(how));
            Some(report)
        }
    }
}

/// The first line of a message; the others say where.
fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().to_owned()
}

/// Prints the counts, and returns how many comparisons failed.
fn print(reports: &[Report]) -> usize {
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
    [double, single, rejected].iter().map(|tally| tally.failures.len()).sum()
}

fn run(operation: &Operation, exceptions: &Exceptions) -> Report {
    let full_name = operation.full_name();
    let mut report = Report {
        name: full_name.clone(),
        category: operation.category.clone(),
        ..Report::default()
    };
    let name = &operation.name;
    let Some(adapter) = adapter(&full_name).or_else(|| adapter(name)) else {
        let unknown = || Outcome::Skipped(format!("{full_name}: no adapter translates it"));
        operation.cases.iter().for_each(|case| report.double.count(&case.id, unknown()));
        operation.cases.iter().for_each(|case| report.single.count(&case.id, unknown()));
        operation.rejected.iter().for_each(|case| report.rejected.count(&case.id, unknown()));
        return report;
    };
    let compared = |outcome: Result<(), String>| match outcome {
        Ok(()) => Outcome::Passed,
        Err(how) => match exceptions.skipped(name, &how) {
            Some(why) => Outcome::Skipped(format!("{name}: {why}")),
            None => Outcome::Failed(first_line(&how)),
        },
    };
    for case in &operation.cases {
        let double = caught(|| in_double(case, adapter, name, exceptions));
        report.double.count(&case.id, compared(double.and_then(|agrees| agrees)));
        let single = caught(|| single::agrees(case, adapter));
        report.single.count(&case.id, compared(single.and_then(|agrees| agrees)));
    }
    for case in &operation.rejected {
        let outcome = caught(|| rejects(case, adapter, name, exceptions));
        report.rejected.count(&case.id, outcome.unwrap_or_else(Outcome::Failed));
    }
    report
}

fn in_double(
    case: &Case,
    adapter: Adapter,
    name: &str,
    exceptions: &Exceptions,
) -> Result<(), String> {
    let graph = Graph::with_dtype(DType::F64);
    let recorded = record::record(&graph, case, adapter).map_err(|refusal| refusal.to_string())?;
    for (way, values) in [("oracle", recorded.by_oracle()), ("plan", recorded.by_plan())] {
        let values = values.map_err(|e| format!("{way}: {e}"))?;
        compare::agrees(&values, case, name, &exceptions.faults)
            .map_err(|how| format!("{way}: {how}"))?;
    }
    Ok(())
}

/// Whether a call that the reference rejects is an error here, when it is recorded or computed.
fn rejects(case: &Case, adapter: Adapter, name: &str, exceptions: &Exceptions) -> Outcome {
    if let Some(why) = exceptions.foreign(case) {
        return Outcome::Skipped(why.to_owned());
    }
    // The core refuses to make a tensor of this shape.
    if case.args.iter().any(|given| matches!(given, Argument::Refused(_))) {
        return Outcome::Passed;
    }
    let graph = Graph::with_dtype(DType::F64);
    let (call, _) = record::call(&graph, case);
    let values: Result<Vec<_>, _> = match adapter(&call) {
        Err(Refusal::Operation(_)) => return Outcome::Passed,
        Err(Refusal::Type(why)) => return Outcome::Skipped(format!("{name}: {why}")),
        Err(Refusal::Argument(why)) => {
            return Outcome::Failed(format!("the adapter does not translate it: {why}"));
        }
        Ok(outputs) => outputs.into_iter().map(|output| output.try_value()).collect(),
    };
    match (values, exceptions.accepted(name, &case.message)) {
        (Err(_), _) => Outcome::Passed,
        (Ok(_), Some(why)) => Outcome::Skipped(format!("{name}: {why}")),
        (Ok(_), None) => Outcome::Failed(format!("it is accepted; reference: {:?}", case.message)),
    }
}

/// The result of `run`, or the message of its panic.
fn caught<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    let message = |panic: Box<dyn Any + Send>| match panic.downcast::<String>() {
        Ok(message) => *message,
        Err(panic) => panic.downcast_ref::<&str>().copied().unwrap_or("no message").to_owned(),
    };
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| format!("panic: {}", message(panic)))
}

/// The results of `run` for each item, in no particular order.
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
