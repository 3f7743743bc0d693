//! The suite's modules: what each computes, as its formula reads.

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

/// The module of a name.
pub(crate) fn find(name: &str) -> Result<Evaluate, Error> {
    Ok(match name {
        "ba" => ba::evaluate,
        "det" => det::evaluate,
        "gmm" => gmm::evaluate,
        "hello" => hello::evaluate,
        "ht" => ht::evaluate,
        "kmeans" => kmeans::evaluate,
        "llsq" => llsq::evaluate,
        "lse" => lse::evaluate,
        "lstm" => lstm::evaluate,
        "ode" => ode::evaluate,
        "particle" => particle::evaluate,
        "saddle" => saddle::evaluate,
        _ => return Err(Error::Module(name.to_owned())),
    })
}

/// Which of two functions is asked for by its name: the one that is derived, or what it is derived from.
fn is_derived(function: &str, [value, derived]: [&str; 2]) -> Result<bool, Error> {
    match function {
        _ if function == value => Ok(false),
        _ if function == derived => Ok(true),
        _ => Err(Error::Function(function.to_owned())),
    }
}
