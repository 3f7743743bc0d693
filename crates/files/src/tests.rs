//! Tests of the writer: what is there afterwards, whatever was there before.

use std::{fs, thread};

use super::*;

/// The names in a folder, hidden ones too.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// The message for a path that cannot be written, which names the path and leaves nothing behind in `folder`.
fn refused(folder: &Path, path: &Path) -> String {
    let before = names(folder);
    let message = write(path, b"new").unwrap_err().to_string();
    let start = format!("cannot write `{}`: ", Shown(path));
    assert!(message.starts_with(&start), "{message}");
    assert_eq!(names(folder), before);
    message[start.len()..].to_owned()
}

#[test]
fn a_file_is_replaced_and_nothing_else_is_left_in_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("picture.dot");
    write(&path, b"old and longer").unwrap();
    write(&path, b"new").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert_eq!(names(folder.path()), ["picture.dot"]);
}

#[test]
fn missing_folders_are_made_and_removed_again_if_the_file_cannot_be() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b/../c/picture.dot");
    write(&path, b"digraph {}").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"digraph {}");
    let long = folder.path().join("d/e").join("x".repeat(300));
    assert!(refused(folder.path(), &long).contains("too long"));
    assert_eq!(names(folder.path()), ["a"]);
}

#[test]
fn paths_that_name_no_file_are_errors_that_name_them() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("folder")).unwrap();
    fs::write(at("file"), "old").unwrap();
    assert_eq!(refused(folder.path(), &at("folder")), "there is a folder of this name");
    assert_eq!(refused(folder.path(), &at("new/")), "this names a folder, and no file in it");
    assert_eq!(refused(folder.path(), &at("folder/..")), "there is a folder of this name");
    assert!(refused(folder.path(), &at("file/below")).contains("directory"));
    assert!(refused(folder.path(), &at(&"x".repeat(300))).contains("too long"));
    assert!(!refused(folder.path(), &at("nul\0byte")).is_empty());
    assert!(!refused(folder.path(), Path::new("")).is_empty());
    assert_eq!(fs::read(at("file")).unwrap(), b"old");
}

#[test]
fn names_are_anything_that_the_system_allows() {
    let folder = tempfile::tempdir().unwrap();
    let longest = "ü".repeat(127);
    for name in ["two words", "quo'te\"s", "line\nbreak", ".", "-", "~", "*?[", "a.tmp", &longest] {
        let path = folder.path().join(name).join("file");
        write(&path, name.as_bytes()).unwrap();
        assert_eq!(fs::read(&path).unwrap(), name.as_bytes());
        let path = folder.path().join(format!("in {}", path.display()).replace('/', "|"));
        let path = if name == longest { folder.path().join(format!("{name}x")) } else { path };
        (0..2).for_each(|_| write(&path, name.as_bytes()).unwrap());
        assert_eq!(fs::read(&path).unwrap(), name.as_bytes());
    }
}

#[test]
fn writers_of_one_file_do_not_remove_what_others_write() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights");
    thread::scope(|threads| {
        for k in 0..4 {
            let path = &path;
            threads.spawn(move || (0..50).for_each(|_| write(path, &[k; 50_000]).unwrap()));
        }
    });
    let content = fs::read(&path).unwrap();
    assert!(content.len() == 50_000 && content.iter().all(|&byte| byte == content[0]));
    assert_eq!(names(folder.path()), ["weights"]);
}

#[test]
fn stale_temporary_files_of_this_file_alone_are_removed() {
    let folder = tempfile::tempdir().unwrap();
    let theirs = ["w.bin.bak", ".w.bin.notes.tmp", ".v.bin.abc123.tmp"];
    for name in theirs.into_iter().chain([".w.bin.abc123.tmp", ".w.bin.XyZ789.tmp"]) {
        fs::write(folder.path().join(name), "half").unwrap();
    }
    write(folder.path().join("w.bin"), b"whole").unwrap();
    let mut expected = [&theirs[..], &["w.bin"]].concat();
    expected.sort_unstable();
    assert_eq!(names(folder.path()), expected);
}

