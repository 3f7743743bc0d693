//! Errors about inputs that do not fit: at the user's line, of a function, about an operand.
//!
//! The cases of all operations and functions are recorded once more, of integers, truth values, single precision, and
//! shapes that they were not written for. What is recorded all the same is right; what is refused must be refused by a
//! check of the functions' own, not by an index out of bounds somewhere inside.

use std::{
    cell::{Cell, RefCell},
    panic::{self, AssertUnwindSafe},
};

use retrograd_check::cases::{self, Case};
use retrograd_core::{
    DType, Expr, Graph, Shape, Tensor, derivatives, functions,
    ops::{self, Binary, COMPOSED, Comparison, Unary},
};

thread_local! {
    static IS_EXPECTED: Cell<bool> = const { Cell::new(false) };
    static FILE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Notes where expected panics come from; others are reported as ever.
fn watch_panics() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |info| match info.location() {
        Some(place) if IS_EXPECTED.get() => FILE.set(place.file().to_owned()),
        _ => report(info),
    }));
}

/// Records a case of other inputs; `Err` with the file and the message if that panics.
fn record(case: &Case, inputs: &[Tensor]) -> Result<(), (String, String)> {
    let graph = Graph::with_dtype(DType::F64);
    let named = inputs.iter().enumerate();
    let x: Vec<Expr<'_>> =
        named.map(|(k, data)| graph.input_with(&format!("x{k}"), data)).collect();
    IS_EXPECTED.set(true);
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| case.record(&x).id()));
    IS_EXPECTED.set(false);
    outcome.map(|_| ()).map_err(|payload| {
        let message = match payload.downcast::<String>() {
            Ok(message) => *message,
            Err(payload) => payload.downcast_ref::<&str>().map_or("?", |text| text).to_owned(),
        };
        (FILE.take(), message)
    })
}

/// Data of other dtypes and shapes in place of `x`.
fn others(x: &Tensor) -> Vec<Tensor> {
    let sizes = x.shape().to_vec();
    let mut shapes =
        vec![vec![], vec![2], [&[1][..], &sizes].concat(), [&sizes[..], &[2]].concat()];
    shapes.extend(sizes.split_last().map(|(_, others)| others.to_vec()));
    for axis in 0..sizes.len() {
        for size in [0, 1, sizes[axis] + 1] {
            let mut sizes = sizes.clone();
            sizes[axis] = size;
            shapes.push(sizes);
        }
    }
    let of_shape = |sizes: Vec<usize>| Tensor::zeros(x.dtype(), Shape::from(&sizes[..]));
    let of_dtype = |dtype: DType| Tensor::zeros(dtype, x.shape());
    let dtypes = [DType::F32, DType::F64, DType::I64, DType::Bool].map(of_dtype);
    shapes.into_iter().map(of_shape).chain(dtypes).collect()
}

/// Whether a message begins with the name of a function that users can call, as in
/// ``sum_over: `x` [2]: axis 1 does not exist``.
fn is_of_a_function(message: &str) -> bool {
    let Some((name, _)) = message.split_once(": ") else { return false };
    let themes = ops::THEMES.iter().chain(functions::THEMES).chain(derivatives::THEMES);
    themes.flat_map(|theme| theme.functions).any(|function| function.name == name)
        || Unary::ALL.iter().any(|row| row.name() == name)
        || Binary::ALL.iter().any(|row| row.name() == name)
        || Comparison::ALL.iter().any(|row| row.name() == name)
        || COMPOSED.iter().any(|row| row.name == name)
        // The operation of a user's own among the cases.
        || name == "product"
}

/// Whether a file stands for the user's: that of the cases, or the table of composed functions, which has its own.
fn is_users_line(file: &str) -> bool {
    file.contains("cases") || file.ends_with("composed.rs")
}

#[test]
fn inputs_that_do_not_fit_are_refused_in_the_users_terms() {
    watch_panics();
    let mut failures = Vec::new();
    let mut n_refused = 0;
    for case in cases::all() {
        for k in 0..case.inputs.len() {
            for other in others(&case.inputs[k]) {
                let mut inputs = case.inputs.clone();
                let kind = format!("{} {}", other.dtype(), other.shape());
                inputs[k] = other;
                let Err((file, message)) = record(&case, &inputs) else { continue };
                n_refused += 1;
                if !is_users_line(&file) || !is_of_a_function(&message) {
                    failures.push(format!("{} with x{k} {kind}: {file}: {message}", case.name));
                }
            }
        }
    }
    assert!(n_refused > 1000, "only {n_refused} were refused");
    assert!(failures.is_empty(), "{} of {n_refused}:\n{}", failures.len(), failures.join("\n"));
}
