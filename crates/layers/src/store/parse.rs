//! The bytes of a safetensors file, and the tensors in them.

use std::{
    collections::{HashMap, HashSet},
    fmt,
};

use retrograd_core::{
    Params, Tensor,
    error::{shortened, shortened_message},
};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, IgnoredAny, MapAccess, Visitor},
};

use super::numbers;
use crate::Error;

/// Key of the metadata under which the names stand in the order of the map, as a list in JSON. A file with it is ours.
const NAMES: &str = "retrograd.names";

/// The key for the same that files had before, with a name on each line. It is still read.
const LINES_OF_NAMES: &str = "order";

/// Key under which the format itself keeps the metadata, so that no tensor can have this name.
const METADATA: &str = "__metadata__";

/// A file that has been read.
pub(super) struct Parsed {
    /// In the order in which they were saved, or else in the file's.
    pub tensors: Vec<StoredTensor>,
    /// Whether [`to_bytes`] made it.
    pub is_ours: bool,
}

/// A tensor of a file.
pub(super) struct StoredTensor {
    pub name: String,
    /// Type of the elements in the file.
    pub dtype: Dtype,
    pub tensor: Tensor,
}

pub(super) fn to_bytes(params: &Params) -> Result<Vec<u8>, Error> {
    let names: Vec<_> = params.iter().map(|(name, _)| name).collect();
    if names.contains(&METADATA) {
        let reason = format!(
            "a parameter cannot be saved under the name `{METADATA}`, which is the format's own"
        );
        return Err(Error::data(reason));
    }
    let unsaved = |reason: String| Error::data(format!("the parameters cannot be saved: {reason}"));
    let buffers: Vec<_> =
        params.iter().map(|(_, tensor)| numbers::little_endian(tensor.as_slice())).collect();
    let views = params.iter().zip(&buffers).map(|((name, tensor), bytes)| {
        let dtype = numbers::stored_dtype(tensor.dtype());
        let view = TensorView::new(dtype, tensor.shape().to_vec(), bytes);
        (name, view.expect("there are as many bytes as elements of that size"))
    });
    let list = serde_json::to_string(&names).map_err(|error| unsaved(error.to_string()))?;
    let metadata = HashMap::from([(NAMES.to_owned(), list)]);
    safetensors::serialize(views, Some(metadata)).map_err(|error| unsaved(error.to_string()))
}

/// Reads a file of this name. It allocates no more than its bytes call for.
pub(super) fn from_bytes(file: &str, bytes: &[u8]) -> Result<Parsed, Error> {
    let wrong = |reason: String| Error::format(file, reason);
    let foreign = |error: &dyn fmt::Display| {
        wrong(format!("not a whole safetensors file: {}", shortened_message(&error)))
    };
    let (n_header, metadata) =
        SafeTensors::read_metadata(bytes).map_err(|error| foreign(&error))?;
    let header = &bytes[size_of::<u64>()..][..n_header];
    serde_json::from_slice::<UniqueKeys>(header).map_err(|error| foreign(&error))?;
    let tensors = SafeTensors::deserialize(bytes).map_err(|error| foreign(&error))?;
    let saved_order = saved_order(metadata.metadata().as_ref());
    let saved_order = saved_order.map_err(|error| {
        wrong(format!("the list of names in its metadata cannot be read: {error}"))
    })?;
    let is_ours = saved_order.is_some();
    let in_file = metadata.offset_keys();
    let known: HashSet<&str> = in_file.iter().map(|name| &**name).collect();
    let mut listed = HashSet::new();
    let names = saved_order.iter().flatten().chain(&in_file).map(|name| &**name);
    let names = names.filter(|&name| known.contains(name) && listed.insert(name));
    let stored = names.map(|name| {
        let view = tensors.tensor(name).map_err(|error| foreign(&error))?;
        let tensor = numbers::tensor(view.dtype(), view.shape(), view.data());
        let tensor = tensor.map_err(|reason| wrong(format!("`{}`: {reason}", shortened(name))))?;
        Ok(StoredTensor { name: name.to_owned(), dtype: view.dtype(), tensor })
    });
    Ok(Parsed { tensors: stored.collect::<Result<_, Error>>()?, is_ours })
}

/// The names in the order of the map that was saved; `None` in a file that is not ours.
fn saved_order(
    metadata: Option<&HashMap<String, String>>,
) -> Result<Option<Vec<String>>, serde_json::Error> {
    let entry = |key| metadata.and_then(|entries| entries.get(key));
    match (entry(NAMES), entry(LINES_OF_NAMES)) {
        (Some(list), _) => serde_json::from_str(list).map(Some),
        (None, lines) => Ok(lines.map(|names| names.lines().map(str::to_owned).collect())),
    }
}

/// A header in which no name is there twice. JSON allows that, and whoever reads it takes one of them.
struct UniqueKeys;

impl<'de> Deserialize<'de> for UniqueKeys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(UniqueKeys)
    }
}

impl<'de> Visitor<'de> for UniqueKeys {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("names with what they name")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut entries: M) -> Result<Self, M::Error> {
        let mut keys = HashSet::new();
        while let Some(key) = entries.next_key::<String>()? {
            if key == METADATA {
                entries.next_value::<Option<UniqueKeys>>()?;
            } else {
                entries.next_value::<IgnoredAny>()?;
            }
            if let Some(key) = keys.replace(key) {
                let name = shortened(&key);
                return Err(M::Error::custom(format!("the name `{name}` is there twice")));
            }
        }
        Ok(self)
    }
}
