//! Dense tensors: the data of constants, parameters and bound inputs, and borrowed views for loops over them.

mod buffer;

use std::{fmt, sync::Arc};

pub use self::buffer::{Buffer, Slice, SliceMut, are_finite};

use crate::{
    data::{
        dtype::{DType, Element},
        error::{Error, located},
        shape::Shape,
    },
    with_elements,
};

/// A borrowed tensor: elements in row-major order, and their shape.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    pub(crate) shape: &'a Shape,
    /// As many as the shape says.
    pub(crate) data: Slice<'a>,
}

impl<'a> View<'a> {
    /// Elements in row-major order, as a tensor of a shape.
    ///
    /// # Errors
    /// If the number of elements is not that of the shape, or no tensor can have it.
    ///
    /// ```
    /// use retrograd_core::{Shape, Slice, View};
    ///
    /// let (shape, numbers) = (Shape::from([2, 2]), [1.0f32, 2.0, 3.0, 4.0]);
    /// let matrix = View::new(&shape, Slice::F32(&numbers))?;
    /// assert_eq!(matrix.elements::<f32>()[3], 4.0);
    /// assert!(View::new(&shape, Slice::F32(&numbers[1..])).is_err());
    /// # Ok::<(), retrograd_core::Error>(())
    /// ```
    pub fn new(shape: &'a Shape, data: Slice<'a>) -> Result<Self, Error> {
        check_elements(shape, data.len())?;
        Ok(Self { shape, data })
    }

    /// Sizes.
    pub fn shape(&self) -> &'a Shape {
        self.shape
    }

    /// The elements, as many as the shape says.
    pub fn data(&self) -> Slice<'a> {
        self.data
    }

    /// Type of the elements.
    pub fn dtype(&self) -> DType {
        self.data.dtype()
    }

    /// A tensor of these elements.
    pub fn to_tensor(&self) -> Tensor {
        let buffer = match self.data {
            Slice::F32(elements) => Buffer::F32(elements.into()),
            Slice::F64(elements) => Buffer::F64(elements.into()),
            Slice::I64(elements) => Buffer::I64(elements.into()),
            Slice::Bool(elements) => Buffer::Bool(elements.into()),
        };
        Tensor::from_buffer(self.shape.clone(), buffer)
    }

    /// The elements as a slice of `T`.
    ///
    /// # Panics
    /// If the elements are of another type: operations settle types when they are recorded.
    pub fn elements<T: Element>(&self) -> &'a [T] {
        T::of(self.data).expect("dtypes are settled when an operation is recorded")
    }
}

/// A tensor to be written: elements in row-major order, and their shape.
#[derive(Debug)]
pub struct ViewMut<'a> {
    pub(crate) shape: &'a Shape,
    /// As many as the shape says.
    pub(crate) data: SliceMut<'a>,
}

impl<'a> ViewMut<'a> {
    /// Elements to be written in row-major order, as a tensor of a shape.
    ///
    /// # Errors
    /// If the number of elements is not that of the shape, or no tensor can have it.
    pub fn new(shape: &'a Shape, data: SliceMut<'a>) -> Result<Self, Error> {
        check_elements(shape, data.as_slice().len())?;
        Ok(Self { shape, data })
    }

    /// Sizes.
    pub fn shape(&self) -> &'a Shape {
        self.shape
    }

    /// Type of the elements.
    pub fn dtype(&self) -> DType {
        self.data.dtype()
    }

    /// The elements, as many as the shape says.
    pub fn data(self) -> SliceMut<'a> {
        self.data
    }

    /// The elements as a slice of `T`.
    ///
    /// # Panics
    /// If the elements are of another type: operations settle types when they are recorded.
    pub fn elements<T: Element>(self) -> &'a mut [T] {
        T::of_mut(self.data).expect("dtypes are settled when an operation is recorded")
    }
}

/// Whether so many elements fill a shape that a tensor can have.
fn check_elements(shape: &Shape, n_elements: usize) -> Result<(), Error> {
    match n_elements == shape.n_elements() {
        _ if !shape.is_possible() => Err(Error::Size { shape: shape.clone() }),
        true => Ok(()),
        false => Err(Error::ElementCount { n_elements, shape: shape.clone() }),
    }
}

/// A dense tensor in row-major order. Clones share the elements until one of them is written to.
///
/// ```
/// use retrograd_core::Tensor;
///
/// let t = Tensor::from([[1.0, 2.0], [3.0, 4.0]]);
/// assert_eq!(t.shape(), &[2, 2].into());
/// assert_eq!(t.to_vec::<f64>(), [1.0, 2.0, 3.0, 4.0]);
/// ```
#[derive(Clone, PartialEq)]
pub struct Tensor {
    shape: Shape,
    buffer: Arc<Buffer>,
}

