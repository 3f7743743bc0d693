//! Holds the sources to the house's rules, so that no one has to hold them by eye: budgets, names, words, imports.

mod rooms;
mod source;
mod words;

use std::collections::BTreeMap;

use source::{Place, Source, sources};

/// Most lines of a source file. A file that reaches it lacks an idea that would divide it.
const LINES_OF_FILE: usize = 400;

/// Most lines of a function.
const LINES_OF_FUNCTION: usize = 80;

/// Most lines of nearly all functions, and the share of functions that this is.
const LINES_OF_MOST_FUNCTIONS: (usize, f64) = (40, 0.99);

/// Most macros by example in all crates.
const MACROS: usize = 41;

/// Fails with one line for each violation of a rule.
#[track_caller]
fn check(rule: &str, violations: Vec<String>) {
    assert!(violations.is_empty(), "{rule}\n{}", violations.join("\n"));
}

#[test]
fn files_keep_to_their_budget() {
    let long = |source: &Source| {
        let n = source.text.lines().count();
        (n > LINES_OF_FILE).then(|| format!("{}: {n} lines", source.path))
    };
    let violations = sources().iter().filter_map(long).collect();
    check(&format!("a file has at most {LINES_OF_FILE} lines"), violations);
}

#[test]
fn functions_keep_to_their_budget() {
    let sources = sources();
    let functions = || sources.iter().flat_map(|source| &source.functions);
    let long = functions().filter(|function| function.n_lines > LINES_OF_FUNCTION);
    let violations = long.map(|function| format!("{}: {} lines", function.place, function.n_lines));
    check(&format!("a function has at most {LINES_OF_FUNCTION} lines"), violations.collect());

    let (n_lines, share) = LINES_OF_MOST_FUNCTIONS;
    let longer: Vec<_> = functions().filter(|function| function.n_lines > n_lines).collect();
    let n_allowed = functions().count() as f64 * (1.0 - share);
    assert!(
        longer.len() as f64 <= n_allowed,
        "{} functions have more than {n_lines} lines, {n_allowed:.0} may have:\n{}",
        longer.len(),
        longer.iter().map(|function| function.place.to_string()).collect::<Vec<_>>().join("\n")
    );
}

#[test]
fn type_names_are_unique_in_the_workspace() {
    let mut places: BTreeMap<String, Vec<Place>> = BTreeMap::new();
    for source in sources().iter().filter(|source| source.is_of_crate()) {
        for (name, place) in &source.types {
            places.entry(name.clone()).or_default().push(place.clone());
        }
    }
    // Each crate has one error type.
    places.remove("Error");
    let twice = places.iter().filter(|(_, places)| places.len() > 1);
    let violations = twice.map(|(name, places)| {
        let places: Vec<_> = places.iter().map(Place::to_string).collect();
        format!("{name}: {}", places.join(", "))
    });
    check("a type name is defined once", violations.collect());
}

#[test]
fn macros_are_few() {
    let n: usize = sources().iter().filter(|s| s.is_of_crate()).map(|source| source.n_macros).sum();
    assert!(n < MACROS, "{n} macros in the crates, which should be fewer than {MACROS}");
}
