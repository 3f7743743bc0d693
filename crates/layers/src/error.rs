//! Errors of data, files and training. Each message says what to change.

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

use retrograd_files::Shown;

/// Something wrong with data, a file, or a training run.
#[non_exhaustive]
#[derive(Debug)]
pub enum Error {
    /// The graph, or the data bound to it, are at fault.
    Graph(retrograd_core::Error),
    /// A file could not be read or written.
    Io {
        /// The file.
        path: PathBuf,
        /// The action that failed: `read` or `write`.
        action: &'static str,
        /// The error of the operating system.
        source: io::Error,
    },
    /// A file has invalid content.
    Format {
        /// The file, or the name given to its bytes.
        file: String,
        /// The expected content and the content found.
        reason: String,
    },
    /// A cell of a table is invalid.
    Cell {
        /// The file, or the name given to its bytes.
        file: String,
        /// Line of the file, counted from 1.
        line: u64,
        /// Name of the column.
        column: String,
        /// The expected content and the content found.
        reason: String,
    },
    /// A data set, or a use of it, is inconsistent.
    Data {
        /// The inconsistency.
        reason: String,
    },
    /// Saved parameters do not fit the model.
    Mismatch {
        /// The file.
        path: PathBuf,
        /// The first difference.
        reason: String,
    },
    /// The loss of a batch is not finite.
    Diverged {
        /// The epoch, counted from 1.
        epoch: usize,
        /// The mean loss of the batch that was not finite.
        loss: f64,
    },
    /// The loss on the validation data is not finite.
    Validation {
        /// The epoch, counted from 1.
        epoch: usize,
        /// The mean loss.
        loss: f64,
        /// The first example whose loss is not finite, counted from 1, and the node that makes it so; `None` if only the
        /// sum of losses is not finite.
        found: Option<(usize, Box<retrograd_core::NonFinite>)>,
    },
    /// A checked step of training has met something that is not finite.
    NonFinite {
        /// The epoch, counted from 1.
        epoch: usize,
        /// The step since the start of training, counted from 1.
        step: usize,
        /// The node that made it.
        found: Box<retrograd_core::NonFinite>,
    },
}

impl Error {
    pub(crate) fn data(reason: impl Into<String>) -> Self {
        Error::Data { reason: reason.into() }
    }

    pub(crate) fn format(file: &str, reason: impl Into<String>) -> Self {
        Error::Format { file: file.to_owned(), reason: reason.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Graph(error) => error.fmt(f),
            Error::Io { path, action, source } => {
                write!(f, "cannot {action} `{}`: {source}", Shown(path))
            }
            Error::Format { file, reason } => write!(f, "{file}: {reason}"),
            Error::Cell { file, line, column, reason } => {
                write!(f, "{file}, line {line}, column `{column}`: {reason}")
            }
            Error::Data { reason } => f.write_str(reason),
            Error::Mismatch { path, reason } => write!(f, "{}: {reason}", Shown(path)),
            Error::Diverged { epoch, loss } => write!(
                f,
                "the loss became {loss} in epoch {epoch}; a smaller learning rate or standardized data may help, and \
                 checked steps say what made it so"
            ),
            Error::Validation { epoch, loss, found } => {
                write!(f, "the validation loss became {loss} in epoch {epoch}")?;
                match found {
                    Some((example, found)) => write!(f, ": of example {example}, {found}"),
                    None => {
                        f.write_str(": each example has a finite loss, but their sum overflows")
                    }
                }
            }
            Error::NonFinite { epoch, step, found } => {
                write!(f, "step {step}, in epoch {epoch}: {found}")
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Graph(error) => Some(error),
            Error::Io { source, .. } => Some(source),
            Error::Format { .. }
            | Error::Cell { .. }
            | Error::Data { .. }
            | Error::Mismatch { .. }
            | Error::Diverged { .. }
            | Error::Validation { .. }
            | Error::NonFinite { .. } => None,
        }
    }
}

impl From<retrograd_core::Error> for Error {
    fn from(error: retrograd_core::Error) -> Self {
        Error::Graph(error)
    }
}

impl From<retrograd_files::Error> for Error {
    fn from(error: retrograd_files::Error) -> Self {
        Error::Io { path: error.path, action: "write", source: error.source }
    }
}

/// A file in messages.
pub(crate) fn called(path: &Path) -> String {
    Shown(path).to_string()
}

/// The value, or a panic at the caller's line with the error's message.
#[track_caller]
pub(crate) fn located<T>(result: Result<T, retrograd_core::Error>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{error}"),
    }
}
