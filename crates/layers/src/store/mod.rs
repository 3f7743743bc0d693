//! Parameters in files, in the safetensors format.
//!
//! The format has its own order of tensors. The order of the map is saved with them, so a round trip gives the same map.
//! The frozen state of parameters is not saved.
//!
//! [`load`] and [`load_into`] read files that [`save`] has written. A file of another library may use other names and may
//! store matrices transposed. A [`Mapping`] states these differences, and reports the tensors that it has loaded.

mod difference;
mod mapping;
mod numbers;
mod parse;

pub use mapping::{LoadReport, Mapped, Mapping};

use std::{fs, path::Path};

use difference::{Fill, fill};
use parse::Parsed;
use retrograd_core::{Params, error::shortened};

use crate::{Error, error::called};

/// Writes parameters to a safetensors file and creates missing folders. The write is atomic, as by
/// [`retrograd_files::write`]: the file is written beside `path` and then renamed.
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
/// If the file cannot be written, or a parameter is called `__metadata__`.
pub fn save(params: &Params, path: impl AsRef<Path>) -> Result<(), Error> {
    Ok(retrograd_files::write(path, &parse::to_bytes(params)?)?)
}

/// Reads all parameters of a safetensors file, in the order in which they were saved, or else in the file's. Smaller
/// floating-point types become `f32` and other integers `i64`, with the same values: [`Params::cast`] makes them another.
///
/// # Errors
/// If the file cannot be read, is truncated or of another format, has a name twice, or has elements of types that are no
/// numbers, or integers that `i64` does not hold. If it was not written by [`save`] and has matrices, since it does not
/// say whether these are `[in, out]` or `[out, in]`: a [`Mapping`] does.
pub fn load(path: impl AsRef<Path>) -> Result<Params, Error> {
    let mut params = Params::new();
    for stored in load_ours(path.as_ref())?.tensors {
        params.insert(stored.name, stored.tensor);
    }
    Ok(params)
}

/// Reads the parameters of a model from a safetensors file: `params` has names, shapes and dtypes, which the file must
/// have too, and gets the values. If anything differs, it stays as it is.
///
/// # Errors
/// As [`load`], and if names, shapes or dtypes differ.
pub fn load_into(params: &mut Params, path: impl AsRef<Path>) -> Result<(), Error> {
    let path = path.as_ref();
    let (loaded, _) = Mapping::as_stored().apply(&called(path), load_ours(path)?)?;
    match fill(params, loaded, Fill::Exactly) {
        Ok(_) => Ok(()),
        Err(reason) => Err(Error::Mismatch { path: path.to_owned(), reason }),
    }
}

fn read(path: &Path) -> Result<Parsed, Error> {
    let unreadable = |source| Error::Io { path: path.to_owned(), action: "read", source };
    parse::from_bytes(&called(path), &fs::read(path).map_err(unreadable)?)
}

/// A file in which matrices are `[in, out]` for sure, or there are none.
fn load_ours(path: &Path) -> Result<Parsed, Error> {
    let parsed = read(path)?;
    let matrix = parsed.tensors.iter().find(|stored| stored.tensor.shape().rank() == 2);
    match matrix {
        Some(matrix) if !parsed.is_ours => {
            let (name, shape) = (shortened(&matrix.name), matrix.tensor.shape());
            let reason = format!(
                "another library wrote this file, and matrices such as `{name}` {shape} may be [in, out], as here, or \
                 [out, in], as in PyTorch: load it by `store::Mapping::as_stored()` or `store::Mapping::pytorch()`"
            );
            Err(Error::format(&called(path), reason))
        }
        _ => Ok(parsed),
    }
}

#[cfg(test)]
mod tests;
