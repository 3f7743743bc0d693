//! Atomic writes of files. All other crates of the workspace write files by this crate.
//!
//! ```
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("results/loss.csv");
//! retrograd_files::write(&path, b"epoch,loss\n1,0.5\n")?;
//! assert_eq!(std::fs::read(&path)?, b"epoch,loss\n1,0.5\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`write()`] writes the new content to a temporary file in the same folder, and then renames that file to the wanted
//! name. A reader sees all of the old content or all of the new, even if the program is killed or the power fails in
//! between.

#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]
#![expect(clippy::disallowed_methods, reason = "this is the replacement of those methods")]

mod error;
mod folders;
mod target;
mod temporary;

pub use error::{Error, Shown};

use std::{fs::File, io, io::Write, path::Path};

use folders::Folders;
use target::Target;

/// Writes a file, and the folders it lies in, so that a reader sees all of the new content or all of the old.
///
/// - A file that is replaced keeps its permissions and, where the system allows it, its owner. One that may not be
///   written is not replaced.
/// - A symbolic link is followed: the file that it points to is written, whether it exists or not, and the link stays.
/// - A device or pipe, such as `/dev/stdout`, cannot be replaced and is written as it is.
/// - When this returns, file and folder have reached the disk.
/// - A hard link is cut: its other names keep the old content.
///
/// A program that is killed while it writes leaves a temporary file beside the target: `.NAME.`, random letters, `.tmp`.
/// The next write of the file `NAME` removes it. Writers hold a lock on their temporary files, so that none is removed that another
/// process or thread is still writing; of several that write one file at once, the last to end wins.
///
/// ```
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("results/loss.csv");
/// retrograd_files::write(&path, b"epoch,loss\n1,0.5\n")?;
/// assert_eq!(std::fs::read(&path)?, b"epoch,loss\n1,0.5\n");
///
/// let error = retrograd_files::write(folder.path(), b"").unwrap_err();
/// assert!(error.to_string().ends_with("there is a folder of this name"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If the file cannot be written. The old content is still there, and no other file is left behind.
pub fn write(path: impl AsRef<Path>, content: &[u8]) -> Result<(), Error> {
    let path = path.as_ref();
    replace(path, content).map_err(|source| Error { path: path.to_owned(), source })
}

/// Only files of the same folder can replace each other in one step, so the new one is written beside the old.
fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let (path, old) = match Target::find(path)? {
        Target::Stream(mut stream) => return stream.write_all(content),
        Target::File { path, old } => (path, old),
    };
    let name = path.file_name().ok_or_else(|| io::Error::other("the path names no file"))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let folders = Folders::make(folder)?;
    temporary::remove_stale(folder, name);
    let mut file = temporary::create(folder, name, old.is_some())?;
    file.write_all(content)?;
    if let Some(old) = old {
        target::keep_permissions(file.as_file(), &old)?;
    }
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|error| error.error)?;
    folders.keep()
}

/// Has the names in a folder reach the disk, where the system knows how to.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(not(unix)) {
        return Ok(());
    }
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        // Folders that may not be read, and file systems that cannot do this.
        Err(error) if is_beyond_us(&error) => Ok(()),
        result => result,
    }
}

fn is_beyond_us(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidInput, PermissionDenied, Unsupported};
    matches!(error.kind(), InvalidInput | PermissionDenied | Unsupported)
}

#[cfg(test)]
mod tests;
