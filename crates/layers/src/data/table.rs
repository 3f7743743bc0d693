//! CSV files of numbers, whose last column is the target.

use std::{path::Path, str};

use csv::ByteRecord;
use retrograd_core::{Tensor, error::shortened};

use crate::{Dataset, Error, data::read_bytes, error::called};

/// The kind of targets in the last column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Targets {
    /// Labels of classes: 0, 1, 2, …
    Classes,
    /// Numbers.
    Numbers,
}

/// Reads a CSV file with a header; the last column is the target, all others are features. Numbers become `f64`,
/// labels `i64`. [`Csv`] reads files without a header, too.
///
/// # Errors
/// If the file cannot be read, or as [`parse_csv`].
pub fn read_csv(path: impl AsRef<Path>, targets: Targets) -> Result<Dataset, Error> {
    Csv::new(targets).read(path)
}

/// Reads the bytes of a CSV file like [`read_csv`]; error messages name the file `name`.
///
/// ```
/// use retrograd_layers::{Targets, data::parse_csv};
///
/// let flowers = parse_csv("flowers", b"length,width,species\n5.1,3.5,0\n7.0,3.2,1\n", Targets::Classes)?;
/// assert_eq!(flowers.features().shape(), &[2, 2].into());
/// assert_eq!(flowers.targets().to_vec::<i64>(), [0, 1]);
///
/// let error = parse_csv("flowers", b"length,species\n5.1,0\n?,1\n", Targets::Classes).unwrap_err();
/// assert_eq!(error.to_string(), "flowers, line 3, column `length`: `?` is not a number");
/// # Ok::<(), retrograd_layers::Error>(())
/// ```
///
/// # Errors
/// If rows differ in length, a cell is missing, not a number or not finite, or a label is not a class: the message
/// names line and column. If there is a number in the first row, which then is hardly a header.
pub fn parse_csv(name: &str, bytes: &[u8], targets: Targets) -> Result<Dataset, Error> {
    Csv::new(targets).parse(name, bytes)
}

/// A reader of CSV files.
#[derive(Clone, Copy, Debug)]
#[must_use = "nothing is read before a file is named"]
pub struct Csv {
    targets: Targets,
    has_header: Option<bool>,
}

impl Csv {
    /// A file whose last column holds `targets`. Its first row names the columns; if there is a number in it, it may be a
    /// row of data, and that is an error until [`header`](Self::header) says which it is.
    pub fn new(targets: Targets) -> Self {
        Self { targets, has_header: None }
    }

    /// Sets whether the first row is a header (default: it is, and a number in it is an error). Without a header, messages
    /// count columns from 1.
    ///
    /// ```
    /// use retrograd_layers::{Targets, data::{Csv, parse_csv}};
    ///
    /// let bytes = b"5.1,3.5,0\n7.0,3.2,1\n";
    /// assert!(parse_csv("flowers", bytes, Targets::Classes).is_err());
    /// let flowers = Csv::new(Targets::Classes).header(false).parse("flowers", bytes)?;
    /// assert_eq!(flowers.len(), 2);
    /// # Ok::<(), retrograd_layers::Error>(())
    /// ```
    pub fn header(self, has_header: bool) -> Self {
        Self { has_header: Some(has_header), ..self }
    }

    /// Reads a file like [`read_csv`].
    ///
    /// # Errors
    /// If the file cannot be read, or as [`parse_csv`].
    pub fn read(self, path: impl AsRef<Path>) -> Result<Dataset, Error> {
        let path = path.as_ref();
        self.parse(&called(path), &read_bytes(path)?)
    }

    /// Reads the bytes of a file like [`parse_csv`].
    ///
    /// # Errors
    /// As [`parse_csv`].
    pub fn parse(self, name: &str, bytes: &[u8]) -> Result<Dataset, Error> {
        let malformed = |error: csv::Error| Error::format(name, error.to_string());
        let mut builder = csv::ReaderBuilder::new();
        builder.trim(csv::Trim::All).has_headers(false).flexible(true);
        let mut reader = builder.from_reader(bytes);
        let mut record = ByteRecord::new();
        let mut is_left = reader.read_byte_record(&mut record).map_err(malformed)?;
        let file = TableFile {
            name,
            bytes,
            header: self.header_of(name, &record)?,
            n_columns: record.len(),
        };
        let Some(n_features) = record.len().checked_sub(1).filter(|&n| n > 0) else {
            return Err(Error::format(name, "expected a table of at least two columns"));
        };
        if file.header.is_some() {
            is_left = reader.read_byte_record(&mut record).map_err(malformed)?;
        }
        let (mut features, mut numbers, mut labels) = (Vec::new(), Vec::new(), Vec::new());
        while is_left {
            let row = Row::new(&file, &record)?;
            for column in 0..n_features {
                features.push(row.number(column)?);
            }
            match self.targets {
                Targets::Numbers => numbers.push(row.number(n_features)?),
                Targets::Classes => labels.push(row.label(n_features)?),
            }
            is_left = reader.read_byte_record(&mut record).map_err(malformed)?;
        }
        let n_rows = features.len() / n_features;
        if n_rows == 0 {
            return Err(Error::format(name, "there are no rows after the header"));
        }
        let targets = match self.targets {
            Targets::Numbers => Tensor::from(numbers),
            Targets::Classes => Tensor::from(labels),
        };
        Dataset::new(Tensor::new([n_rows, n_features], features)?, targets)
    }

