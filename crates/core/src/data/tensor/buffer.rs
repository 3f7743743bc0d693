//! Elements of one type or another, owned or borrowed.

use crate::data::{
    dtype::{DType, Float},
    elements::Elements,
    error::{Error, located},
};

/// The elements of a tensor, of one of the dtypes.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the variants are those of `DType`")]
pub enum Buffer {
    F32(Elements<f32>),
    F64(Elements<f64>),
    I64(Elements<i64>),
    Bool(Elements<bool>),
}

/// Borrowed elements of one type.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "the variants are those of `DType`")]
pub enum Slice<'a> {
    F32(&'a [f32]),
    F64(&'a [f64]),
    I64(&'a [i64]),
    Bool(&'a [bool]),
}

/// Mutably borrowed elements of one type.
#[derive(Debug)]
#[expect(missing_docs, reason = "the variants are those of `DType`")]
pub enum SliceMut<'a> {
    F32(&'a mut [f32]),
    F64(&'a mut [f64]),
    I64(&'a mut [i64]),
    Bool(&'a mut [bool]),
}

/// Runs the same body for whichever element type a buffer or slice has.
#[doc(hidden)]
#[macro_export]
macro_rules! with_elements {
    ($kind:ident, $value:expr, $elements:ident => $body:expr) => {
        match $value {
            $crate::tensor::$kind::F32($elements) => $body,
            $crate::tensor::$kind::F64($elements) => $body,
            $crate::tensor::$kind::I64($elements) => $body,
            $crate::tensor::$kind::Bool($elements) => $body,
        }
    };
}

impl Buffer {
    /// `n` zeros (or `false`s) of a dtype; `None` if there is no memory for them.
    pub fn try_zeros(dtype: DType, n: usize) -> Option<Self> {
        Some(match dtype {
            DType::F32 => Buffer::F32(Elements::try_zeros(n)?),
            DType::F64 => Buffer::F64(Elements::try_zeros(n)?),
            DType::I64 => Buffer::I64(Elements::try_zeros(n)?),
            DType::Bool => Buffer::Bool(Elements::try_zeros(n)?),
        })
    }

    /// `n` zeros (or `false`s) of a dtype.
    ///
    /// # Panics
    /// If there is no memory for them.
    #[track_caller]
    pub fn zeros(dtype: DType, n: usize) -> Self {
        let error = || Error::out_of_memory(format!("{n} elements {dtype}"), dtype, n);
        located(Self::try_zeros(dtype, n).ok_or_else(error))
    }

    /// The elements.
    #[inline]
    pub fn as_slice(&self) -> Slice<'_> {
        match self {
            Buffer::F32(elements) => Slice::F32(elements),
            Buffer::F64(elements) => Slice::F64(elements),
            Buffer::I64(elements) => Slice::I64(elements),
            Buffer::Bool(elements) => Slice::Bool(elements),
        }
    }

    /// The elements, to be written.
    #[inline]
    pub fn as_mut_slice(&mut self) -> SliceMut<'_> {
        match self {
            Buffer::F32(elements) => SliceMut::F32(elements),
            Buffer::F64(elements) => SliceMut::F64(elements),
            Buffer::I64(elements) => SliceMut::I64(elements),
            Buffer::Bool(elements) => SliceMut::Bool(elements),
        }
    }
}

impl Slice<'_> {
    /// Type of the elements.
    pub fn dtype(self) -> DType {
        match self {
            Slice::F32(_) => DType::F32,
            Slice::F64(_) => DType::F64,
            Slice::I64(_) => DType::I64,
            Slice::Bool(_) => DType::Bool,
        }
    }

    /// Number of elements.
    pub fn len(self) -> usize {
        with_elements!(Slice, self, elements => elements.len())
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Whether all elements are finite, as integers and truth values are.
    ///
    /// ```
    /// use retrograd_core::Slice;
    ///
    /// assert!(Slice::F32(&[1.0, f32::MAX]).is_finite());
    /// assert!(!Slice::F32(&[1.0, f32::NAN]).is_finite() && !Slice::F64(&[f64::INFINITY]).is_finite());
    /// ```
    pub fn is_finite(self) -> bool {
        match self {
            Slice::F32(elements) => are_finite(elements),
            Slice::F64(elements) => are_finite(elements),
            Slice::I64(_) | Slice::Bool(_) => true,
        }
    }
}

/// Whether all elements are finite, without branches in the loop, by the vector instructions of the caller.
#[inline(always)]
pub fn are_finite<F: Float>(numbers: &[F]) -> bool {
    // 0 · x is 0 for a finite x and NaN otherwise, and NaN stays in a sum. Sums side by side do not wait for each other.
    const N_SUMS: usize = 32;
    let zero = <F as Float>::lit(0.0);
    let mut sums = [zero; N_SUMS];
    let blocks = numbers.chunks_exact(N_SUMS);
    let rest = blocks.remainder().iter().fold(zero, |sum, &x| sum + zero * x);
    for block in blocks {
        for (sum, &x) in sums.iter_mut().zip(block) {
            *sum = *sum + zero * x;
        }
    }
    sums.iter().fold(rest == zero, |all, &sum| all & (sum == zero))
}

impl SliceMut<'_> {
    /// The same elements, borrowed for a shorter time.
    pub fn reborrow(&mut self) -> SliceMut<'_> {
        match self {
            SliceMut::F32(elements) => SliceMut::F32(elements),
            SliceMut::F64(elements) => SliceMut::F64(elements),
            SliceMut::I64(elements) => SliceMut::I64(elements),
            SliceMut::Bool(elements) => SliceMut::Bool(elements),
        }
    }

    /// The same elements, to be read.
    pub fn as_slice(&self) -> Slice<'_> {
        match self {
            SliceMut::F32(elements) => Slice::F32(elements),
            SliceMut::F64(elements) => Slice::F64(elements),
            SliceMut::I64(elements) => Slice::I64(elements),
            SliceMut::Bool(elements) => Slice::Bool(elements),
        }
    }

    /// Type of the elements.
    pub fn dtype(&self) -> DType {
        match self {
            SliceMut::F32(_) => DType::F32,
            SliceMut::F64(_) => DType::F64,
            SliceMut::I64(_) => DType::I64,
            SliceMut::Bool(_) => DType::Bool,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_that_is_not_finite_is_found_wherever_it_is() {
        for n in [0, 1, 31, 32, 70] {
            assert!(are_finite(&vec![f32::MAX; n]));
            for at in 0..n {
                for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                    let mut numbers = vec![f32::MAX; n];
                    numbers[at] = bad;
                    assert!(!are_finite(&numbers), "{bad} at {at} of {n}");
                }
            }
        }
    }
}
