//! Where the right number is not PyTorch's: tables that say which it is, and why.
//!
//! A row gives the number itself, in closed form, and ours must be that number within the tolerance of all others. A row
//! by which nothing is decided fails the test: it is stale.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
};

use super::format::{Argument, Input};

/// A number that is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The value.
    Value,
    /// The derivative by an input.
    Gradient(usize),
    /// The second derivative by the first input.
    Curvature,
}

/// Where a number is compared, and what JAX says there.
#[derive(Clone, Copy, Debug)]
pub struct Point<'a> {
    /// The inputs at the element, or all elements of the vector that the function is of.
    pub x: &'a [f64],
    /// Which element is compared.
    pub element: usize,
    /// Keyword arguments.
    pub options: &'a BTreeMap<String, Argument<Input>>,
}

impl Point<'_> {
    /// A keyword argument that is a number, or its default.
    pub fn option(&self, name: &str, default: f64) -> f64 {
        match self.options.get(name) {
            Some(Argument::Float(value)) => *value,
            Some(Argument::Int(value)) => *value as f64,
            _ => default,
        }
    }
}

/// A row: functions, the part, the right number where the row decides (`None`: elsewhere), and why it is right.
pub type Verdict = (&'static [&'static str], Part, fn(&Point<'_>) -> Option<f64>, &'static str);

/// A table, and which of its rows have decided something.
pub struct Verdicts {
    rows: &'static [Verdict],
    used: Mutex<BTreeSet<(usize, &'static str)>>,
}

impl Verdicts {
    /// The verdicts of a table, none of them used.
    pub fn new(rows: &'static [Verdict]) -> Self {
        Self { rows, used: Mutex::default() }
    }

    /// Whether some row is of a function.
    pub fn speak_of(&self, name: &str) -> bool {
        self.rows.iter().any(|(names, ..)| names.contains(&name))
    }

    /// The right number, if a row decides. It is used up by that only if `is_needed`: if PyTorch's is another.
    pub fn right(
        &self,
        name: &str,
        part: Part,
        point: &Point<'_>,
        is_needed: impl Fn(f64) -> bool,
    ) -> Option<f64> {
        self.rows.iter().enumerate().find_map(|(row, (names, of, right, _))| {
            let name = names.iter().find(|known| **known == name).filter(|_| *of == part)?;
            let right = right(point)?;
            if is_needed(right) {
                self.used.lock().unwrap_or_else(PoisonError::into_inner).insert((row, name));
            }
            Some(right)
        })
    }

    /// The rows that have decided nothing, by function and part.
    pub fn stale(&self) -> Vec<String> {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let rows = self.rows.iter().enumerate();
        let keys = rows
            .flat_map(|(row, (names, part, ..))| names.iter().map(move |name| (row, *name, part)));
        let stale = keys.filter(|(row, name, _)| !used.contains(&(*row, *name)));
        stale.map(|(_, name, part)| format!("{name}: {part:?}")).collect()
    }
}
