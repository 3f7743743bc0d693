//! Where the reference vectors are read from.

use std::{
    fs,
    io::{self, Read},
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

/// A file of vectors: its name, and its text or why it cannot be read.
pub struct Source {
    /// The name of the file, or of the line.
    pub name: String,
    text: Result<String, String>,
}

/// Whether the vendored vectors are read.
pub fn are_vendored() -> bool {
    std::env::var_os(FOLDER).is_none()
}

/// All operations' cases, one for each file of vectors.
pub fn sources() -> Vec<Source> {
    let Some(folder) = std::env::var_os(FOLDER) else {
        let text = vendored("ops.jsonl.gz");
        let lines = text.lines().zip(1..);
        let source = |(line, k): (&str, u32)| Source {
            name: format!("line {k}"),
            text: Ok(line.to_owned()),
        };
        return lines.map(source).collect();
    };
    let paths =
        files(Path::new(&folder)).unwrap_or_else(|e| panic!("{FOLDER}={}: {e}", folder.display()));
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).map_err(|e| format!("it cannot be read: {e}"));
        Source { name: path.display().to_string(), text }
    };
    paths.into_iter().map(read).collect()
}

/// The operation of a source; none if it is of something else.
///
/// # Panics
/// If the source cannot be read, or is not in the format.
pub fn operation(source: &Source) -> Option<Operation> {
    let text = source.text.as_ref().unwrap_or_else(|how| panic!("{how}"));
    let json: Value = serde_json::from_str(text).unwrap_or_else(|e| panic!("it is not JSON: {e}"));
    json["cases"].is_array().then(|| Operation::read(&json))
}

fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let paths: io::Result<Vec<_>> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths?;
    paths.retain(|path| path.extension().is_some_and(|e| e == "json"));
    paths.sort();
    Ok(paths)
}
