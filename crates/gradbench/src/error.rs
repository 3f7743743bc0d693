//! Errors of a message.

use std::fmt;

use retrograd_core::error::{shortened, shortened_message};
use retrograd_scalar::TapeFull;

/// The reason why a message cannot be answered.
#[non_exhaustive]
#[derive(Debug)]
pub enum Error {
    /// The line is not a message.
    Message(serde_json::Error),
    /// There is no module, or none of its functions, of this name.
    Unknown {
        /// The kind of thing that was looked up.
        kind: &'static str,
        /// Its name.
        name: String,
        /// The names that there are.
        known: Vec<&'static str>,
    },
    /// The input is not of the function's type.
    Input(serde_json::Error),
    /// The parts of the input do not fit each other.
    Misfit(String),
    /// The engine refuses the data.
    Engine(retrograd_core::Error),
    /// Recording the function takes too much memory.
    Full(TapeFull),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Message(error) => write!(f, "this is no message: {}", shortened_message(error)),
            Error::Unknown { kind, name, known } => {
                let (name, known) = (shortened(name), known.join(", "));
                write!(f, "there is no {kind} `{name}`, but there are {known}")
            }
            Error::Input(error) => {
                write!(f, "this is no input of the function: {}", shortened_message(error))
            }
            Error::Misfit(reason) => write!(f, "the input does not fit: {reason}"),
            Error::Engine(error) => error.fmt(f),
            Error::Full(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

impl From<retrograd_core::Error> for Error {
    fn from(error: retrograd_core::Error) -> Self {
        Error::Engine(error)
    }
}

impl From<TapeFull> for Error {
    fn from(error: TapeFull) -> Self {
        Error::Full(error)
    }
}
