//! Integers that nobody means, and operands that no memory holds, are refused by every function: never a panic, never
//! a shape that is not true.
//!
//! Every argument that is an integer, or has some in it, has a call in the lists; the signatures of the functions say
//! which there are, so that a new function fails this test by name until it has its own.

mod call;
mod derivatives;
mod moving;
mod neural;
mod picking;
mod products;
mod reductions;
mod shapes;
mod windows;

use std::{
    cell::Cell,
    collections::BTreeSet,
    panic::{self, AssertUnwindSafe},
};

use retrograd_core::{
    DType, Expr, Graph, NodeId,
    documented::Documented,
    functions, ops,
    ops::{Binary, COMPOSED, Comparison, Unary},
};

use call::{Call, HOSTILE, Hostile, Kind, Outcome, Sizes, leaves, literals, variations};

/// Types of arguments without a size in them.
const WITHOUT_SIZES: &[&str] = &[
    "Expr<'g>",
    "Option<Expr<'g>>",
    "&[Expr<'g>]",
    "&[Pair<'g>]",
    "f64",
    "bool",
    "&str",
    "PadMode",
    "MatrixNorm",
    "&Norm<'g>",
    "&Attention<'g>",
    "impl RightOperand<'g>",
];

/// Functions that look at elements, or count those of windows, when they are called, which takes long where memory does hold the operands.
const READING: &[&str] = &[
    "masked_select",
    "nonzero",
    "value_and_grad",
    "sparse_jacobian",
    "sparse_hessian",
    "avg_pool1d",
    "avg_pool2d",
];

/// Arguments that name axes: there are at most 33 of them.
const AXES: &[&str] =
    &["axis", "axes", "a", "b", "first", "last", "source", "destination", "x_axes", "y_axes"];

/// Whether operands are computed soon, or not at all.
fn is_short(kinds: &[Kind]) -> bool {
    let n_elements = |sizes: &[usize]| sizes.iter().map(|&size| size as f64).product::<f64>();
    kinds.iter().map(|(_, sizes)| n_elements(sizes)).all(|n| !(1e5..=1e12).contains(&n))
}

fn calls() -> impl Iterator<Item = &'static Call> {
    let lists = [
        moving::CALLS,
        picking::CALLS,
        windows::CALLS,
        reductions::CALLS,
        products::CALLS,
        neural::CALLS,
        derivatives::CALLS,
    ];
    lists.into_iter().flatten()
}

fn all_functions() -> impl Iterator<Item = &'static Documented> {
    let themes = ops::THEMES.iter().chain(functions::THEMES);
    themes.chain(retrograd_core::derivatives::THEMES).flat_map(|theme| theme.functions)
}

#[test]
fn every_function_and_every_argument_with_a_size_is_called() {
    let called: BTreeSet<_> = calls().map(|call| call.name.to_owned()).collect();
    let mut missing = BTreeSet::new();
    for function in all_functions() {
        missing.insert(function.name.to_owned());
        let with_sizes = function.arguments.iter().filter(|(_, of)| !WITHOUT_SIZES.contains(of));
        missing.extend(with_sizes.map(|(argument, _)| format!("{}.{argument}", function.name)));
    }
    missing.retain(|name| !called.contains(name));
    assert!(missing.is_empty(), "{} are never called: {missing:?}", missing.len());
    let known: BTreeSet<_> = all_functions().map(|function| function.name).collect();
    let unknown: Vec<_> = called
        .iter()
        .filter(|name| !known.contains(name.split('.').next().unwrap_or("")))
        .collect();
    assert!(unknown.is_empty(), "there are no such functions: {unknown:?}");
}

thread_local! {
    static IS_EXPECTED: Cell<bool> = const { Cell::new(false) };
}

/// Keeps panics that are caught and reported by the test from being printed, too.
fn quiet_panics() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !IS_EXPECTED.get() {
            report(info);
        }
    }));
}

/// The result of `body`; the message if it panics.
fn caught<T>(body: impl FnOnce() -> T) -> Result<T, String> {
    IS_EXPECTED.set(true);
    let outcome = panic::catch_unwind(AssertUnwindSafe(body));
    IS_EXPECTED.set(false);
    outcome.map_err(|payload| match payload.downcast::<String>() {
        Ok(message) => *message,
        Err(payload) => payload.downcast_ref::<&str>().map_or("?", |text| text).to_owned(),
    })
}

/// Elements of all nodes up to which results are evaluated.
const MOST_EVALUATED: usize = 1 << 14;

/// Records, and checks what is recorded. `Err` says what is wrong; the shape of the first result if there is one.
fn attempt<'g>(graph: &'g Graph, record: impl FnOnce() -> Outcome<'g>) -> Result<Sizes, String> {
    let results = match caught(record).map_err(|message| format!("panics: {message}"))? {
        Ok(results) => results,
        Err(error) => {
            let message = error.to_string();
            return match message.len() {
                0..=4000 => Ok(None),
                n => Err(format!("a message of {n} bytes")),
            };
        }
    };
    if let Some(lie) = shapes::first_lie(graph) {
        return Err(lie);
    }
    let mut sizes = (0..graph.len()).map(|k| graph.node(NodeId::new(k)).shape.n_elements());
    if sizes
        .try_fold(0, |sum: usize, n| sum.checked_add(n).filter(|&n| n < MOST_EVALUATED))
        .is_some()
    {
        for result in &results {
            caught(|| result.try_value())
                .map_err(|message| format!("its value panics: {message}"))?
                .ok();
        }
    }
    Ok(results.first().map(|first| first.shape().iter().map(|&size| size as i128).collect()))
}

