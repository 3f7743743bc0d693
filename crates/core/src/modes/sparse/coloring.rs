//! Which columns of a sparse matrix are computed together.
//!
//! A sum of columns that have no row in common tells all their entries (Curtis, Powell, Reid 1974). So columns are
//! colored such that those of one color have none, and one sweep serves a color. A full row would give every column a
//! color of its own: the few fullest rows are computed each by itself, by a sweep of the other mode, and put no
//! constraint on colors (Coleman, Verma 1998). In a symmetric matrix such a row is a column, too (Powell, Toint 1979).

use std::cmp::Reverse;

use petgraph::{
    algo::dsatur_coloring,
    graph::{NodeIndex, UnGraph},
};

use super::pattern::Pattern;

/// The sweeps that give all entries of a matrix.
#[derive(Debug)]
pub(super) struct Compression {
    /// For each column, the sweep whose sum it is in.
    pub forward: Sweeps,
    /// For each row, the sweep whose sum it is in.
    pub reverse: Sweeps,
    /// Which of these sweeps have a line each, of which nothing else is read.
    alone: Side,
}

/// A number of sweeps, and which of them a line is in, if any.
#[derive(Debug)]
pub(super) struct Sweeps {
    pub n: usize,
    pub of: Vec<Option<usize>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Rows,
    Columns,
}

/// Where an entry is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// In a forward sweep, at a row.
    Forward { sweep: usize, row: usize },
    /// In a reverse sweep, at a column.
    Reverse { sweep: usize, column: usize },
}

impl Compression {
    /// Few sweeps for any matrix: those of columns with some rows alone, or of rows with some columns alone.
    pub fn of(pattern: &Pattern) -> Self {
        let transposed = pattern.transposed();
        let by_columns = || {
            let (forward, reverse) = compressed(pattern, false);
            Self { forward, reverse, alone: Side::Rows }
        };
        let by_rows = || {
            let (reverse, forward) = compressed(&transposed, false);
            Self { forward, reverse, alone: Side::Columns }
        };
        let (n_by_columns, n_by_rows) = (least_n_sweeps(pattern), least_n_sweeps(&transposed));
        let is_forward = n_by_columns <= n_by_rows;
        let first = if is_forward { by_columns() } else { by_rows() };
        if first.n_sweeps() <= n_by_columns.max(n_by_rows) {
            return first;
        }
        let second = if is_forward { by_rows() } else { by_columns() };
        if first.n_sweeps() <= second.n_sweeps() { first } else { second }
    }

    /// Few sweeps for a symmetric matrix: what a reverse sweep would give, a forward sweep gives as well.
    pub fn of_symmetric(pattern: &Pattern) -> Self {
        let (forward, reverse) = compressed(pattern, true);
        Self { forward, reverse, alone: Side::Rows }
    }

    /// The number of sweeps.
    pub fn n_sweeps(&self) -> usize {
        self.forward.n + self.reverse.n
    }

    /// The sweeps of a symmetric matrix, all of them of columns, each of which is in one at most.
    pub fn all_forward(&self) -> Sweeps {
        let reverse = self.reverse.of.iter().map(|sweep| sweep.map(|sweep| self.forward.n + sweep));
        let both = self.forward.of.iter().zip(reverse);
        Sweeps {
            n: self.n_sweeps(),
            of: both.map(|(forward, reverse)| forward.or(reverse)).collect(),
        }
    }

    /// Where an entry of the pattern is read.
    pub fn place(&self, row: usize, column: usize) -> Entry {
        match (self.reverse.of[row], self.forward.of[column]) {
            (Some(sweep), _) if self.alone == Side::Rows => Entry::Reverse { sweep, column },
            (_, Some(sweep)) => Entry::Forward { sweep, row },
            (Some(sweep), None) => Entry::Reverse { sweep, column },
            (None, None) => {
                let sweep = self.reverse.of[column];
                let sweep = sweep.expect("only columns that are rows computed alone have no color");
                Entry::Reverse { sweep, column: row }
            }
        }
    }
}

/// Sweeps for colors of columns, and sweeps for single rows.
fn compressed(pattern: &Pattern, is_symmetric: bool) -> (Sweeps, Sweeps) {
    let mut alone = by_fullness(pattern);
    alone.truncate(split(&alone, pattern).0);
    let mut rows = Sweeps { n: alone.len(), of: vec![None; pattern.n_rows()] };
    alone.iter().enumerate().for_each(|(sweep, &row)| rows.of[row] = Some(sweep));
    let is_read = |row: usize, column: usize| {
        rows.of[row].is_none() && !(is_symmetric && rows.of[column].is_some())
    };
    (colored(pattern, is_read), rows)
}

/// A lower bound for the sweeps that [`compressed`] finds.
fn least_n_sweeps(pattern: &Pattern) -> usize {
    let (n_alone, fullest_other) = split(&by_fullness(pattern), pattern);
    n_alone + fullest_other
}

/// The rows, the fullest first.
fn by_fullness(pattern: &Pattern) -> Vec<usize> {
    let mut rows: Vec<_> = (0..pattern.n_rows()).collect();
    rows.sort_by_key(|&row| Reverse(pattern.row(row).len()));
    rows
}

/// How many of the fullest rows are best computed alone, and how many entries the next one has: their sum is least.
fn split(by_fullness: &[usize], pattern: &Pattern) -> (usize, usize) {
    let n_entries = by_fullness.iter().map(|&row| pattern.row(row).len());
    let splits = n_entries.chain([0]).enumerate();
    splits.min_by_key(|&(n_alone, next)| n_alone + next).expect("all rows alone are a split")
}

/// Colors of columns such that no row has two places of one color that are read; a column of which nothing is read has
/// none.
fn colored(pattern: &Pattern, is_read: impl Fn(usize, usize) -> bool) -> Sweeps {
    let mut has_color = vec![false; pattern.n_columns()];
    let (mut conflicts, mut read, mut last_read) = (Vec::new(), Vec::new(), Vec::new());
    for (row, columns) in pattern.rows().enumerate() {
        read.clear();
        read.extend(columns.iter().map(|&column| column as u32));
        read.retain(|&column| is_read(row, column as usize));
        if read == last_read {
            continue;
        }
        for (k, &column) in read.iter().enumerate() {
            has_color[column as usize] = true;
            conflicts.extend(read[..k].iter().map(|&other| (other, column)));
        }
        std::mem::swap(&mut read, &mut last_read);
    }
    conflicts.sort_unstable();
    conflicts.dedup();
    let (colors, n) = dsatur_coloring(&UnGraph::<(), ()>::from_edges(conflicts));
    // Columns without conflicts can have any color.
    let color = |column| colors.get(&NodeIndex::new(column)).copied().unwrap_or_default();
    let of = has_color.iter().enumerate();
    let of = of.map(|(column, has_color)| has_color.then(|| color(column)));
    Sweeps { n: if has_color.contains(&true) { n } else { 0 }, of: of.collect() }
}
