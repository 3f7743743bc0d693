//! Arrays of `ndarray` as tensors, and tensors as views of `ndarray`.

use ndarray::{ArrayView, ArrayViewD, Dimension};

use crate::data::{
    dtype::Element,
    tensor::{Tensor, View},
};

/// The elements of an array, in any layout, are copied to row-major order.
///
/// ```
/// use ndarray::array;
/// use retrograd_core::Tensor;
///
/// let a = array![[1.0, 2.0], [3.0, 4.0]];
/// let transposed = Tensor::from(a.t());
/// assert_eq!(transposed.to_vec::<f64>(), [1.0, 3.0, 2.0, 4.0]);
/// assert_eq!(transposed.as_array::<f64>().unwrap(), a.t().into_dyn());
/// ```
impl<T: Element, D: Dimension> From<ArrayView<'_, T, D>> for Tensor {
    fn from(array: ArrayView<'_, T, D>) -> Self {
        let elements = match array.as_slice() {
            Some(elements) => elements.into(),
            None => array.iter().copied().collect::<Vec<_>>().into(),
        };
        Self::from_buffer(array.shape().into(), T::buffer(elements))
    }
}

impl<'a> View<'a> {
    /// The same elements as a view of `ndarray`; none if they are of another type than `T`.
    pub fn as_array<T: Element>(&self) -> Option<ArrayViewD<'a, T>> {
        let sizes: Vec<usize> = self.shape.to_vec();
        let array = ArrayViewD::from_shape(sizes, T::of(self.data)?);
        Some(array.expect("a tensor has as many elements as its shape says, in row-major order"))
    }
}

impl Tensor {
    /// The elements as a view of `ndarray`; none if they are of another type than `T`.
    pub fn as_array<T: Element>(&self) -> Option<ArrayViewD<'_, T>> {
        self.view().as_array()
    }
}
