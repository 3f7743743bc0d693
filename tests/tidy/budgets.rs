//! Budgets of lines and macros.

use crate::{check, source::sources};

/// Lines that nearly all of some things keep to, and that none exceeds.
struct Budget {
    what: &'static str,
    usual: usize,
    most: usize,
    remedy: &'static str,
}

/// The share of things that keep to the usual budget.
const SHARE: f64 = 0.99;

const FILES: Budget =
    Budget { what: "file", usual: 400, most: 600, remedy: "find the idea that divides the file" };

const FUNCTIONS: Budget = Budget {
    what: "function",
    usual: 40,
    most: 80,
    remedy: "give a step of the function a name, or make a table a constant",
};

/// Most macros by example in all crates.
const MOST_MACROS: usize = 40;

impl Budget {
    /// Checks things, each with its place and its lines.
    #[track_caller]
    fn check(&self, things: impl Iterator<Item = (String, usize)>) {
        let Self { what, usual, most, remedy } = self;
        let things: Vec<_> = things.collect();
        let longer_than = |budget: usize| {
            let longer = things.iter().filter(|(_, n)| *n > budget);
            longer.map(|(place, n)| format!("{place}: {n} lines")).collect::<Vec<_>>()
        };
        check(&format!("a {what} has at most {most} lines"), remedy, longer_than(*most));
        let long = longer_than(*usual);
        let is_rare = long.len() as f64 <= things.len() as f64 * (1.0 - SHARE);
        let percent = SHARE * 100.0;
        let rule = format!("{percent} % of the {what}s have at most {usual} lines");
        check(&rule, remedy, if is_rare { vec![] } else { long });
    }
}

#[test]
fn files_keep_to_their_budget() {
    FILES.check(sources().iter().map(|source| (source.place(1), source.text.lines().count())));
}

#[test]
fn functions_keep_to_their_budget() {
    let functions = sources().iter().flat_map(|source| {
        source.functions.iter().map(|function| (source.place(function.line), function.n_lines))
    });
    FUNCTIONS.check(functions);
}

#[test]
fn macros_are_few() {
    let places: Vec<_> = sources()
        .iter()
        .filter(|source| source.is_of_crate())
        .flat_map(|source| source.macros.iter().map(|&line| source.place(line)))
        .collect();
    let is_few = places.len() <= MOST_MACROS;
    let rule = format!("the crates have at most {MOST_MACROS} macros by example");
    check(&rule, "a function or a generic type serves", if is_few { vec![] } else { places });
}
