//! The indices of statements and variables, by which partial derivatives are recorded.

/// The index of what a partial derivative is by: statement `k` as `k + 1`, variable `k` as `−1 − k`, or nothing as 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TapeIndex(i32);

impl TapeIndex {
    pub(super) const NONE: Self = Self(0);

    /// There are fewer statements, and fewer variables: a [`BackLink`] has a bit less than an index.
    pub(super) const MOST: usize = 1 << 30;

    #[inline(always)]
    pub(super) fn statement(k: usize) -> Self {
        Self(k as i32 + 1)
    }

    #[inline(always)]
    pub(super) fn variable(k: usize) -> Self {
        Self(-1 - k as i32)
    }

    /// The number of the variable that this is the index of, if it is one.
    pub(super) fn as_variable(self) -> Option<usize> {
        (self.0 < 0).then_some((-1 - self.0) as usize)
    }

    /// The place of its adjoint: those of `n_variables` variables from last to first, one of nothing, those of statements.
    #[inline(always)]
    pub(super) fn slot(self, n_variables: usize) -> usize {
        n_variables.wrapping_add_signed(self.0 as isize)
    }
}

/// Up to two indices, the first in the lower half.
///
/// One number rather than two, since variables are moved through memory in words: halves that were written apart cannot
/// be read together before both have arrived there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Indices(u64);

impl Indices {
    pub(super) const NONE: Self = Self(0);

    #[inline(always)]
    pub(super) const fn one(index: TapeIndex) -> Self {
        Self::two(index, TapeIndex::NONE)
    }

    #[inline(always)]
    pub(super) const fn two(first: TapeIndex, second: TapeIndex) -> Self {
        Self(first.0 as u32 as u64 | (second.0 as u32 as u64) << 32)
    }

    #[inline(always)]
    pub(super) fn first(self) -> TapeIndex {
        TapeIndex(self.0 as i32)
    }

    #[inline(always)]
    pub(super) fn second(self) -> TapeIndex {
        TapeIndex((self.0 >> 32) as i32)
    }

    /// Whether these and others are not more than one each.
    #[inline(always)]
    pub(super) fn are_single_with(self, other: Self) -> bool {
        (self.0 | other.0) >> 32 == 0
    }

    #[inline(always)]
    pub(super) fn are_two(self) -> bool {
        self.0 >> 32 != 0
    }
}

/// The third index of a statement, and whether its partial derivative is recorded: else it is 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BackLink(i32);

impl BackLink {
    #[inline(always)]
    pub(super) fn new(index: TapeIndex, has_partial: bool) -> Self {
        Self(index.0 << 1 | i32::from(has_partial))
    }

    #[inline(always)]
    pub(super) fn index(self) -> TapeIndex {
        TapeIndex(self.0 >> 1)
    }

    #[inline(always)]
    pub(super) fn has_partial(self) -> bool {
        self.0 & 1 != 0
    }
}
