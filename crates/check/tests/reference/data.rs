//! Where the reference vectors are read from.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use flate2::read::GzDecoder;
use serde_json::Value;

use super::format::Operation;

/// The variable that names a folder of vectors to read instead of the vendored ones.
pub const FOLDER: &str = "RETROGRAD_OPS_VECTORS";

/// The text of a vendored file.
pub fn vendored(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(name);
    let file = fs::File::open(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut text = String::new();
    GzDecoder::new(file).read_to_string(&mut text).expect("the file is compressed text");
    text
}

/// The texts of all operations' cases, one for each file of vectors.
pub fn texts() -> Vec<String> {
    match std::env::var_os(FOLDER) {
        Some(folder) => files(Path::new(&folder)).iter().map(|path| read(path)).collect(),
        None => vendored("ops.jsonl.gz").lines().map(str::to_owned).collect(),
    }
}

/// The operation of a text; none if it is of something else.
pub fn operation(text: &str) -> Option<Operation> {
    let json: Value = serde_json::from_str(text).expect("the vectors are valid JSON");
    json["cases"].is_array().then(|| Operation::read(&json))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let paths = entries.map(|entry| entry.expect("the folder can be listed").path());
    let mut paths: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|e| e == "json")).collect();
    paths.sort();
    paths
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}
