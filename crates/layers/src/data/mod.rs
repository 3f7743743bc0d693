//! Data sets: features and targets of examples, read from files, split, and standardized.

pub mod idx;
mod standardize;
mod table;

pub use standardize::Standardizer;
pub use table::{Csv, Targets, parse_csv, read_csv};

use std::path::Path;

use rand::{Rng, seq::SliceRandom};
use retrograd_core::{Slice, Tensor, with_elements};

use crate::Error;

/// Examples: a tensor of features and a tensor of targets, whose first axes both count examples.
///
/// ```
/// use retrograd_core::Tensor;
/// use retrograd_layers::Dataset;
///
/// let xor = Dataset::new(
///     Tensor::from([[0.0f32, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]),
///     Tensor::from([0i64, 1, 1, 0]),
/// )?;
/// let (even, odd) = xor.split_by(|row| row % 2 == 1);
/// assert_eq!((xor.len(), even.len(), odd.len()), (4, 2, 2));
/// assert_eq!(odd.targets().to_vec::<i64>(), [1, 0]);
/// # Ok::<(), retrograd_layers::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    features: Tensor,
    targets: Tensor,
}

impl Dataset {
    /// Examples with features `[n, …]` of a float dtype, and targets `[n, …]`: integers for classes, or floats.
    ///
    /// # Errors
    /// If the tensors have no first axis or differ in its size, or the features are not floats.
    pub fn new(features: Tensor, targets: Tensor) -> Result<Self, Error> {
        let (f, t) = (features.shape(), targets.shape());
        if !features.dtype().is_float() {
            let reason =
                format!("features must be floating-point numbers, not {}", features.dtype());
            return Err(Error::data(reason));
        }
        if f.rank() == 0 || f.first() != t.first() {
            let reason = format!("features {f} and targets {t} must have as many rows");
            return Err(Error::data(reason));
        }
        Ok(Self { features, targets })
    }

    /// Features, `[n, …]`.
    pub fn features(&self) -> &Tensor {
        &self.features
    }

    /// Targets, `[n, …]`.
    pub fn targets(&self) -> &Tensor {
        &self.targets
    }

    /// Number of examples.
    pub fn len(&self) -> usize {
        self.features.shape()[0]
    }

    /// Whether there are no examples.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The examples at `rows`, in that order.
    ///
    /// # Panics
    /// If a row does not exist.
    #[track_caller]
    pub fn select(&self, rows: &[usize]) -> Self {
        assert!(
            rows.iter().all(|&row| row < self.len()),
            "there are {} examples, so rows go from 0 to {}",
            self.len(),
            self.len().saturating_sub(1)
        );
        Self { features: rows_of(&self.features, rows), targets: rows_of(&self.targets, rows) }
    }

    /// The examples before `row`, and the examples from `row` on.
    ///
    /// # Panics
    /// If there are fewer than `row` examples.
    #[track_caller]
    pub fn split_at(&self, row: usize) -> (Self, Self) {
        assert!(row <= self.len(), "cannot split {} examples at row {row}", self.len());
        self.split_by(|index| index >= row)
    }

    /// The examples whose row is not picked and the examples whose row is picked: usually training and test data.
    pub fn split_by(&self, is_picked: impl Fn(usize) -> bool) -> (Self, Self) {
        let (picked, others): (Vec<_>, Vec<_>) = (0..self.len()).partition(|&row| is_picked(row));
        (self.select(&others), self.select(&picked))
    }

    /// A random split: a share `fraction` of the examples, rounded down, is picked for the second part. The same
    /// state of the generator gives the same split.
    ///
    /// # Panics
    /// If `fraction` is not between 0 and 1.
    #[track_caller]
    pub fn split_randomly(&self, fraction: f64, rng: &mut dyn Rng) -> (Self, Self) {
        assert!((0.0..=1.0).contains(&fraction), "a share is between 0 and 1, not {fraction}");
        let mut rows: Vec<_> = (0..self.len()).collect();
        rows.shuffle(rng);
        let n_picked = (fraction * self.len() as f64) as usize;
        let (picked, others) = rows.split_at(n_picked);
        (self.select(others), self.select(picked))
    }

    /// The same examples with standardized features.
    ///
    /// # Errors
    /// If the features are not a matrix with as many columns as the standardizer was fit to.
    pub fn standardized(&self, by: &Standardizer) -> Result<Self, Error> {
        Self::new(by.apply(&self.features)?, self.targets.clone())
    }

    /// Number of classes: one more than the largest label; `None` if the targets are not integers.
    pub fn n_classes(&self) -> Option<usize> {
        let Slice::I64(labels) = self.targets.as_slice() else { return None };
        let largest = labels.iter().copied().max().unwrap_or(-1);
        Some(usize::try_from(largest.saturating_add(1)).unwrap_or(0))
    }
}

/// The bytes of a file.
fn read_bytes(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|source| Error::Io {
        path: path.to_owned(),
        action: "read",
        source,
    })
}

/// Number of elements of one row.
pub(crate) fn row_size(tensor: &Tensor) -> usize {
    tensor.shape()[1..].iter().product()
}

fn rows_of(tensor: &Tensor, rows: &[usize]) -> Tensor {
    let mut picked = Tensor::zeros(tensor.dtype(), tensor.shape().with_size(0, rows.len()));
    copy_rows(tensor, rows, &mut picked);
    picked
}

/// Copies rows of `source` into the rows of `target`, a tensor of the same dtype. Allocates nothing unless `target`
/// shares its elements with a clone.
pub(crate) fn copy_rows(source: &Tensor, rows: &[usize], target: &mut Tensor) {
    let size = row_size(source);
    with_elements!(SliceMut, target.as_mut_slice(), target => {
        copy_chunks(source.view().elements(), rows, size, target);
    });
}

fn copy_chunks<T: Copy>(source: &[T], rows: &[usize], size: usize, target: &mut [T]) {
    for (k, &row) in rows.iter().enumerate() {
        target[k * size..][..size].copy_from_slice(&source[row * size..][..size]);
    }
}

#[cfg(test)]
mod tests;
