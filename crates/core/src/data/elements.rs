//! Memory of tensors, which begins where vector instructions want it to.

use std::{
    fmt,
    ops::{Deref, DerefMut},
};

use crate::data::{
    dtype::Element,
    error::{Error, located},
};

/// Bytes of a cache line.
const LINE: usize = 64;

/// Less memory begins anywhere, so that single numbers take no more than they need.
const LEAST_BYTES: usize = 1024;

/// Elements of one type in contiguous memory. Memory of several cache lines is aligned to a line, so that no vector
/// load crosses two; allocators do not align large blocks so.
///
/// ```
/// use retrograd_core::Elements;
///
/// let mut elements = Elements::from(vec![1.0f32; 1000]);
/// elements[0] = 2.0;
/// assert_eq!(elements.as_ptr().align_offset(64), 0);
/// assert_eq!((elements.len(), elements.iter().sum::<f32>()), (1000, 1001.0));
/// ```
#[derive(Default)]
pub struct Elements<T> {
    /// The elements, after others that do not count.
    memory: Vec<T>,
    start: usize,
}

/// Whether `n` elements are too few to be aligned.
fn is_small<T>(n: usize) -> bool {
    n < LEAST_BYTES / size_of::<T>()
}

/// Less memory is taken without asking whether it is there.
const LEAST_ASKED_BYTES: usize = 1 << 20;

/// `n` zeros; `None` if there is no memory for them. Large memory is asked for twice, since only the first way can be
/// told that there is none, and only the second gets zeros from the system without writing them.
fn try_zeroed<T: Element>(n: usize) -> Option<Vec<T>> {
    if n >= LEAST_ASKED_BYTES / size_of::<T>() {
        Vec::<T>::new().try_reserve_exact(n).ok()?;
    }
    Some(vec![T::default(); n])
}

impl<T: Element> Elements<T> {
    /// `n` zeros, or `false`s.
    ///
    /// # Panics
    /// If there is no memory for them.
    #[track_caller]
    pub fn zeros(n: usize) -> Self {
        let what = || format!("{n} elements {}", T::DTYPE);
        located(Self::try_zeros(n).ok_or_else(|| Error::out_of_memory(what(), T::DTYPE, n)))
    }

    /// `n` zeros, or `false`s; `None` if there is no memory for them.
    pub fn try_zeros(n: usize) -> Option<Self> {
        if is_small::<T>(n) {
            return Some(Self { memory: vec![T::default(); n], start: 0 });
        }
        let most = LINE / size_of::<T>() - 1;
        let mut memory: Vec<T> = try_zeroed(n.checked_add(most)?)?;
        let start = memory.as_ptr().align_offset(LINE).min(most);
        memory.truncate(start + n);
        Some(Self { memory, start })
    }
}

impl<T: Element> From<&[T]> for Elements<T> {
    fn from(elements: &[T]) -> Self {
        if is_small::<T>(elements.len()) {
            return Self { memory: elements.to_vec(), start: 0 };
        }
        let mut this = Self::zeros(elements.len());
        this.copy_from_slice(elements);
        this
    }
}

/// Copies large vectors, unless they begin at a cache line by chance.
impl<T: Element> From<Vec<T>> for Elements<T> {
    fn from(memory: Vec<T>) -> Self {
        if is_small::<T>(memory.len()) || memory.as_ptr().align_offset(LINE) == 0 {
            return Self { memory, start: 0 };
        }
        Self::from(&memory[..])
    }
}

impl<T> Deref for Elements<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        &self.memory[self.start..]
    }
}

impl<T> DerefMut for Elements<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.memory[self.start..]
    }
}

impl<T: Element> Clone for Elements<T> {
    fn clone(&self) -> Self {
        Self::from(&self[..])
    }
}

impl<T: PartialEq> PartialEq for Elements<T> {
    fn eq(&self, other: &Self) -> bool {
        self[..] == other[..]
    }
}

impl<T: fmt::Debug> fmt::Debug for Elements<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self[..].fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        data::{dtype::DType, tensor::Tensor},
        with_elements,
    };

    fn is_at_a_line(tensor: &Tensor) -> bool {
        with_elements!(Slice, tensor.as_slice(), elements => elements.as_ptr().align_offset(LINE) == 0)
    }

    #[test]
    fn large_tensors_begin_at_a_cache_line_however_they_are_made() {
        for n in [1024, 1031, 40_000] {
            for dtype in [DType::F32, DType::F64, DType::I64, DType::Bool] {
                let zeros = Tensor::zeros(dtype, [n]);
                let mut copy = zeros.clone();
                with_elements!(SliceMut, copy.as_mut_slice(), elements => elements.reverse());
                let made =
                    [&zeros, &copy, &zeros.view().to_tensor(), &Tensor::full(dtype, [n], 1.0)];
                assert!(made.into_iter().all(is_at_a_line), "{n} of {dtype}");
                assert_eq!(copy, zeros);
            }
            let numbers: Vec<f32> = (0..n).map(|k| k as f32).collect();
            let tensor = Tensor::from(numbers.clone());
            assert!(is_at_a_line(&tensor) && is_at_a_line(&tensor.cast(DType::F64)));
            assert_eq!(tensor.to_vec::<f32>(), numbers);
        }
    }
}
