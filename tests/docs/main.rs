//! `docs/ops.md` says what is written beside the rows, and what they record: `UPDATE_GOLDEN=1` writes it again.

mod facts;
mod page;
mod recorded;

use std::{collections::BTreeSet, fs, path::Path};

use facts::Facts;
use retrograd::{
    derivatives,
    documented::{Documented, Theme},
    functions, layers,
    ops::{self, Binary, COMPOSED, Comparison, Unary},
};

const COMMAND: &str = "UPDATE_GOLDEN=1 cargo test --test docs";

#[test]
fn the_page_on_operations_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ops.md");
    let page = page::render();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        retrograd_files::write(&path, page.as_bytes()).expect("the page can be written");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    let changed = page.lines().zip(kept.lines()).position(|(new, old)| new != old);
    let line = changed.unwrap_or(page.lines().count().min(kept.lines().count())) + 1;
    assert!(page == kept, "docs/ops.md is stale from line {line}: write it again by `{COMMAND}`");
}

/// All functions that are rows of `functions!`, by theme.
fn themes() -> impl Iterator<Item = &'static Theme> + Clone {
    ops::THEMES.iter().chain(functions::THEMES)
}

#[test]
fn every_row_tells_its_source_and_what_is_no_elementwise_row_its_shapes() {
    let unary = Unary::ALL.iter().map(|row| (row.name(), row.doc()));
    let binary = Binary::ALL.iter().map(|row| (row.name(), row.doc()));
    let comparisons = Comparison::ALL.iter().map(|row| (row.name(), row.doc()));
    let composed = COMPOSED.iter().map(|row| (row.name, row.doc));
    let other = themes().flat_map(|theme| theme.functions).chain(layers::loss::LOSSES);
    let other = other.map(|&Documented { name, doc, .. }| (name, doc));
    let mut missing = Vec::new();
    for (name, doc) in unary.chain(binary).chain(comparisons).chain(composed).chain(other.clone()) {
        if Facts::of(doc).source.is_empty() {
            missing.push(format!("{name}: a source"));
        }
    }
    for (name, doc) in other {
        if Facts::of(doc).shapes.is_empty() {
            missing.push(format!("{name}: shapes"));
        }
    }
    assert!(missing.is_empty(), "documentation lacks {missing:#?}");
}

#[test]
fn the_page_on_derivatives_names_every_function_that_records_them() {
    let page = include_str!("../../docs/derivatives.md");
    let functions = derivatives::THEMES.iter().flat_map(|theme| theme.functions);
    let names = functions.map(|function| function.name);
    let missing: Vec<_> = names.filter(|name| !page.contains(&format!("{name}("))).collect();
    assert!(missing.is_empty(), "docs/derivatives.md does not tell of {missing:?}");
}

#[test]
fn every_elementwise_primitive_tells_its_derivative() {
    for row in Unary::ALL {
        assert!(
            Facts::of(row.doc()).derivative.contains("`y' = "),
            "{} has no `y' = …`",
            row.name()
        );
    }
    for row in Binary::ALL {
        let rule = Facts::of(row.doc()).derivative;
        assert!(!rule.is_empty(), "{} says nothing of its derivatives", row.name());
    }
}

#[test]
fn every_function_is_called_in_a_case_of_the_gradient_checks() {
    let calls = recorded::calls();
    // A function that gives a constant has nothing to differentiate.
    let is_constant = |name: &str| name == "nonzero";
    let functions = themes().flat_map(|theme| theme.functions).map(|function| function.name);
    let missing: Vec<_> =
        functions.filter(|name| !calls.contains_key(*name) && !is_constant(name)).collect();
    assert!(missing.is_empty(), "no case of `retrograd_check::cases` calls {missing:?}");
}

/// Public methods that are written outside of the macros, in files of operations and functions, and give expressions.
fn methods_outside_of_rows() -> BTreeSet<String> {
    let core = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/core/src");
    let mut folders = vec![core.join("graph/ops"), core.join("functions")];
    let mut methods = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the folder is there") {
            let path = entry.expect("the entry can be read").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let source = fs::read_to_string(path).expect("sources are text");
            let mut in_methods = false;
            for line in source.lines() {
                if line.starts_with("impl") {
                    in_methods = line.contains(" Expr<") || line.contains(" Graph ");
                }
                let name =
                    line.strip_prefix("    pub fn ").and_then(|rest| rest.split(['(', '<']).next());
                methods.extend(name.filter(|_| in_methods).map(str::to_owned));
            }
        }
    }
    methods
}

#[test]
fn a_method_that_is_no_row_records_one_operation_and_nothing_else() {
    let calls = recorded::calls();
    for method in methods_outside_of_rows() {
        // These record the row that they are given.
        let applies_a_row = method.starts_with("apply_") || method.starts_with("try_apply_");
        // The form that returns what is wrong records what the other one does.
        let is_primitive = calls
            .get(method.strip_prefix("try_").unwrap_or(&method))
            .is_some_and(|calls| calls.iter().all(|operations| operations.len() <= 1));
        assert!(applies_a_row || is_primitive, "`{method}` is no row: write it in `functions!`");
    }
}
