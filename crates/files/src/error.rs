//! The error of a file that could not be written.

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

/// A file could not be written; its old content, if it had any, is still there.
#[derive(Debug)]
#[non_exhaustive]
pub struct Error {
    /// The file, as the caller named it.
    pub path: PathBuf,
    /// The reason.
    pub source: io::Error,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot write `{}`: {}", Shown(&self.path), self.source)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// A path as one line of text for messages. Line breaks and bytes that are not UTF-8 are escaped.
///
/// ```
/// use std::path::Path;
///
/// use retrograd_files::Shown;
///
/// assert_eq!(Shown(Path::new("my weights")).to_string(), "my weights");
/// assert_eq!(Shown(Path::new("two\nlines")).to_string(), r"two\nlines");
/// ```
pub struct Shown<'a>(pub &'a Path);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.to_str() {
            Some(text) if !text.contains(char::is_control) => f.write_str(text),
            _ => {
                let escaped = format!("{:?}", self.0);
                f.write_str(escaped.trim_matches('"'))
            }
        }
    }
}
