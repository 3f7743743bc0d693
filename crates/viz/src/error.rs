//! Errors of saving a picture.

use std::{fmt, io, path::PathBuf};

use retrograd_files::Shown;

/// The reason why a picture could not be saved.
#[non_exhaustive]
#[derive(Debug)]
pub enum Error {
    /// The file's extension names no format that this picture can be saved in.
    UnknownFormat {
        /// The file that was to be written.
        path: PathBuf,
        /// The extensions that there are.
        known: &'static [&'static str],
    },
    /// The file could not be written; its old content is still there.
    Write {
        /// The file that was to be written.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The Graphviz program that turns DOT into a picture is not installed.
    GraphvizMissing {
        /// The program that was looked for.
        program: String,
    },
    /// Graphviz was started and did not make a picture.
    Graphviz {
        /// The program's message.
        message: String,
    },
    /// A chart could not be drawn.
    Chart {
        /// The message of the plotting library.
        message: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::UnknownFormat { path, known } => write!(
                f,
                "`{}` does not say in which format to save: let it end in .{}",
                Shown(path),
                known.join(", .")
            ),
            Error::Write { path, source } => {
                write!(f, "cannot write `{}`: {source}", Shown(path))
            }
            Error::GraphvizMissing { program } => write!(
                f,
                "the program `{program}` of Graphviz, which draws SVG, PNG and PDF, is not installed: get it by \
                 `apt install graphviz`, `brew install graphviz` or from https://graphviz.org/download, or save \
                 the text as .dot"
            ),
            Error::Graphviz { message } => {
                write!(f, "graphviz could not draw the graph: {message}")
            }
            Error::Chart { message } => write!(f, "the chart could not be drawn: {message}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Write { source, .. } => Some(source),
            Error::UnknownFormat { .. }
            | Error::GraphvizMissing { .. }
            | Error::Graphviz { .. }
            | Error::Chart { .. } => None,
        }
    }
}

impl From<retrograd_files::Error> for Error {
    fn from(error: retrograd_files::Error) -> Self {
        Error::Write { path: error.path, source: error.source }
    }
}