#[cfg(unix)]
mod unix {
    use std::os::unix::{
        ffi::OsStrExt,
        fs::{MetadataExt, PermissionsExt, symlink},
    };

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn a_new_file_has_the_permissions_of_any_and_a_replaced_one_keeps_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let [ordinary, ours] = ["ordinary", "ours"].map(|name| folder.path().join(name));
        fs::write(&ordinary, "").unwrap();
        write(&ours, b"1").unwrap();
        assert_eq!(mode(&ours), mode(&ordinary));
        for kept in [0o600, 0o640, 0o755, 0o666, 0o200] {
            fs::set_permissions(&ours, fs::Permissions::from_mode(kept)).unwrap();
            write(&ours, b"2").unwrap();
            assert_eq!(mode(&ours), kept);
        }
    }

    /// Only the superuser can try this, and the superuser may write whatever is protected.
    #[test]
    fn a_replaced_file_keeps_its_owner_and_a_protected_one_its_content() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "old").unwrap();
        if std::os::unix::fs::chown(&path, Some(4321), Some(1234)).is_ok() {
            write(&path, b"new").unwrap();
            let kept = fs::metadata(&path).unwrap();
            assert_eq!((kept.uid(), kept.gid()), (4321, 1234));
            return;
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
        assert!(refused(folder.path(), &path).contains("denied"));
        assert_eq!(fs::read(&path).unwrap(), b"old");
    }

    #[test]
    fn symbolic_links_are_followed_and_stay() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("data")).unwrap();
        fs::write(at("data/real"), "old").unwrap();
        symlink("data/real", at("relative")).unwrap();
        symlink(at("relative"), at("absolute")).unwrap();
        symlink("data/new/dangling", at("dangling")).unwrap();
        symlink("data", at("folder")).unwrap();
        for (link, real) in [
            ("relative", "data/real"),
            ("absolute", "data/real"),
            ("dangling", "data/new/dangling"),
            ("folder/real", "data/real"),
        ] {
            write(at(link), link.as_bytes()).unwrap();
            assert_eq!(fs::read(at(real)).unwrap(), link.as_bytes());
            assert!(fs::symlink_metadata(at(real)).unwrap().is_file());
        }
        for link in ["relative", "absolute", "dangling", "folder"] {
            assert!(fs::symlink_metadata(at(link)).unwrap().is_symlink(), "{link}");
        }
        assert_eq!(names(&at("data")), ["new", "real"]);
    }

    #[test]
    fn symbolic_links_that_lead_nowhere_are_errors() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        symlink("b", at("a")).unwrap();
        symlink("a", at("b")).unwrap();
        symlink("no/such/folder", at("gone")).unwrap();
        assert!(refused(folder.path(), &at("a")).contains("symbolic links"));
        assert!(refused(folder.path(), &at("gone/file")).contains("its folder"));
    }

    #[test]
    fn devices_and_pipes_are_written_and_not_replaced() {
        write("/dev/null", b"nothing").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        let full = write("/dev/full", b"something").unwrap_err().to_string();
        assert!(full.starts_with("cannot write `/dev/full`: No space left"), "{full}");
        assert!(!fs::metadata("/dev/full").unwrap().is_file());
        let link = tempfile::tempdir().unwrap();
        let link = link.path().join("null");
        symlink("/dev/null", &link).unwrap();
        write(&link, b"nothing").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    #[test]
    fn names_need_not_be_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(std::ffi::OsStr::from_bytes(b"w\xff\xfe"));
        (0..2).for_each(|_| write(&path, b"content").unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"content");
        let below = write(path.join("file"), b"").unwrap_err().to_string();
        assert!(below.contains(r"w\xFF\xFE/file`: "), "{below}");
    }

    #[test]
    fn a_folder_that_may_not_be_written_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let locked = folder.path().join("locked");
        fs::create_dir(&locked).unwrap();
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o555)).unwrap();
        // The superuser may write everywhere but in the kernel's own tables.
        let is_superuser = fs::write(locked.join("probe"), "").is_ok();
        let path = if is_superuser { "/proc/new/file".into() } else { locked.join("new/file") };
        let message = write(&path, b"").unwrap_err().to_string();
        assert!(
            message.contains(": its folder `") && message.contains("cannot be made"),
            "{message}"
        );
    }
}
