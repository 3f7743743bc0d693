//! Standardized features: mean 0 and variance 1 in the training data.

use retrograd_core::Tensor;

use crate::Error;

/// Mean and standard deviation of each feature of some training data, to be taken out of any data:
/// `(x − mean)/std`, with the population's deviation `√(1/n Σ (x − mean)²)`. A feature that is constant is only
/// shifted.
///
/// ```
/// use retrograd_core::Tensor;
/// use retrograd_layers::Standardizer;
///
/// let train = Tensor::from([[1.0, 5.0], [3.0, 5.0]]);
/// let standardizer = Standardizer::fit(&train)?;
/// assert_eq!(standardizer.apply(&train)?.to_vec::<f64>(), [-1.0, 0.0, 1.0, 0.0]);
/// let test = Tensor::from([[4.0, 6.0]]);
/// assert_eq!(standardizer.apply(&test)?.to_vec::<f64>(), [2.0, 1.0]);
/// # Ok::<(), retrograd_layers::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Standardizer {
    mean: Vec<f64>,
    std: Vec<f64>,
}

impl Standardizer {
    /// Mean and deviation of each column of `features` `[n, d]`.
    ///
    /// # Errors
    /// If `features` is not a matrix, or has no rows.
    pub fn fit(features: &Tensor) -> Result<Self, Error> {
        let shape = features.shape();
        let &[n_rows, n_columns] = &shape[..] else {
            let reason = format!("features to standardize must be a matrix, not {shape}");
            return Err(Error::data(reason));
        };
        if n_rows == 0 {
            return Err(Error::data("features without rows have no mean"));
        }
        let values = features.to_vec::<f64>();
        let column = |k: usize| values.iter().skip(k).step_by(n_columns);
        let (mean, std) = (0..n_columns).map(|k| mean_and_std(column(k))).unzip();
        Ok(Self { mean, std })
    }

    /// One mean and one deviation of all elements of `features` `[n, d]`, as befits pixels: those that are nearly
    /// always empty stay small.
    ///
    /// # Errors
    /// If `features` is not a matrix, or has no elements.
    ///
    /// ```
    /// use retrograd_core::Tensor;
    /// use retrograd_layers::Standardizer;
    ///
    /// let images = Tensor::from([[0.0, 4.0], [0.0, 4.0]]);
    /// let standardizer = Standardizer::fit_jointly(&images)?;
    /// assert_eq!(standardizer.apply(&images)?.to_vec::<f64>(), [-1.0, 1.0, -1.0, 1.0]);
    /// # Ok::<(), retrograd_layers::Error>(())
    /// ```
    pub fn fit_jointly(features: &Tensor) -> Result<Self, Error> {
        let n_columns = features.shape().get(1).copied().unwrap_or(0);
        let n_elements = features.shape().n_elements();
        let of_all = Self::fit(&features.reshape([n_elements, 1])?)?;
        Ok(Self { mean: vec![of_all.mean[0]; n_columns], std: vec![of_all.std[0]; n_columns] })
    }

    /// Mean of each feature.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// Standard deviation of each feature; 0 if it is constant.
    pub fn std(&self) -> &[f64] {
        &self.std
    }

    /// Standardized features, `[n, d] → [n, d]`, in the dtype of `features`.
    ///
    /// # Errors
    /// If `features` is not a matrix with as many columns as the training data.
    pub fn apply(&self, features: &Tensor) -> Result<Tensor, Error> {
        let shape = features.shape();
        if shape.rank() != 2 || shape[1] != self.mean.len() {
            let n_columns = self.mean.len();
            let reason =
                format!("the features are {shape}, but {n_columns} columns were standardized");
            return Err(Error::data(reason));
        }
        let mut values = features.to_vec::<f64>();
        for row in values.chunks_exact_mut(self.mean.len().max(1)) {
            for ((x, mean), std) in row.iter_mut().zip(&self.mean).zip(&self.std) {
                *x = (*x - mean) / if *std > 0.0 { *std } else { 1.0 };
            }
        }
        Ok(Tensor::new(shape.clone(), values)?.cast(features.dtype()))
    }
}

/// Mean and population's deviation. Equal numbers have deviation 0 exactly: the rounding of their mean is no spread.
fn mean_and_std<'a>(values: impl Iterator<Item = &'a f64> + Clone) -> (f64, f64) {
    let mut others = values.clone();
    let first = others.next().copied().unwrap_or(0.0);
    if others.all(|&value| value == first) {
        return (first, 0.0);
    }
    let n = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / n;
    let variance = values.map(|value| (value - mean).powi(2)).sum::<f64>() / n;
    (mean, variance.sqrt())
}
