//! The bytes that each thread owns when several threads compute a step.

use std::ops::Range;

use retrograd_core::{DType, computation::ValueId};

/// A value that a step writes: parts of equal length, each computed from as many rows.
pub(crate) struct Output {
    pub id: ValueId,
    pub dtype: DType,
    pub n_rows_each: usize,
}

/// The rows of a thread, among all rows that a step computes.
pub(super) struct Share<'a> {
    pub written: &'a [Parts],
    pub n_rows: usize,
    pub rows: Range<usize>,
}

/// Bytes from one address up to another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    pub start: usize,
    pub end: usize,
}

/// The addresses of an [`Output`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Parts {
    pub span: Span,
    pub n_rows_each: usize,
}

/// The addresses that a step writes. The allocation is kept between runs.
#[derive(Default)]
pub(crate) struct Written(pub(super) Vec<Parts>);

/// The split of a step's rows among threads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Split {
    pub n_rows: usize,
    /// The least rows of a part that is not empty, unless there are fewer.
    pub together: usize,
    /// Nanoseconds that all of them take one thread, roughly.
    pub work: usize,
}

impl Split {
    /// All of them.
    pub fn all(self) -> Range<usize> {
        0..self.n_rows
    }

    /// The rows of a part among `n_parts`.
    pub(super) fn part(self, part: usize, n_parts: usize) -> Range<usize> {
        let n_together = (self.n_rows / self.together) as u128;
        let bound = |k: usize| match k == n_parts {
            true => self.n_rows,
            false => (n_together * k as u128 / n_parts as u128) as usize * self.together,
        };
        bound(part)..bound(part + 1)
    }
}

impl Share<'_> {
    /// Whether no other thread writes these bytes.
    pub fn may_read(&self, bytes: Span) -> bool {
        self.written
            .iter()
            .all(|&value| bytes.is_apart_from(value.span) || bytes.is_within(self.own(value)))
    }

    /// Whether these bytes are this thread's to write.
    pub fn may_write(&self, bytes: Span) -> bool {
        self.written.iter().any(|&value| bytes.is_within(self.own(value)))
    }

    /// The bytes of a value that the rows of this thread give.
    fn own(&self, Parts { span, n_rows_each }: Parts) -> Span {
        let part = (span.end - span.start) / self.n_rows.div_ceil(n_rows_each);
        let [start, end] = [self.rows.start, self.rows.end]
            .map(|row| span.start + row.div_ceil(n_rows_each) * part);
        Span { start, end }
    }
}

impl Parts {
    /// Whether they can be shared by threads that compute some of `n_rows` rows each, so many together.
    pub fn can_be_shared(self, Split { n_rows, together, .. }: Split) -> bool {
        let n_bytes = self.span.end - self.span.start;
        together.is_multiple_of(self.n_rows_each)
            && n_bytes.is_multiple_of(n_rows.div_ceil(self.n_rows_each))
    }
}

impl Span {
    pub fn is_apart_from(self, other: Self) -> bool {
        let is_empty = self.start == self.end || other.start == other.end;
        is_empty || self.end <= other.start || other.end <= self.start
    }

    fn is_within(self, other: Self) -> bool {
        other.start <= self.start && self.end <= other.end
    }
}