/// Both ways to make operands of some kinds.
const OPERANDS: [MakeOperands; 2] = [leaves, literals];

type MakeOperands = for<'g> fn(&'g Graph, &[Kind]) -> Vec<Expr<'g>>;

/// Fails for a call whose argument is an axis that does not exist, and yet recorded.
fn is_axis_beyond(call: &Call, n: Hostile) -> bool {
    let argument = call.name.split_once('.').map_or("", |(_, argument)| argument);
    AXES.contains(&argument) && !(-33..=33).contains(&n.wide_offset())
}

#[test]
fn hostile_integers_are_refused_or_give_true_shapes() {
    quiet_panics();
    let (mut failures, mut n_calls) = (Vec::new(), 0);
    for call in calls() {
        for (&n, operands) in HOSTILE.iter().flat_map(|n| OPERANDS.map(|operands| (n, operands))) {
            let graph = Graph::with_dtype(DType::F64);
            let x = operands(&graph, &call.kinds());
            n_calls += 1;
            let problem = match (attempt(&graph, || (call.record)(&x, n)), call.shape) {
                (Err(problem), _) => problem,
                (Ok(Some(shape)), _) if is_axis_beyond(call, n) => format!("is {shape:?}"),
                (Ok(found), Some(shape)) if !agrees(&found, &shape(n)) => {
                    format!("is {found:?}, not {:?}", shape(n))
                }
                _ => continue,
            };
            failures.push(format!("{} with {}, or {}: {problem}", call.name, n.0, n.offset()));
        }
    }
    assert!(failures.is_empty(), "{} of {n_calls}:\n{}", failures.len(), failures.join("\n"));
}

/// Whether what was recorded is what there is: a shape that a small tensor has must not be refused.
fn agrees(found: &Sizes, right: &Sizes) -> bool {
    match (found, right) {
        (Some(found), right) => Some(found) == right.as_ref(),
        (None, Some(right)) => right.iter().map(|&size| size as f64).product::<f64>() > 1e6,
        (None, None) => true,
    }
}

#[test]
fn hostile_operands_are_refused_or_give_true_shapes() {
    quiet_panics();
    let (mut failures, mut n_calls, mut n_refused) = (Vec::new(), 0, 0);
    for call in calls() {
        let reads = READING.contains(&call.name);
        for kinds in variations(&call.kinds()).into_iter().filter(|kinds| !reads || is_short(kinds))
        {
            for operands in OPERANDS {
                let graph = Graph::with_dtype(DType::F64);
                let x = operands(&graph, &kinds);
                n_calls += 1;
                match attempt(&graph, || (call.record)(&x, Hostile(1))) {
                    Ok(recorded) => n_refused += usize::from(recorded.is_none()),
                    Err(problem) => failures.push(format!("{} of {kinds:?}: {problem}", call.name)),
                }
            }
        }
    }
    assert!(n_refused > 1000, "only {n_refused} of {n_calls} were refused");
    assert!(failures.is_empty(), "{} of {n_calls}:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn rows_of_the_tables_refuse_what_no_memory_holds() {
    quiet_panics();
    let mut failures = Vec::new();
    let many: Kind = (DType::F64, vec![1 << 32, 1]);
    let others: Kind = (DType::F64, vec![1 << 32]);
    for operands in OPERANDS {
        let mut check = |name: &str, record: &dyn for<'g> Fn(&[Expr<'g>]) -> Outcome<'g>| {
            let graph = Graph::with_dtype(DType::F64);
            let x = operands(&graph, &[many.clone(), others.clone()]);
            if let Err(problem) = attempt(&graph, || record(&x)) {
                failures.push(format!("{name}: {problem}"));
            }
        };
        for &row in Unary::ALL {
            check(row.name(), &|x| x[0].try_apply_unary(row).map(|y| vec![y]));
        }
        for &row in Binary::ALL {
            check(row.name(), &|x| x[0].try_apply_binary(row, x[1]).map(|y| vec![y]));
        }
        for &row in Comparison::ALL {
            check(row.name(), &|x| x[0].try_apply_comparison(row, x[1]).map(|y| vec![y]));
        }
        for row in COMPOSED {
            for call in row.calls {
                check(row.name, &|x| (call.try_expr)(x[0], x[1]).map(|y| vec![y]));
            }
        }
    }
    assert!(failures.is_empty(), "{}:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn graphs_refuse_leaves_that_no_memory_holds() {
    quiet_panics();
    let mut failures = Vec::new();
    for &n in HOSTILE {
        let graph = Graph::with_dtype(DType::F64);
        let tried = [
            attempt(&graph, || graph.try_arange(n.size()).map(|x| vec![x])),
            attempt(&graph, || graph.try_full([n.size()], 1.0).map(|x| vec![x])),
            attempt(&graph, || graph.try_full([n.size(), n.size()], 1.0).map(|x| vec![x])),
            attempt(&graph, || graph.try_full([0, n.size(), n.size()], 1.0).map(|x| vec![x])),
        ];
        failures.extend(tried.into_iter().filter_map(Result::err));
    }
    assert!(failures.is_empty(), "{}:\n{}", failures.len(), failures.join("\n"));
}
