//! Folders that a file needs and that do not exist yet.

use std::{
    fs, io, mem,
    path::{Path, PathBuf},
};

use crate::{error::Shown, sync_folder};

/// The folder of a file that is being written. Those that were made for it are removed again when this is dropped,
/// unless they are to be kept.
pub(crate) struct Folders<'a> {
    folder: &'a Path,
    /// Outer folders first.
    made: Vec<PathBuf>,
}

impl<'a> Folders<'a> {
    /// Makes the folder, and those it lies in, where they are missing.
    pub fn make(folder: &'a Path) -> io::Result<Self> {
        let missing = folder.ancestors().take_while(|folder| !folder.as_os_str().is_empty());
        let missing: Vec<_> = missing.take_while(|folder| !folder.exists()).collect();
        let mut folders = Self { folder, made: Vec::new() };
        for folder in missing.into_iter().rev() {
            match fs::create_dir(folder) {
                Ok(()) => folders.made.push(folder.to_owned()),
                // Another writer was faster, or the path leads back by `..`.
                Err(_) if folder.is_dir() => {}
                Err(error) => {
                    let reason = format!("its folder `{}` cannot be made: {error}", Shown(folder));
                    return Err(io::Error::new(error.kind(), reason));
                }
            }
        }
        Ok(folders)
    }

    /// Keeps the folders, and has their names and that of the file reach the disk.
    pub fn keep(mut self) -> io::Result<()> {
        let made = mem::take(&mut self.made);
        sync_folder(self.folder)?;
        made.iter().filter_map(|folder| folder.parent()).try_for_each(|outer| match outer {
            outer if outer.as_os_str().is_empty() => sync_folder(Path::new(".")),
            outer => sync_folder(outer),
        })
    }
}

impl Drop for Folders<'_> {
    fn drop(&mut self) {
        for folder in self.made.iter().rev() {
            // Only empty folders can be removed this way, so nothing of another writer is lost.
            let _ = fs::remove_dir(folder);
        }
    }
}
