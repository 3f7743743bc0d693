//! Indices of the values by which partial derivatives are taken.

/// The index of a recorded value: `k + 1` for statement `k`, `−1 − k` for variable `k`, and 0 for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TapeIndex(i32);

impl TapeIndex {
    pub(super) const NONE: Self = Self(0);

    /// The limit of statements and of variables, since a [`BackLink`] has one bit less than an index.
    pub(super) const MOST: usize = 1 << 30;

    #[inline(always)]
    pub(super) fn statement(k: usize) -> Self {
        Self(k as i32 + 1)
    }

    #[inline(always)]
    pub(super) fn variable(k: usize) -> Self {
        Self(-1 - k as i32)
    }

    /// The variable of this index, if it is the index of a variable.
    pub(super) fn as_variable(self) -> Option<usize> {
        (self.0 < 0).then_some((-1 - self.0) as usize)
    }

    /// The slot of the adjoint. Slots hold the adjoints of variables from the last to the first, then an unused one,
    /// then those of statements.
    #[inline(always)]
    pub(super) fn slot(self, n_variables: usize) -> usize {
        n_variables.wrapping_add_signed(self.0 as isize)
    }
}

/// Up to two indices, the first in the lower half.
///
/// One integer rather than two: scalars move through memory in words, and a word stalls if its halves were written
/// separately just before.
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

    /// Whether both pairs hold at most one index each.
    #[inline(always)]
    pub(super) fn are_single_with(self, other: Self) -> bool {
        (self.0 | other.0) >> 32 == 0
    }

    #[inline(always)]
    pub(super) fn are_two(self) -> bool {
        self.0 >> 32 != 0
    }
}

/// The third index of a statement, with a bit for its partial derivative: recorded, or implied to be 1.
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
