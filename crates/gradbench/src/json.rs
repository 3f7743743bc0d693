//! Numbers between JSON and the engine.

use std::{fmt::Debug, ops::RangeInclusive};

use retrograd_core::{Tensor, View};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use crate::error::Error;

/// More of anything than this may not fit into memory.
pub(crate) const MOST: usize = 1 << 26;

/// More elements of one value than this may not fit into memory: it is twice the suite's largest.
pub(crate) const MOST_ELEMENTS: usize = 1 << 28;

/// Reads the input of a function.
pub(crate) fn input<'a, T: Deserialize<'a>>(json: &'a RawValue) -> Result<T, Error> {
    serde_json::from_str(json.get()).map_err(Error::Input)
}

/// Whether a number is one that it may be.
pub(crate) fn check_range<N: PartialOrd + Debug>(
    name: &str,
    n: N,
    range: RangeInclusive<N>,
) -> Result<(), Error> {
    match range.contains(&n) {
        true => Ok(()),
        false => Err(Error::Misfit(format!("{name} is {n:?}, which is not in {range:?}"))),
    }
}

/// Whether the product of some sizes, such as that of a matrix of all pairs, is no more than it may be.
pub(crate) fn check_product(name: &str, sizes: &[usize], most: usize) -> Result<(), Error> {
    let product = sizes.iter().try_fold(1usize, |product, &size| product.checked_mul(size));
    match product.is_some_and(|product| product <= most) {
        true => Ok(()),
        false => Err(Error::Misfit(format!("{name} of {sizes:?} is more than {most}"))),
    }
}

/// Requires a number of rows, each with a number of elements.
pub(crate) fn check_matrix(name: &str, rows: &[Vec<f64>], [m, n]: [usize; 2]) -> Result<(), Error> {
    if rows.len() != m {
        return Err(Error::Misfit(format!("`{name}` has {} rows, not {m}", rows.len())));
    }
    if let Some(row) = rows.iter().find(|row| row.len() != n) {
        return Err(Error::Misfit(format!(
            "a row of `{name}` has {} elements, not {n}",
            row.len()
        )));
    }
    Ok(())
}

/// A matrix with the given numbers of rows and columns.
pub(crate) fn matrix(name: &str, rows: &[Vec<f64>], sizes: [usize; 2]) -> Result<Tensor, Error> {
    check_matrix(name, rows, sizes)?;
    Ok(Tensor::new(sizes, rows.concat())?)
}

/// The elements of an output as nested lists; a scalar as a number.
pub(crate) fn nested(view: View<'_>) -> Value {
    let mut values: Vec<Value> = view.elements::<f64>().iter().map(|&x| x.into()).collect();
    for axis in (0..view.shape().rank()).rev() {
        let n_lists = view.shape()[..axis].iter().product();
        let mut elements = values.into_iter();
        let mut list = || elements.by_ref().take(view.shape()[axis]).collect();
        values = (0..n_lists).map(|_| list()).collect();
    }
    values.pop().expect("a tensor is one list, or one number")
}