impl Tensor {
    /// A tensor of `shape` with these elements in row-major order.
    ///
    /// # Errors
    /// If the number of elements is not that of the shape, or no tensor can have it.
    pub fn new<T: Element>(shape: impl Into<Shape>, elements: Vec<T>) -> Result<Self, Error> {
        let shape = shape.into();
        check_elements(&shape, elements.len())?;
        Ok(Self::from_buffer(shape, T::buffer(elements.into())))
    }

    pub(crate) fn from_buffer(shape: Shape, buffer: Buffer) -> Self {
        Self { shape, buffer: Arc::new(buffer) }
    }

    /// A tensor of zeros.
    ///
    /// # Panics
    /// If no tensor can have the shape, or there is no memory for one.
    #[track_caller]
    pub fn zeros(dtype: DType, shape: impl Into<Shape>) -> Self {
        located(Self::try_zeros(dtype, shape))
    }

    /// The form of [`zeros`](Self::zeros) that returns an error instead of panicking.
    ///
    /// # Errors
    /// If no tensor can have the shape, or there is no memory for one.
    ///
    /// ```
    /// use retrograd_core::{DType, Tensor};
    ///
    /// let error = Tensor::try_zeros(DType::F32, [1 << 50]).unwrap_err();
    /// assert!(error.to_string().ends_with("needs 4.5 PB, which cannot be allocated"));
    /// ```
    pub fn try_zeros(dtype: DType, shape: impl Into<Shape>) -> Result<Self, Error> {
        let shape = shape.into();
        let n = shape.n_elements();
        match Buffer::try_zeros(dtype, n) {
            _ if !shape.is_possible() => Err(Error::Size { shape }),
            Some(buffer) => Ok(Self::from_buffer(shape, buffer)),
            None => Err(Error::out_of_memory(format!("a tensor {dtype} {shape}"), dtype, n)),
        }
    }

    /// A tensor whose elements all have one value.
    ///
    /// # Panics
    /// If no tensor can have the shape, or there is no memory for one.
    #[track_caller]
    pub fn full(dtype: DType, shape: impl Into<Shape>, value: f64) -> Self {
        located(Self::try_full(dtype, shape, value))
    }

    /// The form of [`full`](Self::full) that returns an error instead of panicking.
    ///
    /// # Errors
    /// If no tensor can have the shape, or there is no memory for one.
    pub fn try_full(dtype: DType, shape: impl Into<Shape>, value: f64) -> Result<Self, Error> {
        let mut tensor = Self::try_zeros(dtype, shape)?;
        with_elements!(SliceMut, tensor.as_mut_slice(), elements => elements.fill(Element::from_f64(value)));
        Ok(tensor)
    }

    /// Sizes.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Type of the elements.
    pub fn dtype(&self) -> DType {
        self.buffer.as_slice().dtype()
    }

    /// Whether this tensor and another hold the same elements, or equal ones.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.shape == other.shape
            && (Arc::ptr_eq(&self.buffer, &other.buffer) || self.buffer == other.buffer)
    }

    /// A borrowed view.
    pub fn view(&self) -> View<'_> {
        View { shape: &self.shape, data: self.buffer.as_slice() }
    }

    /// The elements in row-major order.
    #[inline]
    pub fn as_slice(&self) -> Slice<'_> {
        self.buffer.as_slice()
    }

    /// The elements in row-major order, to be written. Elements shared with a clone are copied first.
    #[inline]
    pub fn as_mut_slice(&mut self) -> SliceMut<'_> {
        Arc::make_mut(&mut self.buffer).as_mut_slice()
    }

    /// This tensor as a view to be written, such as an operation evaluates into.
    pub fn view_mut(&mut self) -> ViewMut<'_> {
        ViewMut { shape: &self.shape, data: Arc::make_mut(&mut self.buffer).as_mut_slice() }
    }

    /// The elements in row-major order, converted to `T`.
    pub fn to_vec<T: Element>(&self) -> Vec<T> {
        if let Some(elements) = T::of(self.as_slice()) {
            return elements.to_vec();
        }
        with_elements!(Slice, self.as_slice(), elements => {
            elements.iter().map(|&element| T::from_f64(element.to_f64())).collect()
        })
    }

    /// The value of a tensor of one element.
    ///
    /// # Panics
    /// If there are several elements, or none.
    #[track_caller]
    pub fn item(&self) -> f64 {
        assert!(
            self.shape.n_elements() == 1,
            "item: a tensor of shape {} is not one number",
            self.shape
        );
        with_elements!(Slice, self.as_slice(), elements => elements[0].to_f64())
    }

    /// This tensor with its elements converted to `dtype`; the same tensor if they are of it.
    pub fn cast(&self, dtype: DType) -> Self {
        if self.dtype() == dtype {
            return self.clone();
        }
        let buffer = match dtype {
            DType::F32 => Buffer::F32(self.to_vec().into()),
            DType::F64 => Buffer::F64(self.to_vec().into()),
            DType::I64 => Buffer::I64(self.to_vec().into()),
            DType::Bool => Buffer::Bool(self.to_vec().into()),
        };
        Self::from_buffer(self.shape.clone(), buffer)
    }

    /// This tensor in another shape of as many elements.
    ///
    /// # Errors
    /// If the numbers of elements differ, or no tensor can have the shape.
    pub fn reshape(&self, shape: impl Into<Shape>) -> Result<Self, Error> {
        let shape = shape.into();
        check_elements(&shape, self.shape.n_elements())?;
        Ok(Self { shape, buffer: Arc::clone(&self.buffer) })
    }
}

