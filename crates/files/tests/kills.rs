//! Writers that are killed, or have no room to write: the old content or the new is there, and little else.

#![cfg(unix)]
#![expect(clippy::disallowed_methods, reason = "the first content is put there by other means")]

use std::{
    env, fs,
    io::{BufReader, Read},
    path::Path,
    process::{Command, Stdio},
};

/// Says to a copy of this program where it is to write.
const TARGET: &str = "RETROGRAD_FILES_TEST_TARGET";

/// A content of half a megabyte, all of one byte, so that a part of it is no content, and neither is a mixture.
fn content(k: u8) -> Vec<u8> {
    vec![k; 500_000 + usize::from(k)]
}

fn is_whole(found: &[u8]) -> bool {
    found.first().is_some_and(|&k| found == content(k))
}

/// The names of all files in a folder but the one that is written.
fn others(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder is there").map_while(Result::ok);
    let names = entries.map(|entry| entry.file_name());
    names.map(|name| name.to_string_lossy().into_owned()).filter(|name| name != "weights").collect()
}

/// This program, running one of its tests alone. `sh` can put limits on it.
fn copy_of_this_program(shell: &str, test: &str, target: &Path) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", shell, "sh"]).arg(env::current_exe().expect("this program is a file"));
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]).env(TARGET, target);
    command
}

/// No test by itself: writes until it is killed, and says so, where it is told to.
#[test]
fn writes_without_end() {
    let Some(target) = env::var_os(TARGET) else { return };
    for k in (0..=255).cycle() {
        retrograd_files::write(&target, &content(k)).unwrap();
        print!("#");
        let _ = std::io::Write::flush(&mut std::io::stdout());
    }
}

#[test]
fn a_killed_writer_leaves_old_or_new_content_and_at_most_one_temporary_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights");
    retrograd_files::write(&path, &content(0)).unwrap();
    let mut n_left = 0;
    for round in 0..60 {
        let mut child = copy_of_this_program("exec \"$@\"", "writes_without_end", &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // The child says something before it begins to write, then a # for each time that it has; in the meantime it
        // is somewhere in between.
        let mut said = [0; 64];
        let mut stdout = child.stdout.take().unwrap();
        for _ in 0..2 + round % 3 {
            assert!(stdout.read(&mut said).unwrap() > 0);
        }
        assert!((0..round * 20_000).all(|k| std::hint::black_box(k) >= 0));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(is_whole(&fs::read(&path).unwrap()), "round {round}");
        let left = others(folder.path());
        assert!(left.len() <= 1, "{left:?}");
        assert!(left.iter().all(|name| name.starts_with(".weights.")), "{left:?}");
        n_left += left.len();
    }
    assert!(n_left > 0, "no kill came while a temporary file was there");
    println!("{n_left} of 60 kills left a temporary file");
    retrograd_files::write(&path, &content(1)).unwrap();
    assert_eq!(fs::read(&path).unwrap(), content(1));
    assert!(others(folder.path()).is_empty());
}

#[test]
fn processes_that_write_one_file_at_once_do_not_hinder_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights");
    let mut children = [(); 2].map(|()| {
        let mut command = copy_of_this_program("exec \"$@\"", "writes_without_end", &path);
        command.stdout(Stdio::piped()).spawn().unwrap()
    });
    // Each has written a hundred times, unless it has ended with an error.
    let mut outputs = children.each_mut().map(|child| child.stdout.take().unwrap());
    for output in &mut outputs {
        let said =
            BufReader::new(output).bytes().map_while(Result::ok).filter(|&byte| byte == b'#');
        let whole = said.take(100).filter(|_| is_whole(&fs::read(&path).unwrap()));
        assert_eq!(whole.count(), 100);
    }
    for child in &mut children {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    retrograd_files::write(&path, &content(1)).unwrap();
    assert!(others(folder.path()).is_empty());
}

/// No test by itself: writes once, and fails, where it is told to.
#[test]
fn writes_too_much() {
    let Some(target) = env::var_os(TARGET) else { return };
    let error = retrograd_files::write(&target, &content(2)).unwrap_err();
    print!("<{error}>");
}

/// The reason that a writer gives who runs under a `shell` that leaves it too little room.
fn reason_without_room(shell: &str, path: &Path) -> String {
    let read = || fs::read(path).expect("the file is there");
    let old = read();
    let output = copy_of_this_program(shell, "writes_too_much", path).output();
    let said = String::from_utf8_lossy(&output.expect("a shell runs").stdout).into_owned();
    assert_eq!(read(), old);
    let others = others(path.parent().expect("the file lies in a folder"));
    assert!(others.is_empty(), "{others:?}");
    let (_, reason) =
        said.split_once(&format!("<cannot write `{}`: ", path.display())).expect(&said);
    reason.split_once('>').expect(&said).0.to_owned()
}

#[test]
fn without_room_the_old_content_stays_and_the_new_is_cleared_away() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights");
    fs::write(&path, "old").unwrap();
    // Files of this process may not be longer than 100 blocks of 512 bytes or 1 KiB.
    let limited = "trap '' XFSZ; ulimit -f 100; exec \"$@\"";
    assert!(reason_without_room(limited, &path).contains("too large"));

    let disk = folder.path().join("disk");
    fs::create_dir(&disk).unwrap();
    let mount =
        Command::new("mount").args(["-t", "tmpfs", "-o", "size=256k", "tmpfs"]).arg(&disk).output();
    if !mount.is_ok_and(|output| output.status.success()) {
        println!("no disk can be mounted here, so none was full");
        return;
    }
    let path = disk.join("weights");
    let said = fs::write(&path, "old").map(|()| reason_without_room("exec \"$@\"", &path));
    assert!(Command::new("umount").arg(&disk).status().unwrap().success());
    assert!(said.unwrap().contains("No space left"));
}
