//! Which bytes of what a step writes are whose, when several threads compute it.

use std::ops::Range;

/// The rows of a thread, among all rows of what a step writes. Each value has as many rows, of equal length.
pub(super) struct Share<'a> {
    pub written: &'a [Span],
    pub n_rows: usize,
    pub rows: Range<usize>,
}

/// Bytes from one address up to another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    pub start: usize,
    pub end: usize,
}

/// The addresses of what a step writes. The allocation is kept between runs.
#[derive(Default)]
pub(crate) struct Written(pub(super) Vec<Span>);

/// How the rows of what a step writes can be split among threads.
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

    /// Those of a part among `n_parts`.
    pub(super) fn part(self, part: usize, n_parts: usize) -> Range<usize> {
        let bound = |k: usize| match k == n_parts {
            true => self.n_rows,
            false => self.n_rows / self.together * k / n_parts * self.together,
        };
        bound(part)..bound(part + 1)
    }
}

impl Share<'_> {
    /// Whether no other thread writes these bytes.
    pub fn may_read(&self, bytes: Span) -> bool {
        self.written
            .iter()
            .all(|&value| bytes.is_apart_from(value) || bytes.is_within(self.own(value)))
    }

    /// Whether these bytes are this thread's to write.
    pub fn may_write(&self, bytes: Span) -> bool {
        self.written.iter().any(|&value| bytes.is_within(self.own(value)))
    }

    /// The rows of this thread of a value.
    fn own(&self, value: Span) -> Span {
        let row = (value.end - value.start) / self.n_rows;
        let [start, end] = [self.rows.start, self.rows.end].map(|k| value.start + k * row);
        Span { start, end }
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