impl<T: Element> From<T> for Tensor {
    fn from(value: T) -> Self {
        Self::from_buffer(Shape::scalar(), T::buffer(vec![value].into()))
    }
}

impl<T: Element> From<Vec<T>> for Tensor {
    fn from(elements: Vec<T>) -> Self {
        Self::from_buffer(Shape::from([elements.len()]), T::buffer(elements.into()))
    }
}

impl<T: Element> From<&[T]> for Tensor {
    fn from(elements: &[T]) -> Self {
        Self::from_buffer(Shape::from([elements.len()]), T::buffer(elements.into()))
    }
}

impl<T: Element, const N: usize> From<[T; N]> for Tensor {
    fn from(elements: [T; N]) -> Self {
        elements.to_vec().into()
    }
}

impl<T: Element, const M: usize, const N: usize> From<[[T; N]; M]> for Tensor {
    fn from(rows: [[T; N]; M]) -> Self {
        Self::from_buffer(Shape::from([M, N]), T::buffer(rows.concat().into()))
    }
}

impl From<&Tensor> for Tensor {
    fn from(tensor: &Tensor) -> Self {
        tensor.clone()
    }
}

/// Elements shown before the rest is left out.
const N_SHOWN: usize = 12;

impl fmt::Debug for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tensor {} {} ", self.dtype(), self.shape)?;
        with_elements!(Slice, self.as_slice(), elements => match elements.len() {
            0..=N_SHOWN => write!(f, "{elements:?}"),
            n => write!(f, "{:?} and {} more", &elements[..N_SHOWN], n - N_SHOWN),
        })
    }
}

/// Calls a generic body with input and output as slices of their common element type.
macro_rules! same_dtype {
    ($x:expr, $y:expr => |$a:ident, $b:ident| $body:expr) => {
        $crate::with_elements!(SliceMut, $y.data, $b => {
            let $a = $x.elements();
            $body
        })
    };
    (float $x:expr, $y:expr => |$a:ident, $b:ident| $body:expr) => {
        match $y.data {
            $crate::data::tensor::SliceMut::F32($b) => {
                let $a = $x.elements::<f32>();
                $body
            }
            $crate::data::tensor::SliceMut::F64($b) => {
                let $a = $x.elements::<f64>();
                $body
            }
            $crate::data::tensor::SliceMut::I64(_) | $crate::data::tensor::SliceMut::Bool(_) => {
                unreachable!("recording checks that the elements are floating-point numbers")
            }
        }
    };
}
pub(crate) use same_dtype;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_keeps_its_elements_when_the_original_is_written_to() {
        let mut a = Tensor::from([1.0, 2.0]);
        let b = a.clone();
        with_elements!(SliceMut, a.as_mut_slice(), elements => elements.fill(Element::from_f64(7.0)));
        assert_eq!(b.to_vec::<f64>(), [1.0, 2.0]);
        assert_eq!(a.to_vec::<i64>(), [7, 7]);
    }

    #[test]
    fn a_wrong_number_of_elements_is_an_error() {
        let error = Tensor::new([2, 3], vec![0.0f32; 5]).unwrap_err();
        assert_eq!(error.to_string(), "5 elements do not fill the shape [2, 3], which has 6");
    }
}
