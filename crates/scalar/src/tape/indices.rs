//! Indices of the statements that a variable depends on.

use super::storage::{Index, NONE};

/// Up to two indices, the first in the lower half.
///
/// One number rather than two, since variables are moved through memory in words: halves that were written apart cannot
/// be read together before both have arrived there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Indices(u64);

impl Indices {
    pub(super) const NONE: Self = Self::two(NONE, NONE);

    #[inline(always)]
    pub(super) const fn one(index: Index) -> Self {
        Self::two(index, NONE)
    }

    #[inline(always)]
    pub(super) const fn two(first: Index, second: Index) -> Self {
        Self(first as u64 | (second as u64) << 32)
    }

    #[inline(always)]
    pub(super) fn first(self) -> Index {
        self.0 as Index
    }

    #[inline(always)]
    pub(super) fn second(self) -> Index {
        (self.0 >> 32) as Index
    }

    #[inline(always)]
    pub(super) fn len(self) -> usize {
        if self == Self::NONE {
            0
        } else if self.second() == NONE {
            1
        } else {
            2
        }
    }
}
