//! The extension of a file's name.

use std::path::Path;

/// The extension of a file name, in lower case; empty if it has none.
pub(crate) fn extension(path: &Path) -> String {
    path.extension().map(|extension| extension.to_string_lossy().to_lowercase()).unwrap_or_default()
}
