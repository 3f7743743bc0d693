//! The suite's modules, each as its formula reads.

mod ba;
mod det;
mod gmm;
mod hello;
mod ht;
mod kmeans;
mod llsq;
mod lse;
mod lstm;
mod nested;
mod ode;
mod particle;
mod saddle;

use serde_json::value::RawValue;

use crate::{error::Error, evaluation::Evaluation};

/// Evaluates a function of a module at an input.
pub(crate) type Evaluate = fn(&str, &RawValue) -> Result<Evaluation, Error>;

const MODULES: [(&str, Evaluate); 12] = [
    ("ba", ba::evaluate),
    ("det", det::evaluate),
    ("gmm", gmm::evaluate),
    ("hello", hello::evaluate),
    ("ht", ht::evaluate),
    ("kmeans", kmeans::evaluate),
    ("llsq", llsq::evaluate),
    ("lse", lse::evaluate),
    ("lstm", lstm::evaluate),
    ("ode", ode::evaluate),
    ("particle", particle::evaluate),
    ("saddle", saddle::evaluate),
];

/// The module of a name.
pub(crate) fn find(name: &str) -> Result<Evaluate, Error> {
    named("module", name, &MODULES)
}

/// The entry of a name in a table.
fn named<T: Copy>(kind: &'static str, name: &str, table: &[(&'static str, T)]) -> Result<T, Error> {
    match table.iter().find(|(known, _)| *known == name) {
        Some(&(_, found)) => Ok(found),
        None => Err(Error::Unknown {
            kind,
            name: name.to_owned(),
            known: table.iter().map(|&(known, _)| known).collect(),
        }),
    }
}

/// Whether `function` names the derivative, the second of the pair, rather than the function itself.
fn is_derived(function: &str, [value, derived]: [&'static str; 2]) -> Result<bool, Error> {
    named("function", function, &[(value, false), (derived, true)])
}
