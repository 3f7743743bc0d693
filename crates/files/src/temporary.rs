//! Temporary files: named after their target, locked by their writer, removed when nobody holds the lock any more.

use std::{
    ffi::OsStr,
    fs::{self, OpenOptions, TryLockError},
    io,
    path::Path,
};

use tempfile::{Builder, NamedTempFile};

/// Letters and digits between prefix and suffix.
const N_RANDOM: usize = 6;
const SUFFIX: &str = ".tmp";

/// The beginning of the names of a target's temporary files. A long name is cut, so that the temporary one is no longer
/// than file systems allow.
fn prefix(name: &OsStr) -> String {
    const MOST_BYTES: usize = 120;
    let name = name.to_string_lossy();
    let fits = |&(at, letter): &(usize, char)| at + letter.len_utf8() <= MOST_BYTES;
    let start: String = name.char_indices().take_while(fits).map(|(_, letter)| letter).collect();
    format!(".{start}.")
}

/// A new temporary file for the file `name` in the same folder. If it is to replace a file, it is private until it gets
/// that one's permissions; else it has those of any new file.
pub(crate) fn create(folder: &Path, name: &OsStr, replaces: bool) -> io::Result<NamedTempFile> {
    let prefix = prefix(name);
    let mut builder = Builder::new();
    builder.prefix(&prefix).suffix(SUFFIX).rand_bytes(N_RANDOM);
    if !replaces {
        set_ordinary_permissions(&mut builder);
    }
    loop {
        let file = builder.tempfile_in(folder)?;
        match file.as_file().try_lock() {
            // Another writer took it for a stale one before it was locked, and removes it.
            Err(TryLockError::WouldBlock) => continue,
            // File systems without locks. No writer removes a file of another there.
            Err(TryLockError::Error(_)) => return Ok(file),
            Ok(()) if fs::symlink_metadata(file.path()).is_ok() => return Ok(file),
            Ok(()) => continue,
        }
    }
}

/// Temporary files are private unless told otherwise.
fn set_ordinary_permissions(builder: &mut Builder<'_, '_>) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The system removes the permissions that the user's umask forbids.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    #[cfg(not(unix))]
    let _ = builder;
}

/// Removes the temporary files of killed writers of the file `name`: those whose lock is free. What cannot be removed
/// stays, since it does not keep a new file from being written.
pub(crate) fn remove_stale(folder: &Path, name: &OsStr) {
    let prefix = prefix(name);
    let Ok(entries) = fs::read_dir(folder) else { return };
    let names = entries.flatten().map(|entry| entry.file_name());
    for name in names.filter(|name| is_temporary(name, &prefix)) {
        let _ = remove_if_stale(&folder.join(name));
    }
}

fn is_temporary(name: &OsStr, prefix: &str) -> bool {
    let random = name.as_encoded_bytes().strip_prefix(prefix.as_bytes());
    let random = random.and_then(|rest| rest.strip_suffix(SUFFIX.as_bytes()));
    random.is_some_and(|random| {
        random.len() == N_RANDOM && random.iter().all(u8::is_ascii_alphanumeric)
    })
}

/// The lock is held while the file is removed: a writer that has just created it then finds it locked, or gone.
fn remove_if_stale(path: &Path) -> Result<(), TryLockError> {
    if fs::symlink_metadata(path).map_err(TryLockError::Error)?.is_file() {
        let file = OpenOptions::new().read(true).write(true).open(path);
        let file = file.map_err(TryLockError::Error)?;
        file.try_lock()?;
        fs::remove_file(path).map_err(TryLockError::Error)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_target_are_those_of_its_temporary_files() {
        let prefix = prefix(OsStr::new("w.bin"));
        assert!(is_temporary(OsStr::new(".w.bin.aZ09bb.tmp"), &prefix));
        for other in [
            "w.bin",
            ".w.bin.tmp",
            ".w.bin.aZ09b.tmp",
            ".w.bin.aZ09bbb.tmp",
            ".w.bin.aZ0.bb.tmp",
            ".v.bin.aZ09bb.tmp",
        ] {
            assert!(!is_temporary(OsStr::new(other), &prefix), "{other}");
        }
    }

    #[test]
    fn a_file_whose_writer_lives_is_not_removed() {
        let folder = tempfile::tempdir().unwrap();
        let name = OsStr::new("w");
        let live = create(folder.path(), name, false).unwrap();
        let stale = create(folder.path(), name, false).unwrap().keep().unwrap().1;
        remove_stale(folder.path(), name);
        assert!(live.path().exists() && !stale.exists());
    }

    #[test]
    fn a_file_that_was_taken_for_stale_before_its_lock_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let name = OsStr::new("w");
        std::thread::scope(|threads| {
            let cleaners = [(); 2].map(|()| {
                threads.spawn(|| (0..2000).for_each(|_| remove_stale(folder.path(), name)))
            });
            while !cleaners.iter().all(|cleaner| cleaner.is_finished()) {
                let file = create(folder.path(), name, false).unwrap();
                assert!(file.path().exists());
            }
        });
    }
}