    /// The names of columns in the first row; `None` if it is a row of data.
    fn header_of(self, name: &str, first: &ByteRecord) -> Result<Option<Vec<String>>, Error> {
        let number = first.iter().find(|cell| number_in(cell).is_some());
        match (self.has_header, number) {
            (Some(false), _) => Ok(None),
            (None, Some(number)) => Err(Error::format(
                name,
                format!(
                    "the first row has the number `{}` in it, so it may be no header: `Csv::header` says by `false` that it \
                     is data, and by `true` that it names columns",
                    shown(number)
                ),
            )),
            (Some(true), _) | (None, None) => Ok(Some(first.iter().map(shown).collect())),
        }
    }
}

/// A cell as a number.
fn number_in(cell: &[u8]) -> Option<f64> {
    str::from_utf8(cell).ok()?.parse().ok()
}

/// A cell in messages.
fn shown(cell: &[u8]) -> String {
    shortened(&String::from_utf8_lossy(cell))
}

/// A file with the data that locate a cell for messages.
struct TableFile<'a> {
    name: &'a str,
    bytes: &'a [u8],
    header: Option<Vec<String>>,
    n_columns: usize,
}

impl TableFile<'_> {
    /// The line in which a cell of a record begins, counted from 1 as editors do: the lines that empty rows, and line
    /// breaks in quotes, take are lines, too, and a line may end with a carriage return, a line feed, or both.
    fn line_of(&self, record: &ByteRecord, column: usize) -> u64 {
        const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
        let start = record.position().map_or(0, |position| position.byte() as usize);
        let mut cell = &self.bytes[start..];
        // The position is where the record before ended, and there may be empty lines in between.
        while let [b'\r' | b'\n', rest @ ..] = cell {
            cell = rest;
        }
        if start == 0 {
            cell = cell.strip_prefix(BYTE_ORDER_MARK).unwrap_or(cell);
        }
        for _ in 0..column {
            cell = after_cell(cell);
        }
        n_line_breaks(&self.bytes[..self.bytes.len() - cell.len()]) + 1
    }
}

/// The bytes after a cell and its comma. A comma in quotes does not end a cell; quotes that do not begin it are letters.
fn after_cell(cell: &[u8]) -> &[u8] {
    let mut rest = cell;
    if let [b'"', quoted @ ..] = cell {
        rest = quoted;
        while let Some(end) = rest.iter().position(|&byte| byte == b'"') {
            rest = &rest[end + 1..];
            // Two quotes are one that is quoted.
            let [b'"', more @ ..] = rest else { break };
            rest = more;
        }
    }
    let comma = rest.iter().position(|&byte| byte == b',');
    comma.map_or(&[], |comma| &rest[comma + 1..])
}

fn n_line_breaks(bytes: &[u8]) -> u64 {
    let ends = bytes.iter().zip(bytes[1.min(bytes.len())..].iter().map(Some).chain([None]));
    let breaks = ends.filter(|&(&byte, next)| match byte {
        b'\n' => true,
        b'\r' => next != Some(&b'\n'),
        _ => false,
    });
    breaks.count() as u64
}

/// A row of a table.
struct Row<'a> {
    file: &'a TableFile<'a>,
    record: &'a ByteRecord,
}

impl<'a> Row<'a> {
    /// A row of as many cells as the first has.
    fn new(file: &'a TableFile<'a>, record: &'a ByteRecord) -> Result<Self, Error> {
        if record.len() == file.n_columns {
            return Ok(Self { file, record });
        }
        let first = if file.header.is_some() { "header" } else { "first row" };
        let (line, n, n_first) = (file.line_of(record, 0), record.len(), file.n_columns);
        let reason = format!("line {line} has {n} columns, but the {first} has {n_first}");
        Err(Error::format(file.name, reason))
    }

    fn number(&self, column: usize) -> Result<f64, Error> {
        let cell = &self.record[column];
        let reason = match number_in(cell) {
            Some(number) if number.is_finite() => return Ok(number),
            Some(_) => format!("`{}` is not a finite number", shown(cell)),
            None if cell.is_empty() => "the value is missing".to_owned(),
            None => format!("`{}` is not a number", shown(cell)),
        };
        Err(self.wrong(column, reason))
    }

    fn label(&self, column: usize) -> Result<i64, Error> {
        let number = self.number(column)?;
        let is_class = number >= 0.0 && number.fract() == 0.0 && number < f64::from(u32::MAX);
        match is_class {
            true => Ok(number as i64),
            false => {
                let cell = shown(&self.record[column]);
                Err(self.wrong(column, format!("`{cell}` is not a class, which are 0, 1, 2, …")))
            }
        }
    }

    fn wrong(&self, column: usize, reason: String) -> Error {
        let names = self.file.header.as_ref();
        Error::Cell {
            file: self.file.name.to_owned(),
            line: self.file.line_of(self.record, column),
            column: names.map_or_else(|| (column + 1).to_string(), |names| names[column].clone()),
            reason,
        }
    }
}
