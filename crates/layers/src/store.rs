//! Parameters in files, in the safetensors format.
//!
//! The format keeps tensors in an order of its own; that of the map is kept beside them, so that a round trip gives
//! the same map. Which parameters are frozen is not kept.

use std::{
    collections::{HashMap, HashSet},
    fs,
    io::Write,
    path::Path,
};

use retrograd_core::{DType, Element, Params, Slice, Tensor};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};

use crate::Error;

/// Key of the metadata under which the names stand, in the order of the map, one a line.
const ORDER: &str = "order";

/// Key under which the format itself keeps the metadata, so that no tensor can have this name.
const METADATA: &str = "__metadata__";

/// Writes parameters to a safetensors file. Missing folders are made. The file appears whole or not at all: it is
/// written beside `path` and then moved there.
///
/// ```
/// use retrograd_core::{Params, Tensor};
/// use retrograd_layers::store;
///
/// let mut params = Params::new();
/// params.insert("linear1.weight", Tensor::from([[1.0f32, 2.0]]));
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("weights.safetensors");
/// store::save(&params, &path)?;
/// assert_eq!(store::load(&path)?, params);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If the file cannot be written, or a name holds a line break or is `__metadata__`.
pub fn save(params: &Params, path: impl AsRef<Path>) -> Result<(), Error> {
    let path = path.as_ref();
    let unwritable = |source| Error::Io { path: path.to_owned(), action: "write", source };
    let bytes = to_bytes(params)?;
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(unwritable)?;
    let mut file = builder.tempfile_in(folder).map_err(unwritable)?;
    file.write_all(&bytes).map_err(unwritable)?;
    file.as_file().sync_all().map_err(unwritable)?;
    file.persist(path).map_err(|error| unwritable(error.error))?;
    Ok(())
}

/// Reads all parameters of a safetensors file, in the order in which they were saved, or else in the file's.
///
/// # Errors
/// If the file cannot be read, is truncated or of another format, or has tensors of other types than `f32`, `f64`,
/// `i64` and `bool`.
pub fn load(path: impl AsRef<Path>) -> Result<Params, Error> {
    let path = path.as_ref();
    let unreadable = |source| Error::Io { path: path.to_owned(), action: "read", source };
    from_bytes(&path.display().to_string(), &fs::read(path).map_err(unreadable)?)
}

/// Reads the parameters of a model from a safetensors file: `params` has names, shapes and dtypes, which the file must
/// have too, and gets the values. If anything differs, it stays as it is.
///
/// # Errors
/// As [`load`], and if names, shapes or dtypes differ.
pub fn load_into(params: &mut Params, path: impl AsRef<Path>) -> Result<(), Error> {
    let path = path.as_ref();
    let loaded = load(path)?;
    if let Some(reason) = first_difference(params, &loaded) {
        return Err(Error::Mismatch { path: path.to_owned(), reason });
    }
    for (name, tensor) in loaded.iter() {
        params.replace(name, tensor.clone())?;
    }
    Ok(())
}

fn first_difference(model: &Params, file: &Params) -> Option<String> {
    let describe = |tensor: &Tensor| format!("{} {}", tensor.dtype(), tensor.shape());
    for (name, wanted) in model.iter() {
        let Some(found) = file.get(name) else {
            return Some(format!("the parameter `{name}` of the model is not in the file"));
        };
        let (wanted, found) = (describe(wanted), describe(found));
        if wanted != found {
            return Some(format!("`{name}` is {found} in the file, but {wanted} in the model"));
        }
    }
    let unknown = file.iter().find(|(name, _)| model.get(name).is_none());
    unknown.map(|(name, _)| format!("`{name}` is in the file, but not in the model"))
}

fn to_bytes(params: &Params) -> Result<Vec<u8>, Error> {
    let names: Vec<_> = params.iter().map(|(name, _)| name).collect();
    let is_unfit = |name: &&&str| **name == METADATA || name.contains(['\n', '\r']);
    if let Some(name) = names.iter().find(is_unfit) {
        return Err(Error::data(format!(
            "to be saved, a parameter's name must be one line and not `{METADATA}`, unlike {name:?}"
        )));
    }
    let buffers: Vec<_> =
        params.iter().map(|(_, tensor)| little_endian(tensor.as_slice())).collect();
    let views = params.iter().zip(&buffers).map(|((name, tensor), bytes)| {
        let view = TensorView::new(stored_dtype(tensor.dtype()), tensor.shape().to_vec(), bytes);
        (name, view.expect("there are as many bytes as elements of that size"))
    });
    let metadata = HashMap::from([(ORDER.to_owned(), names.join("\n"))]);
    safetensors::serialize(views, Some(metadata))
        .map_err(|error| Error::data(format!("the parameters cannot be saved: {error}")))
}

fn from_bytes(file: &str, bytes: &[u8]) -> Result<Params, Error> {
    let foreign = |error| Error::format(file, format!("not a whole safetensors file: {error}"));
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(foreign)?;
    let tensors = SafeTensors::deserialize(bytes).map_err(foreign)?;
    let saved_order = metadata.metadata().as_ref().and_then(|entries| entries.get(ORDER));
    let mut names: Vec<_> = saved_order.map_or_else(Vec::new, |order| order.lines().collect());
    names.retain(|name| metadata.info(name).is_some());
    let in_file = metadata.offset_keys();
    let listed: HashSet<&str> = names.iter().copied().collect();
    let others: Vec<_> =
        in_file.iter().map(|name| &**name).filter(|name| !listed.contains(name)).collect();
    let mut params = Params::new();
    for name in names.into_iter().chain(others) {
        let view = tensors.tensor(name).map_err(foreign)?;
        params.try_insert(name, to_tensor(file, name, &view)?)?;
    }
    Ok(params)
}

