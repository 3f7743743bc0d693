//! Loaded parameters against a model's: their differences, and the names that may have been meant.

use std::collections::HashSet;

use retrograd_core::{DType, Params, Shape, Tensor, error::shortened};

use super::mapping::Mapped;

/// A tensor of a file under the name that it has been given.
pub(super) struct Loaded {
    pub mapped: Mapped,
    pub tensor: Tensor,
}

/// How a model gets the tensors of a file.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Fill {
    /// As they were saved.
    Exactly,
    /// By a mapping, in its dtypes or in those of the model.
    Mapped { casts: bool },
}

/// Gives parameters the values of loaded tensors of the same names and shapes, or says where they differ.
pub(super) fn fill(
    params: &mut Params,
    mut loaded: Vec<Loaded>,
    how: Fill,
) -> Result<Vec<Mapped>, String> {
    check_names(params, &loaded)?;
    for Loaded { mapped, tensor } in &mut loaded {
        let wanted = params.get(&mapped.name).expect("the names are the same");
        check_shape(mapped, wanted.shape(), how)?;
        if tensor.dtype() != wanted.dtype() {
            if how != (Fill::Mapped { casts: true }) {
                let hint = "; `Mapping::cast` converts it";
                return Err(misfit(mapped, wanted.dtype(), wanted.shape(), hint));
            }
            *tensor = cast(mapped, tensor, wanted.dtype())?;
            mapped.dtype = tensor.dtype();
        }
    }
    let replace = |Loaded { mapped, tensor }| {
        params.replace(&mapped.name, tensor).expect("the names are the same");
        mapped
    };
    Ok(loaded.into_iter().map(replace).collect())
}

fn check_names(params: &Params, loaded: &[Loaded]) -> Result<(), String> {
    let all = || loaded.iter().map(|loaded| &loaded.mapped);
    let in_file: HashSet<&str> = all().map(|mapped| &*mapped.name).collect();
    let unknown = all().filter(|mapped| params.get(&mapped.name).is_none());
    let names = params.iter().map(|(name, _)| name);
    let missing: Vec<&str> = names.filter(|name| !in_file.contains(name)).collect();
    if let Some(name) = missing.first() {
        let what = format!("the parameter `{}` of the model is not in the file", shortened(name));
        return Err(unmatched(&what, name, unknown.map(|mapped| &*mapped.name)));
    }
    match unknown.clone().next() {
        None => Ok(()),
        Some(mapped) => {
            let what = format!("{} is in the file, but not in the model", described(mapped));
            Err(unmatched(&what, &mapped.name, missing.into_iter()))
        }
    }
}

/// A sentence about a name that was not found, with those that are most like it.
pub(super) fn unmatched<'a>(
    what: &str,
    name: &str,
    names: impl Iterator<Item = &'a str>,
) -> String {
    const MOST: usize = 3;
    let mut names: Vec<_> = names.map(|other| (distance(name, other), other)).collect();
    names.sort_unstable();
    names.truncate(MOST);
    let names: Vec<_> = names.iter().map(|(_, name)| format!("`{}`", shortened(name))).collect();
    if names.is_empty() {
        what.to_owned()
    } else {
        format!("{what}; closest are {}", names.join(", "))
    }
}

/// Letters to be put in, taken out or changed to make one name of the other (Levenshtein), in their first 100.
fn distance(a: &str, b: &str) -> usize {
    let [a, b] = [a, b].map(|name| name.chars().take(100).collect::<Vec<_>>());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let changed = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

fn described(mapped: &Mapped) -> String {
    let [in_file, name] = [&mapped.in_file, &mapped.name].map(|name| shortened(name));
    if in_file == name { format!("`{name}`") } else { format!("`{in_file}`, here `{name}`,") }
}

fn check_shape(mapped: &Mapped, wanted: &Shape, how: Fill) -> Result<(), String> {
    if mapped.shape == *wanted {
        return Ok(());
    }
    let is_turned = mapped.shape.iter().rev().eq(wanted.iter()) && wanted.rank() == 2;
    let hint = match mapped.is_transposed {
        _ if !is_turned || how == Fill::Exactly => "",
        true => "; if it is no weight of a linear layer, let the mapping `keep` it",
        false => "; if it is stored as [out, in], load it by `Mapping::pytorch()`",
    };
    Err(misfit(mapped, mapped.dtype, wanted, hint))
}

fn misfit(mapped: &Mapped, dtype: DType, shape: &Shape, hint: &str) -> String {
    let Mapped { stored_dtype, stored_shape, .. } = mapped;
    let transposed = if mapped.is_transposed { ", to be transposed" } else { "" };
    format!(
        "{} is {stored_dtype} {stored_shape} in the file{transposed}, but {dtype} {shape} in the model{hint}",
        described(mapped)
    )
}

/// Floating-point numbers may be rounded. Integers are indices, and truth values are masks: they stay what they are.
fn cast(mapped: &Mapped, tensor: &Tensor, dtype: DType) -> Result<Tensor, String> {
    let cast = tensor.cast(dtype);
    if !dtype.is_float() && cast.cast(tensor.dtype()) != *tensor {
        return Err(format!("{} has elements that are no {dtype}", described(mapped)));
    }
    Ok(cast)
}
