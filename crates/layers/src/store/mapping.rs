//! Mappings from the tensors of other libraries' files to parameters.

use std::{fmt, path::Path};

use retrograd_core::{DType, Element, Params, Shape, Tensor, error::shortened, with_elements};

use super::{
    difference::{Fill, Loaded, fill, unmatched},
    numbers,
    parse::{Parsed, StoredTensor},
    read,
};
use crate::{Error, error::called};

/// A mapping from the tensors of another library's file to parameters: the layout of matrices, and names. A layer here
/// computes `x·W` with a weight `[in, out]`. Other libraries compute `x·Wᵀ` with `[out, in]`; a square weight of this
/// kind would load without an error and be wrong.
///
/// ```
/// # use safetensors::{Dtype, tensor::TensorView};
/// use retrograd_layers::{Mlp, Model, seeded, store::Mapping};
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("torch.safetensors");
/// # let zeros = [0; 24];
/// # let view = |shape: &[usize]| TensorView::new(Dtype::F32, shape.to_vec(), &zeros[..4 * shape.iter().product::<usize>()]);
/// # let file = [("0.weight", view(&[2, 3])?), ("0.bias", view(&[2])?), ("2.weight", view(&[1, 2])?), ("2.bias", view(&[1])?)];
/// # retrograd_files::write(&path, &safetensors::serialize(file, None)?)?;
/// // torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Tanh(), torch.nn.Linear(2, 1))
/// let mapping = Mapping::pytorch().rename("0", "linear1").rename("2", "linear2");
/// let mut params = Mlp::new([3, 2, 1]).params(&mut seeded(1));
/// let report = mapping.load_into(&mut params, &path)?;
/// assert!(report.to_string().contains("`0.weight` f32 [2, 3] → `linear1.weight` f32 [3, 2], transposed"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a mapping does nothing until something is loaded by it"]
pub struct Mapping {
    transposes: bool,
    casts: bool,
    renamed: Vec<(String, String)>,
    kept: Vec<String>,
    skipped: Vec<String>,
}

/// The tensors that a [`Mapping`] has loaded, in order. `Display` writes one line for each.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadReport {
    mapped: Vec<Mapped>,
    skipped: Vec<String>,
}

/// A tensor of a file and the parameter loaded from it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Mapped {
    /// Its name in the file.
    pub in_file: String,
    /// The type of its elements in the file, such as `bf16`.
    pub stored_dtype: String,
    /// Its shape in the file.
    pub stored_shape: Shape,
    /// The parameter's name.
    pub name: String,
    /// The parameter's dtype.
    pub dtype: DType,
    /// The parameter's shape.
    pub shape: Shape,
    /// Whether the tensor was transposed.
    pub is_transposed: bool,
}

impl Mapping {
    fn new(transposes: bool) -> Self {
        Self {
            transposes,
            casts: false,
            renamed: Vec::new(),
            kept: Vec::new(),
            skipped: Vec::new(),
        }
    }

    /// A mapping for matrices stored `[out, in]`, as by PyTorch's `Linear`: they are transposed. [`keep`](Self::keep)
    /// excepts matrices that are not weights of linear layers, such as embedding tables.
    pub fn pytorch() -> Self {
        Self::new(true)
    }

    /// A mapping for matrices stored `[in, out]`, as here, in Flax and in Keras: they stay as they are.
    pub fn as_stored() -> Self {
        Self::new(false)
    }

    /// Renames tensors: `in_file` becomes `name`, and a prefix `in_file.` becomes `name.`. An empty `name` removes the
    /// prefix; an empty `in_file` adds a prefix to all names. The first rule that matches a name applies.
    pub fn rename(mut self, in_file: impl Into<String>, name: impl Into<String>) -> Self {
        self.renamed.push((in_file.into(), name.into()));
        self
    }

    /// Keeps the layout of matrices named `in_file`, or with the prefix `in_file.`.
    pub fn keep(mut self, in_file: impl Into<String>) -> Self {
        self.kept.push(in_file.into());
        self
    }

    /// Omits tensors named `in_file`, or with the prefix `in_file.`.
    pub fn skip(mut self, in_file: impl Into<String>) -> Self {
        self.skipped.push(in_file.into());
        self
    }

    /// Allows [`load_into`](Self::load_into) to convert tensors to the dtypes of the model (default off). Floating-point
    /// numbers are rounded; integers and truth values must keep their values.
    pub fn cast(self) -> Self {
        Self { casts: true, ..self }
    }

    /// Reads all parameters of a file, with a report on each tensor. Smaller floating-point types become `f32`, and other
    /// integers `i64`, with the same values. [`Params::cast`] changes the dtype.
    ///
    /// # Errors
    /// If the file cannot be read or is no safetensors file, a rule fits none of its tensors, or two get the same name.
    pub fn load(&self, path: impl AsRef<Path>) -> Result<(Params, LoadReport), Error> {
        let path = path.as_ref();
        let (loaded, skipped) = self.apply(&called(path), read(path)?)?;
        let mut params = Params::new();
        let mapped = loaded.into_iter().map(|Loaded { mapped, tensor }| {
            params.insert(&*mapped.name, tensor);
            mapped
        });
        let mapped = mapped.collect();
        Ok((params, LoadReport { mapped, skipped }))
    }

