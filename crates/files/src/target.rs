//! Targets of paths, and the properties of a replaced file that are kept.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

/// The thing to be written.
pub(crate) enum Target {
    /// A file, which is replaced if it exists.
    File {
        /// Where it is, behind all symbolic links.
        path: PathBuf,
        /// The file that is there now.
        old: Option<Metadata>,
    },
    /// A device or a pipe, opened to be written.
    Stream(File),
}

impl Target {
    /// Follows a path to its end.
    pub fn find(path: &Path) -> io::Result<Self> {
        if path.as_os_str().as_encoded_bytes().last().is_some_and(is_separator) {
            return Err(io::Error::other("this names a folder, and no file in it"));
        }
        let old = match fs::metadata(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok(Target::File { path: followed(path)?, old: None });
            }
            metadata => metadata?,
        };
        if old.is_dir() {
            return Err(io::Error::new(ErrorKind::IsADirectory, "there is a folder of this name"));
        }
        // A file that may not be written is protected, although its folder would let it be replaced.
        let opened = OpenOptions::new().write(true).open(path)?;
        match old.is_file() {
            true => Ok(Target::File { path: followed(path)?, old: Some(old) }),
            false => Ok(Target::Stream(opened)),
        }
    }
}

fn is_separator(byte: &u8) -> bool {
    std::path::is_separator(char::from(*byte))
}

/// The end of a chain of symbolic links, which need not exist.
fn followed(path: &Path) -> io::Result<PathBuf> {
    /// As many as Linux follows.
    const MOST_LINKS: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..=MOST_LINKS {
        let Ok(next) = fs::read_link(&path) else { return Ok(path) };
        // A relative link is seen from its own folder; an absolute one replaces the path.
        path = path.parent().unwrap_or(Path::new("")).join(next);
    }
    Err(io::Error::other("its symbolic links lead in a circle"))
}

/// Gives a new file the permissions of the old, and its owner as far as the system lets us.
pub(crate) fn keep_permissions(new: &File, old: &Metadata) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, fchown};
        let made = new.metadata()?;
        if (made.uid(), made.gid()) != (old.uid(), old.gid()) {
            // Only the superuser can give files away; to all others the new file is their own.
            let _ = fchown(new, Some(old.uid()), Some(old.gid()));
        }
    }
    new.set_permissions(old.permissions())
}