fn stored_dtype(dtype: DType) -> Dtype {
    match dtype {
        DType::F32 => Dtype::F32,
        DType::F64 => Dtype::F64,
        DType::I64 => Dtype::I64,
        DType::Bool => Dtype::BOOL,
    }
}

fn little_endian(elements: Slice<'_>) -> Vec<u8> {
    match elements {
        Slice::F32(elements) => elements.iter().flat_map(|x| x.to_le_bytes()).collect(),
        Slice::F64(elements) => elements.iter().flat_map(|x| x.to_le_bytes()).collect(),
        Slice::I64(elements) => elements.iter().flat_map(|x| x.to_le_bytes()).collect(),
        Slice::Bool(elements) => elements.iter().map(|&x| u8::from(x)).collect(),
    }
}

fn to_tensor(file: &str, name: &str, view: &TensorView<'_>) -> Result<Tensor, Error> {
    let shape = view.shape();
    let tensor = match view.dtype() {
        Dtype::F32 => elements(shape, view.data(), f32::from_le_bytes),
        Dtype::F64 => elements(shape, view.data(), f64::from_le_bytes),
        Dtype::I64 => elements(shape, view.data(), i64::from_le_bytes),
        Dtype::BOOL => elements(shape, view.data(), |[byte]: [u8; 1]| byte != 0),
        other => {
            let reason = format!("`{name}` is {other:?}; F32, F64, I64 and BOOL can be loaded");
            return Err(Error::format(file, reason));
        }
    };
    Ok(tensor?)
}

fn elements<T: Element, const N: usize>(
    shape: &[usize],
    bytes: &[u8],
    from_bytes: impl Fn([u8; N]) -> T,
) -> Result<Tensor, retrograd_core::Error> {
    Tensor::new(shape, bytes.as_chunks().0.iter().map(|&bytes| from_bytes(bytes)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Mlp, Model, seeded};

    /// Parameters of every dtype, in an order that is neither the alphabet's nor the file's.
    fn some_params() -> Params {
        let mut params = Mlp::new([3, 4, 2]).params(&mut seeded(1));
        params.insert("b", Tensor::from([1.5f64, f64::NEG_INFINITY]));
        params.insert("a", Tensor::from([[1i64, -2], [3, i64::MAX]]));
        params.insert("mask", Tensor::from([true, false]));
        params.insert("empty", Tensor::zeros(DType::F32, [0, 3]));
        params.insert("scalar", Tensor::from(0.25f32));
        params
    }

    #[test]
    fn a_round_trip_keeps_values_and_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("params.safetensors");
        let params = some_params();
        save(&params, &path).unwrap();
        let loaded = load(&path).unwrap();
        assert!(params.iter().eq(loaded.iter()));
        let first = fs::read(&path).unwrap();
        save(&loaded, &path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), first);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    #[cfg(unix)]
    fn a_saved_file_has_the_permissions_of_any_new_file() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (ours, plain) = (folder.path().join("ours"), folder.path().join("plain"));
        save(&some_params(), &ours).unwrap();
        fs::write(&plain, "").unwrap();
        let mode = |path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&ours), mode(&plain));
    }

    #[test]
    fn names_that_a_file_cannot_hold_are_refused() {
        for name in ["two\nlines", "two\rlines", "__metadata__"] {
            let mut params = Params::new();
            params.insert(name, Tensor::from(1.0f32));
            let message = to_bytes(&params).unwrap_err().to_string();
            assert!(message.ends_with(&format!("{name:?}")), "{message}");
        }
    }

    #[test]
    fn truncated_and_foreign_files_are_errors() {
        let bytes = to_bytes(&some_params()).unwrap();
        for n_kept in 0..bytes.len() {
            let message = from_bytes("weights", &bytes[..n_kept]).unwrap_err().to_string();
            assert!(message.starts_with("weights: not a whole safetensors file"), "{message}");
        }
        assert!(from_bytes("weights", b"\x89PNG\r\n\x1a\n and so on, for a while").is_err());
        assert!(from_bytes("weights", &[0xff; 64]).is_err());
        assert!(load("no/such/file").unwrap_err().to_string().starts_with("cannot read no/such"));
        let file = tempfile::NamedTempFile::new().unwrap();
        let below_a_file = file.path().join("weights");
        let message = save(&some_params(), &below_a_file).unwrap_err().to_string();
        assert!(message.starts_with(&format!("cannot write {}", below_a_file.display())));
    }

    #[test]
    fn loading_into_a_model_checks_names_and_shapes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mlp.safetensors");
        save(&Mlp::new([3, 4, 2]).params(&mut seeded(1)), &path).unwrap();
        let check = |mut params: Params, expected: &str| {
            let before = params.clone();
            let message = load_into(&mut params, &path).unwrap_err().to_string();
            assert!(message.ends_with(expected), "{message}");
            assert_eq!(params, before);
        };
        let params = |widths: &[usize]| Mlp::new(widths).params(&mut seeded(2));
        check(
            params(&[3, 5, 2]),
            "`linear1.weight` is f32 [3, 4] in the file, but f32 [3, 5] in the model",
        );
        check(params(&[3, 4]), "`linear2.weight` is in the file, but not in the model");
        check(
            params(&[3, 4, 2, 1]),
            "the parameter `linear3.weight` of the model is not in the file",
        );
        let mut fitting = params(&[3, 4, 2]);
        load_into(&mut fitting, &path).unwrap();
        assert_eq!(fitting, Mlp::new([3, 4, 2]).params(&mut seeded(1)));
    }
}