    /// Reads the parameters of a model, with a report on each tensor of the file. Names and shapes must match the model,
    /// and dtypes, too, unless they are [cast](Self::cast). If anything differs, `params` stays unchanged.
    ///
    /// # Errors
    /// As [`load`](Self::load), and if names, shapes or dtypes differ.
    pub fn load_into(
        &self,
        params: &mut Params,
        path: impl AsRef<Path>,
    ) -> Result<LoadReport, Error> {
        let path = path.as_ref();
        let (loaded, skipped) = self.apply(&called(path), read(path)?)?;
        let mapped = fill(params, loaded, Fill::Mapped { casts: self.casts })
            .map_err(|reason| Error::Mismatch { path: path.to_owned(), reason })?;
        Ok(LoadReport { mapped, skipped })
    }

    pub(super) fn apply(
        &self,
        file: &str,
        parsed: Parsed,
    ) -> Result<(Vec<Loaded>, Vec<String>), Error> {
        let wrong = |reason| Error::format(file, reason);
        self.check_rules(&parsed.tensors).map_err(wrong)?;
        let fits =
            |rules: &[String], name: &str| rules.iter().any(|rule| below(rule, name).is_some());
        let (mut loaded, mut skipped): (Vec<Loaded>, _) = (Vec::new(), Vec::new());
        for StoredTensor { name: in_file, dtype: stored_dtype, tensor } in parsed.tensors {
            if fits(&self.skipped, &in_file) {
                skipped.push(in_file);
                continue;
            }
            let is_transposed =
                self.transposes && tensor.shape().rank() == 2 && !fits(&self.kept, &in_file);
            let stored_shape = tensor.shape().clone();
            let tensor = if is_transposed { transposed(&tensor)? } else { tensor };
            let mapped = Mapped {
                name: self.renamed(&in_file),
                in_file,
                stored_dtype: numbers::name(stored_dtype),
                stored_shape,
                dtype: tensor.dtype(),
                shape: tensor.shape().clone(),
                is_transposed,
            };
            loaded.push(Loaded { mapped, tensor });
        }
        let mut names: Vec<_> = loaded.iter().map(|loaded| &loaded.mapped.name).collect();
        names.sort_unstable();
        if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(wrong(format!("two tensors would be called `{}`", shortened(twice[0]))));
        }
        Ok((loaded, skipped))
    }

    /// Reports a rule that matches no tensor: probably a misspelled name.
    fn check_rules(&self, tensors: &[StoredTensor]) -> Result<(), String> {
        let renamed = self.renamed.iter().map(|(in_file, _)| in_file);
        for rule in renamed.chain(&self.kept).chain(&self.skipped) {
            if !tensors.iter().any(|stored| below(rule, &stored.name).is_some()) {
                let names = tensors.iter().map(|stored| &*stored.name);
                return Err(unmatched(
                    &format!("no tensor is called `{rule}` in the file"),
                    rule,
                    names,
                ));
            }
        }
        Ok(())
    }

    fn renamed(&self, in_file: &str) -> String {
        let rename = |(old, new): &(String, String)| match (&**new, below(old, in_file)?) {
            (new, "") => Some(new.to_owned()),
            ("", rest) => Some(rest.to_owned()),
            (new, rest) => Some(format!("{new}.{rest}")),
        };
        self.renamed.iter().find_map(rename).unwrap_or_else(|| in_file.to_owned())
    }
}

/// The rest of a name of which `prefix` is the whole, or the first parts between dots.
fn below<'a>(prefix: &str, name: &'a str) -> Option<&'a str> {
    let rest = name.strip_prefix(prefix)?;
    if prefix.is_empty() || rest.is_empty() { Some(rest) } else { rest.strip_prefix('.') }
}

fn transposed(matrix: &Tensor) -> Result<Tensor, retrograd_core::Error> {
    fn columns<T: Element>(elements: &[T], [m, n]: [usize; 2]) -> Vec<T> {
        (0..m * n).map(|at| elements[at % m * n + at / m]).collect()
    }
    let sizes = [matrix.shape()[0], matrix.shape()[1]];
    let [m, n] = sizes;
    with_elements!(Slice, matrix.as_slice(), elements => Tensor::new([n, m], columns(elements, sizes)))
}

impl LoadReport {
    /// The tensors that were loaded, in the order of the file.
    pub fn mapped(&self) -> &[Mapped] {
        &self.mapped
    }

    /// Names of the tensors that were left out.
    pub fn skipped(&self) -> &[String] {
        &self.skipped
    }
}

impl fmt::Display for Mapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stored_dtype, stored_shape, dtype, shape, .. } = self;
        let [in_file, name] = [&self.in_file, &self.name].map(|name| shortened(name));
        write!(f, "`{in_file}` {stored_dtype} {stored_shape} → `{name}` {dtype} {shape}")?;
        f.write_str(if self.is_transposed { ", transposed" } else { "" })
    }
}

impl fmt::Display for LoadReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.mapped.iter().try_for_each(|mapped| writeln!(f, "{mapped}"))?;
        self.skipped.iter().try_for_each(|name| writeln!(f, "`{}` left out", shortened(name)))
    }
}
